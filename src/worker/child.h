/* child.h - runs an analysis in a child process: one that dies or hangs costs its answer and nothing else */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define BP_CHILD_TIME 10000 /* milliseconds that a child has for its whole answer */

/* What the child does: appends its answer to out. It must not return to anything else of the program. */
typedef void (*BpChildFunc)(GString *out, gpointer data);

/* Forks, runs work in the child and returns what it handed back, whole and at most max bytes; NULL where the child
 * died, was killed for taking too long, or handed back more, with *why (a static text) saying which. */
GString *bp_child_run(BpChildFunc work, gpointer data, gsize max, const char **why);

/* TRUE where a read() or write() that failed with errno is to be tried again: it was interrupted, or fd does not block
 * and has been waited for (events as of poll()). */
gboolean bp_try_again(int fd, short events);

/* Writes all bytes, however often that takes; FALSE with errno where it cannot. */
gboolean bp_write_all(int fd, const char *bytes, gsize length);

/* What every child does first: it ends with its parent, which nobody else waits for, and leaves no core. It does not return
 * where the parent has gone already. */
void bp_child_begin(pid_t parent);

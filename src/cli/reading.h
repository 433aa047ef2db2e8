/* reading.h - all inputs of a command, one after another or by several workers, with what came of each, in order */
#pragma once

#include "cli/task.h"

#include <signal.h>

typedef struct {
  CliTask task;
  guint n_workers; /* processes; 0: this one does it itself */
  gboolean survey; /* total is wanted */
  BpFileId passed; /* see BpInputOptions */
  const volatile sig_atomic_t *stop; /* not 0: end early; may be NULL */
  /* TRUE: the input needs not be read, which is all that is done with it. May be NULL. */
  gboolean (*skip)(const BpInput *input, gpointer data);
  /* What came of an input, of which only source, index, offset and found are set. FALSE: end early. */
  gboolean (*take)(const BpInput *input, const CliResult *result, gpointer data);
  gpointer data;
  guint64 total; /* inputs that there will be, as far as is known; an mbox is one */
} CliReading;

/* Reads what the options name, or stdin. */
void cli_read_inputs(CliReading *reading);

/* FALSE, after a line on stderr, where the options name no input and stdin is a terminal. */
gboolean cli_check_inputs(const CliOptions *options);

/* Says on stderr why an input has no answer, if that is so. An exit status: 0 where it may go on as if nothing had
 * been; reason, a new string, is what was said, or NULL. */
int cli_complain_result(const BpInput *input, const CliResult *result, char **reason);

/* Appends the JSON object, one a line, of an input that has no answer. */
void cli_error_to_json(const BpInput *input, int code, const char *reason, GString *out);

/* Of several errors the one that is the exit status; 0 is none. */
int cli_worse(int a, int b);

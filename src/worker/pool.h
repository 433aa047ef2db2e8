/* pool.h - hands items to worker processes and gives their answers back in the order of the items
 *
 * A worker that dies, or is silent for too long, costs the answer to the item that it was at; another takes its
 * place. Memory stays flat: only so many items are under way at a time. */
#pragma once

#include <glib.h>
#include <signal.h>

/* Why an answer was lost for which the item can do nothing: see BpPoolAnswer. */
#define BP_POOL_NOT_STARTED N_("the analysis could not be started")

typedef struct BpPool BpPool;

/* What a worker does with an item: appends its answer to out. enter is called once in each worker, before its first
 * item, and may be NULL. Workers inherit what stands in memory when the pool is made, no open file but stderr. */
typedef struct {
  void (*enter)(gpointer data);
  void (*work)(const char *item, gsize length, GString *out, gpointer data);
  gpointer data;
  const volatile sig_atomic_t *stop; /* not 0: end soon; may be NULL */
  gint64 patience;                   /* milliseconds that a worker may be silent; 0: BP_CHILD_TIME */
} BpPoolTask;

/* All strings stay until the next call. */
typedef struct {
  const char *item;
  gsize item_length;
  const char *bytes; /* the answer; NULL where it was lost */
  gsize length;
  const char *why; /* it was lost: a static text for gettext */
} BpPoolAnswer;

BpPool *bp_pool_new(guint n_workers, const BpPoolTask *task);

/* Ends the workers, whatever they are at. */
void bp_pool_free(BpPool *pool);

/* FALSE where answers should be taken before anything else is put. */
gboolean bp_pool_has_room(const BpPool *pool);
void bp_pool_put(BpPool *pool, const char *item, gsize length);

/* Waits for the next answer. FALSE where no item is left, and a second after the task's stop was
 * set. */
gboolean bp_pool_take(BpPool *pool, BpPoolAnswer *answer);

/* For who has more to wait for: the same, but waits no longer than so many milliseconds, nor once something can be read
 * from fd (-1: none). FALSE where there is no answer yet. The task's stop is not looked at. */
gboolean bp_pool_poll(BpPool *pool, int fd, int milliseconds, BpPoolAnswer *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpPool, bp_pool_free)

/* queue.h - from options and environment to a queue */
#pragma once

#include "cli/options.h"
#include "queue/queue.h"

typedef struct {
  BpQueueOptions options; /* of the queue that is meant */
  char *password;
} CliQueue;

/* FALSE, after a line on stderr, with *status the exit status: EX_USAGE, or EX_NOINPUT where the password cannot be
 * read. */
gboolean cli_queue_begin(CliQueue *queue, const CliOptions *options, int *status);
void cli_queue_clear(CliQueue *queue);

/* Says what is wrong on stderr; an exit status. */
int cli_complain_queue(const CliOptions *options, const GError *error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliQueue, cli_queue_clear)

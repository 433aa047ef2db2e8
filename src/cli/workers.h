/* workers.h - inputs go to worker processes, and come back with what came of them, in order */
#pragma once

#include "cli/task.h"
#include "worker/sandbox.h"

#include <signal.h>

typedef struct CliWorkers CliWorkers;

/* task stays the caller's, and as it is. profile is what the workers may still do, unless the options say that they are
 * not restricted. stop is that of BpPoolTask. */
CliWorkers *cli_workers_new(guint n, const CliTask *task, BpSandboxProfile profile, const volatile sig_atomic_t *stop);
void cli_workers_free(CliWorkers *workers);

gboolean cli_workers_have_room(const CliWorkers *workers);
void cli_workers_put(CliWorkers *workers, const BpInput *input);

/* The next result, as of bp_pool_take() and bp_pool_poll(). Of the input source, index, offset and found are set, and
 * what bytes were put with it. */
gboolean cli_workers_take(CliWorkers *workers, BpInput *input, CliResult *result);
gboolean cli_workers_poll(CliWorkers *workers, int fd, int milliseconds, BpInput *input, CliResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliWorkers, cli_workers_free)

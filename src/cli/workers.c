/* workers.c - inputs go to worker processes, and come back with what came of them */
#include "cli/workers.h"

#include "worker/pool.h"

#include <glib/gi18n.h>
#include <sysexits.h>

struct CliWorkers {
  const CliTask *task;
  BpSandboxProfile profile;
  GString *bytes, *text, *record; /* of a worker */
  GString *item;
  BpPool *pool;
};

static void enter(gpointer data) {
  const CliWorkers *workers = data;
  if (!workers->task->options->no_sandbox)
    bp_sandbox_enter(workers->profile);
}

static void work(const char *item, gsize length, GString *out, gpointer data) {
  CliWorkers *workers = data;
  BpInput input;
  CliResult result;
  if (!cli_input_read(&input, item, length))
    return;
  cli_task_run(workers->task, &input, workers->bytes, workers->text, workers->record, &result);
  cli_result_write(&result, out);
}

CliWorkers *cli_workers_new(guint n, const CliTask *task, BpSandboxProfile profile, const volatile sig_atomic_t *stop) {
  CliWorkers *workers = g_new0(CliWorkers, 1);
  *workers = (CliWorkers){.task = task,
                          .profile = profile,
                          .bytes = g_string_new(NULL),
                          .text = g_string_new(NULL),
                          .record = g_string_new(NULL),
                          .item = g_string_new(NULL)};
  BpPoolTask pool = {.enter = enter, .work = work, .data = workers, .stop = stop};
  workers->pool = bp_pool_new(n, &pool);
  return workers;
}

void cli_workers_free(CliWorkers *workers) {
  bp_pool_free(workers->pool);
  g_string_free(workers->bytes, TRUE);
  g_string_free(workers->text, TRUE);
  g_string_free(workers->record, TRUE);
  g_string_free(workers->item, TRUE);
  g_free(workers);
}

gboolean cli_workers_have_room(const CliWorkers *workers) {
  return bp_pool_has_room(workers->pool);
}

void cli_workers_put(CliWorkers *workers, const BpInput *input) {
  g_string_truncate(workers->item, 0);
  cli_input_write(input, workers->item);
  bp_pool_put(workers->pool, workers->item->str, workers->item->len);
}

static void read_answer(const BpPoolAnswer *answer, BpInput *input, CliResult *result) {
  *input = (BpInput){0};
  cli_input_read(input, answer->item, answer->item_length);
  if (!answer->bytes)
    *result = (CliResult){.outcome = CLI_FAILED, .code = EX_TEMPFAIL, .why = answer->why};
  else if (!cli_result_read(result, answer->bytes, answer->length))
    *result = (CliResult){.outcome = CLI_FAILED, .code = EX_TEMPFAIL, .why = N_("the analysis broke off")};
}

gboolean cli_workers_take(CliWorkers *workers, BpInput *input, CliResult *result) {
  BpPoolAnswer answer;
  if (!bp_pool_take(workers->pool, &answer))
    return FALSE;
  read_answer(&answer, input, result);
  return TRUE;
}

gboolean cli_workers_poll(CliWorkers *workers, int fd, int milliseconds, BpInput *input, CliResult *result) {
  BpPoolAnswer answer;
  if (!bp_pool_poll(workers->pool, fd, milliseconds, &answer))
    return FALSE;
  read_answer(&answer, input, result);
  return TRUE;
}

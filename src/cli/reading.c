/* reading.c - all inputs of a command, one after another or by several workers */
#include "cli/reading.h"

#include "cli/error.h"
#include "worker/pool.h"
#include "worker/sandbox.h"

#include <glib/gi18n.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- the inputs --------------------------------------------------------------------------------------------- */

static BpInputs *open_inputs(const CliReading *reading, gboolean survey) {
  const CliOptions *o = reading->task.options;
  BpInputOptions options = {.mbox = o->mbox,
                            .recursive = o->recursive,
                            .lazy = reading->n_workers > 0,
                            .survey = survey,
                            .stop = reading->stop,
                            .max_message = reading->task.max_message,
                            .passed = reading->passed};
  BpInputs *inputs = bp_inputs_new(&options);
  for (guint i = 0; i < o->n_arguments; i++)
    bp_inputs_add(inputs, o->arguments[i]);
  for (guint i = 0; i < o->files_from->len; i++)
    bp_inputs_add_list(inputs, g_ptr_array_index(o->files_from, i));
  if (o->n_arguments == 0 && o->files_from->len == 0)
    bp_inputs_add(inputs, "-");
  return inputs;
}

/* A list on stdin can be read only once. */
static gboolean can_survey(const CliOptions *o) {
  for (guint i = 0; i < o->files_from->len; i++)
    if (g_str_equal(g_ptr_array_index(o->files_from, i), "-"))
      return FALSE;
  return TRUE;
}

static void count(CliReading *reading) {
  BpInput input;
  g_autoptr(BpInputs) inputs = open_inputs(reading, TRUE);
  while (bp_inputs_next(inputs, &input))
    reading->total++;
}

gboolean cli_check_inputs(const CliOptions *o) {
  if (o->n_arguments > 0 || o->files_from->len > 0 || !isatty(STDIN_FILENO))
    return TRUE;
  cli_complain_usage(_("no input"), _("name a file or folder, or give a message on stdin"));
  return FALSE;
}

/* ---- in this process ---------------------------------------------------------------------------------------- */

static void read_here(CliReading *reading, BpInputs *inputs) {
  BpInput input;
  CliResult result;
  g_autoptr(GString) bytes = g_string_new(NULL), text = g_string_new(NULL), record = g_string_new(NULL);
  while (bp_inputs_next(inputs, &input)) {
    cli_task_run(&reading->task, &input, bytes, text, record, &result);
    if (!reading->take(&input, &result, reading->data))
      return;
  }
}

/* ---- by workers --------------------------------------------------------------------------------------------- */

typedef struct {
  const CliTask *task;
  GString *bytes, *text, *record;
} Worker;

static void enter(gpointer data) {
  const Worker *worker = data;
  if (!worker->task->options->no_sandbox)
    bp_sandbox_enter(BP_SANDBOX_ANALYSE);
}

static void work(const char *item, gsize length, GString *out, gpointer data) {
  Worker *worker = data;
  BpInput input;
  CliResult result;
  if (!cli_input_read(&input, item, length))
    return;
  cli_task_run(worker->task, &input, worker->bytes, worker->text, worker->record, &result);
  cli_result_write(&result, out);
}

/* Puts as many inputs into the pool as there is room for; FALSE behind the last. */
static gboolean put_inputs(CliReading *reading, BpInputs *inputs, BpPool *pool, GString *item) {
  BpInput input;
  while (bp_pool_has_room(pool)) {
    if (!bp_inputs_next(inputs, &input))
      return FALSE;
    if (reading->skip && reading->skip(&input, reading->data))
      continue;
    g_string_truncate(item, 0);
    cli_input_write(&input, item);
    bp_pool_put(pool, item->str, item->len);
  }
  return TRUE;
}

static gboolean take_answer(CliReading *reading, const BpPoolAnswer *answer) {
  BpInput input = {0};
  CliResult result;
  cli_input_read(&input, answer->item, answer->item_length);
  if (!answer->bytes)
    result = (CliResult){.outcome = CLI_FAILED, .code = EX_TEMPFAIL, .why = _(answer->why)};
  else if (!cli_result_read(&result, answer->bytes, answer->length))
    result = (CliResult){.outcome = CLI_FAILED, .code = EX_TEMPFAIL, .why = _("the analysis broke off")};
  return reading->take(&input, &result, reading->data);
}

static void read_by_workers(CliReading *reading, BpInputs *inputs) {
  g_autoptr(GString) bytes = g_string_new(NULL), text = g_string_new(NULL), record = g_string_new(NULL);
  g_autoptr(GString) item = g_string_new(NULL);
  Worker worker = {&reading->task, bytes, text, record};
  BpPoolTask task = {.enter = enter, .work = work, .data = &worker, .stop = reading->stop};
  g_autoptr(BpPool) pool = bp_pool_new(reading->n_workers, &task);
  BpPoolAnswer answer;
  gboolean more = TRUE;
  for (;;) {
    if (more)
      more = put_inputs(reading, inputs, pool, item);
    if (!bp_pool_take(pool, &answer) || !take_answer(reading, &answer))
      return;
  }
}

void cli_read_inputs(CliReading *reading) {
  if (reading->survey && can_survey(reading->task.options))
    count(reading);
  g_autoptr(BpInputs) inputs = open_inputs(reading, FALSE);
  if (reading->n_workers > 0)
    read_by_workers(reading, inputs);
  else
    read_here(reading, inputs);
}

/* ---- what went wrong ---------------------------------------------------------------------------------------- */

int cli_worse(int a, int b) {
  static const int order[] = {EX_CONFIG, EX_CANTCREAT, EX_IOERR, EX_NOINPUT, EX_DATAERR, EX_TEMPFAIL};
  for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
    if (a == order[i] || b == order[i])
      return order[i];
  return 0;
}

static const char *reason_of(const CliResult *result) {
  if (result->outcome == CLI_NO_MAIL)
    return result->length == 0 ? _("empty") : _("no mail: nothing like a header in its first 64 KiB");
  return result->why ? result->why : cli_errno_text(result->error);
}

int cli_complain_result(const BpInput *input, const CliResult *result, char **reason) {
  *reason = NULL;
  if (result->outcome == CLI_ANSWERED || result->outcome == CLI_GONE)
    return 0;
  cli_complain(input->source, reason_of(result));
  if (result->outcome == CLI_NO_MAIL && input->found)
    return 0;
  *reason = g_strdup(reason_of(result));
  return result->outcome == CLI_NO_MAIL ? EX_DATAERR : result->code;
}

void cli_error_to_json(const BpInput *input, int code, const char *reason, GString *out) {
  BounceparseJson how = {input->source, input->index, input->offset, FALSE};
  bounceparse_error_to_json(&how, code, reason, out);
  g_string_append_c(out, '\n');
}

/* reading.c - all inputs of a command, one after another or by several workers */
#include "cli/reading.h"

#include "cli/error.h"
#include "cli/workers.h"

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

/* Gives the workers as many inputs as there is room for; FALSE behind the last. */
static gboolean put_inputs(CliReading *reading, BpInputs *inputs, CliWorkers *workers) {
  BpInput input;
  while (cli_workers_have_room(workers)) {
    if (!bp_inputs_next(inputs, &input))
      return FALSE;
    if (!reading->skip || !reading->skip(&input, reading->data))
      cli_workers_put(workers, &input);
  }
  return TRUE;
}

static void read_by_workers(CliReading *reading, BpInputs *inputs) {
  g_autoptr(CliWorkers) workers =
      cli_workers_new(reading->n_workers, &reading->task, BP_SANDBOX_ANALYSE, reading->stop);
  BpInput input;
  CliResult result;
  gboolean more = TRUE;
  for (;;) {
    if (more)
      more = put_inputs(reading, inputs, workers);
    if (!cli_workers_take(workers, &input, &result) || !reading->take(&input, &result, reading->data))
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
    return _(cli_no_mail_reason(result));
  return result->why ? _(result->why) : cli_errno_text(result->error);
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

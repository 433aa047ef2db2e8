/* task.c - what is done with one input, in this process or in a worker */
#include "cli/task.h"

#include "output/csv.h"
#include "store/digest.h"

#include <glib/gi18n.h>
#include <string.h>

/* ---- conditions --------------------------------------------------------------------------------------------- */

/* TRUE where one recipient fulfils all conditions that were given. */
static gboolean any_recipient_holds(const CliOptions *o, const BounceparseAnswer *answer) {
  const BounceparseRecipient *r;
  for (guint i = 0; (r = bounceparse_answer_get_recipient(answer, i)); i++)
    if ((!o->cause || cli_list_holds(o->cause, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CAUSE))) &&
        (!o->category ||
         cli_list_holds(o->category, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CATEGORY))) &&
        (!o->advice || cli_list_holds(o->advice, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADVICE))))
      return TRUE;
  return FALSE;
}

static gboolean holds(const CliOptions *o, const BounceparseAnswer *answer) {
  gboolean kind =
      o->kind ? cli_list_holds(o->kind, bounceparse_answer_get_kind(answer)) : bounceparse_answer_is_report(answer);
  return kind && (!(o->cause || o->category || o->advice) || any_recipient_holds(o, answer));
}

/* ---- one input ---------------------------------------------------------------------------------------------- */

static void write_json(const CliTask *task, const BpInput *input, const BounceparseAnswer *answer, GString *out) {
  BounceparseJson how = {input->source, input->index, input->offset, task->options->brief};
  bounceparse_answer_to_json(answer, &how, out);
  g_string_append_c(out, '\n');
}

/* Where there are or may be several messages, each has a heading. */
static void write_text(const CliTask *task, const BpInput *input, const BounceparseAnswer *answer, GString *out) {
  if (task->headings || input->found || input->index >= 0)
    bp_heading_to_text(input->source, input->index, &task->style, out);
  bp_answer_to_text(answer, &task->style, out);
}

/* Names of files are bytes; what is kept of them is UTF-8. */
static void write_record(const CliTask *task, const BpInput *input, const BounceparseAnswer *answer, GString *out,
                         GString *csv) {
  g_auto(BpRecord) record = {0};
  g_autofree char *source = g_utf8_make_valid(input->source, -1);
  bp_record_begin(&record, answer);
  record.texts[BP_M_SOURCE] = source;
  record.numbers[BP_M_TIME] =
      bp_bounce_time(record.numbers[BP_M_DATE], input->source, input->bytes, input->length, input->modified,
                     task->now ? task->now : g_get_real_time() / G_USEC_PER_SEC);
  if (input->index >= 0) {
    record.numbers[BP_M_INDEX] = input->index;
    record.numbers[BP_M_OFFSET] = input->offset;
  }
  record.file = input->file;
  if (csv)
    bp_record_to_csv(&record, csv);
  if (!task->record)
    return;
  if (task->digest)
    bp_digest(input->bytes, input->length, record.digest);
  bp_record_write(&record, out);
}

static void write_answer(const CliTask *task, const BpInput *input, const BounceparseAnswer *answer, GString *text,
                         GString *record) {
  if (task->format == CLI_FORMAT_JSON)
    write_json(task, input, answer, text);
  else if (task->format == CLI_FORMAT_TEXT)
    write_text(task, input, answer, text);
  if (task->record || task->format == CLI_FORMAT_CSV)
    write_record(task, input, answer, record, task->format == CLI_FORMAT_CSV ? text : NULL);
}

void cli_task_run(const CliTask *task, BpInput *input, GString *bytes, GString *text, GString *record,
                  CliResult *result) {
  *result = (CliResult){0};
  g_string_truncate(text, 0);
  g_string_truncate(record, 0);
  if (input->pending)
    bp_input_read(input, task->max_message, bytes);
  if (input->gone || input->code) {
    result->outcome = input->gone ? CLI_GONE : CLI_FAILED;
    result->code = input->code;
    result->error = input->error;
    return;
  }
  result->length = input->length;
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(task->reader, input->bytes, input->length, NULL);
  if (!answer) {
    result->outcome = CLI_NO_MAIL;
    return;
  }
  result->yes = holds(task->options, answer);
  write_answer(task, input, answer, text, record);
  result->text = text->str;
  result->text_length = text->len;
  result->record = record->str;
  result->record_length = record->len;
}

const char *cli_no_mail_reason(const CliResult *result) {
  return result->length == 0 ? N_("empty") : N_("no mail: nothing like a header in its first 64 KiB");
}

/* ---- to a worker and back ----------------------------------------------------------------------------------- */

typedef struct {
  gint64 index, offset;
  gsize source_length, length;
  gint32 found, pending, code, error;
} InputHead;

void cli_input_write(const BpInput *input, GString *out) {
  InputHead head = {.index = input->index,
                    .offset = input->offset,
                    .source_length = strlen(input->source),
                    .length = input->pending ? 0 : input->length,
                    .found = input->found,
                    .pending = input->pending,
                    .code = input->code,
                    .error = input->error};
  g_string_append_len(out, (const char *)&head, sizeof head);
  g_string_append_len(out, input->source, (gssize)head.source_length + 1);
  g_string_append_len(out, input->bytes, (gssize)head.length);
}

gboolean cli_input_read(BpInput *input, const char *bytes, gsize length) {
  InputHead head;
  if (length < sizeof head)
    return FALSE;
  memcpy(&head, bytes, sizeof head);
  const char *source = bytes + sizeof head;
  *input = (BpInput){.source = source,
                     .index = head.index,
                     .offset = head.offset,
                     .found = head.found,
                     .pending = head.pending,
                     .bytes = source + head.source_length + 1,
                     .length = head.length,
                     .modified = G_MININT64,
                     .code = head.code,
                     .error = head.error};
  return TRUE;
}

typedef struct {
  gint32 outcome, yes, code, error;
  gsize length, text_length, record_length;
} ResultHead;

void cli_result_write(const CliResult *result, GString *out) {
  ResultHead head = {.outcome = result->outcome,
                     .yes = result->yes,
                     .code = result->code,
                     .error = result->error,
                     .length = result->length,
                     .text_length = result->text_length,
                     .record_length = result->record_length};
  g_string_append_len(out, (const char *)&head, sizeof head);
  g_string_append_len(out, result->text, (gssize)head.text_length);
  g_string_append_len(out, result->record, (gssize)head.record_length);
}

/* Workers may have been taken over by a mail: what they say is not trusted. */
gboolean cli_result_read(CliResult *result, const char *bytes, gsize length) {
  ResultHead head;
  if (length < sizeof head)
    return FALSE;
  memcpy(&head, bytes, sizeof head);
  gsize left = length - sizeof head;
  if (head.text_length > left || head.record_length != left - head.text_length || head.outcome < CLI_ANSWERED ||
      head.outcome > CLI_FAILED)
    return FALSE;
  *result = (CliResult){.outcome = (CliOutcome)head.outcome,
                        .yes = head.yes != 0,
                        .code = head.code,
                        .error = head.error,
                        .length = head.length,
                        .text = bytes + sizeof head,
                        .text_length = head.text_length,
                        .record = bytes + sizeof head + head.text_length,
                        .record_length = head.record_length};
  return TRUE;
}

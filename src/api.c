/* api.c - the public functions: options, readers and their answers */
#include "api.h"
#include "answer.h"
#include "mail/gmime.h"
#include "report/log.h"
#include "report/reply.h"

#include <string.h>

G_DEFINE_QUARK(bounceparse - error - quark, bounceparse_error)

/* ---- options ------------------------------------------------------------------------------------------------ */

struct BounceparseOptions {
  char *language;
  GPtrArray *patterns;       /* of char *, NULL-terminated */
  GPtrArray *headers, *verp; /* of char * */
  BpLimits limits;
};

BounceparseOptions *bounceparse_options_new(void) {
  BounceparseOptions *o = g_new0(BounceparseOptions, 1);
  o->patterns = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(o->patterns, NULL);
  o->headers = g_ptr_array_new_with_free_func(g_free);
  o->verp = g_ptr_array_new_with_free_func(g_free);
  o->limits = bp_limits_default;
  return o;
}

void bounceparse_options_free(BounceparseOptions *o) {
  g_return_if_fail(o);
  g_free(o->language);
  g_ptr_array_unref(o->patterns);
  g_ptr_array_unref(o->headers);
  g_ptr_array_unref(o->verp);
  g_free(o);
}

void bounceparse_options_set_language(BounceparseOptions *o, const char *language) {
  g_return_if_fail(o);
  g_free(o->language);
  o->language = g_strdup(language);
}

void bounceparse_options_add_patterns(BounceparseOptions *o, const char *folder) {
  g_return_if_fail(o && folder);
  g_ptr_array_insert(o->patterns, (gint)o->patterns->len - 1, g_strdup(folder));
}

void bounceparse_options_add_header(BounceparseOptions *o, const char *name) {
  g_return_if_fail(o && name);
  g_ptr_array_add(o->headers, g_strdup(name));
}

void bounceparse_options_add_verp(BounceparseOptions *o, const char *pattern) {
  g_return_if_fail(o && pattern);
  g_ptr_array_add(o->verp, g_strdup(pattern));
}

void bounceparse_options_set_limit(BounceparseOptions *o, BounceparseLimit limit, gsize value) {
  g_return_if_fail(o);
  guint count = (guint)MIN(value, G_MAXUINT);
  switch (limit) {
  case BOUNCEPARSE_LIMIT_MESSAGE:
    o->limits.message = value;
    break;
  case BOUNCEPARSE_LIMIT_HEADER_BLOCK:
    o->limits.header_block = value;
    break;
  case BOUNCEPARSE_LIMIT_FIELDS:
    o->limits.fields = count;
    break;
  case BOUNCEPARSE_LIMIT_FIELD:
    o->limits.field = value;
    break;
  case BOUNCEPARSE_LIMIT_PARTS:
    o->limits.parts = count;
    break;
  case BOUNCEPARSE_LIMIT_DEPTH:
    o->limits.depth = count;
    break;
  case BOUNCEPARSE_LIMIT_RECIPIENTS:
    o->limits.recipients = count;
    break;
  case BOUNCEPARSE_LIMIT_TEXT:
    o->limits.text = value;
    break;
  }
}

/* ---- readers ------------------------------------------------------------------------------------------------ */

struct BounceparseReader {
  BpPatterns *patterns;
  BpMatcher *matcher;
  BpLimits limits;
  char **headers, **verp;
  guint lang;
};

static char **option_list(const GPtrArray *list) {
  char **copy = g_new0(char *, list->len + 1);
  for (guint i = 0; i < list->len; i++)
    copy[i] = g_strdup(g_ptr_array_index(list, i));
  return copy;
}

const char *const *bp_options_folders(const BounceparseOptions *o) {
  return (const char *const *)o->patterns->pdata;
}

BpMatcher *bp_reader_matcher(BounceparseReader *reader) {
  return reader->matcher;
}

static gboolean check_verp(char **verp, GError **error) {
  for (; *verp; verp++) {
    g_autoptr(GError) failed = NULL;
    g_autoptr(GRegex) regex = g_regex_new(*verp, G_REGEX_CASELESS, 0, &failed);
    if (regex && g_regex_get_string_number(regex, "local") >= 0 && g_regex_get_string_number(regex, "domain") >= 0)
      continue;
    g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_OPTION, "VERP pattern \"%s\": %s", *verp,
                failed ? failed->message : "it has no groups named local and domain");
    return FALSE;
  }
  return TRUE;
}

BounceparseReader *bounceparse_reader_new(const BounceparseOptions *options, GError **error) {
  g_autoptr(BounceparseOptions) defaults = options ? NULL : bounceparse_options_new();
  const BounceparseOptions *o = options ? options : defaults;
  g_autoptr(BounceparseReader) reader = g_new0(BounceparseReader, 1);
  reader->headers = option_list(o->headers);
  reader->verp = option_list(o->verp);
  reader->limits = o->limits;
  if (!bp_gmime_is_installed(error) || !check_verp(reader->verp, error) ||
      !(reader->patterns = bp_patterns_new(bp_options_folders(o), error)))
    return NULL;
  reader->matcher = bp_matcher_new(reader->patterns);
  reader->lang = bp_language(bp_patterns_tables(reader->patterns), o->language);
  return g_steal_pointer(&reader);
}

void bounceparse_reader_free(BounceparseReader *reader) {
  g_return_if_fail(reader);
  g_clear_pointer(&reader->matcher, bp_matcher_free);
  g_clear_pointer(&reader->patterns, bp_patterns_free);
  g_strfreev(reader->headers);
  g_strfreev(reader->verp);
  g_free(reader);
}

static BounceparseAnswer *new_answer(const BounceparseReader *reader, BpArena *arena) {
  BounceparseAnswer *answer = bp_arena_alloc(arena, sizeof(BounceparseAnswer));
  const BpTables *t = bp_patterns_tables(reader->patterns);
  answer->arena = arena;
  answer->lang = BP_STR(t, t->langs[reader->lang]);
  return answer;
}

/* What the verdict sees of a recipient: a local failure has no remote host, so the reporting one gave the reply. One on
 * another is left out. */
static BpVerdict *judge_by(BounceparseReader *reader, BpArena *arena, const BpReport *report,
                           const BpRecipient *recipient, gboolean of_another) {
  BpEvidence evidence = {
      .text = of_another ? NULL : recipient->diagnostic,
      .before = of_another ? NULL : recipient->before,
      .type = recipient->diagnostic_type,
      .status = of_another ? NULL : recipient->status,
      .code = of_another ? NULL : recipient->code,
      .command = recipient->command,
      .remote_host = recipient->remote_host,
      .reporter_host = report->by_sender ? NULL : report->reporter_host,
      .address = recipient->address,
      .senders = {report->original.envelope_from, report->original.from, report->returned_to},
      .action = report->kind == BP_KIND_RECEIPT ? BP_ACTION_DISPLAYED : recipient->action, /* receipts have no cause */
      .feedback_type = report->feedback_type,
      .hearsay = report->hearsay,
  };
  return bp_verdict_reach(arena, reader->matcher, &evidence, reader->lang);
}

/* Nobody is removed for a reply that may be on another. */
static BpVerdict *judge(BounceparseReader *reader, BpArena *arena, const BpReport *report,
                        const BpRecipient *recipient) {
  BpVerdict *verdict = judge_by(reader, arena, report, recipient, recipient->of_another);
  return recipient->of_some && g_strcmp0(verdict->advice, "remove") == 0
             ? judge_by(reader, arena, report, recipient, TRUE)
             : verdict;
}

BounceparseAnswer *bounceparse_reader_read(BounceparseReader *reader, const char *bytes, gsize length, GError **error) {
  g_return_val_if_fail(reader && (bytes || length == 0), NULL);
  g_autoptr(BpArena) arena = bp_arena_new();
  bp_matcher_begin(reader->matcher);
  g_autoptr(BpMail) mail = bp_mail_read(arena, bytes, length, &reader->limits, error);
  if (!mail)
    return NULL;
  BpReportOptions options = {reader->matcher, &reader->limits, (const char *const *)reader->headers,
                             (const char *const *)reader->verp};
  BounceparseAnswer *answer = new_answer(reader, arena);
  answer->report = bp_report_read(arena, mail, &options);
  guint n = answer->report->recipients->len;
  answer->recipients = bp_arena_alloc(arena, (n + 1) * sizeof(BounceparseRecipient));
  for (guint i = 0; i < n; i++) {
    const BpRecipient *recipient = g_ptr_array_index(answer->report->recipients, i);
    answer->recipients[i].report = recipient;
    answer->recipients[i].verdict = judge(reader, arena, answer->report, recipient);
  }
  arena = NULL; /* the answer's now */
  return answer;
}

/* The answer on recipients that no message tells of, without verdicts yet. */
static BounceparseAnswer *new_lone_answer(BounceparseReader *reader, BpArena *arena, const char *text,
                                          GPtrArray *recipients) {
  BounceparseAnswer *answer = new_answer(reader, arena);
  answer->explained = text;
  answer->report = bp_arena_alloc(arena, sizeof(BpReport));
  answer->report->recipients = recipients;
  answer->report->warnings = g_ptr_array_new();
  answer->report->date = answer->report->arrival_date = answer->report->original.date = BP_NO_TIME;
  answer->recipients = bp_arena_alloc(arena, recipients->len * sizeof(BounceparseRecipient));
  for (guint i = 0; i < recipients->len; i++)
    answer->recipients[i].report = g_ptr_array_index(recipients, i);
  return answer;
}

static BounceparseAnswer *explain_recipients(BounceparseReader *reader, BpArena *arena, const char *text,
                                             GPtrArray *recipients) {
  BounceparseAnswer *answer = new_lone_answer(reader, arena, text, recipients);
  for (guint i = 0; i < recipients->len; i++)
    answer->recipients[i].verdict = judge(reader, arena, answer->report, answer->recipients[i].report);
  return answer;
}

/* The array of one; its owner is the answer that it becomes part of. */
static GPtrArray *alone(const BpRecipient *recipient) {
  GPtrArray *recipients = g_ptr_array_new();
  g_ptr_array_add(recipients, (gpointer)(guintptr)recipient);
  return recipients;
}

BounceparseAnswer *bounceparse_reader_explain(BounceparseReader *reader, const char *text, gssize length) {
  g_return_val_if_fail(reader && text, NULL);
  BpArena *arena = bp_arena_new();
  bp_matcher_begin(reader->matcher);
  const char *line = bp_one_line(arena, text, length < 0 ? strlen(text) : (gsize)length, BP_REPLY_MAX);
  return explain_recipients(reader, arena, line, alone(bp_recipient_of_reply(arena, reader->matcher, line)));
}

BounceparseAnswer *bounceparse_reader_explain_cause(BounceparseReader *reader, const char *cause) {
  g_return_val_if_fail(reader && cause, NULL);
  g_autoptr(BpArena) arena = bp_arena_new();
  BpVerdict *verdict = bp_verdict_of_cause(arena, reader->matcher, cause, reader->lang);
  if (!verdict)
    return NULL;
  BpRecipient *recipient = bp_arena_alloc(arena, sizeof(BpRecipient));
  *recipient = (BpRecipient){.address = "", .will_retry_until = BP_NO_TIME, .last_attempt = BP_NO_TIME};
  BounceparseAnswer *answer = new_lone_answer(reader, arena, verdict->cause, alone(recipient));
  answer->recipients[0].verdict = verdict;
  arena = NULL; /* the answer's now */
  return answer;
}

gboolean bounceparse_is_log_line(const char *line, gsize length) {
  g_return_val_if_fail(line, FALSE);
  return bp_log_is_line(line, length);
}

BounceparseAnswer *bounceparse_reader_explain_log(BounceparseReader *reader, const char *line, gsize length,
                                                  gint64 now) {
  g_return_val_if_fail(reader && line, NULL);
  g_autoptr(BpArena) arena = bp_arena_new();
  bp_matcher_begin(reader->matcher);
  g_autoptr(GPtrArray) recipients = g_ptr_array_new();
  bp_log_read(arena, reader->matcher, line, length, now, recipients);
  if (recipients->len == 0)
    return NULL;
  const char *text = bp_one_line(arena, line, length, BP_REPLY_MAX);
  return explain_recipients(reader, g_steal_pointer(&arena), text, g_steal_pointer(&recipients));
}

void bounceparse_answer_free(BounceparseAnswer *answer) {
  g_return_if_fail(answer);
  bp_report_free(answer->report);
  bp_arena_free(answer->arena);
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

const char *bp_kind_name(BpKind kind) {
  static const char *const names[] = {"other",      "failure",   "delay",     "success",
                                      "auto-reply", "challenge", "complaint", "receipt"};
  return names[kind];
}

const char *bp_action_name(BpAction action) {
  static const char *const names[] = {NULL,        "failed",    "delayed",   "relayed", "expanded",
                                      "delivered", "complaint", "displayed", "deleted", "denied"};
  return names[action];
}

const char *bounceparse_answer_get_kind(const BounceparseAnswer *answer) {
  g_return_val_if_fail(answer, NULL);
  return bp_kind_name(answer->report->kind);
}

gboolean bounceparse_answer_is_report(const BounceparseAnswer *answer) {
  g_return_val_if_fail(answer, FALSE);
  BpKind kind = answer->report->kind;
  return kind != BP_KIND_OTHER && kind != BP_KIND_AUTO_REPLY && kind != BP_KIND_CHALLENGE;
}

const char *bounceparse_answer_get_string(const BounceparseAnswer *answer, BounceparseAnswerString which) {
  g_return_val_if_fail(answer, NULL);
  const BpReport *r = answer->report;
  const char *const strings[] = {
      [BOUNCEPARSE_ANSWER_LANGUAGE] = answer->lang,
      [BOUNCEPARSE_ANSWER_REPORTER_HOST] = r->reporter_host,
      [BOUNCEPARSE_ANSWER_REPORTER_SOFTWARE] = r->reporter_software,
      [BOUNCEPARSE_ANSWER_LAYOUT] = r->layout,
      [BOUNCEPARSE_ANSWER_MESSAGE_ID] = r->original.message_id,
      [BOUNCEPARSE_ANSWER_FROM] = r->original.from,
      [BOUNCEPARSE_ANSWER_TO] = r->original.to,
      [BOUNCEPARSE_ANSWER_SUBJECT] = r->original.subject,
      [BOUNCEPARSE_ANSWER_ENVELOPE_ID] = r->original.envelope_id,
      [BOUNCEPARSE_ANSWER_ENVELOPE_FROM] = r->original.envelope_from,
      [BOUNCEPARSE_ANSWER_LIST_ID] = r->original.list_id,
      [BOUNCEPARSE_ANSWER_FEEDBACK_TYPE] = r->feedback_type,
      [BOUNCEPARSE_ANSWER_FEEDBACK_SOURCE_IP] = r->feedback_source_ip,
  };
  return which < G_N_ELEMENTS(strings) ? strings[which] : NULL;
}

gint64 bounceparse_answer_get_time(const BounceparseAnswer *answer, BounceparseAnswerTime which) {
  g_return_val_if_fail(answer, BOUNCEPARSE_NO_TIME);
  switch (which) {
  case BOUNCEPARSE_ANSWER_DATE:
    return answer->report->date;
  case BOUNCEPARSE_ANSWER_ARRIVAL_DATE:
    return answer->report->arrival_date;
  case BOUNCEPARSE_ANSWER_ORIGINAL_DATE:
    return answer->report->original.date;
  }
  return BOUNCEPARSE_NO_TIME;
}

const char *bounceparse_answer_get_warning(const BounceparseAnswer *answer, guint n) {
  g_return_val_if_fail(answer, NULL);
  return n < answer->report->warnings->len ? g_ptr_array_index(answer->report->warnings, n) : NULL;
}

const char *bounceparse_answer_get_truncated(const BounceparseAnswer *answer, guint n) {
  static const char *const names[] = {"input", "headers", "parts", "depth", "text", "recipients", "matching"};
  g_return_val_if_fail(answer, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (answer->report->truncated & (1u << i) && n-- == 0)
      return names[i];
  return NULL;
}

const char *bounceparse_answer_get_header(const BounceparseAnswer *answer, guint n, const char **value) {
  g_return_val_if_fail(answer && value, NULL);
  const BpOriginal *original = &answer->report->original;
  if (n >= original->n_headers)
    return NULL;
  *value = original->headers[n].value;
  return original->headers[n].name;
}

guint bounceparse_answer_get_n_recipients(const BounceparseAnswer *answer) {
  g_return_val_if_fail(answer, 0);
  return answer->report->recipients->len;
}

const BounceparseRecipient *bounceparse_answer_get_recipient(const BounceparseAnswer *answer, guint n) {
  g_return_val_if_fail(answer, NULL);
  return n < answer->report->recipients->len ? &answer->recipients[n] : NULL;
}

/* ---- recipients --------------------------------------------------------------------------------------------- */

const char *bounceparse_recipient_get_string(const BounceparseRecipient *recipient, BounceparseRecipientString which) {
  g_return_val_if_fail(recipient, NULL);
  const BpRecipient *r = recipient->report;
  const BpVerdict *v = recipient->verdict;
  const char *const strings[] = {
      [BOUNCEPARSE_RECIPIENT_ADDRESS] = r->address,
      [BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS] = r->original_address,
      [BOUNCEPARSE_RECIPIENT_ACTION] = bp_action_name(r->action),
      [BOUNCEPARSE_RECIPIENT_STATUS] = r->status,
      [BOUNCEPARSE_RECIPIENT_STATUS_NAME] = v->status_meaning.name,
      [BOUNCEPARSE_RECIPIENT_STATUS_TEXT] = v->status_meaning.text,
      [BOUNCEPARSE_RECIPIENT_DSN_STATUS] = r->dsn_status,
      [BOUNCEPARSE_RECIPIENT_CODE] = r->code,
      [BOUNCEPARSE_RECIPIENT_CODE_NAME] = v->code_meaning.name,
      [BOUNCEPARSE_RECIPIENT_CODE_TEXT] = v->code_meaning.text,
      [BOUNCEPARSE_RECIPIENT_CODE_DIGIT_1] = v->code_meaning.digits[0],
      [BOUNCEPARSE_RECIPIENT_CODE_DIGIT_2] = v->code_meaning.digits[1],
      [BOUNCEPARSE_RECIPIENT_CODE_DIGIT_3] = v->code_meaning.digits[2],
      [BOUNCEPARSE_RECIPIENT_COMMAND] = r->command,
      [BOUNCEPARSE_RECIPIENT_DIAGNOSTIC] = r->diagnostic,
      [BOUNCEPARSE_RECIPIENT_DIAGNOSTIC_TYPE] = r->diagnostic_type,
      [BOUNCEPARSE_RECIPIENT_REMOTE_HOST] = r->remote_host,
      [BOUNCEPARSE_RECIPIENT_REMOTE_IP] = r->remote_ip,
      [BOUNCEPARSE_RECIPIENT_LOG_ID] = r->log_id,
      [BOUNCEPARSE_RECIPIENT_VENDOR] = v->vendor,
      [BOUNCEPARSE_RECIPIENT_RULE] = v->rule,
      [BOUNCEPARSE_RECIPIENT_CAUSE] = v->cause,
      [BOUNCEPARSE_RECIPIENT_CATEGORY] = v->category,
      [BOUNCEPARSE_RECIPIENT_PERMANENCE] = v->permanence,
      [BOUNCEPARSE_RECIPIENT_ADVICE] = v->advice,
      [BOUNCEPARSE_RECIPIENT_REASON] = v->reason,
      [BOUNCEPARSE_RECIPIENT_SUGGESTION] = v->suggestion,
      [BOUNCEPARSE_RECIPIENT_TITLE] = v->title,
      [BOUNCEPARSE_RECIPIENT_MEANING] = v->meaning,
  };
  return which < G_N_ELEMENTS(strings) ? strings[which] : NULL;
}

gint64 bounceparse_recipient_get_time(const BounceparseRecipient *recipient, BounceparseRecipientTime which) {
  g_return_val_if_fail(recipient, BOUNCEPARSE_NO_TIME);
  return which == BOUNCEPARSE_RECIPIENT_LAST_ATTEMPT ? recipient->report->last_attempt
                                                     : recipient->report->will_retry_until;
}

const char *bounceparse_recipient_get_step(const BounceparseRecipient *recipient, guint n, gboolean *for_admin) {
  g_return_val_if_fail(recipient, NULL);
  if (n >= recipient->verdict->n_steps)
    return NULL;
  if (for_admin)
    *for_admin = recipient->verdict->steps[n].for_admin;
  return recipient->verdict->steps[n].text;
}

const char *bounceparse_recipient_get_fact(const BounceparseRecipient *recipient, guint n, const char **value) {
  g_return_val_if_fail(recipient && value, NULL);
  if (n >= recipient->verdict->n_facts)
    return NULL;
  *value = recipient->verdict->facts[n].value;
  return recipient->verdict->facts[n].name;
}

const char *bounceparse_recipient_get_reference(const BounceparseRecipient *recipient, guint n) {
  g_return_val_if_fail(recipient, NULL);
  return n < recipient->verdict->n_references ? recipient->verdict->references[n] : NULL;
}

guint bounceparse_recipient_get_n_blocklists(const BounceparseRecipient *recipient) {
  g_return_val_if_fail(recipient, 0);
  return recipient->verdict->n_blocklists;
}

const char *bounceparse_recipient_get_blocklist(const BounceparseRecipient *recipient, guint n,
                                                BounceparseBlocklistString which) {
  g_return_val_if_fail(recipient, NULL);
  if (n >= recipient->verdict->n_blocklists)
    return NULL;
  const BpListing *l = &recipient->verdict->blocklists[n];
  const char *const strings[] = {
      [BOUNCEPARSE_BLOCKLIST_ID] = l->id,           [BOUNCEPARSE_BLOCKLIST_NAME] = l->name,
      [BOUNCEPARSE_BLOCKLIST_STATUS] = l->status,   [BOUNCEPARSE_BLOCKLIST_LOOKUP] = l->lookup,
      [BOUNCEPARSE_BLOCKLIST_REMOVAL] = l->removal, [BOUNCEPARSE_BLOCKLIST_NOTE] = l->note,
  };
  return which < G_N_ELEMENTS(strings) ? strings[which] : NULL;
}

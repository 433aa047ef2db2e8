/* record.c - what is kept of a message and its recipients: the answer as columns */
#include "store/record.h"

#include <string.h>

const char *const bp_message_texts[BP_M_N_TEXTS] = {
    [BP_M_KIND] = "kind",
    [BP_M_SOURCE] = "source",
    [BP_M_REPORTER_HOST] = "reporter_host",
    [BP_M_REPORTER_SOFTWARE] = "reporter_software",
    [BP_M_LAYOUT] = "layout",
    [BP_M_MESSAGE_ID] = "message_id",
    [BP_M_ORIGINAL_FROM] = "original_from",
    [BP_M_ORIGINAL_TO] = "original_to",
    [BP_M_SUBJECT] = "subject",
    [BP_M_ENVELOPE_ID] = "envelope_id",
    [BP_M_ENVELOPE_FROM] = "envelope_from",
    [BP_M_LIST_ID] = "list_id",
    [BP_M_FEEDBACK_TYPE] = "feedback_type",
    [BP_M_FEEDBACK_SOURCE_IP] = "feedback_source_ip",
    [BP_M_TRUNCATED] = "truncated",
};

const char *const bp_message_numbers[BP_M_N_NUMBERS] = {
    [BP_M_TIME] = "time",
    [BP_M_DATE] = "date",
    [BP_M_ARRIVAL_DATE] = "arrival_date",
    [BP_M_ORIGINAL_DATE] = "original_date",
    [BP_M_INDEX] = "mbox_index",
    [BP_M_OFFSET] = "mbox_offset",
};

const char *const bp_recipient_texts[BP_R_N_TEXTS] = {
    [BP_R_ADDRESS] = "address",
    [BP_R_ORIGINAL_ADDRESS] = "original_address",
    [BP_R_DOMAIN] = "domain",
    [BP_R_ACTION] = "action",
    [BP_R_STATUS] = "status",
    [BP_R_DSN_STATUS] = "dsn_status",
    [BP_R_CODE] = "code",
    [BP_R_COMMAND] = "command",
    [BP_R_DIAGNOSTIC] = "diagnostic",
    [BP_R_DIAGNOSTIC_TYPE] = "diagnostic_type",
    [BP_R_REMOTE_HOST] = "remote_host",
    [BP_R_REMOTE_IP] = "remote_ip",
    [BP_R_LOG_ID] = "log_id",
    [BP_R_VENDOR] = "vendor",
    [BP_R_RULE] = "rule",
    [BP_R_CAUSE] = "cause",
    [BP_R_CATEGORY] = "category",
    [BP_R_PERMANENCE] = "permanence",
    [BP_R_ADVICE] = "advice",
    [BP_R_REASON] = "reason",
    [BP_R_SUGGESTION] = "suggestion",
    [BP_R_SENDING_IP] = "sending_ip",
    [BP_R_BLOCKLISTS] = "blocklists",
};

const char *const bp_recipient_numbers[BP_R_N_NUMBERS] = {
    [BP_R_RETRY_AFTER] = "retry_after",
    [BP_R_WILL_RETRY_UNTIL] = "will_retry_until",
    [BP_R_LAST_ATTEMPT] = "last_attempt",
};

/* ---- from an answer ----------------------------------------------------------------------------------------- */

/* The answer's strings that are columns as they stand. */
static const struct {
  BpMessageText column;
  BounceparseAnswerString from;
} message_strings[] = {
    {BP_M_REPORTER_HOST, BOUNCEPARSE_ANSWER_REPORTER_HOST},
    {BP_M_REPORTER_SOFTWARE, BOUNCEPARSE_ANSWER_REPORTER_SOFTWARE},
    {BP_M_LAYOUT, BOUNCEPARSE_ANSWER_LAYOUT},
    {BP_M_MESSAGE_ID, BOUNCEPARSE_ANSWER_MESSAGE_ID},
    {BP_M_ORIGINAL_FROM, BOUNCEPARSE_ANSWER_FROM},
    {BP_M_ORIGINAL_TO, BOUNCEPARSE_ANSWER_TO},
    {BP_M_SUBJECT, BOUNCEPARSE_ANSWER_SUBJECT},
    {BP_M_ENVELOPE_ID, BOUNCEPARSE_ANSWER_ENVELOPE_ID},
    {BP_M_ENVELOPE_FROM, BOUNCEPARSE_ANSWER_ENVELOPE_FROM},
    {BP_M_LIST_ID, BOUNCEPARSE_ANSWER_LIST_ID},
    {BP_M_FEEDBACK_TYPE, BOUNCEPARSE_ANSWER_FEEDBACK_TYPE},
    {BP_M_FEEDBACK_SOURCE_IP, BOUNCEPARSE_ANSWER_FEEDBACK_SOURCE_IP},
};

static const struct {
  BpRecipientText column;
  BounceparseRecipientString from;
} recipient_strings[] = {
    {BP_R_ADDRESS, BOUNCEPARSE_RECIPIENT_ADDRESS},
    {BP_R_ORIGINAL_ADDRESS, BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS},
    {BP_R_ACTION, BOUNCEPARSE_RECIPIENT_ACTION},
    {BP_R_STATUS, BOUNCEPARSE_RECIPIENT_STATUS},
    {BP_R_DSN_STATUS, BOUNCEPARSE_RECIPIENT_DSN_STATUS},
    {BP_R_CODE, BOUNCEPARSE_RECIPIENT_CODE},
    {BP_R_COMMAND, BOUNCEPARSE_RECIPIENT_COMMAND},
    {BP_R_DIAGNOSTIC, BOUNCEPARSE_RECIPIENT_DIAGNOSTIC},
    {BP_R_DIAGNOSTIC_TYPE, BOUNCEPARSE_RECIPIENT_DIAGNOSTIC_TYPE},
    {BP_R_REMOTE_HOST, BOUNCEPARSE_RECIPIENT_REMOTE_HOST},
    {BP_R_REMOTE_IP, BOUNCEPARSE_RECIPIENT_REMOTE_IP},
    {BP_R_LOG_ID, BOUNCEPARSE_RECIPIENT_LOG_ID},
    {BP_R_VENDOR, BOUNCEPARSE_RECIPIENT_VENDOR},
    {BP_R_RULE, BOUNCEPARSE_RECIPIENT_RULE},
    {BP_R_CAUSE, BOUNCEPARSE_RECIPIENT_CAUSE},
    {BP_R_CATEGORY, BOUNCEPARSE_RECIPIENT_CATEGORY},
    {BP_R_PERMANENCE, BOUNCEPARSE_RECIPIENT_PERMANENCE},
    {BP_R_ADVICE, BOUNCEPARSE_RECIPIENT_ADVICE},
    {BP_R_REASON, BOUNCEPARSE_RECIPIENT_REASON},
    {BP_R_SUGGESTION, BOUNCEPARSE_RECIPIENT_SUGGESTION},
};

/* Texts joined by blanks; NULL for none. */
static const char *join(BpRecord *record, GString *joined) {
  const char *text = joined->len ? g_string_chunk_insert(record->strings, joined->str) : NULL;
  g_string_free(joined, TRUE);
  return text;
}

static void add_word(GString *joined, const char *word) {
  if (joined->len)
    g_string_append_c(joined, ' ');
  g_string_append(joined, word);
}

static const char *join_truncated(BpRecord *record, const BounceparseAnswer *answer) {
  GString *joined = g_string_new(NULL);
  const char *name;
  for (guint i = 0; (name = bounceparse_answer_get_truncated(answer, i)); i++)
    add_word(joined, name);
  return join(record, joined);
}

static const char *join_blocklists(BpRecord *record, const BounceparseRecipient *r) {
  GString *joined = g_string_new(NULL);
  for (guint i = 0; i < bounceparse_recipient_get_n_blocklists(r); i++)
    add_word(joined, bounceparse_recipient_get_blocklist(r, i, BOUNCEPARSE_BLOCKLIST_ID));
  return join(record, joined);
}

static const char *domain_of(BpRecord *record, const char *address) {
  const char *at = address ? strrchr(address, '@') : NULL;
  if (!at || !at[1])
    return NULL;
  g_autofree char *domain = g_utf8_strdown(at + 1, -1);
  return g_string_chunk_insert(record->strings, domain);
}

static void fill_facts(BpRecipientRecord *to, const BounceparseRecipient *r) {
  const char *name, *value = NULL;
  for (guint i = 0; (name = bounceparse_recipient_get_fact(r, i, &value)); i++)
    if (g_str_equal(name, "sending_ip"))
      to->texts[BP_R_SENDING_IP] = value;
    else if (g_str_equal(name, "retry_after"))
      to->numbers[BP_R_RETRY_AFTER] = g_ascii_strtoll(value, NULL, 10);
}

static void fill_recipient(BpRecord *record, BpRecipientRecord *to, const BounceparseRecipient *r) {
  for (guint i = 0; i < G_N_ELEMENTS(recipient_strings); i++)
    to->texts[recipient_strings[i].column] = bounceparse_recipient_get_string(r, recipient_strings[i].from);
  to->texts[BP_R_DOMAIN] = domain_of(record, to->texts[BP_R_ADDRESS]);
  to->texts[BP_R_BLOCKLISTS] = join_blocklists(record, r);
  to->numbers[BP_R_RETRY_AFTER] = BOUNCEPARSE_NO_TIME;
  to->numbers[BP_R_WILL_RETRY_UNTIL] = bounceparse_recipient_get_time(r, BOUNCEPARSE_RECIPIENT_WILL_RETRY_UNTIL);
  to->numbers[BP_R_LAST_ATTEMPT] = bounceparse_recipient_get_time(r, BOUNCEPARSE_RECIPIENT_LAST_ATTEMPT);
  fill_facts(to, r);
}

void bp_record_begin(BpRecord *record, const BounceparseAnswer *answer) {
  *record = (BpRecord){.strings = g_string_chunk_new(1024)};
  for (guint i = 0; i < G_N_ELEMENTS(message_strings); i++)
    record->texts[message_strings[i].column] = bounceparse_answer_get_string(answer, message_strings[i].from);
  record->texts[BP_M_KIND] = bounceparse_answer_get_kind(answer);
  record->texts[BP_M_TRUNCATED] = join_truncated(record, answer);
  for (guint i = 0; i < BP_M_N_NUMBERS; i++)
    record->numbers[i] = BOUNCEPARSE_NO_TIME;
  record->numbers[BP_M_DATE] = bounceparse_answer_get_time(answer, BOUNCEPARSE_ANSWER_DATE);
  record->numbers[BP_M_ARRIVAL_DATE] = bounceparse_answer_get_time(answer, BOUNCEPARSE_ANSWER_ARRIVAL_DATE);
  record->numbers[BP_M_ORIGINAL_DATE] = bounceparse_answer_get_time(answer, BOUNCEPARSE_ANSWER_ORIGINAL_DATE);
  record->n_recipients = bounceparse_answer_get_n_recipients(answer);
  record->recipients = g_new0(BpRecipientRecord, record->n_recipients);
  for (guint i = 0; i < record->n_recipients; i++)
    fill_recipient(record, &record->recipients[i], bounceparse_answer_get_recipient(answer, i));
}

void bp_record_clear(BpRecord *record) {
  g_clear_pointer(&record->strings, g_string_chunk_free);
  g_clear_pointer(&record->recipients, g_free);
}

/* ---- as bytes ----------------------------------------------------------------------------------------------- */

#define ABSENT G_MAXUINT32

static void put(GString *out, gconstpointer bytes, gsize length) {
  g_string_append_len(out, bytes, (gssize)length);
}

/* A text with its NUL, and its length before it. */
static void put_texts(GString *out, const char *const *texts, guint n) {
  for (guint i = 0; i < n; i++) {
    guint32 length = texts[i] ? (guint32)strlen(texts[i]) : ABSENT;
    put(out, &length, sizeof length);
    if (texts[i])
      put(out, texts[i], length + 1);
  }
}

void bp_record_write(const BpRecord *record, GString *out) {
  put(out, record->digest, sizeof record->digest);
  put(out, &record->file, sizeof record->file);
  put(out, record->numbers, sizeof record->numbers);
  put(out, &record->n_recipients, sizeof record->n_recipients);
  put_texts(out, record->texts, BP_M_N_TEXTS);
  for (guint i = 0; i < record->n_recipients; i++) {
    put(out, record->recipients[i].numbers, sizeof record->recipients[i].numbers);
    put_texts(out, record->recipients[i].texts, BP_R_N_TEXTS);
  }
}

typedef struct {
  const char *at, *end;
} Bytes;

static gboolean take(Bytes *from, gpointer to, gsize length) {
  if ((gsize)(from->end - from->at) < length)
    return FALSE;
  memcpy(to, from->at, length);
  from->at += length;
  return TRUE;
}

static gboolean take_texts(Bytes *from, const char **texts, guint n) {
  guint32 length;
  for (guint i = 0; i < n; i++) {
    if (!take(from, &length, sizeof length))
      return FALSE;
    texts[i] = NULL;
    if (length == ABSENT)
      continue;
    if ((gsize)(from->end - from->at) <= length || from->at[length])
      return FALSE;
    texts[i] = from->at;
    from->at += length + 1;
  }
  return TRUE;
}

static gboolean take_recipients(Bytes *from, BpRecord *record) {
  /* Each takes some bytes: what is claimed cannot be more than what is there. */
  if (record->n_recipients > (gsize)(from->end - from->at) / sizeof(guint32))
    return FALSE;
  record->recipients = g_new0(BpRecipientRecord, record->n_recipients);
  for (guint i = 0; i < record->n_recipients; i++)
    if (!take(from, record->recipients[i].numbers, sizeof record->recipients[i].numbers) ||
        !take_texts(from, record->recipients[i].texts, BP_R_N_TEXTS))
      return FALSE;
  return TRUE;
}

gboolean bp_record_read(BpRecord *record, const char *bytes, gsize length) {
  Bytes from = {bytes, bytes + length};
  *record = (BpRecord){0};
  if (take(&from, record->digest, sizeof record->digest) && take(&from, &record->file, sizeof record->file) &&
      take(&from, record->numbers, sizeof record->numbers) &&
      take(&from, &record->n_recipients, sizeof record->n_recipients) &&
      take_texts(&from, record->texts, BP_M_N_TEXTS) && take_recipients(&from, record) && from.at == from.end)
    return TRUE;
  bp_record_clear(record);
  return FALSE;
}

/* ---- days --------------------------------------------------------------------------------------------------- */

char *bp_day(gint64 time) {
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time);
  return date ? g_date_time_format(date, "%Y-%m-%d") : g_strdup("");
}

/* csv.c - recipients as rows of CSV (RFC 4180) */
#include "output/csv.h"

#include <string.h>

/* What of the message stands before its recipients' columns. */
static const BpMessageText texts[] = {BP_M_KIND,    BP_M_REPORTER_HOST, BP_M_LAYOUT,  BP_M_MESSAGE_ID,   BP_M_ORIGINAL_FROM,
                                      BP_M_SUBJECT, BP_M_LIST_ID,       BP_M_FEEDBACK_TYPE};

void bp_csv_value(GString *out, const char *value) {
  if (!value)
    return;
  if (!strpbrk(value, "\",\r\n")) {
    g_string_append(out, value);
    return;
  }
  g_string_append_c(out, '"');
  for (const char *at = value; *at; at++) {
    if (*at == '"')
      g_string_append_c(out, '"');
    g_string_append_c(out, *at);
  }
  g_string_append_c(out, '"');
}

static void add(GString *out, const char *value) {
  g_string_append_c(out, ',');
  bp_csv_value(out, value);
}

static void add_number(GString *out, gint64 number) {
  g_string_append_c(out, ',');
  if (number != BOUNCEPARSE_NO_TIME)
    g_string_append_printf(out, "%" G_GINT64_FORMAT, number);
}

static void add_time(GString *out, gint64 seconds) {
  g_autoptr(GDateTime) time = seconds == BOUNCEPARSE_NO_TIME ? NULL : g_date_time_new_from_unix_utc(seconds);
  g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  add(out, text);
}

void bp_csv_header(GString *out) {
  g_string_append(out, "source,mbox_index,time,date");
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    add(out, bp_message_texts[texts[i]]);
  for (guint i = 0; i < BP_R_N_TEXTS; i++)
    add(out, bp_recipient_texts[i]);
  for (guint i = 0; i < BP_R_N_NUMBERS; i++)
    add(out, bp_recipient_numbers[i]);
  g_string_append(out, "\r\n");
}

void bp_record_to_csv(const BpRecord *record, GString *out) {
  for (guint k = 0; k < record->n_recipients; k++) {
    const BpRecipientRecord *r = &record->recipients[k];
    bp_csv_value(out, record->texts[BP_M_SOURCE]);
    add_number(out, record->numbers[BP_M_INDEX]);
    add_time(out, record->numbers[BP_M_TIME]);
    add_time(out, record->numbers[BP_M_DATE]);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
      add(out, record->texts[texts[i]]);
    for (guint i = 0; i < BP_R_N_TEXTS; i++)
      add(out, r->texts[i]);
    add_number(out, r->numbers[BP_R_RETRY_AFTER]);
    add_time(out, r->numbers[BP_R_WILL_RETRY_UNTIL]);
    add_time(out, r->numbers[BP_R_LAST_ATTEMPT]);
    g_string_append(out, "\r\n");
  }
}

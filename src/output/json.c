/* json.c - an answer as one JSON object, in the order of schema/bounceparse-1.json */
#include "answer.h"
#include "output/json-writer.h"

#include <string.h>

#define BP_JSON_VERSION 1

/* ---- the input ---------------------------------------------------------------------------------------------- */

/* A name that is not UTF-8 also stands percent-encoded (RFC 3986), so that it can be opened again. */
static void write_source_bytes(GString *out, const char *source) {
  static const char hex[] = "0123456789ABCDEF";
  g_autoptr(GString) encoded = g_string_new(NULL);
  for (const guchar *s = (const guchar *)source; *s; s++) {
    if (g_ascii_isalnum(*s) || strchr("-._~/", *s)) {
      g_string_append_c(encoded, (char)*s);
      continue;
    }
    g_string_append_c(encoded, '%');
    g_string_append_c(encoded, hex[*s >> 4]);
    g_string_append_c(encoded, hex[*s & 0xf]);
  }
  bp_json_string(out, "source_bytes", encoded->str);
}

static void write_input(GString *out, const BounceparseJson *how) {
  bp_json_number(out, "v", BP_JSON_VERSION);
  bp_json_string(out, "source", how->source);
  if (!g_utf8_validate(how->source, -1, NULL))
    write_source_bytes(out, how->source);
  if (how->index >= 0)
    bp_json_number(out, "index", how->index);
  if (how->offset >= 0)
    bp_json_number(out, "offset", how->offset);
}

/* ---- the report --------------------------------------------------------------------------------------------- */

/* Closes an object or array that was opened for its sake only: nothing of it stays where it is empty. */
static void close_unless_empty(GString *out, gsize start, char bracket) {
  char last = out->str[out->len - 1];
  if (last == '{' || last == '[')
    g_string_truncate(out, start);
  else
    bp_json_close(out, bracket);
}

static void write_truncated(GString *out, const BounceparseAnswer *answer) {
  gsize start = out->len;
  const char *name;
  bp_json_open(out, "truncated", '[');
  for (guint i = 0; (name = bounceparse_answer_get_truncated(answer, i)); i++)
    bp_json_string(out, NULL, name);
  close_unless_empty(out, start, ']');
}

static void write_warnings(GString *out, const GPtrArray *warnings) {
  gsize start = out->len;
  bp_json_open(out, "warnings", '[');
  for (guint i = 0; i < warnings->len; i++)
    bp_json_string(out, NULL, g_ptr_array_index(warnings, i));
  close_unless_empty(out, start, ']');
}

static void write_reporter(GString *out, const BpReport *report) {
  gsize start = out->len;
  bp_json_open(out, "reporter", '{');
  bp_json_string(out, "host", report->reporter_host);
  bp_json_string(out, "software", report->reporter_software);
  bp_json_string(out, "layout", report->layout);
  close_unless_empty(out, start, '}');
}

/* TRUE where a header of this name stands earlier in the list. */
static gboolean stands_before(const BpOriginal *original, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_ascii_strcasecmp(original->headers[i].name, original->headers[n].name) == 0)
      return TRUE;
  return FALSE;
}

/* Each name once, with all its values. */
static void write_headers(GString *out, const BpOriginal *original) {
  gsize start = out->len;
  bp_json_open(out, "headers", '{');
  for (guint i = 0; i < original->n_headers; i++) {
    if (stands_before(original, i))
      continue;
    bp_json_open(out, original->headers[i].name, '[');
    for (guint k = i; k < original->n_headers; k++)
      if (g_ascii_strcasecmp(original->headers[i].name, original->headers[k].name) == 0)
        bp_json_string(out, NULL, original->headers[k].value);
    bp_json_close(out, ']');
  }
  close_unless_empty(out, start, '}');
}

static void write_original(GString *out, const BpOriginal *original) {
  gsize start = out->len;
  bp_json_open(out, "original", '{');
  bp_json_string(out, "message_id", original->message_id);
  bp_json_string(out, "from", original->from);
  bp_json_string(out, "to", original->to);
  bp_json_string(out, "subject", original->subject);
  bp_json_time(out, "date", original->date);
  bp_json_string(out, "envelope_id", original->envelope_id);
  bp_json_string(out, "envelope_from", original->envelope_from);
  bp_json_string(out, "list_id", original->list_id);
  write_headers(out, original);
  close_unless_empty(out, start, '}');
}

static void write_feedback(GString *out, const BpReport *report) {
  gsize start = out->len;
  bp_json_open(out, "feedback", '{');
  bp_json_string(out, "type", report->feedback_type);
  bp_json_string(out, "source_ip", report->feedback_source_ip);
  close_unless_empty(out, start, '}');
}

/* ---- a recipient -------------------------------------------------------------------------------------------- */

static void write_meaning(GString *out, const char *key, const BpCodeMeaning *meaning) {
  gsize start = out->len;
  bp_json_open(out, key, '{');
  bp_json_string(out, "name", meaning->name);
  bp_json_string(out, "text", meaning->text);
  if (meaning->digits[0]) {
    bp_json_open(out, "digits", '[');
    for (guint i = 0; i < G_N_ELEMENTS(meaning->digits); i++)
      bp_json_string(out, NULL, meaning->digits[i] ? meaning->digits[i] : "");
    bp_json_close(out, ']');
  }
  close_unless_empty(out, start, '}');
}

/* What the report states. */
static void write_delivery(GString *out, const BpRecipient *r, const BpVerdict *v, gboolean brief) {
  bp_json_string(out, "status", r->status);
  if (!brief)
    write_meaning(out, "status_meaning", &v->status_meaning);
  bp_json_string(out, "dsn_status", r->dsn_status);
  bp_json_string(out, "code", r->code);
  if (!brief)
    write_meaning(out, "code_meaning", &v->code_meaning);
  bp_json_string(out, "command", r->command);
  bp_json_string(out, "diagnostic", r->diagnostic);
  bp_json_string(out, "diagnostic_type", r->diagnostic_type);
  bp_json_string(out, "remote_host", r->remote_host);
  bp_json_string(out, "remote_ip", r->remote_ip);
  bp_json_time(out, "will_retry_until", r->will_retry_until);
  bp_json_time(out, "last_attempt", r->last_attempt);
  bp_json_string(out, "log_id", r->log_id);
}

static void write_blocklists(GString *out, const BpVerdict *v) {
  if (v->n_blocklists == 0)
    return;
  bp_json_open(out, "blocklists", '[');
  for (guint i = 0; i < v->n_blocklists; i++) {
    const BpListing *l = &v->blocklists[i];
    bp_json_open(out, NULL, '{');
    bp_json_string(out, "id", l->id);
    bp_json_string(out, "name", l->name);
    bp_json_string(out, "status", l->status);
    bp_json_string(out, "lookup", l->lookup);
    bp_json_string(out, "removal", l->removal);
    bp_json_close(out, '}');
  }
  bp_json_close(out, ']');
}

static void write_facts(GString *out, const BpVerdict *v) {
  if (v->n_facts == 0)
    return;
  bp_json_open(out, "facts", '{');
  for (guint i = 0; i < v->n_facts; i++) {
    const BpFact *fact = &v->facts[i];
    if (fact->number >= 0)
      bp_json_number(out, fact->name, fact->number);
    else
      bp_json_string(out, fact->name, fact->value);
  }
  bp_json_close(out, '}');
}

static void write_steps(GString *out, const BpVerdict *v) {
  if (v->n_steps == 0)
    return;
  bp_json_open(out, "steps", '[');
  for (guint i = 0; i < v->n_steps; i++) {
    bp_json_open(out, NULL, '{');
    bp_json_string(out, "for", v->steps[i].for_admin ? "admin" : "sender");
    bp_json_string(out, "text", v->steps[i].text);
    bp_json_close(out, '}');
  }
  bp_json_close(out, ']');
}

static void write_references(GString *out, const BpVerdict *v) {
  if (v->n_references == 0)
    return;
  bp_json_open(out, "references", '[');
  for (guint i = 0; i < v->n_references; i++)
    bp_json_string(out, NULL, v->references[i]);
  bp_json_close(out, ']');
}

/* What it means. */
static void write_verdict(GString *out, const BpVerdict *v, gboolean brief) {
  bp_json_string(out, "vendor", v->vendor);
  bp_json_string(out, "rule", v->rule);
  bp_json_string(out, "cause", v->cause);
  bp_json_string(out, "category", v->category);
  bp_json_string(out, "permanence", v->permanence);
  bp_json_string(out, "advice", v->advice);
  if (!brief)
    bp_json_string(out, "reason", v->reason);
  write_blocklists(out, v);
  write_facts(out, v);
  bp_json_string(out, "suggestion", v->suggestion);
  if (!brief) {
    bp_json_string(out, "title", v->title);
    bp_json_string(out, "meaning", v->meaning);
    write_steps(out, v);
  }
  write_references(out, v);
}

static void write_address(GString *out, const BpRecipient *r) {
  bp_json_string(out, "address", r->address);
  bp_json_string(out, "original_address", r->original_address);
  bp_json_string(out, "action", bp_action_name(r->action));
}

static void write_recipient(GString *out, const BounceparseRecipient *recipient, gboolean brief) {
  const BpRecipient *r = recipient->report;
  bp_json_open(out, NULL, '{');
  write_address(out, r);
  write_delivery(out, r, recipient->verdict, brief);
  write_verdict(out, recipient->verdict, brief);
  bp_json_close(out, '}');
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void write_explained(GString *out, const BounceparseAnswer *answer, const BounceparseRecipient *recipient,
                            gboolean brief) {
  bp_json_string(out, "text", answer->explained);
  if (recipient->report->action != BP_ACTION_NONE)
    write_address(out, recipient->report); /* a line of a log */
  write_delivery(out, recipient->report, recipient->verdict, brief);
  write_verdict(out, recipient->verdict, brief);
}

static void write_message(GString *out, const BounceparseAnswer *answer, gboolean brief) {
  const BpReport *report = answer->report;
  bp_json_string(out, "kind", bp_kind_name(report->kind));
  bp_json_string(out, "lang", answer->lang);
  write_truncated(out, answer);
  write_warnings(out, report->warnings);
  bp_json_time(out, "date", report->date);
  bp_json_time(out, "arrival_date", report->arrival_date);
  write_reporter(out, report);
  write_original(out, &report->original);
  write_feedback(out, report);
  bp_json_open(out, "recipients", '[');
  for (guint i = 0; i < report->recipients->len; i++)
    write_recipient(out, &answer->recipients[i], brief);
  bp_json_close(out, ']');
}

void bounceparse_answer_to_json(const BounceparseAnswer *answer, const BounceparseJson *how, GString *out) {
  g_return_if_fail(answer && how && how->source && out);
  guint n = answer->explained ? answer->report->recipients->len : 1;
  for (guint i = 0; i < n; i++) {
    g_string_append(out, i > 0 ? "\n{" : "{");
    write_input(out, how);
    if (answer->explained)
      write_explained(out, answer, &answer->recipients[i], how->brief);
    else
      write_message(out, answer, how->brief);
    bp_json_close(out, '}');
  }
}

void bounceparse_error_to_json(const BounceparseJson *how, int code, const char *text, GString *out) {
  g_return_if_fail(how && how->source && text && out);
  g_string_append_c(out, '{');
  write_input(out, how);
  bp_json_string(out, "kind", bp_kind_name(BP_KIND_OTHER));
  bp_json_open(out, "recipients", '[');
  bp_json_close(out, ']');
  bp_json_open(out, "error", '{');
  bp_json_number(out, "code", code);
  bp_json_string(out, "text", text);
  bp_json_close(out, '}');
  bp_json_close(out, '}');
}

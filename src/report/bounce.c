/* bounce.c - is it a bounce? Who sent the message, and what proves that it tells of a delivery
 *
 * A person may have the postmaster's address and write of mail that was not delivered; a shop may send its mail without
 * a return path; a bug tracker may quote bounces. */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define QUOTATION "\n> " /* a person quotes */

gboolean bp_any_phrase(BpReading *r, BpMatchDomain domain, const char *text) {
  if (!text)
    return FALSE;
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, text, strlen(text));
  while (bp_candidates_next(&candidates) != BP_ANY)
    if (bp_candidates_run(r->matcher, &candidates, 0))
      return TRUE;
  return FALSE;
}

static const char *field(const BpReading *r, const char *name) {
  return bp_fields_get(r->headers, name);
}

gboolean bp_tells_of(BpReading *r, BpMatchDomain domain) {
  return bp_any_phrase(r, domain, r->text) || bp_any_phrase(r, domain, field(r, "Subject"));
}

static gboolean subject_says_so(BpReading *r) {
  return bp_any_phrase(r, BP_MATCH_BOUNCE, field(r, "Subject"));
}

/* ---- the sender --------------------------------------------------------------------------------------------- */

/* RFC 5321 section 4.5.5: what must not be answered has no return path. */
static gboolean no_return_path(const BpReading *r) {
  const char *path = field(r, "Return-Path"), *line = r->message == -1 ? bp_mail_from_line(r->mail) : NULL;
  return (path && g_str_equal(path, "<>")) || (line && g_ascii_strncasecmp(line, "MAILER-DAEMON", 13) == 0);
}

/* One that takes answers: a mail system has none, or that of its postmaster. */
static gboolean has_return_path(const BpReading *r) {
  const char *path = field(r, "Return-Path");
  return path && !no_return_path(r) && !bp_address_is_system(bp_address_of(r->arena, path, TRUE));
}

static gboolean from_daemon(const BpReading *r) {
  const char *from = field(r, "From");
  return (from && strcasestr(from, "daemon")) || field(r, "X-Failed-Recipients");
}

static gboolean called_mail_system(BpReading *r) {
  return bp_any_phrase(r, BP_MATCH_SENDER, field(r, "From")) || field(r, "X-Failed-Recipients");
}

static gboolean by_program(const BpReading *r) {
  const char *submitted = field(r, "Auto-Submitted");
  return submitted && g_ascii_strncasecmp(submitted, "no", 2) != 0;
}

gboolean bp_from_machine(BpReading *r) {
  return called_mail_system(r) || no_return_path(r) || (by_program(r) && !has_return_path(r));
}

static gboolean is_answer(const char *subject) {
  return subject && (g_ascii_strncasecmp(subject, "re:", 3) == 0 || g_ascii_strncasecmp(subject, "aw:", 3) == 0);
}

static gboolean is_forwarded(const char *subject) {
  static const char *const words[] = {"fw:", "fwd:", "wg:", "tr:", "rv:", "[fwd:"};
  for (guint i = 0; subject && i < G_N_ELEMENTS(words); i++)
    if (g_ascii_strncasecmp(subject, words[i], strlen(words[i])) == 0)
      return TRUE;
  return FALSE;
}

/* Who has the postmaster's address may answer a mail, write to a list or hand a bounce on. */
gboolean bp_may_be_person(BpReading *r) {
  if (no_return_path(r) || from_daemon(r))
    return FALSE;
  if (field(r, "User-Agent") || field(r, "List-Post") || is_forwarded(field(r, "Subject")))
    return TRUE;
  if (!field(r, "In-Reply-To") && !field(r, "References"))
    return FALSE;
  return is_answer(field(r, "Subject")) || !subject_says_so(r);
}

/* ---- what proves it ----------------------------------------------------------------------------------------- */

static gboolean is_report(const BpReading *r) {
  const char *type = field(r, "Content-Type");
  return type && g_ascii_strncasecmp(type, "multipart/report", 16) == 0 &&
         !strcasestr(type, "disposition-notification") && !strcasestr(type, "tlsrpt");
}

/* The message that was not delivered, or its header. */
static gboolean returns_message(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_MESSAGE || part->kind == BP_PART_HEADERS)
      return TRUE;
  return r->pasted && (r->report->original.message_id || r->report->original.from || r->report->original.subject);
}

gboolean bp_is_bounce(BpReading *r) {
  gboolean report = is_report(r), mail_system = called_mail_system(r);
  if (!report && ((!mail_system && !no_return_path(r)) || bp_may_be_person(r)))
    return FALSE;
  gboolean says_so = subject_says_so(r), failed = bp_any_phrase(r, BP_MATCH_FAILURE, r->text);
  if (!says_so && !failed)
    return (report && (mail_system || no_return_path(r))) ||
           (mail_system && no_return_path(r) && bp_any_phrase(r, BP_MATCH_SUCCESS, r->text));
  if (report)
    return TRUE;
  if (mail_system)
    return from_daemon(r) || by_program(r) || !has_return_path(r) || returns_message(r);
  return (says_so && failed) || returns_message(r);
}

gboolean bp_may_name_nobody(BpReading *r) {
  if (is_report(r) || returns_message(r) || field(r, "X-Failed-Recipients"))
    return TRUE;
  return called_mail_system(r) && !has_return_path(r) && subject_says_so(r) && !strstr(r->text, QUOTATION);
}

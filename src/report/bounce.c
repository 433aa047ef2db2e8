/* bounce.c - is it a bounce? Who sent the message, and what proves that it tells of a delivery
 *
 * A person may have the postmaster's address and write of mail that was not delivered; a shop may send its mail without
 * a return path; a bug tracker may quote bounces. But a provider may also tell of a delivery under a name of its own.
 */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define QUOTATION "\n> "                     /* a person quotes */
#define FORWARDED "Begin forwarded message:" /* a person's mail program hands on */
#define LOCAL_PART 64                        /* RFC 5321 section 4.5.3.1.1 */
#define NAME_BEFORE 16                       /* bytes before "daemon" that may say of what */

static const char *field(const BpReading *r, const char *name) {
  return bp_fields_get(r->headers, name);
}

static gboolean subject_says_so(BpReading *r) {
  return bp_any_phrase(r, BP_MATCH_BOUNCE, field(r, "Subject"));
}

/* ---- the sender --------------------------------------------------------------------------------------------- */

/* The From_ line of an mbox, which stands before the mail itself and names its return path. */
static const char *from_line(const BpReading *r) {
  return r->message == -1 ? bp_mail_from_line(r->mail) : NULL;
}

static gboolean called_mail_system(BpReading *r);

/* RFC 5321 section 4.5.5: what must not be answered has no return path. A From_ line says so too; but programs that
 * write an mbox say the same of any mail whose return path they do not know. */
static gboolean no_return_path(BpReading *r) {
  const char *path = field(r, "Return-Path"), *line = from_line(r);
  return (path && (!*path || g_str_equal(path, "<>"))) ||
         (line && g_ascii_strncasecmp(line, "MAILER-DAEMON", 13) == 0 && called_mail_system(r));
}

/* Where the From_ line has the sender's address, somebody takes answers there. */
static gboolean is_own_from_line(BpReading *r) {
  const char *line = from_line(r), *from = field(r, "From");
  const char *path = line ? bp_address_of(r->arena, line, FALSE) : "";
  return *path && from && !bp_address_is_system(path) && bp_address_same(path, bp_address_of(r->arena, from, FALSE));
}

/* One that takes answers: a mail system has none, or that of its postmaster. */
static gboolean has_return_path(BpReading *r) {
  const char *path = field(r, "Return-Path");
  if (!path)
    return is_own_from_line(r);
  return !no_return_path(r) && !bp_address_is_system(bp_address_of(r->arena, path, TRUE));
}

static gboolean called_mail_system(BpReading *r) {
  const char *from = field(r, "From");
  gsize length;
  if (r->mail_system < 0 && r->masks == BP_MASKS_ALL)
    from = bp_address_unmask(r->arena, from, strlen(from), &length, r->mask, NULL, NULL);
  if (r->mail_system < 0)
    r->mail_system =
        (from ? bp_any_phrase(r, BP_MATCH_SENDER, from) || g_str_equal(from, "<>") : field(r, "Subject") != NULL) ||
        field(r, "X-Failed-Recipients");
  return r->mail_system;
}

/* "Mailer-Daemon", "Mail Delivery Daemon", "MDaemon": not a person called Daemon. */
static gboolean names_mail_daemon(const char *from) {
  for (const char *daemon = from; (daemon = strcasestr(daemon, "daemon")); daemon++) {
    gsize before = MIN((gsize)(daemon - from), NAME_BEFORE);
    g_autofree char *name = g_ascii_strdown(daemon - before, (gssize)before);
    if (strstr(name, "mail") || (before && name[before - 1] == 'm'))
      return TRUE;
  }
  return FALSE;
}

/* By a name that no person's mailbox has. */
static gboolean from_daemon(BpReading *r) {
  const char *from = field(r, "From");
  if (!called_mail_system(r))
    return FALSE;
  return !from || g_str_equal(from, "<>") || names_mail_daemon(from) || field(r, "X-Failed-Recipients");
}

/* RFC 3834 section 5. */
static gboolean by_program(const BpReading *r) {
  const char *submitted = field(r, "Auto-Submitted");
  return submitted && g_ascii_strncasecmp(submitted, "no", 2) != 0;
}

static gboolean answers_by_program(BpReading *r) {
  const char *submitted = field(r, "Auto-Submitted");
  return no_return_path(r) || (submitted && g_ascii_strncasecmp(submitted, "auto-replied", 12) == 0);
}

const char *bp_sender(const BpReading *r) {
  const char *from = field(r, "From");
  return from ? bp_address_of(r->arena, from, TRUE) : "";
}

/* "noreply@", "sap-no-reply@", "ne-pas-repondre@": nobody reads what is sent there. */
static gboolean from_nobody(BpReading *r) {
  const char *address = bp_sender(r);
  char local[LOCAL_PART + 1];
  gsize n = 0;
  for (; *address && *address != '@' && n < LOCAL_PART; address++)
    if (g_ascii_isalpha(*address))
      local[n++] = g_ascii_tolower(*address);
  local[n] = '\0';
  return bp_any_phrase(r, BP_MATCH_NOBODY, local);
}

gboolean bp_from_machine(BpReading *r) {
  return called_mail_system(r) || no_return_path(r) || (by_program(r) && !has_return_path(r));
}

static gboolean begins_with_any(const char *subject, const char *const *words) {
  for (; subject && *words; words++)
    if (g_ascii_strncasecmp(subject, *words, strlen(*words)) == 0)
      return TRUE;
  return FALSE;
}

/* What mail programs of many languages put before the subject of an answer. */
static gboolean is_answer(const char *subject) {
  static const char *const words[] = {
      "re:", "re :", "aw:", "antw:", "sv:", "r:", "rif:", "res:", "odp:", "ynt:", "atb:", "回复:", "答复:", NULL};
  return begins_with_any(subject, words);
}

static gboolean is_forwarded(const char *subject) {
  static const char *const words[] = {
      "fw:", "fwd:", "[fwd:", "wg:", "tr:", "rv:", "i:", "vb:", "vs:", "enc:", "pd:", "vl:", "ilt:", "转发:", NULL};
  return begins_with_any(subject, words);
}

/* It follows on another message, as answers do (RFC 5322 section 3.6.4). */
static gboolean follows_another(const BpReading *r) {
  return field(r, "In-Reply-To") || field(r, "References");
}

/* By its own word (RFC 3834 section 5), because it asks for a receipt (RFC 8098 section 2.1), which no program wants
 * that tells of a failure, or by the program that it was written with, where answers go somewhere. */
static gboolean is_by_hand(BpReading *r) {
  const char *submitted = field(r, "Auto-Submitted");
  return (submitted && g_ascii_strcasecmp(submitted, "no") == 0) || field(r, "Disposition-Notification-To") ||
         (!no_return_path(r) && bp_any_phrase(r, BP_MATCH_MAILER, field(r, "X-Mailer")));
}

/* The archive of a list has what a mail system wrote to the list, which set a tag before its subject. */
static gboolean may_bear_tag(BpReading *r) {
  return from_daemon(r) || (called_mail_system(r) && r->mask);
}

/* A tag that is not the mail system's: "[list]", not "[Postmaster]" or "[Undeliverable]". */
static gboolean is_tagged(BpReading *r, const char *subject) {
  if (*subject != '[' || may_bear_tag(r))
    return FALSE;
  g_autofree char *tag = g_strndup(subject, strcspn(subject, "]"));
  return !bp_any_phrase(r, BP_MATCH_SENDER, tag) && !bp_any_phrase(r, BP_MATCH_BOUNCE, tag);
}

/* "[list] Re: …": what stands behind the tag. */
static const char *behind_tag(const char *subject) {
  const char *end = subject && *subject == '[' ? strstr(subject, "] ") : NULL;
  return end ? end + 2 : subject;
}

const char *bp_subject(BpReading *r) {
  return called_mail_system(r) ? behind_tag(field(r, "Subject")) : field(r, "Subject");
}

/* Who hands on what others write, a list, a forum, a tracker, puts a tag, a number or a "Re:" before the subject. */
static gboolean has_own_subject(BpReading *r) {
  const char *subject = field(r, "Subject");
  return subject && !is_tagged(r, subject) && !memchr(subject, '#', strcspn(subject, " ")) && !is_answer(subject) &&
         !is_forwarded(subject);
}

static gboolean own_subject_says_so(BpReading *r) {
  return has_own_subject(r) && subject_says_so(r);
}

static gboolean is_of_list(const char *precedence) {
  return g_ascii_strcasecmp(precedence, "list") == 0;
}

/* "List-Unsubscribe", of a newsletter; services set it on what they tell of a failure, too. */
static gboolean is_of_newsletter(BpReading *r) {
  return field(r, "List-Unsubscribe") && !field(r, "List-Subscribe") &&
         (field(r, "List-Id") || !(own_subject_says_so(r) || bp_subject_tells_of_undone(r)));
}

/* RFC 2369; lists without its fields name themselves in X-Mailing-List. */
static gboolean has_fields_of_list(BpReading *r) {
  return field(r, "List-Post") || field(r, "X-Mailing-List") || is_of_newsletter(r);
}

/* What a list hands out to its subscribers (RFC 2369). A list manager's own notices have none of these fields, or all
 * but List-Post (Mailman 3). Some mail systems call their bounces a list's. */
gboolean bp_is_post(BpReading *r) {
  if (has_fields_of_list(r))
    return TRUE;
  const char *precedence = field(r, "Precedence");
  return precedence && is_of_list(precedence) && !(no_return_path(r) && called_mail_system(r));
}

/* "[list] Undeliverable: …", by who may be a mail system or its postmaster: the text must tell which. */
static gboolean says_so_behind_tag(BpReading *r) {
  const char *subject = behind_tag(field(r, "Subject"));
  return called_mail_system(r) && subject && !is_answer(subject) && bp_any_phrase(r, BP_MATCH_BOUNCE, subject);
}

/* "Mail Delivery Subsystem <bob@example.com>", or no name at all: not "Ludwig Stein <postmaster@example.com>". */
static gboolean has_name_of_mail_system(BpReading *r) {
  const char *from = field(r, "From"), *open = from ? strpbrk(from, "<(") : NULL;
  if (!open)
    return TRUE;
  if (*open == '(')
    return bp_any_phrase(r, BP_MATCH_SENDER, open);
  g_autofree char *name = g_strndup(from, (gsize)(open - from));
  return !name[strspn(name, " \t\"'")] || bp_any_phrase(r, BP_MATCH_SENDER, name);
}

/* What a mail system wrote to a list, which may have set a tag before its subject: nothing says that a person did. */
static gboolean is_bounce_to_list(BpReading *r) {
  return says_so_behind_tag(r) && has_name_of_mail_system(r) && !bp_any_phrase(r, BP_MATCH_PERSON, r->text);
}

/* Who has the postmaster's address may answer a mail, write to a list or hand a bounce on. */
gboolean bp_may_be_person(BpReading *r) {
  if (from_daemon(r))
    return FALSE;
  if (is_by_hand(r) || (bp_is_post(r) && !is_bounce_to_list(r)))
    return TRUE;
  if (no_return_path(r) && (called_mail_system(r) || (own_subject_says_so(r) && !field(r, "User-Agent"))))
    return FALSE;
  if (field(r, "User-Agent") || is_forwarded(field(r, "Subject")))
    return TRUE;
  return follows_another(r) && (is_answer(field(r, "Subject")) || !subject_says_so(r));
}

/* An automatic reply has references to what it answers, as a person's answer has; but it does not call itself one.
 * "Precedence: bulk" says so, except of what a list hands out. */
gboolean bp_may_be_by_hand(BpReading *r) {
  const char *precedence = field(r, "Precedence"), *subject = field(r, "Subject");
  if (no_return_path(r) || by_program(r))
    return FALSE;
  gboolean answer =
      follows_another(r) && (is_answer(behind_tag(subject)) || (subject && strcasestr(subject, "(was: ")));
  if (precedence && !is_of_list(precedence))
    return answer && field(r, "List-Id");
  return answer || bp_is_post(r) || is_forwarded(subject);
}

static gboolean from_machine_alone(BpReading *r) {
  return bp_from_machine(r) && !bp_may_be_person(r);
}

/* ---- what proves it ----------------------------------------------------------------------------------------- */

/* RFC 6522. */
static gboolean is_report_type(const char *type) {
  return type && g_ascii_strncasecmp(type, "multipart/report", 16) == 0;
}

/* Some that hand reports on change the type and leave its parameter. */
static gboolean is_any_report(const BpReading *r) {
  const char *type = field(r, "Content-Type");
  return is_report_type(type) || (type && strcasestr(type, "report-type="));
}

static gboolean is_report(const BpReading *r) {
  const char *type = field(r, "Content-Type");
  return is_report_type(type) && !strcasestr(type, "disposition-notification") && !strcasestr(type, "tlsrpt");
}

gboolean bp_is_delivery_report(const BpReading *r) {
  const char *type = field(r, "Content-Type");
  return is_report(r) && strcasestr(type, "delivery-status");
}

gboolean bp_hands_receipt_on(BpReading *r) {
  return !is_any_report(r) && is_forwarded(field(r, "Subject"));
}

/* A person with the name of a mail system, "System Administrator <bob@example.com>": answers go to the same address. */
static gboolean is_own_return_path(BpReading *r) {
  const char *path = field(r, "Return-Path"), *address = bp_sender(r);
  return path && *address && !by_program(r) && bp_address_same(address, bp_address_of(r->arena, path, TRUE)) &&
         !bp_any_phrase(r, BP_MATCH_SENDER, address);
}

gboolean bp_hands_report_on(BpReading *r) {
  return field(r, "From") && !is_any_report(r) &&
         (bp_may_be_person(r) || (is_own_return_path(r) && (is_answer(field(r, "Subject")) || follows_another(r))));
}

gboolean bp_may_hold_dsn(BpReading *r) {
  return !field(r, "From") || is_any_report(r) || from_machine_alone(r);
}

/* A bounce itself: handed on, not returned. */
static gboolean is_system_mail(BpReading *r, const char *from, const char *type) {
  return bp_any_phrase(r, BP_MATCH_SENDER, from) || is_report_type(type);
}

/* The message that was not delivered, or its header. */
static gboolean returns_message(BpReading *r) {
  const BpOriginal *original = &r->report->original;
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_HEADERS ||
        (part->kind == BP_PART_MESSAGE &&
         !is_system_mail(r, bp_fields_get(&part->headers, "From"), bp_fields_get(&part->headers, "Content-Type"))))
      return TRUE;
  return r->pasted && (original->message_id || original->from || original->subject) &&
         !is_system_mail(r, original->from, NULL);
}

/* A reply code or a status stands in one of the lines. */
static gboolean quotes_reply(const BpReading *r) {
  for (const char *line = r->text; *line; line += *line == '\n') {
    gsize length = strcspn(line, "\n"), at;
    g_autofree char *copy = g_strndup(line, MIN(length, BP_REPLY_MAX));
    BpStatus status;
    guint code = bp_code_find(copy, &at);
    if ((code && copy[at + 3]) || bp_status_find(copy, &status))
      return TRUE;
    line += length;
  }
  return FALSE;
}

/* TRUE where the words of a phrase lead to an address. */
static gboolean leads_to_address(BpReading *r, const char *line) {
  gsize from, to;
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_RECIPIENT, line, strlen(line));
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(r->matcher, &candidates, n) && bp_matcher_group(r->matcher, "recipient", &from, &to) &&
        from < to)
      return TRUE;
  return FALSE;
}

/* TRUE where one sentence tells that a mail did not reach an address: "could not be delivered to bob@example.com". */
static gboolean tells_of_whom(BpReading *r) {
  for (const char *line = r->text; *line && line - r->text < BP_OPENING; line += *line == '\n') {
    gsize length = strcspn(line, "\n");
    if (length <= BP_REPLY_MAX && memchr(line, '@', length)) {
      g_autofree char *copy = g_strndup(line, length);
      if (leads_to_address(r, copy) && bp_any_phrase(r, BP_MATCH_FAILURE, copy) && bp_speaks_of_mail(r, copy) &&
          !bp_any_phrase(r, BP_MATCH_NOT_RECIPIENT, copy))
        return TRUE;
    }
    line += length;
  }
  return FALSE;
}

/* As a person does who hands on what he got. */
static gboolean quotes(const BpReading *r) {
  return strstr(r->text, QUOTATION) || strstr(r->text, FORWARDED);
}

/* As a program does: no answer goes there. */
static gboolean writes_as_program(BpReading *r) {
  return from_daemon(r) || no_return_path(r) || by_program(r);
}

/* It answers nothing and hands nothing on. */
static gboolean begins_anew(const BpReading *r) {
  const char *subject = field(r, "Subject");
  return subject && !follows_another(r) && !is_answer(subject) && !is_forwarded(subject);
}

/* "[Ticket#17] …": a service that sets a tag or a number before what it writes itself, and takes no answers. */
static gboolean has_tag_of_its_own(BpReading *r) {
  return (no_return_path(r) || from_nobody(r)) && begins_anew(r);
}

gboolean bp_is_handed_out(BpReading *r) {
  return has_fields_of_list(r) && !called_mail_system(r) && !no_return_path(r);
}

gboolean bp_layout_may_tell(BpReading *r) {
  return from_machine_alone(r) && ((called_mail_system(r) && writes_as_program(r)) || says_so_behind_tag(r) ||
                                   (own_subject_says_so(r) && (called_mail_system(r) || !quotes(r))) ||
                                   (has_tag_of_its_own(r) && from_nobody(r) && subject_says_so(r) && !quotes(r) &&
                                    !strchr(field(r, "Subject"), '#')));
}

gboolean bp_may_wrap(BpReading *r) {
  return bp_layout_may_tell(r) && (called_mail_system(r) || no_return_path(r)) && !is_own_return_path(r);
}

gboolean bp_is_generated(BpReading *r) {
  const char *submitted = field(r, "Auto-Submitted");
  return submitted && g_ascii_strncasecmp(submitted, "auto-generated", 14) == 0 && !bp_is_post(r) &&
         subject_says_so(r) && (has_own_subject(r) || is_forwarded(field(r, "Subject")));
}

/* The postmaster's own address, or that of the mail system. */
static gboolean from_system_address(BpReading *r) {
  return bp_address_is_system(bp_sender(r));
}

/* RFC 5321 section 4.5.1. */
static gboolean from_postmaster(BpReading *r) {
  return g_ascii_strncasecmp(bp_sender(r), "postmaster@", 11) == 0;
}

/* "List-Id: The board <board.example.org>" is the name of board@example.org, which wrote the mail itself. */
static gboolean from_list_itself(const BpReading *r, const char *id) {
  const char *address = bp_sender(r), *open = strrchr(id, '<');
  gsize n = strcspn(address, "@"), length = strlen(address);
  id = open ? open + 1 : id;
  return address[n] && g_ascii_strncasecmp(id, address, n) == 0 && id[n] == '.' &&
         g_ascii_strncasecmp(id + n + 1, address + n + 1, length - n - 1) == 0 && !g_ascii_isalnum(id[length]);
}

gboolean bp_is_of_list_manager(BpReading *r) {
  const char *id = field(r, "List-Id");
  return id && (called_mail_system(r) || from_list_itself(r, id)) && !bp_is_post(r) && !bp_may_be_person(r);
}

/* "Anna Berg <anna@example.com>", "anna.berg@example.com": an address made of the name of somebody. */
static gboolean from_somebody(BpReading *r) {
  const char *from = field(r, "From"), *address = bp_sender(r);
  gsize local = strcspn(address, "@"), first = strcspn(address, "@._-");
  if (bp_address_is_role(address) || bp_address_is_system(address) || first < 2)
    return FALSE;
  from += strspn(from, "\"' ");
  if (address[first] == '.')
    return first < local;
  for (gsize i = 1; i < first && from[i]; i++)
    if (g_ascii_isupper(from[i]))
      return FALSE; /* "RT <rt@…>", "QuickBooks <quickbooks@…>": no name of a person */
  return g_ascii_strncasecmp(from, address, first) == 0 && strchr(" \"'", from[first]);
}

/* The reader's own message, attached, and words of failure: who or what gets mail gives one back, whatever it calls
 * itself. A person who does so answers or hands it on. */
gboolean bp_gives_back(BpReading *r) {
  if (!bp_is_of_reader(r) || bp_is_post(r) || is_by_hand(r) || !returns_message(r))
    return FALSE;
  gboolean program = no_return_path(r) || by_program(r) || from_nobody(r) || field(r, "X-Auto-Response-Suppress") ||
                     field(r, "X-Loop");
  return (program || (!bp_may_be_person(r) && !is_answer(field(r, "Subject")) && !from_somebody(r))) &&
         bp_any_phrase(r, BP_MATCH_FAILURE, r->text) && bp_speaks_of_mail(r, r->text) && !quotes(r);
}

/* The same of one whose fields stand in the text, from who takes no answers. */
static gboolean tells_of_own_message(BpReading *r) {
  return bp_is_of_reader(r) && r->report->original.to && no_return_path(r) && !bp_may_be_person(r) &&
         bp_any_phrase(r, BP_MATCH_FAILURE, r->text) && !quotes(r);
}

/* No words of it are known: a report all the same, or what a mail system writes to nobody's address. */
static gboolean is_bounce_in_other_words(BpReading *r) {
  if (!called_mail_system(r))
    return is_report(r) && no_return_path(r);
  if (is_report(r))
    return TRUE;
  if (!no_return_path(r) && !bp_is_of_daemon(r))
    return FALSE;
  if ((bp_any_phrase(r, BP_MATCH_SUCCESS, r->text) && bp_speaks_of_mail(r, r->text)) ||
      (from_postmaster(r) && quotes_reply(r)))
    return TRUE;
  return from_daemon(r) &&
         (quotes_reply(r) || bp_tells_of(r, BP_MATCH_DELAY) || bp_any_phrase(r, BP_MATCH_RECIPIENT, r->text));
}

/* Of who is no mail system by its name, in words of failure. */
static gboolean is_bounce_of_service(BpReading *r) {
  return own_subject_says_so(r) && !quotes(r) && (returns_message(r) || quotes_reply(r) || tells_of_whom(r));
}

/* Of a mail system that writes as programs do, its subject or text with words of failure. */
static gboolean is_bounce_of_program(BpReading *r) {
  return from_daemon(r) || returns_message(r) || (answers_by_program(r) && quotes_reply(r)) ||
         (!is_answer(field(r, "Subject")) && (subject_says_so(r) || (no_return_path(r) && from_postmaster(r))));
}

/* Of one who may be called so and be a person. */
static gboolean is_bounce_of_postmaster(BpReading *r, gboolean failed) {
  if (quotes(r))
    return FALSE;
  if (own_subject_says_so(r) || is_bounce_to_list(r))
    return !has_return_path(r) || returns_message(r) || bp_is_of_list_manager(r);
  return failed && (has_own_subject(r) || bp_is_of_list_manager(r)) && returns_message(r);
}

gboolean bp_is_bounce(BpReading *r) {
  gboolean report = is_report(r);
  if (!report && (bp_gives_back(r) || tells_of_own_message(r)))
    return TRUE;
  if (!report && ((!bp_from_machine(r) && !from_nobody(r)) || bp_may_be_person(r)))
    return FALSE;
  gboolean failed = bp_any_phrase(r, BP_MATCH_FAILURE, r->text);
  if (!failed && !subject_says_so(r) && !says_so_behind_tag(r))
    return is_bounce_in_other_words(r);
  if (report || (r->taken_for_bounce && called_mail_system(r) && failed && !quotes(r)))
    return TRUE;
  if (!called_mail_system(r))
    return failed && is_bounce_of_service(r);
  return writes_as_program(r) ? is_bounce_of_program(r) : is_bounce_of_postmaster(r, failed);
}

/* "bounces@", "bounce+7f3a@": a program's mail, whose return path a program reads. */
static gboolean bounces_to_program(BpReading *r) {
  const char *path = field(r, "Return-Path");
  const char *address = path && by_program(r) ? bp_address_of(r->arena, path, TRUE) : "";
  if (g_ascii_strncasecmp(address, "bounce", 6) != 0)
    return FALSE;
  address += 6;
  return !g_ascii_isalpha(address[*address == 's' || *address == 'S']);
}

/* "notifications@", "newsletter-reports@": a program writes there, as far as a name tells. */
static gboolean from_robot(BpReading *r) {
  const char *address = bp_sender(r), *path = field(r, "Return-Path");
  g_autofree char *local = g_strndup(address, strcspn(address, "@"));
  return bp_any_phrase(r, BP_MATCH_ROBOT, local) || (path && strcasestr(path, "bounce") && !from_somebody(r));
}

/* "[Shop] …", from a program that writes notices, by its name. */
static gboolean takes_no_answer(BpReading *r) {
  return from_robot(r) && !field(r, "List-Id") && begins_anew(r);
}

gboolean bp_says_undone(BpReading *r, const char *text) {
  return bp_any_phrase(r, BP_MATCH_UNDONE, text) && !bp_any_phrase(r, BP_MATCH_SUPPOSED, text);
}

gboolean bp_subject_tells_of_undone(BpReading *r) {
  const char *subject = field(r, "Subject");
  return has_own_subject(r) && bp_says_undone(r, subject) && bp_any_phrase(r, BP_MATCH_MAIL, subject);
}

/* "Precedence: bulk", as robots of old say that no answer is wanted; lists said so of what people write, too. */
static gboolean calls_itself_robot(const BpReading *r) {
  const char *precedence = field(r, "Precedence");
  gboolean bulk =
      precedence && (g_ascii_strcasecmp(precedence, "bulk") == 0 || g_ascii_strcasecmp(precedence, "junk") == 0);
  return by_program(r) || (bulk && !field(r, "Sender") && !field(r, "X-Mailer") && !field(r, "User-Agent"));
}

/* Neither a mail system nor one who takes answers; what it writes may tell of a delivery all the same. */
BpTells bp_may_tell_of_mail(BpReading *r) {
  gboolean own = has_own_subject(r);
  if (bp_may_be_person(r) || quotes(r) || !(own || has_tag_of_its_own(r) || takes_no_answer(r)) || !field(r, "From"))
    return BP_TELLS_NOTHING;
  const char *subject = field(r, "Subject");
  gboolean says_so = subject_says_so(r), failed = says_so || bp_any_phrase(r, BP_MATCH_FAILURE, subject) ||
                                                  bp_any_phrase(r, BP_MATCH_DELAY, subject) ||
                                                  bp_subject_tells_of_undone(r);
  if (!own && !failed && !takes_no_answer(r))
    return BP_TELLS_NOTHING;
  if (no_return_path(r))
    return says_so && own ? BP_TELLS_BY_SUBJECT : failed ? BP_TELLS_BY_SENTENCE : BP_TELLS_BY_REPLY;
  if (bp_is_of_list_manager(r))
    return BP_TELLS_BY_SENTENCE;
  if (follows_another(r))
    return BP_TELLS_NOTHING;
  if (says_so && (!has_return_path(r) || bounces_to_program(r)) && !from_line(r) &&
      (calls_itself_robot(r) || from_nobody(r) || returns_message(r) || (quotes_reply(r) && !from_somebody(r))))
    return BP_TELLS_BY_OPENING;
  if (!from_nobody(r) && !calls_itself_robot(r) && !from_robot(r))
    return BP_TELLS_NOTHING;
  return says_so && own ? BP_TELLS_BY_OPENING : failed ? BP_TELLS_BY_SENTENCE : BP_TELLS_BY_REPLY;
}

gboolean bp_is_of_daemon(BpReading *r) {
  return from_daemon(r) &&
         (!has_return_path(r) || field(r, "List-Post")); /* the path is the list's that handed it out */
}

gboolean bp_is_of_postmaster(BpReading *r) {
  return no_return_path(r) && from_postmaster(r);
}

static gboolean is_bounce_of_daemon(BpReading *r) {
  return bp_is_of_daemon(r) && own_subject_says_so(r) &&
         (quotes_reply(r) || bp_any_phrase(r, BP_MATCH_FAILURE, r->text));
}

gboolean bp_is_plain_bounce(BpReading *r) {
  return (bp_is_of_postmaster(r) && !by_program(r) && bp_any_phrase(r, BP_MATCH_FAILURE, r->text)) ||
         (called_mail_system(r) && no_return_path(r) && own_subject_says_so(r) && quotes_reply(r) &&
          !field(r, "User-Agent") && !bp_is_post(r) && !quotes(r)) ||
         is_bounce_of_daemon(r);
}

gboolean bp_calls_itself_bounce(BpReading *r) {
  return (bp_is_of_postmaster(r) && own_subject_says_so(r) && quotes_reply(r)) || is_bounce_of_daemon(r);
}

gboolean bp_is_told_by_subject(BpReading *r) {
  return called_mail_system(r) && !has_return_path(r) && own_subject_says_so(r) && !quotes(r);
}

gboolean bp_may_name_nobody(BpReading *r) {
  if (is_report(r) || returns_message(r) || field(r, "X-Failed-Recipients"))
    return TRUE;
  if (!called_mail_system(r) || has_return_path(r) || !subject_says_so(r) || quotes(r))
    return FALSE;
  return from_daemon(r) || quotes_reply(r) || (no_return_path(r) && from_system_address(r)) || bp_verp_recipient(r);
}

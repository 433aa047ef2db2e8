/* report.c - what kind of message it is: asks one reader after the other */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define PARAGRAPH_SEARCH (64 * 1024 * 1024) /* bytes of text that are searched for the paragraphs of all recipients */
#define WRAPS 3                             /* wrappers within wrappers */
#define BEFORE 512                          /* bytes between a command and the name of the recipient in its answer */
#define PARAGRAPHS 3                        /* that are read of one */
#define SHORT 24                            /* bytes of a reply that has no room for a name */

static BpReport *new_report(BpArena *arena) {
  BpReport *report = bp_arena_alloc(arena, sizeof(BpReport));
  report->date = report->arrival_date = report->original.date = BP_NO_TIME;
  report->recipients = g_ptr_array_new();
  report->warnings = g_ptr_array_new();
  return report;
}

void bp_report_free(BpReport *report) {
  g_ptr_array_unref(report->recipients);
  g_ptr_array_unref(report->warnings);
}

/* Whom the bounce went to and who sent it are no failed recipients. */
static void find_strangers(BpReading *r) {
  static const char *const fields[] = {"To",          "From",     "Delivered-To", "X-Original-To",
                                       "Envelope-To", "Reply-To", "Return-Path"};
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    const char *value = bp_fields_get(r->headers, fields[i]);
    const char *address = value ? bp_address_of(r->arena, value, FALSE) : "";
    if (*address)
      g_ptr_array_add(r->strangers, (gpointer)(guintptr)address);
    if (*address && i == 0) {
      r->report->returned_to = address;
      r->list_owner = strchr(address, '-') ? address : NULL;
    }
  }
  if (r->report->original.from)
    g_ptr_array_add(r->strangers, (gpointer)(guintptr)r->report->original.from);
  if (r->report->original.envelope_from)
    g_ptr_array_add(r->strangers, (gpointer)(guintptr)r->report->original.envelope_from);
}

/* A mail sent to oneself fails for oneself. */
static void forgive_own_address(BpReading *r) {
  if (!r->report->original.to)
    return;
  for (guint i = r->strangers->len; i-- > 0;)
    if (bp_address_same(g_ptr_array_index(r->strangers, i), r->report->original.to))
      g_ptr_array_remove_index(r->strangers, i);
}

/* TRUE where the report's own fields leave the reply of someone untold. */
static gboolean needs_text(const BpReport *report) {
  for (guint i = 0; i < report->recipients->len; i++) {
    const BpRecipient *recipient = g_ptr_array_index(report->recipients, i);
    if ((recipient->action == BP_ACTION_FAILED || recipient->action == BP_ACTION_DELAYED) &&
        (!recipient->diagnostic || strlen(recipient->diagnostic) < 12 || bp_reply_is_cut(recipient->diagnostic) ||
         (!recipient->code && !recipient->diagnostic_type)))
      return TRUE;
  }
  return FALSE;
}

/* TRUE where the address of a return path is the recipient's with a mark in front: "bounces-7f3a-alice=example.com@".
 */
static gboolean is_marked(const char *verp, const char *address) {
  gsize n = strlen(verp), length = strlen(address);
  return length && n > length + 1 && strchr("-+._=", verp[n - length - 1]) &&
         g_ascii_strcasecmp(verp + n - length, address) == 0;
}

/* Where the return path was made for one recipient, it fills the address that a report leaves open, or is the alias. */
static void apply_verp(BpReading *r) {
  const GPtrArray *recipients = r->report->recipients;
  gboolean hidden = recipients->len == 0 && r->report->kind == BP_KIND_COMPLAINT;
  const char *verp = hidden || recipients->len == 1 ? bp_verp_recipient(r) : NULL;
  if (!verp)
    return;
  BpRecipient *only = hidden ? bp_recipient_add(r, verp, BP_ACTION_COMPLAINT) : g_ptr_array_index(recipients, 0);
  if (bp_address_same(verp, only->address) || is_marked(verp, only->address))
    return;
  if (!*only->address)
    only->address = verp;
  else if (!only->original_address)
    only->original_address = verp;
}

/* What is missing of a recipient that the text may tell. */
static gboolean wants_context(const BpRecipient *recipient) {
  return recipient->action <= BP_ACTION_DELAYED && recipient->code && (!recipient->command || !recipient->remote_ip);
}

/* The command of a dialogue that is answered at answer: the line ">>> DATA" shortly before it; else answer. */
static const char *asked_before(const char *text, const char *answer) {
  for (const char *p = answer; p > text && answer - p < BEFORE && memcmp(p, "\n\n", 2) != 0; p--)
    if (g_str_has_prefix(p, "\n>>> "))
      return p + 1;
  return answer;
}

/* The paragraphs of a text that name the recipient. */
static void read_paragraphs_of(BpReading *r, BpRecipient *recipient, const char *text) {
  const char *whole = text;
  for (guint n = 0; n < PARAGRAPHS && wants_context(recipient) && (text = strstr(text, recipient->address)); n++) {
    const char *end = strstr(text, "\n\n"), *from = asked_before(whole, text);
    bp_recipient_context(r, recipient, from, bp_cut(from, end ? (gsize)(end - from) : strlen(from), BP_REPLY_MAX));
    if (!end)
      return;
    text = end;
  }
}

/* They often tell host and command, which the fields of the report do not. */
static void read_paragraphs(BpReading *r) {
  gsize left = PARAGRAPH_SEARCH;
  for (guint i = 0; i < r->report->recipients->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(r->report->recipients, i);
    guint at = 0;
    for (BpPart *part; left && *recipient->address && wants_context(recipient) && (part = bp_next_part(r, &at)) &&
                       part->kind != BP_PART_MESSAGE;) {
      gsize size = 0;
      const char *text = part->kind == BP_PART_TEXT ? bp_mail_text(r->mail, part, &size) : "";
      left -= MIN(left, size);
      read_paragraphs_of(r, recipient, text);
    }
  }
}

/* TRUE where a reply is known and who gave it is not. */
static gboolean needs_host(const BpReport *report) {
  for (guint i = 0; i < report->recipients->len; i++) {
    const BpRecipient *recipient = g_ptr_array_index(report->recipients, i);
    if (recipient->action <= BP_ACTION_DELAYED && recipient->code && !recipient->remote_host && !recipient->remote_ip)
      return TRUE;
  }
  return FALSE;
}

/* TRUE where the host that is told to be none (RFC 3463, x.1.2) may have its name in the text. */
static gboolean needs_name(const BpReport *report) {
  for (guint i = 0; i < report->recipients->len; i++) {
    const BpRecipient *recipient = g_ptr_array_index(report->recipients, i);
    if (recipient->status && g_str_has_suffix(recipient->status, ".1.2") && recipient->diagnostic &&
        strlen(recipient->diagnostic) < SHORT)
      return TRUE;
  }
  return FALSE;
}

/* The words in brackets behind the status, where nothing else tells a reason. */
static void take_comments(BpReading *r) {
  for (guint i = 0; i < r->report->recipients->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(r->report->recipients, i);
    if (recipient->comment && (!recipient->diagnostic || !*recipient->diagnostic))
      bp_recipient_reply(r, recipient, recipient->comment, strlen(recipient->comment));
  }
}

static void find_text(BpReading *r) {
  bp_find_text(r);
  bp_recognise_anew(r);
}

static void complement(BpReading *r) {
  read_paragraphs(r);
  gboolean incomplete = needs_text(r->report);
  if (!incomplete && !needs_host(r->report) && !needs_name(r->report))
    return;
  r->complement = TRUE;
  find_text(r);
  /* Of several, one of whom a layout finds no reason has none: what stands near is another's. */
  gboolean told = bp_read_layouts(r);
  if (told)
    take_comments(r); /* a layout knows where a reply would stand: there is none */
  if (told ? r->report->recipients->len == 1 && needs_text(r->report) : incomplete)
    bp_read_general(r);
  take_comments(r);
}

/* A message that the recipient's own rules refuse is answered by a notification that calls it deleted (RFC 5429); that
 * it was refused, and why, stands in the text. */
static void read_refusal(BpReading *r) {
  const GPtrArray *all = r->report->recipients;
  for (guint i = 0; i < all->len; i++)
    if (((const BpRecipient *)g_ptr_array_index(all, i))->action != BP_ACTION_DELETED)
      return;
  r->complement = TRUE;
  find_text(r);
  if (!bp_layout_says(r, "refuses"))
    return;
  for (guint i = 0; i < all->len; i++)
    ((BpRecipient *)g_ptr_array_index(all, i))->action = BP_ACTION_FAILED;
  bp_read_layouts(r);
  r->report->kind = bp_kind_of_actions(r->report);
}

static void begin_text(BpReading *r);

/* The only recipient of a report has no name ("Final-Recipient: rfc822;"): TRUE where the text tells it. */
static gboolean read_nameless(BpReading *r) {
  GPtrArray *all = r->report->recipients;
  BpRecipient *only = all->len == 1 ? g_ptr_array_index(all, 0) : NULL;
  if (!only || *only->address || only->action > BP_ACTION_DELAYED)
    return FALSE;
  g_ptr_array_set_size(all, 0);
  begin_text(r);
  gboolean told = bp_read_layouts(r) || bp_read_general(r);
  if (told)
    bp_fill_from_status(r);
  else
    g_ptr_array_add(all, only);
  r->report->kind = bp_kind_of_actions(r->report);
  r->report->layout = "dsn";
  return told;
}

/* Reports whose fields are made for machines. */
static gboolean read_fields(BpReading *r) {
  if (!bp_hands_receipt_on(r) && bp_read_mdn(r)) {
    read_refusal(r);
    return TRUE;
  }
  if (bp_hands_report_on(r))
    return FALSE;
  if (bp_read_arf(r))
    return TRUE;
  if (!bp_may_hold_dsn(r) || !bp_read_dsn(r))
    return FALSE;
  if (!read_nameless(r))
    complement(r);
  return TRUE;
}

static gboolean read_layouts(BpReading *r) {
  if ((bp_is_delivery_report(r) || bp_is_bounce(r)) && bp_read_pasted_dsn(r)) {
    complement(r);
    return TRUE;
  }
  if (!bp_read_layouts(r))
    return FALSE;
  bp_fill_from_status(r);
  r->report->kind = bp_kind_of_actions(r->report);
  return TRUE;
}

static gboolean read_general(BpReading *r) {
  if (!bp_read_general(r))
    return FALSE;
  bp_fill_from_status(r);
  r->report->kind = bp_kind_of_actions(r->report);
  return TRUE;
}

static void find_masks(BpReading *r) {
  const char *from = bp_fields_get(r->headers, "From");
  r->mask = bp_address_mask(r->arena, from);
  r->masks = !from || strchr(from, '@') ? BP_MASKS_NOTHING : r->mask ? BP_MASKS_ALL : BP_MASKS_ALL_IF_ANY;
}

/* Begins with the message in a part, or with the mail itself. */
static void begin(BpReading *r, int message, const BpFields *headers) {
  r->message = message;
  r->headers = headers;
  r->mail_system = -1;
  find_masks(r);
  r->text = "";
  r->length = 0;
  r->pasted = NULL;
  bp_recognise_anew(r);
  g_ptr_array_set_size(r->strangers, 0);
  r->report->original = (BpOriginal){.date = BP_NO_TIME};
  bp_read_original(r);
  find_strangers(r);
  forgive_own_address(r);
}

/* What is pasted below the text may tell of the original what no part told. */
static void read_pasted(BpReading *r) {
  bp_read_original(r);
  if (r->report->original.from)
    g_ptr_array_add(r->strangers, (gpointer)(guintptr)r->report->original.from);
  forgive_own_address(r);
}

static void begin_text(BpReading *r) {
  find_text(r);
  read_pasted(r);
}

static gboolean read_bounce(BpReading *r) {
  return read_layouts(r) || (bp_is_bounce(r) && read_general(r));
}

static gboolean read_wrapped(BpReading *r, guint depth, gboolean wrapper);

/* By the layout of the message or as a wrapper of others, which goes first where its layout says that it is one. */
static gboolean read_layouts_or_wrapped(BpReading *r, guint depth) {
  gboolean wrapper = bp_layout_says(r, "wraps");
  return (wrapper && read_wrapped(r, depth, TRUE)) || read_layouts(r) || (!wrapper && read_wrapped(r, depth, FALSE));
}

static gboolean read_inner(BpReading *r, int message, const BpFields *headers, guint depth) {
  begin(r, message, headers);
  if (read_fields(r))
    return TRUE;
  begin_text(r);
  return read_layouts_or_wrapped(r, depth) || (bp_is_bounce(r) && read_general(r));
}

/* A list manager of old that pastes the bounce into its own mail. */
static gboolean read_inner_text(BpReading *r) {
  const char *body;
  const BpFields *headers = r->pasted ? bp_pasted_header(r, &body) : NULL;
  if (!headers)
    return FALSE;
  gsize length = r->pasted_length - (gsize)(body - r->pasted);
  begin(r, BP_IN_TEXT, headers);
  bp_set_text(r, body, length);
  read_pasted(r);
  return read_bounce(r);
}

/* Goes on with what holds the messages, of which text and layouts are known. */
static void come_back(BpReading *r, const BpReading *outer) {
  begin(r, outer->message, outer->headers);
  r->text = outer->text;
  r->length = outer->length;
  r->pasted = outer->pasted;
  r->pasted_length = outer->pasted_length;
  r->fits = outer->fits;
  read_pasted(r);
}

/* A list manager that shows a member a bounce of their own: they read it, so the address works. */
static gboolean tells_reader(const BpReading *r, const char *reader) {
  const GPtrArray *all = r->report->recipients;
  return reader && all->len == 1 && bp_address_same(((const BpRecipient *)g_ptr_array_index(all, 0))->address, reader);
}

/* A list manager or a scanner that hands a bounce on within its own mail, which a layout may know as such. A person who
 * does so writes an ordinary mail. */
static gboolean read_wrapped(BpReading *r, guint depth, gboolean wrapper) {
  guint at = 0, n;
  BpPart *parts = bp_mail_parts(r->mail, &n);
  gboolean may_paste = wrapper || bp_may_wrap(r);
  if (depth > WRAPS || !(wrapper || may_paste || bp_is_generated(r) || bp_is_of_list_manager(r)))
    return FALSE;
  const BpReading outer = *r;
  const char *reader = bp_is_of_list_manager(r) ? r->report->returned_to : NULL;
  r->fits = NULL;
  r->taken_for_bounce = wrapper;
  gboolean found = FALSE;
  for (BpPart *part; !found && (part = bp_next_part(r, &at));) {
    found = part->kind == BP_PART_MESSAGE && read_inner(r, (int)(part - parts), &part->headers, depth + 1);
    if (!found)
      r->message = outer.message;
  }
  if (!found && may_paste) {
    r->pasted = outer.pasted;
    r->pasted_length = outer.pasted_length;
    found = read_inner_text(r);
  }
  r->taken_for_bounce = outer.taken_for_bounce;
  if (found && tells_reader(r, reader)) {
    g_ptr_array_set_size(r->report->recipients, 0);
    found = FALSE;
  }
  if (!found)
    come_back(r, &outer);
  else if (outer.fits)
    g_array_unref(outer.fits);
  return found;
}

/* A scanner or a list manager that hands on an automatic reply. */
static void read_wrapped_kind(BpReading *r, gboolean wrapper) {
  guint at = 0, n;
  BpPart *parts = bp_mail_parts(r->mail, &n), *part;
  if (!wrapper && !bp_may_wrap(r))
    return;
  while ((part = bp_next_part(r, &at)) && part->kind != BP_PART_MESSAGE)
    ;
  if (!part)
    return;
  const BpReading outer = *r;
  r->fits = NULL;
  begin(r, (int)(part - parts), &part->headers);
  begin_text(r);
  if (!bp_read_kinds(r))
    bp_read_auto_submitted(r);
  if (r->report->kind != BP_KIND_AUTO_REPLY && r->report->kind != BP_KIND_CHALLENGE) {
    r->report->kind = BP_KIND_OTHER;
    g_ptr_array_set_size(r->report->recipients, 0);
  }
  come_back(r, &outer);
}

/* TRUE where several recipients have one reply, letter for letter. */
static gboolean share_a_reply(const GPtrArray *all) {
  const BpRecipient *first = all->len > 1 ? g_ptr_array_index(all, 0) : NULL;
  for (guint i = 0; first && i < all->len; i++)
    if (g_strcmp0(((const BpRecipient *)g_ptr_array_index(all, i))->diagnostic, first->diagnostic) != 0)
      return FALSE;
  return first && first->diagnostic;
}

/* Some systems give the reply on one recipient as that on all: it must not be held against the others. */
static void find_replies_of_others(BpReading *r) {
  const BpReport *report = r->report;
  for (guint i = 0; report->recipients->len > 1 && i < report->recipients->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(report->recipients, i);
    recipient->of_another = recipient->diagnostic && bp_names_another(r, recipient, recipient->diagnostic);
  }
  if (!share_a_reply(report->recipients))
    return;
  find_text(r);
  for (guint i = 0; bp_layout_says(r, "one-reply") && i < report->recipients->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(report->recipients, i);
    recipient->of_some = !bp_names(recipient, recipient->diagnostic);
  }
}

/* Where no field or words name the reporting system, its own address does: MAILER-DAEMON@mx.example.com. */
static void name_reporter(BpReading *r) {
  const char *from = r->report->reporter_host ? NULL : bp_fields_get(r->headers, "From"), *unused = NULL;
  const char *address = from ? bp_address_of(r->arena, from, FALSE) : "", *domain = strchr(address, '@');
  if (!domain || !bp_address_is_system(address))
    return;
  bp_host_of(r->arena, domain + 1, &r->report->reporter_host, &unused);
  r->report->by_sender = TRUE;
}

static void read_all(BpReading *r) {
  begin(r, -1, bp_mail_headers(r->mail));
  if (read_fields(r))
    return;
  begin_text(r);
  if (bp_read_kinds_first(r) || read_layouts_or_wrapped(r, 0))
    return;
  if (bp_read_kinds(r)) {
    /* "This is an automated message", says many a notice of a failure too. */
    if (r->report->kind == BP_KIND_AUTO_REPLY && !bp_is_bounce(r) &&
        (bp_may_tell_of_mail(r) == BP_TELLS_BY_SUBJECT || bp_subject_tells_of_undone(r)))
      read_general(r);
    return;
  }
  gboolean wrapper = bp_layout_says(r, "wraps"); /* what it holds has been looked at: it is no bounce */
  if ((wrapper || !read_general(r)) && !bp_read_auto_submitted(r))
    read_wrapped_kind(r, wrapper);
}

BpReport *bp_report_read(BpArena *arena, BpMail *mail, const BpReportOptions *options) {
  g_autoptr(GPtrArray) strangers = g_ptr_array_new();
  BpReading r = {.arena = arena,
                 .mail = mail,
                 .options = options,
                 .matcher = options->matcher,
                 .tables = bp_matcher_tables(options->matcher),
                 .report = new_report(arena),
                 .text = "",
                 .strangers = strangers};
  r.report->date = bp_date_of(bp_fields_get(bp_mail_headers(mail), "Date"));
  read_all(&r);
  find_replies_of_others(&r);
  if (r.report->kind != BP_KIND_OTHER && r.report->kind <= BP_KIND_SUCCESS) {
    bp_read_stated(&r);
    name_reporter(&r);
  }
  apply_verp(&r);
  g_clear_pointer(&r.known, g_hash_table_unref);
  bp_recognise_anew(&r);
  r.report->truncated |= bp_mail_truncated(mail);
  if (bp_matcher_exhausted(options->matcher))
    r.report->truncated |= BP_TRUNCATED_MATCHING;
  return r.report;
}

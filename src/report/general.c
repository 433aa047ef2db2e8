/* general.c - reads bounces that no layout describes, by what all of them have in common
 *
 * A mail system says so of itself, words say that delivery failed, and near them an address stands that is neither the
 * sender's nor the system's, with a reply behind it. Where the sender is no mail system by its name, the first
 * sentences must say all of that. */
#include "report/address.h"
#include "report/mentions.h"

#include <string.h>

/* TRUE where the line of the address itself has a reply: of several places where it stands, that tells the most. */
static gboolean says_why(GArray *lines, const BpMention *c) {
  return g_array_index(lines, BpLine, c->line).code;
}

/* The line of the last of the mentions that stand on lines of their own, one below the other, from n on, where what
 * follows is set apart from them: it is said of all. What stands right below the last is its own. */
static guint last_of_list(GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  guint below = c->line;
  for (guint i = n + 1; c->alone && i < mentions->len; i++) {
    const BpMention *next = &g_array_index(mentions, BpMention, i);
    if (!next->alone || next->line != below + 1)
      break;
    below = next->line;
  }
  return below + 1 < lines->len && g_array_index(lines, BpLine, below + 1).length == 0 ? below : c->line;
}

/* The line of the next mention of another address, which a reply does not reach. */
static guint next_line(GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  guint last = last_of_list(lines, mentions, n);
  for (guint i = n + 1; i < mentions->len; i++) {
    const BpMention *next = &g_array_index(mentions, BpMention, i);
    if (next->line > last && !bp_address_same(next->address, c->address))
      return next->line;
  }
  return lines->len;
}

/* One of those that the mail did reach, which a report of several may list: by its reply, its line or the heading. */
static gboolean was_reached(GArray *lines, guint n, const BpRecipient *recipient) {
  if (recipient->code)
    return *recipient->code == '2';
  for (guint i = n; i + 2 > n; i--) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->failure || line->success || i == 0)
      return line->success && !line->failure;
  }
  return FALSE;
}

/* One of a list whose heading says so, and whose entries say no more. */
static gboolean is_listed_as_reached(GArray *lines, const BpMention *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line),
               *heading = c->alone && line->heading ? &g_array_index(lines, BpLine, line->heading - 1) : NULL;
  return heading && heading->success && !heading->failure && !(c->line + 1 < lines->len && line[1].code);
}

/* The only address of the mentions with so many points; NULL where there is none or another. */
static const char *only_address(GArray *mentions, int points) {
  const char *only = NULL;
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    if (c->points < points)
      continue;
    if (only && !bp_address_same(only, c->address))
      return NULL;
    only = c->address;
  }
  return only;
}

/* TRUE where the failure is told on the line of the only address that may be the recipient's. */
static gboolean fails_itself(GArray *lines, GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    if (c->points >= BP_ALONE)
      return g_array_index(lines, BpLine, c->line).failure;
  }
  return FALSE;
}

/* Whom the returned message was for, if it was one who may have failed; else NULL. */
static const char *returned_to_one(const BpReading *r) {
  const char *to = r->report->original.to;
  return to && !r->for_several && !bp_is_stranger(r, to) ? to : NULL;
}

/* Where nothing else tells who it was, the only address that words of failure stand with is the recipient, else the
 * only one there is. */
static int points_needed(BpReading *r, GArray *lines, GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++)
    if (g_array_index(mentions, BpMention, i).points >= BP_ENOUGH)
      return BP_ENOUGH;
  if (r->complement)
    return BP_ALONE; /* the fields have told that it is one */
  if (returned_to_one(r))
    return BP_ENOUGH;
  gboolean sure = bp_is_of_daemon(r) || bp_may_name_nobody(r);
  if (only_address(mentions, BP_ALONE) && (sure || (bp_is_of_postmaster(r) && fails_itself(lines, mentions))))
    return BP_ALONE;
  if (!sure)
    return BP_ENOUGH;
  const char *only = only_address(mentions, 0);
  return only && !bp_address_is_role(only) && !bp_lines_tell_before(lines, g_array_index(mentions, BpMention, 0).line)
             ? 0
             : BP_ENOUGH;
}

/* TRUE where somebody is told elsewhere than in replies, or in the header of the message. */
static gboolean told_outside(GArray *mentions, int enough, gboolean replies, gboolean header) {
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    if (c->points >= enough && !(replies && c->replied) && !(header && c->header))
      return TRUE;
  }
  return FALSE;
}

static void read_mention(BpReading *r, GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  BpRecipient *recipient = bp_recipient_find(r, c->address);
  if (recipient && !r->complement && is_listed_as_reached(lines, c)) {
    recipient->action = BP_ACTION_DELIVERED;
    return;
  }
  if (recipient && (!recipient->diagnostic || (r->complement && bp_reply_is_wordless(recipient->diagnostic))))
    bp_lines_read_reply(r, lines, c->line, c->address, next_line(lines, mentions, n), recipient);
  if (recipient && !r->complement && was_reached(lines, c->line, recipient))
    recipient->action = BP_ACTION_DELIVERED;
}

/* The only one that the returned message was for. */
static const char *only_original(const BpReading *r) {
  const BpOriginal *original = &r->report->original;
  return r->for_several || original->list_id ? NULL : original->to;
}

/* "Could not be forwarded to bob@example.com": the mail was for whom the returned message names. */
static void take_alias(BpReading *r, GArray *lines, const BpMention *c) {
  const char *to = only_original(r);
  BpRecipient *only = r->report->recipients->len == 1 ? g_ptr_array_index(r->report->recipients, 0) : NULL;
  if (only && to && g_array_index(lines, BpLine, c->line).target && !only->original_address &&
      !bp_address_same(to, only->address) && !bp_is_stranger(r, to))
    only->original_address = to;
}

/* Where a sentence says whom the reader's mail was for, or the returned message's only recipient is named, whom it was
 * handed on to is no recipient. */
static gboolean names_own(const BpReading *r, GArray *lines, GArray *mentions, gboolean *only) {
  const char *to = only_original(r);
  gboolean own = FALSE;
  *only = FALSE;
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    gboolean named = g_array_index(lines, BpLine, c->line).named, same = to && bp_address_same(c->address, to);
    own = own || named || same;
    *only = *only || (named && same);
  }
  return own;
}

/* The first address of a sentence that says whose mail it was is that: of several such lines, each has its own. */
static gboolean is_named_itself(GArray *lines, GArray *mentions, guint n) {
  const BpMention *m = &g_array_index(mentions, BpMention, n);
  return g_array_index(lines, BpLine, m->line).named && (n == 0 || m[-1].line != m->line);
}

static gboolean is_target_only(const BpReading *r, GArray *lines, GArray *mentions, guint n, gboolean only) {
  const BpMention *m = &g_array_index(mentions, BpMention, n);
  const BpLine *line = &g_array_index(lines, BpLine, m->line);
  if (only)
    return !bp_address_same(m->address, only_original(r)) && !is_named_itself(lines, mentions, n);
  return line->target && !line->named;
}

/* "Recipient: bob@example.com", or his address alone below a heading, and the reason with it. */
static gboolean is_entry(const BpReading *r, GArray *lines, const BpMention *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (c->points < BP_ENOUGH || c->header || !((c->alone && line->heading) || bp_line_is_label(r, line, c->address)))
    return FALSE;
  for (guint i = 1; i <= 4 && c->line + i < lines->len && line[i].length; i++)
    if (line[i].failure || line[i].code)
      return TRUE;
  return FALSE;
}

/* "Mail for info@example.com could not be forwarded to:", where the entries below name whom it did not reach. */
static gboolean is_above_entry(const BpReading *r, GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (!bp_is_told(line, c->from) || line->code)
    return FALSE;
  for (guint i = n + 1; i < mentions->len; i++) {
    const BpMention *m = &g_array_index(mentions, BpMention, i);
    if (m->line > c->line && is_entry(r, lines, m))
      return !bp_address_same(m->address, c->address);
  }
  return FALSE;
}

/* Leaves those that are recipients'. Whom the server names in its reply may be the one that mail was handed on to, and
 * whom the message was for a list: the report itself names who failed, where it does. */
static void keep_recipients(BpReading *r, GArray *lines, GArray *mentions) {
  guint kept = 0;
  int enough = points_needed(r, lines, mentions);
  gboolean told = told_outside(mentions, enough, TRUE, FALSE), named = told_outside(mentions, enough, told, TRUE), only,
           own = names_own(r, lines, mentions, &only);
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    if (is_above_entry(r, lines, mentions, i))
      continue;
    if (c->points >= enough && !(told && c->replied) && !(named && c->header) &&
        !(own && is_target_only(r, lines, mentions, i, only)))
      g_array_index(mentions, BpMention, kept++) = *c;
  }
  g_array_set_size(mentions, kept);
}

/* The list that its owner or moderator writes of, as From has it, where the text names it. */
static const char *named_list(const BpReading *r) {
  const char *owner = bp_sender(r);
  for (gsize at = 0, end; *owner && bp_address_next(r->text, r->length, &at, &end); at = end) {
    const char *address = bp_arena_strndup(r->arena, r->text + at, end - at);
    if (bp_address_looks_after(owner, address))
      return address;
  }
  return NULL;
}

static void read_mentions(BpReading *r, GArray *lines, GArray *mentions, BpAction action) {
  keep_recipients(r, lines, mentions);
  guint kept = mentions->len;
  for (guint i = 0; i < kept; i++)
    if (!r->complement)
      bp_recipient_add(r, g_array_index(mentions, BpMention, i).address, action);
  for (guint i = 0; i < kept; i++)
    if (says_why(lines, &g_array_index(mentions, BpMention, i)))
      read_mention(r, lines, mentions, i);
  for (guint i = 0; i < kept; i++)
    read_mention(r, lines, mentions, i);
  if (kept && !r->complement)
    take_alias(r, lines, &g_array_index(mentions, BpMention, 0));
}

/* "Mail to bob@example.com rejected" */
static const char *address_in_subject(BpReading *r) {
  const char *subject = bp_fields_get(r->headers, "Subject");
  gsize from = 0, to;
  if (!subject || !bp_address_next(subject, strlen(subject), &from, &to) ||
      (from > 5 && g_ascii_strncasecmp(subject + from - 5, "from ", 5) == 0))
    return NULL;
  const char *address = bp_arena_strndup(r->arena, subject + from, to - from);
  return bp_is_stranger(r, address) ? NULL : address;
}

/* A bounce in which nobody is found, as its subject says, which names somebody or belongs to a known layout. */
static gboolean may_name_nobody(BpReading *r) {
  return bp_may_name_nobody(r) ||
         (bp_is_told_by_subject(r) && (address_in_subject(r) || bp_layout_says(r, "software")));
}

/* The text names nobody, but it is a bounce: whom the returned message was for, or its subject, else nobody. */
static void fall_back(BpReading *r, GArray *lines, BpAction action, const char *list) {
  const char *failed = bp_fields_get(r->headers, "X-Failed-Recipients");
  const char *address = failed ? bp_address_of(r->arena, failed, FALSE) : NULL;
  if (!address || !*address)
    address = bp_verp_recipient(r);
  if (!address)
    address = returned_to_one(r);
  if (!address)
    address = list ? list : address_in_subject(r);
  BpRecipient *recipient = bp_recipient_add(r, address ? address : "", action);
  guint n = 0;
  bp_lines_find_reply(lines, 0, lines->len, lines->len, &n);
  bp_lines_read_reply(r, lines, n, recipient->address, lines->len, recipient);
}

/* Marks the lines by what they say; *told is TRUE where a failure or a delay is told. Sentences are read whole, however
 * they were wrapped, where the sender is no mail system. Returns what became of the recipients, as the text has it. */
static BpAction mark_lines(BpReading *r, GArray *lines, gboolean known, gboolean *told) {
  guint n_failures = bp_lines_mark(r, lines, BP_MATCH_FAILURE, G_STRUCT_OFFSET(BpLine, failure));
  g_autofree char *sentences = known ? NULL : bp_lines_unwrap(r, lines);
  if (!known)
    n_failures += bp_lines_mark_sentences(r, lines, sentences, BP_MATCH_FAILURE, G_STRUCT_OFFSET(BpLine, failure));
  gboolean delay = bp_tells_of(r, BP_MATCH_DELAY);
  gboolean success = !delay && !n_failures && bp_tells_of(r, BP_MATCH_SUCCESS);
  if (delay || success)
    bp_lines_mark(r, lines, delay ? BP_MATCH_DELAY : BP_MATCH_SUCCESS, G_STRUCT_OFFSET(BpLine, failure));
  if (known)
    bp_lines_mark(r, lines, BP_MATCH_RECIPIENT, G_STRUCT_OFFSET(BpLine, recipient));
  else {
    bp_lines_mark_sentences(r, lines, sentences, BP_MATCH_RECIPIENT, G_STRUCT_OFFSET(BpLine, recipient));
    n_failures += bp_lines_mark_undone(r, lines, sentences);
  }
  bp_lines_mark(r, lines, BP_MATCH_NOT_RECIPIENT, G_STRUCT_OFFSET(BpLine, not_recipient));
  bp_lines_mark(r, lines, BP_MATCH_SUCCESS, G_STRUCT_OFFSET(BpLine, success));
  bp_lines_mark(r, lines, BP_MATCH_REASON, G_STRUCT_OFFSET(BpLine, reason));
  *told = n_failures || delay;
  return delay ? BP_ACTION_DELAYED : success ? BP_ACTION_DELIVERED : BP_ACTION_FAILED;
}

static gboolean names_anybody(GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++)
    if (g_array_index(mentions, BpMention, i).points >= BP_ENOUGH)
      return TRUE;
  return FALSE;
}

/* What seemed to be said of others may be said of a recipient, in words of its own. */
static void find_in_sentences(BpReading *r, GArray *lines, GArray *mentions) {
  g_autofree char *sentences = bp_lines_unwrap(r, lines);
  if (bp_lines_mark_undone(r, lines, sentences)) {
    g_array_set_size(mentions, 0);
    bp_mentions_find(r, lines, mentions);
  }
  bp_mentions_complete(r, lines, mentions);
}

/* TRUE where the opening names anybody, as it does where something can prove that a mail failed. */
static gboolean names_in_opening(const BpReading *r, GArray *lines) {
  for (guint i = 0; i < lines->len; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    gsize from = line->at, to;
    if (line->at > BP_OPENING)
      return FALSE;
    if (line->length <= BP_REPLY_MAX && bp_address_next(r->text, line->at + line->length, &from, &to))
      return TRUE;
  }
  return FALSE;
}

gboolean bp_read_general(BpReading *r) {
  gboolean known = r->complement || bp_is_bounce(r), told;
  BpTells tells = known ? BP_TELLS_NOTHING : bp_may_tell_of_mail(r);
  if (!known && tells == BP_TELLS_NOTHING)
    return FALSE;
  g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(BpLine)),
                    mentions = g_array_new(FALSE, FALSE, sizeof(BpMention));
  bp_lines_split(r, lines);
  if (!known && !names_in_opening(r, lines))
    return FALSE;
  bp_lines_mark_codes(r, lines);
  BpAction action = mark_lines(r, lines, known, &told);
  bp_mentions_find(r, lines, mentions);
  if (known && !r->complement && !names_anybody(mentions))
    find_in_sentences(r, lines, mentions);
  if (!known)
    bp_mentions_complete(r, lines, mentions);
  if (!known && !bp_mentions_prove(r, lines, mentions, tells, told))
    return FALSE;
  read_mentions(r, lines, mentions, action);
  const char *list = known && !r->complement && r->report->recipients->len == 0 ? named_list(r) : NULL;
  if (r->report->recipients->len == 0 && !r->complement && !list && !may_name_nobody(r))
    return FALSE;
  if (r->report->recipients->len == 0)
    fall_back(r, lines, action, list);
  if (!r->complement)
    r->report->layout = "general";
  r->report->hearsay = !known && tells < BP_TELLS_BY_OPENING;
  return TRUE;
}

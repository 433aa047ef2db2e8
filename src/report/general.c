/* general.c - reads bounces that no layout describes, by what all of them have in common
 *
 * A mail system says so of itself, words say that delivery failed, and near them an address stands that is neither the
 * sender's nor the system's, with a reply behind it. */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define LINES_MAX 2000
#define CANDIDATES_MAX 10000
#define LOOK (4 * BP_REPLY_MAX) /* bytes of a paragraph or reply that are looked at */
#define REACH 12                /* lines behind an address in which its reply is looked for */
#define RULE 5                  /* dashes that part a text */
#define ENOUGH 3                /* points that make a recipient */
#define ALONE 2                 /* the same of the only address that may be one */

typedef struct {
  gsize at, length;
  gboolean failure; /* has words that say that delivery failed */
  gboolean code;    /* has a reply code or a status */
  gboolean smtp;    /* has a reply code */
  gboolean recipient, not_recipient;
  gboolean reason;  /* has words behind which the reason is told */
  gboolean success; /* has words that say that delivery succeeded */
  gboolean comment; /* holds an address and, in brackets, a reason */
} Line;

typedef struct {
  const char *address;
  guint line;
  int points;
  gboolean alone;   /* on its line, without a reason behind it */
  gboolean replied; /* within a reply, behind its code or the word that tells the reason */
} Candidate;

static void split_lines(const BpReading *r, GArray *lines) {
  for (gsize at = 0; at < r->length && lines->len < LINES_MAX;) {
    const char *end = memchr(r->text + at, '\n', r->length - at);
    gsize length = end ? (gsize)(end - r->text) - at : r->length - at;
    Line line = {.at = at, .length = length};
    g_array_append_val(lines, line);
    at += length + 1;
  }
}

static Line *line_at(GArray *lines, gsize at) {
  guint low = 0, high = lines->len;
  while (high - low > 1) {
    guint middle = (low + high) / 2;
    if (g_array_index(lines, Line, middle).at <= at)
      low = middle;
    else
      high = middle;
  }
  return lines->len ? &g_array_index(lines, Line, low) : NULL;
}

/* Marks the lines in which patterns of a domain match. */
static guint mark(BpReading *r, GArray *lines, BpMatchDomain domain, gsize offset) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, r->text, r->length);
  guint n_found = 0;
  while (bp_candidates_next(&candidates) != BP_ANY) {
    gsize pos = 0, start, end;
    for (guint runs = 0; runs < 64 && pos < r->length && bp_candidates_run(r->matcher, &candidates, pos); runs++) {
      bp_matcher_span(r->matcher, &start, &end);
      pos = end > pos ? end : pos + bp_char_length(r->text + pos);
      Line *line = line_at(lines, start);
      if (line)
        G_STRUCT_MEMBER(gboolean, line, offset) = TRUE;
      n_found++;
    }
  }
  return n_found;
}

/* A folded line: "… said: 550", and the words of the reply on the next, behind blanks. */
static gboolean goes_on(const BpReading *r, GArray *lines, guint n) {
  const Line *next = n + 1 < lines->len ? &g_array_index(lines, Line, n + 1) : NULL;
  return next && next->length > 0 && strchr(" \t", r->text[next->at]);
}

static void mark_codes(BpReading *r, GArray *lines) {
  for (guint i = 0; i < lines->len; i++) {
    Line *line = &g_array_index(lines, Line, i);
    if (line->length < 3 || line->length > BP_REPLY_MAX)
      continue;
    g_autofree char *text = g_strndup(r->text + line->at, line->length);
    BpStatus status;
    gsize at;
    guint code = bp_code_find(text, &at);
    gboolean stated = bp_status_find(text, &status), good = stated && status.class == 2 && !code;
    line->smtp = code && (strlen(text) > at + 3 || goes_on(r, lines, i));
    line->code = line->smtp || (stated && !good);
    line->success = line->success || good;
  }
}

/* ---- candidates --------------------------------------------------------------------------------------------- */

/* The bytes of "1." or "12)" in a list. */
static gsize list_number(const char *text) {
  gsize blanks = strspn(text, " \t"), digits = strspn(text + blanks, "0123456789");
  const char *behind = text + blanks + digits;
  return digits && digits < 4 && strchr(".)", *behind) && *behind && strchr(" \t", behind[1]) ? blanks + digits + 1 : 0;
}

/* Nothing else stands on the line, or a reason in brackets behind the address. */
static gboolean alone(const BpReading *r, Line *line, gsize from, gsize to) {
  gsize end = line->at + line->length;
  for (gsize i = line->at + list_number(r->text + line->at); i < from; i++)
    if (!strchr(" \t<-*>\"'", r->text[i]))
      return FALSE;
  while (end > to && strchr(" \t\r", r->text[end - 1]))
    end--;
  for (gsize i = to; i < end; i++)
    if (r->text[i] == '(' && r->text[end - 1] == ')')
      return line->comment = TRUE;
    else if (!strchr(" \t<>:;,.\"'", r->text[i]))
      return FALSE;
  return TRUE;
}

/* The first thing on the line, as in the rows of a table. */
static gboolean begins_line(const BpReading *r, const Line *line, gsize from) {
  return from - line->at == strspn(r->text + line->at, " \t<*>-");
}

static gboolean behind_rcpt(const BpReading *r, gsize from) {
  gsize i = from;
  while (i > 0 && strchr("<: \n\t", r->text[i - 1]))
    i--;
  return i >= 7 && g_ascii_strncasecmp(r->text + i - 7, "RCPT TO", 7) == 0;
}

static gboolean named_by_header(const BpReading *r, const char *address) {
  const char *failed = bp_fields_get(r->headers, "X-Failed-Recipients");
  return failed && strstr(failed, address) != NULL;
}

/* "Undeliverable address: bob@example.com" names the recipient and gives no reason. */
static gboolean is_label(const BpReading *r, const Line *line, const char *address) {
  gsize length = strlen(address);
  const char *text = r->text + line->at, *found = *address ? g_strstr_len(text, (gssize)line->length, address) : NULL;
  if (!found || !line->recipient)
    return FALSE;
  const char *before = found, *behind = found + length, *end = text + line->length;
  while (before > text && strchr(" \t<\"'", before[-1]))
    before--;
  while (behind < end && strchr(" \t>\"'.\r", *behind))
    behind++;
  return before > text && before[-1] == ':' && behind == end;
}

/* "To: bob@example.com", which stands in many a list of fields. */
static gboolean is_field_to(const BpReading *r, const Line *line) {
  const char *text = r->text + line->at;
  return g_ascii_strncasecmp(text + strspn(text, " \t>*-"), "To", 2) == 0;
}

static gboolean states_code(const BpReading *r, gsize from, gsize to) {
  g_autofree char *words = g_strndup(r->text + from, to - from);
  BpStatus status;
  return bp_code_find(words, NULL) || bp_status_find(words, &status);
}

/* "bob@example.com   550 5.1.1 User unknown", a row of a table; not an address that a reply names. */
static gboolean code_behind(const BpReading *r, const Line *line, gsize to) {
  return states_code(r, to, line->at + line->length);
}

static gboolean ends_with_colon(const BpReading *r, const Line *line) {
  gsize end = line->at + line->length;
  while (end > line->at && strchr(" \t\r", r->text[end - 1]))
    end--;
  return end > line->at && r->text[end - 1] == ':';
}

static int points_of(const BpReading *r, GArray *lines, guint n, const char *address, gsize from, gsize to) {
  Line *line = &g_array_index(lines, Line, n);
  int points = 0;
  if (alone(r, line, from, to))
    points += 2;
  if (behind_rcpt(r, from) || named_by_header(r, address))
    points += 3;
  if (line->recipient)
    points += 2 + (is_label(r, line, address) && !is_field_to(r, line));
  if (line->failure || line->code)
    points += 2 + (line->code && code_behind(r, line, to));
  if (r->report->original.to && bp_address_same(r->report->original.to, address))
    points += 2 + begins_line(r, line, from);
  for (guint i = 1; i <= 3 && n + i < lines->len; i++) {
    const Line *next = &g_array_index(lines, Line, n + i);
    if (next->failure || next->code) {
      points += 2;
      break;
    }
  }
  for (guint i = 1; i <= 4 && i <= n; i++) {
    const Line *before = &g_array_index(lines, Line, n - i);
    if (before->failure || before->recipient) {
      if (before->recipient || !before->code || ends_with_colon(r, before))
        points += 1 + before->recipient; /* behind a reply, the address of who sends the bounce may stand */
      break;
    }
  }
  return points;
}

static void find_candidates(BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < lines->len; i++) {
    const Line *line = &g_array_index(lines, Line, i);
    if (line->not_recipient || line->length > BP_REPLY_MAX)
      continue;
    gsize from = line->at, to, end = line->at + line->length;
    for (; candidates->len < CANDIDATES_MAX && bp_address_next(r->text, end, &from, &to); from = to) {
      const char *address = bp_arena_strndup(r->arena, r->text + from, to - from);
      if (bp_is_stranger(r, address) || !strchr(strrchr(address, '@'), '.'))
        continue;
      Line *own = &g_array_index(lines, Line, i);
      Candidate c = {address, i, points_of(r, lines, i, address, from, to), FALSE, FALSE};
      c.replied = (own->code && states_code(r, own->at, from)) ||
                  (own->reason && memchr(r->text + own->at, ':', from - own->at) && !behind_rcpt(r, from));
      c.alone = alone(r, own, from, to) && !own->comment;
      g_array_append_val(candidates, c);
    }
  }
}

/* ---- the reply of a candidate ------------------------------------------------------------------------------- */

/* The reply code that a line begins with, as a number, 0 for none; *last is TRUE for the last line of a reply ("550 "),
 * not for those before it ("550-"). */
static guint leading_code(const BpReading *r, const Line *line, gboolean *last) {
  const char *p = r->text + line->at;
  gsize blanks = strspn(p, " \t<>");
  if (blanks + 4 > line->length || !strchr("245", p[blanks]) || !strchr(" -", p[blanks + 3]))
    return 0;
  *last = p[blanks + 3] == ' ';
  return (guint)g_ascii_strtoull(p + blanks, NULL, 10);
}

/* "----- Transcript of session follows -----" and other lines that part a text. */
static gboolean is_rule(const BpReading *r, const Line *line) {
  const char *text = r->text + line->at;
  text += strspn(text, " \t");
  return *text && strchr("-=_*", *text) && strspn(text, (const char[]){*text, '\0'}) >= RULE;
}

/* "Recipient: <bob@example.com>" below a reply is not a part of it: "your host is blocked" is said of nobody's mailbox.
 */
static gboolean names_recipient(const BpReading *r, const Line *line) {
  gsize from = line->at, to, end = line->at + bp_cut(r->text + line->at, line->length, LOOK);
  if (!line->recipient || !bp_address_next(r->text, end, &from, &to))
    return FALSE;
  g_autofree char *address = g_strndup(r->text + from, to - from);
  return is_label(r, line, address);
}

/* A blank line, one that parts the text, names a recipient or begins another reply, ends a reply. */
static gsize reply_end(const BpReading *r, GArray *lines, guint n, guint limit) {
  gboolean ended = FALSE, last;
  guint i = n + 1, code = leading_code(r, &g_array_index(lines, Line, n), &ended);
  for (; i < MIN(limit, n + REACH); i++) {
    const Line *line = &g_array_index(lines, Line, i);
    guint next = leading_code(r, line, &last);
    if (line->length == 0 || line->not_recipient || is_rule(r, line) || names_recipient(r, line) ||
        (next && code && (ended || next != code)))
      break;
    ended = next ? last : ended;
  }
  const Line *end = &g_array_index(lines, Line, i - 1);
  return end->at + end->length;
}

/* A table's heading is not a part of its rows. */
static guint paragraph_start(const BpReading *r, GArray *lines, guint n) {
  guint from = n;
  while (from > 0 && g_array_index(lines, Line, from - 1).length > 0 && n - from < REACH &&
         !is_rule(r, &g_array_index(lines, Line, from - 1)))
    from--;
  return from;
}

/* "The following error was given:": where the words up to end announce the next paragraph, its end. */
static gsize announced_end(const BpReading *r, GArray *lines, guint n, gsize end, guint limit) {
  while (n < limit && g_array_index(lines, Line, n).at < end)
    n++;
  guint first = n;
  while (first < limit && g_array_index(lines, Line, first).length == 0)
    first++;
  const Line *line = first < limit ? &g_array_index(lines, Line, first) : NULL;
  if (!line || first == n || end == 0 || r->text[end - 1] != ':' || line->not_recipient ||
      memchr(r->text + line->at, '@', line->length))
    return end;
  return reply_end(r, lines, first, limit);
}

/* The paragraph that a line stands in. */
static void read_paragraph(BpReading *r, GArray *lines, guint n, guint limit, BpRecipient *recipient) {
  guint from = paragraph_start(r, lines, n), to = n;
  while (to + 1 < MIN(limit, lines->len) && g_array_index(lines, Line, to + 1).length > 0 && to - n < REACH)
    to++;
  gboolean lonely = from == to && from > 1 && g_array_index(lines, Line, from - 1).length == 0;
  if (lonely && r->report->recipients->len == 1) { /* the line only names the recipient */
    to = names_recipient(r, &g_array_index(lines, Line, n)) ? from - 2 : to;
    from = paragraph_start(r, lines, from - 2);
  }
  const Line *first = &g_array_index(lines, Line, from), *last = &g_array_index(lines, Line, to);
  const char *text = r->text + first->at;
  gsize end = announced_end(r, lines, to, last->at + last->length, limit);
  bp_recipient_reply(r, recipient, text, bp_cut(text, end - first->at, LOOK));
}

/* Where the paragraph ends that follows on one that ends at end: the reason may be told there. */
static gsize next_paragraph(const BpReading *r, GArray *lines, gsize end) {
  for (guint i = 0; i < lines->len; i++) {
    const Line *line = &g_array_index(lines, Line, i);
    if (line->at <= end || line->length == 0)
      continue;
    return is_rule(r, line) || line->not_recipient || names_recipient(r, line) ? end
                                                                               : reply_end(r, lines, i, lines->len);
  }
  return end;
}

/* The line that a recipient's reply begins in: the first with a code, else one that says that it tells the reason, else
 * the first with words of failure, which are not those of label. */
static gboolean reply_line(GArray *lines, guint first, guint limit, guint label, guint *found) {
  for (guint pass = 0; pass < 4; pass++)
    for (guint i = first; i < (pass == 1 && limit == lines->len ? limit : MIN(limit, first + REACH)); i++) {
      const Line *line = &g_array_index(lines, Line, i);
      if (pass < 2 ? line->code : pass == 2 ? line->reason : (line->failure || line->comment) && i != label) {
        *found = i;
        return TRUE;
      }
    }
  return FALSE;
}

/* "Reason:", and what it is on the next line that is not empty. */
static guint reason_line(const BpReading *r, GArray *lines, guint n, guint limit) {
  const Line *line = &g_array_index(lines, Line, n);
  const char *colon = g_strrstr_len(r->text + line->at, (gssize)line->length, ":");
  gsize left = colon ? line->at + line->length - (gsize)(colon + 1 - r->text) : line->length;
  if (!line->reason || line->code || !colon || strspn(colon + 1, " \t\r") < left)
    return n;
  for (guint i = n + 1; i < MIN(limit, n + REACH); i++)
    if (strspn(r->text + g_array_index(lines, Line, i).at, " \t\r") < g_array_index(lines, Line, i).length)
      return i;
  return n;
}

/* "bob@example.com; Failed; 5.1.1 (bad mailbox)" is the report's word; in the lines that belong to it, the reply of the
 * server may stand: "    SMTP diagnostic: 550 User unknown". */
static guint server_line(const BpReading *r, GArray *lines, guint n, guint limit) {
  const Line *line = &g_array_index(lines, Line, n);
  if (!line->code || line->smtp)
    return n;
  for (guint i = n + 1; i < MIN(limit, n + REACH); i++) {
    const Line *next = &g_array_index(lines, Line, i);
    if (next->length == 0)
      continue;
    if (!strchr(" \t", r->text[next->at]) || is_rule(r, next) || next->not_recipient)
      break;
    if (next->smtp)
      return i;
  }
  return n;
}

/* "5.1.0 - Unknown address error 550-'User unknown'" */
static gboolean status_before(const char *text, gsize at) {
  g_autofree char *before = g_strndup(text, at);
  BpStatus status;
  return bp_status_find(before, &status);
}

/* The status of the report, where the server states none. */
static void take_status(BpReading *r, const Line *line, BpRecipient *recipient) {
  g_autofree char *text = g_strndup(r->text + line->at, bp_cut(r->text + line->at, line->length, LOOK));
  BpStatus status;
  if (!recipient->status && bp_status_find(text, &status))
    recipient->status = bp_status_text(r->arena, status);
}

static void read_reply(BpReading *r, GArray *lines, const Candidate *c, guint limit, BpRecipient *recipient) {
  guint n;
  if (lines->len == 0)
    return;
  guint label = is_label(r, &g_array_index(lines, Line, c->line), c->address) ? c->line : lines->len;
  if (!reply_line(lines, c->line, limit, label, &n) &&
      !reply_line(lines, c->line > 6 ? c->line - 6 : 0, c->line + 1, label, &n)) {
    read_paragraph(r, lines, c->line, limit, recipient);
    return;
  }
  guint own = reason_line(r, lines, n, limit);
  n = server_line(r, lines, own, limit);
  const Line *line = &g_array_index(lines, Line, n);
  gsize end = reply_end(r, lines, n, MAX(limit, n + 1));
  /* "Your message could not be delivered." says nothing: the reason may be told further on. */
  for (guint i = n + 1; !line->code && i < MIN(limit, n + REACH) && !is_rule(r, &g_array_index(lines, Line, i)); i++)
    if (g_array_index(lines, Line, i).failure && !g_array_index(lines, Line, i).not_recipient)
      end = MAX(end, reply_end(r, lines, i, MAX(limit, i + 1)));
  if (!line->code)
    end = announced_end(r, lines, n, end, limit);
  if (!line->code && !line->reason && !line->comment && r->report->recipients->len == 1 && limit == lines->len) {
    line = &g_array_index(lines, Line, paragraph_start(r, lines, n)); /* "The domain does not exist. Therefore …" */
    end = next_paragraph(r, lines, end);
  }
  const char *text = r->text + line->at;
  gsize length = bp_cut(text, end - line->at, LOOK), at = 0;
  g_autofree char *copy = g_strndup(text, length);
  g_autofree char *first = g_strndup(text, MIN(line->length, length));
  if (bp_code_find(first, &at) == 0 || status_before(first, at))
    at = 0;
  bp_recipient_reply(r, recipient, copy + at, strlen(copy) - at);
  if (own < n)
    take_status(r, &g_array_index(lines, Line, own), recipient);
  const Line *top = &g_array_index(lines, Line, c->line);
  gsize from = MIN(top->at, line->at);
  length = bp_cut(r->text + from, MAX(end, top->at + top->length) - from, LOOK);
  bp_recipient_context(r, recipient, r->text + from, length);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static BpRecipient *recipient_of(BpReading *r, const Candidate *c, BpAction action) {
  return r->complement ? bp_recipient_find(r, c->address) : bp_recipient_add(r, c->address, action);
}

/* The line of the last of the candidates that stand on lines of their own, one below the other, from n on, where what
 * follows is set apart from them: it is said of all. What stands right below the last is its own. */
static guint last_of_list(GArray *lines, GArray *candidates, guint n) {
  const Candidate *c = &g_array_index(candidates, Candidate, n);
  guint below = c->line;
  for (guint i = n + 1; c->alone && i < candidates->len; i++) {
    const Candidate *next = &g_array_index(candidates, Candidate, i);
    if (!next->alone || next->line != below + 1)
      break;
    below = next->line;
  }
  return below + 1 < lines->len && g_array_index(lines, Line, below + 1).length == 0 ? below : c->line;
}

/* The line of the next candidate with another address, which a reply does not reach. */
static guint next_line(GArray *lines, GArray *candidates, guint n) {
  const Candidate *c = &g_array_index(candidates, Candidate, n);
  guint last = last_of_list(lines, candidates, n);
  for (guint i = n + 1; i < candidates->len; i++) {
    const Candidate *next = &g_array_index(candidates, Candidate, i);
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
    const Line *line = &g_array_index(lines, Line, i);
    if (line->failure || line->success || i == 0)
      return line->success && !line->failure;
  }
  return FALSE;
}

/* RFC 2142: who sends the bounce may be reached there. */
static gboolean is_role(const char *address) {
  static const char *const roles[] = {"info",    "support", "help",       "helpdesk",  "service",
                                      "abuse",   "noc",     "admin",      "security",  "sales",
                                      "contact", "office",  "hostmaster", "webmaster", NULL};
  gsize n = strcspn(address, "@");
  for (const char *const *role = roles; *role; role++)
    if (strlen(*role) == n && g_ascii_strncasecmp(address, *role, n) == 0)
      return TRUE;
  return FALSE;
}

/* The only address of the candidates with so many points; NULL where there is none or another. */
static const char *only_address(GArray *candidates, int points) {
  const char *only = NULL;
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    if (c->points < points)
      continue;
    if (only && !bp_address_same(only, c->address))
      return NULL;
    only = c->address;
  }
  return only;
}

/* TRUE where the failure is told above a line: what stands there may be whom to ask. */
static gboolean told_before(GArray *lines, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_array_index(lines, Line, i).failure || g_array_index(lines, Line, i).code)
      return TRUE;
  return FALSE;
}

/* Where nothing else tells who it was, the only address that words of failure stand with is the recipient, else the
 * only one there is. */
static int points_needed(BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < candidates->len; i++)
    if (g_array_index(candidates, Candidate, i).points >= ENOUGH)
      return ENOUGH;
  if (r->complement || (r->report->original.to && !r->for_several) || !(bp_is_of_daemon(r) || bp_may_name_nobody(r)))
    return ENOUGH;
  if (only_address(candidates, ALONE))
    return ALONE;
  const char *only = only_address(candidates, 0);
  return only && !is_role(only) && !told_before(lines, g_array_index(candidates, Candidate, 0).line) ? 0 : ENOUGH;
}

/* Whom the server names in its reply may be the one that mail was handed on to: the report itself names the recipients,
 * where it does. */
static gboolean told_outside_replies(GArray *candidates, int enough) {
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    if (c->points >= enough && !c->replied)
      return TRUE;
  }
  return FALSE;
}

static void read_candidates(BpReading *r, GArray *lines, GArray *candidates, BpAction action) {
  guint kept = 0;
  int enough = points_needed(r, lines, candidates);
  gboolean told = told_outside_replies(candidates, enough);
  for (guint i = 0; i < candidates->len; i++)
    if (g_array_index(candidates, Candidate, i).points >= enough &&
        !(told && g_array_index(candidates, Candidate, i).replied))
      g_array_index(candidates, Candidate, kept++) = g_array_index(candidates, Candidate, i);
  g_array_set_size(candidates, kept);
  for (guint i = 0; i < kept; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    BpRecipient *recipient = recipient_of(r, c, action);
    if (recipient && !recipient->diagnostic)
      read_reply(r, lines, c, next_line(lines, candidates, i), recipient);
    if (recipient && !r->complement && was_reached(lines, c->line, recipient))
      recipient->action = BP_ACTION_DELIVERED;
  }
}

/* "Mail to bob@example.com rejected" */
static const char *named_by_subject(BpReading *r) {
  const char *subject = bp_fields_get(r->headers, "Subject");
  gsize from = 0, to;
  if (!subject || !bp_address_next(subject, strlen(subject), &from, &to))
    return NULL;
  const char *address = bp_arena_strndup(r->arena, subject + from, to - from);
  return bp_is_stranger(r, address) ? NULL : address;
}

/* The text names nobody, but it is a bounce: whom the returned message was for, or its subject, else nobody. */
static void fall_back(BpReading *r, GArray *lines, BpAction action) {
  const char *failed = bp_fields_get(r->headers, "X-Failed-Recipients");
  const char *address = failed ? bp_address_of(r->arena, failed, FALSE) : NULL;
  if (!address || !*address)
    address = bp_verp_recipient(r);
  if (!address && r->report->original.to && !r->for_several && !bp_is_stranger(r, r->report->original.to))
    address = r->report->original.to;
  if (!address)
    address = named_by_subject(r);
  BpRecipient *recipient = bp_recipient_add(r, address ? address : "", action);
  Candidate whole = {recipient->address, 0, ENOUGH};
  guint n;
  if (reply_line(lines, 0, lines->len, lines->len, &n))
    whole.line = n;
  read_reply(r, lines, &whole, lines->len, recipient);
}

gboolean bp_read_general(BpReading *r) {
  g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line)),
                    candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
  split_lines(r, lines);
  guint n_failures = mark(r, lines, BP_MATCH_FAILURE, G_STRUCT_OFFSET(Line, failure));
  if (!r->complement && !bp_is_bounce(r))
    return FALSE;
  gboolean delay = bp_tells_of(r, BP_MATCH_DELAY);
  gboolean success = !delay && !n_failures && bp_tells_of(r, BP_MATCH_SUCCESS);
  BpAction action = delay ? BP_ACTION_DELAYED : success ? BP_ACTION_DELIVERED : BP_ACTION_FAILED;
  if (delay)
    mark(r, lines, BP_MATCH_DELAY, G_STRUCT_OFFSET(Line, failure));
  mark(r, lines, BP_MATCH_RECIPIENT, G_STRUCT_OFFSET(Line, recipient));
  mark(r, lines, BP_MATCH_NOT_RECIPIENT, G_STRUCT_OFFSET(Line, not_recipient));
  mark(r, lines, BP_MATCH_SUCCESS, G_STRUCT_OFFSET(Line, success));
  mark(r, lines, BP_MATCH_REASON, G_STRUCT_OFFSET(Line, reason));
  mark_codes(r, lines);
  find_candidates(r, lines, candidates);
  read_candidates(r, lines, candidates, action);
  if (r->report->recipients->len == 0 && !r->complement && !bp_may_name_nobody(r))
    return FALSE;
  if (r->report->recipients->len == 0)
    fall_back(r, lines, action);
  if (!r->complement)
    r->report->layout = "general";
  return TRUE;
}

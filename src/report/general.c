/* general.c - reads bounces that no layout describes, by what all of them have in common
 *
 * A mail system says so of itself, words say that delivery failed, and near them an address stands that is neither the
 * sender's nor the system's, with a reply behind it. Where the sender is no mail system by its name, the first
 * sentences must say all of that. */
#include "report/address.h"
#include "report/lines.h"

#include <string.h>

#define CANDIDATES_MAX 10000
#define ENOUGH 3    /* points that make a recipient */
#define LABEL 32    /* bytes of a line that may hold one */
#define GREETING 40 /* bytes of a line that may be one */
#define ALONE 2     /* the same of the only address that may be one */

typedef struct {
  const char *address;
  guint line;
  gsize from; /* where it stands in the text */
  int points;
  gboolean alone;   /* on its line, without a reason behind it */
  gboolean mailbox; /* so with a name before it */
  gboolean first;   /* on its line */
  gboolean replied; /* within a reply, behind its code or the word that tells the reason */
  gboolean header;  /* in the header of the message that failed, as the text repeats it */
} Candidate;

/* ---- candidates --------------------------------------------------------------------------------------------- */

/* The bytes of "1." or "12)" in a list. */
static gsize list_number(const char *text) {
  gsize blanks = strspn(text, " \t"), digits = strspn(text + blanks, "0123456789");
  const char *behind = text + blanks + digits;
  return digits && digits < 4 && strchr(".)", *behind) && *behind && strchr(" \t", behind[1]) ? blanks + digits + 1 : 0;
}

/* Nothing else stands on the line, or a reason in brackets behind the address. */
static gboolean stands_alone(const BpReading *r, BpLine *line, gsize from, gsize to) {
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

/* "Bob Smith/Sales <bob@example.com>": a name and an address (RFC 5322 section 3.4), and nothing else on the line. */
static gboolean is_mailbox(const BpReading *r, const BpLine *line, gsize from, gsize to) {
  gsize end = line->at + line->length;
  while (end > to && strchr(" \t\r,;:", r->text[end - 1]))
    end--;
  return from > line->at + 1 && r->text[from - 1] == '<' && end == to + 1 && r->text[to] == '>' &&
         !memchr(r->text + line->at, ':', from - line->at) && !memchr(r->text + line->at, '=', from - line->at);
}

/* The first thing on the line, as in the rows of a table. */
static gboolean begins_line(const BpReading *r, const BpLine *line, gsize from) {
  gsize number = list_number(r->text + line->at);
  return from - line->at == number + strspn(r->text + line->at + number, " \t<*>-");
}

/* "<bob@example.com>:" at the start of a line, as many write it before the reason. */
static gboolean heads_entry(const BpReading *r, const BpLine *line, gsize from, gsize to) {
  return from > line->at && r->text[from - 1] == '<' && to + 1 < line->at + line->length && r->text[to] == '>' &&
         r->text[to + 1] == ':' && begins_line(r, line, from);
}

/* "bob@example.com: out of order": a row that says of one what it is. */
static gboolean is_row(const BpReading *r, const BpLine *line, gsize from, gsize to) {
  gsize end = line->at + line->length, at = to;
  while (at < end && strchr("> \t\"'", r->text[at]))
    at++;
  return at + 2 < end && begins_line(r, line, from) &&
         (strchr(":;,-=(|", r->text[at]) || memchr(r->text + to, '\t', at - to) || bp_colon_before(r->text, at + 3));
}

/* "- Bob Smith <bob@example.com>: mailbox full" */
static gboolean is_behind_name(const BpReading *r, const BpLine *line, gsize from) {
  const char *text = r->text + line->at;
  gsize number = list_number(text), length = from - line->at;
  guint blanks = 0;
  if (length <= number || length > BP_WRAPPED || !strchr("< \t", text[length - 1]))
    return FALSE;
  for (const char *p = text + number + strspn(text + number, " \t*-"); p < text + length; p++) {
    if (strchr(":=@", *p) || g_ascii_isdigit(*p))
      return FALSE;
    blanks += *p == ' ';
  }
  return blanks <= 3;
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

static gboolean named_by_subject(const BpReading *r, const char *address) {
  const char *subject = bp_fields_get(r->headers, "Subject");
  return subject && strcasestr(subject, address) != NULL;
}

/* "To: bob@example.com", which stands in many a list of fields; not "To user . . : bob@example.com". */
static gboolean is_field_to(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  text += strspn(text, " \t>*-");
  return g_ascii_strncasecmp(text, "To", 2) == 0 && g_ascii_strncasecmp(text + 2, " user", 5) != 0 &&
         g_ascii_strncasecmp(text + 2, " recipient", 10) != 0;
}

static gboolean names_field(const BpReading *r, const BpLine *line) {
  static const char *const fields[] = {"From:", "Subject:", "Date:", "Message-ID:", "Sent:"};
  const char *text = r->text + line->at + strspn(r->text + line->at, " \t>*-");
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    if (g_ascii_strncasecmp(text, fields[i], strlen(fields[i])) == 0)
      return TRUE;
  return FALSE;
}

/* "To: bob@example.com", with "From: …", "Subject: …" right above or below. */
static gboolean is_in_header(const BpReading *r, GArray *lines, guint n) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  return is_field_to(r, line) &&
         ((n > 0 && names_field(r, line - 1)) || (n + 1 < lines->len && names_field(r, line + 1)));
}

static gboolean states_code(const BpReading *r, gsize from, gsize to) {
  g_autofree char *words = g_strndup(r->text + from, to - from);
  BpStatus status;
  return bp_code_find(words, NULL) || bp_status_find(words, &status);
}

/* "bob@example.com   550 5.1.1 User unknown", a row of a table; not an address that a reply names. */
static gboolean code_behind(const BpReading *r, const BpLine *line, gsize to) {
  return states_code(r, to, line->at + line->length);
}

static gboolean ends_with_colon(const BpReading *r, const BpLine *line) {
  gsize end = line->at + line->length;
  while (end > line->at && strchr(" \t\r", r->text[end - 1]))
    end--;
  return end > line->at && bp_colon_before(r->text, end);
}

static gsize indent_of(const BpReading *r, const BpLine *line) {
  return strspn(r->text + line->at, " \t");
}

/* The line of the list's entry above the one in line n: what is said of that is set further in. */
static const BpLine *entry_above(const BpReading *r, GArray *lines, guint n) {
  gsize indent = indent_of(r, &g_array_index(lines, BpLine, n));
  for (guint i = 1; i < BP_REACH && i <= n; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, n - i);
    if (line->listed)
      return indent_of(r, line) == indent ? line : NULL;
    if (line->length && indent_of(r, line) <= indent)
      return NULL;
  }
  return NULL;
}

/* What stands above line n and tells what became of the addresses there: 1 and the number of its line, 0 for none. A
 * list of any length has one heading. */
static guint heading_of(const BpReading *r, GArray *lines, guint n) {
  const BpLine *entry = entry_above(r, lines, n);
  if (entry && entry->heading)
    return entry->heading;
  for (guint i = 1; i <= 4 && i <= n; i++) {
    const BpLine *before = &g_array_index(lines, BpLine, n - i);
    if (before->failure || before->recipient || before->success)
      return n - i + 1;
  }
  return 0;
}

/* "Your mail to bob@example.com could not be delivered." announces nobody else. */
static gboolean is_spent(const BpReading *r, const BpLine *line, const char *address) {
  gsize end = line->at + line->length;
  if (g_strstr_len(r->text + line->at, (gssize)line->length, address))
    return FALSE;
  while (end > line->at && strchr(" \t\r", r->text[end - 1]))
    end--;
  return end > line->at && !strchr(":,;", r->text[end - 1]) && memchr(r->text + line->at, '@', line->length);
}

/* "… could not be", and on the next line "delivered to the following recipients:", as one wrapped sentence. */
static gboolean is_of_recipients(const BpLine *line, guint n) {
  return line->recipient ||
         (n > 0 && line->failure && line[-1].failure && line[-1].recipient && line[-1].length >= BP_WRAPPED);
}

static int points_of(const BpReading *r, GArray *lines, guint n, const char *address, gsize from, gsize to,
                     gboolean alone) {
  const BpLine *line = &g_array_index(lines, BpLine, n), *before;
  int points = alone || heads_entry(r, line, from, to) ? 2 : 0;
  if (behind_rcpt(r, from) || named_by_header(r, address) || named_by_subject(r, address))
    points += 3;
  if (line->recipient)
    points += 2 + ((bp_line_is_label(r, line, address) && !is_field_to(r, line)) || line->named);
  if (line->failure || line->code)
    points += 2 + (line->code ? code_behind(r, line, to) : begins_line(r, line, from));
  if (r->report->original.to && bp_address_same(r->report->original.to, address))
    points += 2 + begins_line(r, line, from);
  for (guint i = 1; i <= 4 && n + i < lines->len; i++) {
    const BpLine *next = &g_array_index(lines, BpLine, n + i);
    if (i == 4 && (next[-1].length || !is_field_to(r, line)))
      break; /* a sentence may go on behind a list of fields and the blank line below it */
    if (next->failure || next->code) {
      points += 2 + (i == 1 && next->smtp && !alone && is_mailbox(r, line, from, to));
      break;
    }
  }
  before = line->heading ? &g_array_index(lines, BpLine, line->heading - 1) : NULL;
  if (before && (before->failure || before->recipient) &&
      (alone || line->failure || line->code || !is_spent(r, before, address))) {
    gboolean announced = is_of_recipients(before, line->heading - 1);
    /* Behind a reply, the address of who sends the bounce may stand. */
    if (announced || !before->code || ends_with_colon(r, before))
      points += 1 + announced;
    if (announced && !alone && is_mailbox(r, line, from, to))
      points++;
    if (line->row && begins_line(r, line, from) && before->failure && ends_with_colon(r, before))
      points += 2;
  }
  return points;
}

/* A domain has a dot, or an archive wrote an "x" for each of its letters. */
static gboolean has_domain(const char *address) {
  const char *domain = strrchr(address, '@') + 1;
  gsize n = strspn(domain, "xX");
  return strchr(domain, '.') || (n > 2 && !domain[n]);
}

/* The line before n begins with an address: it is a row of a table. */
static gboolean is_below_row(GArray *candidates, guint n) {
  const Candidate *last = candidates->len ? &g_array_index(candidates, Candidate, candidates->len - 1) : NULL;
  return last && last->first && last->line + 1 == n;
}

/* A line on which a reply goes on that begins further up: the one before is long enough to have been wrapped. */
static gboolean continues_reply(GArray *lines, guint n) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  gboolean code_below = n + 1 < lines->len && line[1].code;
  if (line->code || code_below || n == 0 || line[-1].length < BP_WRAPPED)
    return FALSE;
  for (guint i = 1; i <= n && i < BP_REACH && line[-(int)i].length > 0; i++)
    if (line[-(int)i].code)
      return TRUE;
  return FALSE;
}

/* "sent to bob@example.com from alice@example.org": the second of two on a line. */
static gboolean behind_from(const BpReading *r, gsize from) {
  while (from > 0 && strchr(" \t<\"'", r->text[from - 1]))
    from--;
  return from > 5 && g_ascii_strncasecmp(r->text + from - 5, " from", 5) == 0;
}

/* ". Please", "! Your": where a sentence ends, and one begins, at p. */
static gboolean begins_sentence(const char *text, const char *p) {
  return p - text > 2 && p[-1] == ' ' && strchr(".!?", p[-2]) && *p != ' ';
}

/* The sentence of the line that offset at stands in; NULL where the line is but one. */
static char *sentence_at(const BpReading *r, const BpLine *line, gsize at, gsize *begin) {
  const char *text = r->text + line->at, *end = text + line->length, *from = r->text + at, *to = from;
  while (from > text && !begins_sentence(text, from))
    from--;
  while (to < end && !begins_sentence(text, to + 1))
    to++;
  *begin = (gsize)(from - r->text);
  return from == text && to >= end ? NULL : g_strndup(from, (gsize)(MIN(to, end) - from));
}

static gboolean has_sentences(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  for (gsize i = 3; i < line->length; i++)
    if (begins_sentence(text, text + i))
      return TRUE;
  return FALSE;
}

/* A line of several sentences, as in a page without line breaks: "Your mail to bob@example.com was rejected. Please
 * write to anna@example.com." TRUE where the sentence of the address at from is about no recipient; behind is the end
 * of the address before it, 0 for none. */
static gboolean is_said_of_others(BpReading *r, const BpLine *line, const char *sentence, gsize begin, gsize behind) {
  if (line->not_recipient && bp_any_phrase(r, BP_MATCH_NOT_RECIPIENT, sentence))
    return TRUE;
  BpStatus status;
  return behind && begin > behind && !bp_any_phrase(r, BP_MATCH_FAILURE, sentence) && !bp_code_find(sentence, NULL) &&
         !bp_status_find(sentence, &status);
}

/* "550 User unknown: <bob@example.com>", "The mail for bob@example.com failed": one of several such lines, the one
 * above of which names a recipient. */
static gboolean goes_on_from(const BpReading *r, GArray *lines, GArray *candidates, const Candidate *c) {
  const Candidate *before = candidates->len ? &g_array_index(candidates, Candidate, candidates->len - 1) : NULL;
  if (!before || before->line + 1 != c->line || before->points < ENOUGH)
    return FALSE;
  const BpLine *line = &g_array_index(lines, BpLine, c->line), *above = line - 1;
  gsize n = c->from - line->at;
  return (c->replied && before->replied && line->smtp && above->smtp) ||
         (line->failure && above->failure && n > 2 && before->from - above->at == n &&
          memcmp(r->text + line->at, r->text + above->at, n) == 0);
}

static void find_candidates(BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < lines->len; i++) {
    BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length > BP_REPLY_MAX || (line->not_recipient && !line->code && !has_sentences(r, line)))
      continue;
    gsize from = line->at, to, end = line->at + line->length, behind = 0;
    guint before = candidates->len;
    for (; candidates->len < CANDIDATES_MAX && bp_address_next(r->text, end, &from, &to); from = behind = to) {
      const char *address = bp_arena_strndup(r->arena, r->text + from, to - from);
      if (bp_is_stranger(r, address) || !has_domain(address) || (candidates->len > before && behind_from(r, from)))
        continue;
      gsize begin = 0;
      g_autofree char *sentence = behind || line->not_recipient ? sentence_at(r, line, from, &begin) : NULL;
      if (sentence && is_said_of_others(r, line, sentence, begin, behind))
        continue;
      if (!sentence && line->not_recipient && !(begins_line(r, line, from) && code_behind(r, line, to)))
        break; /* what a reply speaks of; but not before whose reply it is: "bob@example.com: 550 … from news@…" */
      gboolean alone = stands_alone(r, line, from, to);
      if (candidates->len == before) {
        line->heading = heading_of(r, lines, i);
        line->row = !alone && is_row(r, line, from, to);
        line->listed = alone || line->row;
      }
      Candidate c = {.address = address,
                     .line = i,
                     .from = from,
                     .points = points_of(r, lines, i, address, from, to, alone),
                     .header = is_in_header(r, lines, i)};
      c.mailbox = is_mailbox(r, line, from, to);
      c.first = begins_line(r, line, from) || is_behind_name(r, line, from);
      c.replied = (line->code && states_code(r, line->at, from)) ||
                  (continues_reply(lines, i) && !bp_line_is_label(r, line, address) &&
                   !(c.first && line->failure && is_below_row(candidates, i))) ||
                  (line->reason && memchr(r->text + line->at, ':', from - line->at) && !behind_rcpt(r, from));
      c.alone = alone && !line->comment;
      if (goes_on_from(r, lines, candidates, &c)) {
        c.points = MAX(c.points, ENOUGH);
        c.replied = g_array_index(candidates, Candidate, candidates->len - 1).replied;
      }
      g_array_append_val(candidates, c);
    }
  }
}

/* TRUE where the failure is told above a line: what stands there may be whom to ask. */
static gboolean told_before(GArray *lines, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_array_index(lines, BpLine, i).failure || g_array_index(lines, BpLine, i).code)
      return TRUE;
  return FALSE;
}

/* "Contact's address: bob@example.com", whatever the label says. */
static gboolean is_labelled(const BpReading *r, const BpLine *line, const char *address) {
  BpLine label = *line;
  label.recipient = TRUE;
  return bp_line_is_label(r, &label, address);
}

/* Such a one, below the words of failure, and on one of the next lines the reason. */
static void complete_labels(const BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < candidates->len; i++) {
    Candidate *c = &g_array_index(candidates, Candidate, i);
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    if (c->points >= ENOUGH || !is_labelled(r, line, c->address) || !told_before(lines, c->line))
      continue;
    for (guint k = 1; k <= 2 && c->line + k < lines->len && line[k].length; k++)
      if (line[k].smtp || line[k].reason)
        c->points = ENOUGH;
  }
}

/* "Rejected (considered spam)" behind an address, in a table whose other rows tell of failures: a row, too. */
static void complete_rows(GArray *lines, GArray *candidates) {
  for (guint i = 1; i < candidates->len; i++) {
    const Candidate *above = &g_array_index(candidates, Candidate, i - 1);
    Candidate *c = &g_array_index(candidates, Candidate, i);
    if (c->first && !c->alone && !c->mailbox && c->line == above->line + 1 && above->first && !above->alone &&
        above->points >= ENOUGH && g_array_index(lines, BpLine, above->line).failure)
      c->points = MAX(c->points, ENOUGH);
  }
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

/* TRUE where the line of the address itself has a reply: of several places where it stands, that tells the most. */
static gboolean says_why(GArray *lines, const Candidate *c) {
  return g_array_index(lines, BpLine, c->line).code;
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
  return below + 1 < lines->len && g_array_index(lines, BpLine, below + 1).length == 0 ? below : c->line;
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
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->failure || line->success || i == 0)
      return line->success && !line->failure;
  }
  return FALSE;
}

/* One of a list whose heading says so, and whose entries say no more. */
static gboolean is_listed_as_reached(GArray *lines, const Candidate *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line),
               *heading = c->alone && line->heading ? &g_array_index(lines, BpLine, line->heading - 1) : NULL;
  return heading && heading->success && !heading->failure && !(c->line + 1 < lines->len && line[1].code);
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

/* TRUE where the failure is told on the line of the only address that may be the recipient's. */
static gboolean fails_itself(GArray *lines, GArray *candidates) {
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    if (c->points >= ALONE)
      return g_array_index(lines, BpLine, c->line).failure;
  }
  return FALSE;
}

/* Where nothing else tells who it was, the only address that words of failure stand with is the recipient, else the
 * only one there is. */
static int points_needed(BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < candidates->len; i++)
    if (g_array_index(candidates, Candidate, i).points >= ENOUGH)
      return ENOUGH;
  const char *to = r->report->original.to;
  if (r->complement || (to && !r->for_several && !bp_is_stranger(r, to)))
    return ENOUGH;
  gboolean sure = bp_is_of_daemon(r) || bp_may_name_nobody(r);
  if (only_address(candidates, ALONE) && (sure || (bp_is_of_postmaster(r) && fails_itself(lines, candidates))))
    return ALONE;
  if (!sure)
    return ENOUGH;
  const char *only = only_address(candidates, 0);
  return only && !bp_address_is_role(only) && !told_before(lines, g_array_index(candidates, Candidate, 0).line)
             ? 0
             : ENOUGH;
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

/* Whom the message was for may be a list: the report names who failed, where it does. */
static gboolean told_outside_header(GArray *candidates, int enough, gboolean told) {
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    if (c->points >= enough && !c->header && !(told && c->replied))
      return TRUE;
  }
  return FALSE;
}

static void read_candidate(BpReading *r, GArray *lines, GArray *candidates, guint n) {
  const Candidate *c = &g_array_index(candidates, Candidate, n);
  BpRecipient *recipient = bp_recipient_find(r, c->address);
  if (recipient && !r->complement && is_listed_as_reached(lines, c)) {
    recipient->action = BP_ACTION_DELIVERED;
    return;
  }
  if (recipient && (!recipient->diagnostic || (r->complement && bp_reply_is_wordless(recipient->diagnostic))))
    bp_lines_read_reply(r, lines, c->line, c->address, next_line(lines, candidates, n), recipient);
  if (recipient && !r->complement && was_reached(lines, c->line, recipient))
    recipient->action = BP_ACTION_DELIVERED;
}

/* "Could not be forwarded to bob@example.com": the mail was for whom the returned message names. */
static void take_alias(BpReading *r, GArray *lines, const Candidate *c) {
  const BpOriginal *original = &r->report->original;
  BpRecipient *only = r->report->recipients->len == 1 ? g_ptr_array_index(r->report->recipients, 0) : NULL;
  if (only && g_array_index(lines, BpLine, c->line).target && original->to && !r->for_several && !original->list_id &&
      !only->original_address && !bp_address_same(original->to, only->address) && !bp_is_stranger(r, original->to))
    only->original_address = original->to;
}

/* The only one that the returned message was for. */
static const char *only_original(const BpReading *r) {
  const BpOriginal *original = &r->report->original;
  return r->for_several || original->list_id ? NULL : original->to;
}

/* Where a sentence says whom the reader's mail was for, or the returned message's only recipient is named, whom it was
 * handed on to is no recipient. */
static gboolean names_own(const BpReading *r, GArray *lines, GArray *candidates, gboolean *only) {
  const char *to = only_original(r);
  gboolean own = FALSE;
  *only = FALSE;
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    gboolean named = g_array_index(lines, BpLine, c->line).named, same = to && bp_address_same(c->address, to);
    own = own || named || same;
    *only = *only || (named && same);
  }
  return own;
}

static gboolean is_target_only(const BpReading *r, GArray *lines, const Candidate *c, gboolean only) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  return only ? !bp_address_same(c->address, only_original(r)) : line->target && !line->named;
}

static void read_candidates(BpReading *r, GArray *lines, GArray *candidates, BpAction action) {
  guint kept = 0;
  int enough = points_needed(r, lines, candidates);
  gboolean told = told_outside_replies(candidates, enough), named = told_outside_header(candidates, enough, told), only,
           own = names_own(r, lines, candidates, &only);
  for (guint i = 0; i < candidates->len; i++)
    if (g_array_index(candidates, Candidate, i).points >= enough &&
        !(told && g_array_index(candidates, Candidate, i).replied) &&
        !(named && g_array_index(candidates, Candidate, i).header) &&
        !(own && is_target_only(r, lines, &g_array_index(candidates, Candidate, i), only)))
      g_array_index(candidates, Candidate, kept++) = g_array_index(candidates, Candidate, i);
  g_array_set_size(candidates, kept);
  for (guint i = 0; i < kept; i++)
    if (!r->complement)
      bp_recipient_add(r, g_array_index(candidates, Candidate, i).address, action);
  for (guint i = 0; i < kept; i++)
    if (says_why(lines, &g_array_index(candidates, Candidate, i)))
      read_candidate(r, lines, candidates, i);
  for (guint i = 0; i < kept; i++)
    read_candidate(r, lines, candidates, i);
  if (kept && !r->complement)
    take_alias(r, lines, &g_array_index(candidates, Candidate, 0));
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
static void fall_back(BpReading *r, GArray *lines, BpAction action) {
  const char *failed = bp_fields_get(r->headers, "X-Failed-Recipients");
  const char *address = failed ? bp_address_of(r->arena, failed, FALSE) : NULL;
  if (!address || !*address)
    address = bp_verp_recipient(r);
  if (!address && r->report->original.to && !r->for_several && !bp_is_stranger(r, r->report->original.to))
    address = r->report->original.to;
  if (!address)
    address = address_in_subject(r);
  BpRecipient *recipient = bp_recipient_add(r, address ? address : "", action);
  guint n = 0;
  bp_lines_find_reply(lines, 0, lines->len, lines->len, &n);
  bp_lines_read_reply(r, lines, n, recipient->address, lines->len, recipient);
}

/* "Your mail to bob@example.com was not delivered", which may go on on the next line or in the reply below; where the
 * subject says that it failed, no word of it may be known. */
static gboolean fails_in_sentence(GArray *lines, guint n, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  if (line->success)
    return FALSE;
  if (line->failure || (line->named && tells == BP_TELLS_BY_SUBJECT))
    return TRUE;
  if (n + 1 < lines->len && line->length >= BP_WRAPPED && line[1].length && line[1].failure)
    return TRUE;
  guint below = n + 1 < lines->len && line[1].length == 0 ? 2 : 1;
  return n + below < lines->len && line[below].smtp;
}

static gboolean is_field_from(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  return g_ascii_strncasecmp(text + strspn(text, " \t>|*"), "From:", 5) == 0;
}

/* A rule or a field above may be where the words of others begin. */
static gboolean begins_quotation(const BpReading *r, const BpLine *line) {
  return bp_line_is_rule(r, line) || is_field_from(r, line);
}

/* "bob@example.com: mailbox full", an entry of a list. */
static gboolean is_entry(const BpReading *r, const BpLine *line, const char *address) {
  const char *text = r->text + line->at;
  text += list_number(text);
  text += strspn(text, " \t<*>-");
  return line->failure && g_ascii_strncasecmp(text, address, strlen(address)) == 0;
}

/* An address alone or with its reason behind "… could not be delivered to:", or with the reason right below it. */
static gboolean is_announced(const BpReading *r, GArray *lines, const Candidate *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line), *before = line - 1;
  if (c->line < 2)
    return FALSE;
  if (before->length == 0)
    before--;
  if (c->alone && !before->failure && !before->recipient && c->line > 3 && before->length &&
      before->length < BP_WRAPPED && !memchr(r->text + before->at, '@', before->length))
    before -= before[-1].length == 0 ? 2 : 1; /* "Bob Smith", above his address */
  if (!c->alone && !c->mailbox && !(before->recipient && is_entry(r, line, c->address)))
    return FALSE;
  gboolean failed =
      before->failure || (before->recipient && before->at && before[-1].failure && before[-1].length >= BP_WRAPPED);
  return failed && (ends_with_colon(r, before) || (c->line + 1 < lines->len && (line[1].failure || line[1].code)));
}

/* "Dear customer," alone above the text. */
static gboolean is_greeting(const BpReading *r, GArray *lines, guint n) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  return line->length < GREETING && strchr(",!", r->text[line->at + line->length - 1]) && !line->failure &&
         n + 1 < lines->len && line[1].length == 0;
}

/* The text begins with a paragraph that tells of a failure, and the address stands in it or in the next one, as what
 * mail systems write: "Sorry, I wasn't able to deliver your message to the following addresses." */
static gboolean opens_with_failure(const BpReading *r, GArray *lines, const Candidate *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  gboolean failed = FALSE, text = FALSE;
  guint paragraphs = 0;
  for (guint i = 0; i < lines->len; i++) {
    const BpLine *l = &g_array_index(lines, BpLine, i);
    if (i > c->line && (failed || l->length == 0))
      break; /* the paragraph that the address stands in may tell it further on */
    if (l->length == 0)
      text = FALSE;
    else if (!text)
      paragraphs += !is_greeting(r, lines, i), text = TRUE;
    if (paragraphs > 2 || (paragraphs == 2 && !failed))
      return FALSE;
    failed = failed || l->failure;
  }
  return failed && c->points >= ENOUGH && !bp_address_is_role(c->address) &&
         (c->alone || code_behind(r, line, line->at) || named_by_subject(r, c->address) ||
          ((line->failure || bp_line_is_label(r, line, c->address)) && c->line + 1 < lines->len && line[1].smtp));
}

/* The bytes of "Error: " at the start of a line, 0 for none. */
static gsize label_length(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at, *colon = memchr(text, ':', MIN(line->length, LABEL));
  gsize n = colon ? (gsize)(colon + 1 - text) : 0;
  return colon && colon > text && g_ascii_isalpha(colon[-1]) ? n + strspn(colon + 1, " \t") : 0;
}

/* "Error:   550 5.1.1 User unknown", a field that is a reply with code and status. */
static gboolean is_field_of_reply(const BpReading *r, const BpLine *line) {
  gsize label = label_length(r, line);
  gsize at;
  BpStatus status;
  if (!line->smtp || !label)
    return FALSE;
  g_autofree char *text = g_strndup(r->text + line->at + label, line->length - label);
  return bp_code_find(text, &at) && at == 0 && bp_status_read(text + 3 + strspn(text + 3, " -"), &status);
}

/* "Member:  bob@example.com", and below it the field of the reply. */
static gboolean is_record(const BpReading *r, GArray *lines, const Candidate *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  gsize label = label_length(r, line), length = strlen(c->address);
  return label && line->length < label + length + 4 &&
         g_ascii_strncasecmp(r->text + line->at + label, c->address, length) == 0 && c->line + 1 < lines->len &&
         is_field_of_reply(r, line + 1);
}

/* The line above a run of addresses that stand alone: "User unknown:". */
static gboolean has_heading(const BpReading *r, GArray *lines, GArray *candidates, guint n) {
  const Candidate *c = &g_array_index(candidates, Candidate, n);
  for (; n > 0 && c[-1].alone && c[-1].line + 1 == c->line; n--)
    c--;
  for (guint i = c->line; i-- > 0 && c->line - i <= 2;) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length)
      return line->failure && ends_with_colon(r, line);
  }
  return FALSE;
}

/* "bob@example.com - user unknown": a row of a list or a table that tells of each whom the mail did not reach. */
static gboolean tells_in_row(const BpReading *r, GArray *lines, GArray *candidates, guint n) {
  const Candidate *c = &g_array_index(candidates, Candidate, n);
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (c->alone)
    return c->points >= ENOUGH && has_heading(r, lines, candidates, n);
  return c->first && c->points >= ENOUGH && (line->failure || line->code || line->comment);
}

/* The rows stand below a line that tells of the failure, perhaps with the names of the columns between them. */
static gboolean is_below_failure(GArray *lines, GArray *candidates, guint n) {
  guint other = 0;
  for (guint i = g_array_index(candidates, Candidate, n).line; i-- > 0;) {
    while (n > 0 && g_array_index(candidates, Candidate, n).line > i)
      n--;
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length == 0 || g_array_index(candidates, Candidate, n).line == i)
      continue;
    if (line->failure)
      return TRUE;
    if (++other > 1)
      return FALSE;
  }
  return FALSE;
}

/* Rows of more than one, or of one where the sender may tell of it so. */
static gboolean lists_failures(const BpReading *r, GArray *lines, GArray *candidates, BpTells tells) {
  const char *one = NULL;
  for (guint i = 0, n = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    gboolean below = tells_in_row(r, lines, candidates, i) && is_below_failure(lines, candidates, i);
    if (!below && !(tells >= BP_TELLS_BY_SENTENCE && tells_in_row(r, lines, candidates, i)))
      continue;
    for (; tells < BP_TELLS_BY_SUBJECT && n < c->line; n++)
      if (is_field_from(r, &g_array_index(lines, BpLine, n)))
        return FALSE;
    if (g_array_index(lines, BpLine, c->line).at > BP_OPENING)
      return FALSE;
    if ((one && !bp_address_same(one, c->address)) ||
        (below && !bp_address_is_role(c->address) &&
         (tells >= BP_TELLS_BY_OPENING ||
          (tells >= BP_TELLS_BY_SENTENCE && g_array_index(lines, BpLine, c->line).smtp))))
      return TRUE;
    one = c->address;
  }
  return FALSE;
}

/* "RCPT TO:<bob@example.com>", of a dialogue that somebody quotes. */
static gboolean names_command(const BpReading *r, const BpLine *line) {
  g_autofree char *text = g_strndup(r->text + line->at, line->length);
  return strcasestr(text, "RCPT TO") != NULL;
}

/* "Recipient: bob@example.com" below the words of failure, and on one of the next lines "Reason: 550 user unknown". */
static gboolean has_reason_below(const BpReading *r, GArray *lines, const Candidate *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (c->points < ENOUGH || !is_labelled(r, line, c->address) || !told_before(lines, c->line) ||
      r->text[line->at] == '>' || names_command(r, line))
    return FALSE;
  for (guint i = 1; i <= 4 && c->line + i < lines->len && line[i].length; i++)
    if (line[i].smtp || (line[i].reason && (line[i].failure || tells >= BP_TELLS_BY_OPENING)))
      return TRUE;
  return FALSE;
}

/* The sentence says whose mail it was, or the subject that it failed and one of both whom it was for. */
static gboolean names_whom(const BpReading *r, GArray *lines, const Candidate *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  return line->named ||
         (tells >= BP_TELLS_BY_SENTENCE && c->points >= ENOUGH && !c->replied && !bp_address_is_role(c->address) &&
          (line->whom || (tells >= BP_TELLS_BY_OPENING && named_by_subject(r, c->address))));
}

/* A reply, a sentence that calls the mail the reader's, or somebody whom the subject names too. */
static gboolean quotes_or_names(const BpReading *r, GArray *lines, GArray *candidates) {
  for (guint i = 0; i < candidates->len; i++)
    if (named_by_subject(r, g_array_index(candidates, Candidate, i).address))
      return TRUE;
  for (guint i = 0; i < lines->len; i++)
    if (g_array_index(lines, BpLine, i).smtp || g_array_index(lines, BpLine, i).named)
      return TRUE;
  return FALSE;
}

/* TRUE where the text itself proves that a mail failed, whoever wrote it. */
static gboolean proves_itself(const BpReading *r, GArray *lines, GArray *candidates, BpTells tells) {
  guint n = 0;
  if (lists_failures(r, lines, candidates, tells))
    return TRUE;
  for (guint i = 0; i < candidates->len; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    while (tells < BP_TELLS_BY_SUBJECT && n < c->line && !begins_quotation(r, &g_array_index(lines, BpLine, n)))
      n++;
    if (line->at > BP_OPENING || (tells < BP_TELLS_BY_SUBJECT && n < c->line))
      return FALSE; /* it may be quoted there */
    if ((fails_in_sentence(lines, c->line, tells) && names_whom(r, lines, c, tells)) ||
        has_reason_below(r, lines, c, tells) || (tells >= BP_TELLS_BY_REPLY && is_record(r, lines, c)) ||
        (tells >= BP_TELLS_BY_OPENING && opens_with_failure(r, lines, c)) ||
        (tells >= BP_TELLS_BY_OPENING && c->points >= ENOUGH && !bp_address_is_role(c->address) &&
         is_announced(r, lines, c)) ||
        (tells == BP_TELLS_BY_SUBJECT && c->points >= ENOUGH && !bp_address_is_role(c->address) &&
         (bp_line_is_label(r, line, c->address) || line->code)))
      return TRUE;
  }
  return FALSE;
}

/* A payment may be refused, too: the subject, or the text as far as it names somebody, speaks of a mail. */
static gboolean speaks_of_mail(BpReading *r, GArray *lines, GArray *candidates, BpTells tells) {
  gsize end = 0;
  if (tells >= BP_TELLS_BY_OPENING)
    return TRUE; /* so does the subject of a bounce */
  for (guint i = 0; i < candidates->len && end == 0; i++) {
    const Candidate *c = &g_array_index(candidates, Candidate, i);
    if (is_record(r, lines, c))
      return TRUE;
    if (c->points >= ALONE)
      end = g_array_index(lines, BpLine, c->line).at + g_array_index(lines, BpLine, c->line).length;
  }
  g_autofree char *opening = g_strndup(r->text, end);
  return bp_any_phrase(r, BP_MATCH_MAIL, bp_fields_get(r->headers, "Subject")) ||
         bp_any_phrase(r, BP_MATCH_MAIL, opening);
}

gboolean bp_read_general(BpReading *r) {
  g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(BpLine)),
                    candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
  bp_lines_split(r, lines);
  guint n_failures = bp_lines_mark(r, lines, BP_MATCH_FAILURE, G_STRUCT_OFFSET(BpLine, failure));
  gboolean known = r->complement || bp_is_bounce(r);
  BpTells tells = known ? BP_TELLS_NOTHING : bp_may_tell_of_mail(r);
  if (!known && tells == BP_TELLS_NOTHING)
    return FALSE;
  g_autofree char *sentences = known ? NULL : bp_lines_unwrap(r, lines);
  if (!known)
    n_failures += bp_lines_mark_sentences(r, lines, sentences, BP_MATCH_FAILURE, G_STRUCT_OFFSET(BpLine, failure));
  gboolean delay = bp_tells_of(r, BP_MATCH_DELAY);
  gboolean success = !delay && !n_failures && bp_tells_of(r, BP_MATCH_SUCCESS);
  BpAction action = delay ? BP_ACTION_DELAYED : success ? BP_ACTION_DELIVERED : BP_ACTION_FAILED;
  if (delay || success)
    bp_lines_mark(r, lines, delay ? BP_MATCH_DELAY : BP_MATCH_SUCCESS, G_STRUCT_OFFSET(BpLine, failure));
  if (known)
    bp_lines_mark(r, lines, BP_MATCH_RECIPIENT, G_STRUCT_OFFSET(BpLine, recipient));
  else
    bp_lines_mark_sentences(r, lines, sentences, BP_MATCH_RECIPIENT, G_STRUCT_OFFSET(BpLine, recipient));
  bp_lines_mark(r, lines, BP_MATCH_NOT_RECIPIENT, G_STRUCT_OFFSET(BpLine, not_recipient));
  bp_lines_mark(r, lines, BP_MATCH_SUCCESS, G_STRUCT_OFFSET(BpLine, success));
  bp_lines_mark(r, lines, BP_MATCH_REASON, G_STRUCT_OFFSET(BpLine, reason));
  bp_lines_mark_codes(r, lines);
  find_candidates(r, lines, candidates);
  gboolean told = n_failures || delay ||
                  (tells >= BP_TELLS_BY_REPLY && tells != BP_TELLS_BY_OPENING && quotes_or_names(r, lines, candidates));
  if (!known) {
    complete_rows(lines, candidates);
    complete_labels(r, lines, candidates);
  }
  if (!known && (!told || !proves_itself(r, lines, candidates, tells) || !speaks_of_mail(r, lines, candidates, tells)))
    return FALSE;
  read_candidates(r, lines, candidates, action);
  if (r->report->recipients->len == 0 && !r->complement && !may_name_nobody(r))
    return FALSE;
  if (r->report->recipients->len == 0)
    fall_back(r, lines, action);
  if (!r->complement)
    r->report->layout = "general";
  return TRUE;
}

/* mentions.c - the addresses that a notification's text mentions, and how much speaks for each being a recipient's
 *
 * Points are given for where an address stands: alone on a line or in the row of a table, behind words that announce
 * recipients, near words of failure, a reply or a status, in the header of the report. */
#include "report/mentions.h"

#include "report/address.h"

#include <string.h>

#define MENTIONS_MAX 10000

/* Nothing else stands on the line, or a reason in brackets behind the address. */
static gboolean stands_alone(const BpReading *r, BpLine *line, gsize from, gsize to) {
  gsize end = bp_line_end(r, line);
  for (gsize i = line->at + bp_list_number(r->text + line->at); i < from; i++)
    if (!strchr(" \t<-*>\"'", r->text[i]))
      return FALSE;
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
  gsize number = bp_list_number(r->text + line->at);
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
  while (at < end && strchr(") >\t\"'", r->text[at]))
    at++;
  return at + 2 < end && begins_line(r, line, from) &&
         (strchr(":;,-=(|", r->text[at]) || memchr(r->text + to, '\t', at - to) || bp_colon_before(r->text, at + 3));
}

/* "- Bob Smith <bob@example.com>: mailbox full"; "17  Bob Smith   bob@example.com   mailbox full", in columns. */
static gboolean is_behind_name(const BpReading *r, const BpLine *line, gsize from) {
  const char *text = r->text + line->at;
  gsize number = bp_list_number(text), length = from - line->at;
  guint words = 0;
  if (length <= number || length > BP_WRAPPED || !strchr("< \t(", text[length - 1]))
    return FALSE;
  gboolean column = length > 2 && (text[length - 1] == '\t' || (text[length - 1] == ' ' && text[length - 2] == ' '));
  for (const char *p = text + number + strspn(text + number, " \t*-"); p < text + length; p++) {
    if (strchr("=@", *p) || (*p == ':' && !(column && g_ascii_isdigit(p[1]))) || (g_ascii_isdigit(*p) && !column))
      return FALSE;
    words += *p == ' ' && p[-1] != ' ';
  }
  return column || words <= 3;
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

gboolean bp_named_by_subject(const BpReading *r, const char *address) {
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
  gsize end = bp_line_end(r, line);
  if (g_strstr_len(r->text + line->at, (gssize)line->length, address))
    return FALSE;
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
  if (behind_rcpt(r, from) || named_by_header(r, address) || bp_named_by_subject(r, address))
    points += 3;
  if (line->recipient)
    points += 2 + ((bp_line_is_label(r, line, address) && !is_field_to(r, line)) || line->named);
  if (line->failure || line->code)
    points += 2 + (line->code ? bp_states_code(r, to, line->at + line->length) : begins_line(r, line, from));
  if (r->report->original.to && bp_address_same(r->report->original.to, address))
    points += 2 + begins_line(r, line, from);
  for (guint i = 1; i <= 4 && n + i < lines->len; i++) {
    const BpLine *next = &g_array_index(lines, BpLine, n + i);
    if (i == 4 && (next[-1].length || !is_field_to(r, line)))
      break; /* a sentence may go on behind a list of fields and the blank line below it */
    if (next->failure || next->code) {
      points +=
          2 + (i == 1 && next->smtp && !alone &&
               (is_mailbox(r, line, from, to) || (to + 2 >= bp_line_end(r, line) && bp_line_ends_with_colon(r, line))));
      break;
    }
  }
  before = line->heading ? &g_array_index(lines, BpLine, line->heading - 1) : NULL;
  if (before && (before->failure || before->recipient) &&
      (alone || line->failure || line->code || !is_spent(r, before, address))) {
    gboolean announced = is_of_recipients(before, line->heading - 1);
    /* Behind a reply, the address of who sends the bounce may stand. */
    if (announced || !before->code || bp_line_ends_with_colon(r, before))
      points += 1 + announced;
    if (announced && !alone && is_mailbox(r, line, from, to))
      points++;
    if (line->row && begins_line(r, line, from) && before->failure && bp_line_ends_with_colon(r, before))
      points += 2;
  }
  return bp_is_told(line, from) ? MAX(points, BP_ENOUGH) : points;
}

/* A domain has a dot, or an archive wrote an "x" for each of its letters. */
static gboolean has_domain(const char *address) {
  const char *domain = strrchr(address, '@') + 1;
  gsize n = strspn(domain, "xX");
  return strchr(domain, '.') || (n > 2 && !domain[n]);
}

/* The line before n begins with an address: it is a row of a table. */
static gboolean is_below_row(GArray *mentions, guint n) {
  const BpMention *last = mentions->len ? &g_array_index(mentions, BpMention, mentions->len - 1) : NULL;
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

/* The sentence of the line that offset at stands in; NULL where the line is but one. */
static char *sentence_at(const BpReading *r, const BpLine *line, gsize at, gsize *begin) {
  const char *text = r->text + line->at, *end = text + line->length, *from = r->text + at, *to = from;
  while (from > text && !bp_begins_sentence(text, from))
    from--;
  while (to < end && !bp_begins_sentence(text, to + 1))
    to++;
  *begin = (gsize)(from - r->text);
  return from == text && to >= end ? NULL : g_strndup(from, (gsize)(MIN(to, end) - from));
}

static gboolean has_sentences(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  for (gsize i = 3; i < line->length; i++)
    if (bp_begins_sentence(text, text + i))
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
static gboolean goes_on_from(const BpReading *r, GArray *lines, GArray *mentions, const BpMention *c) {
  const BpMention *before = mentions->len ? &g_array_index(mentions, BpMention, mentions->len - 1) : NULL;
  if (!before || before->line + 1 != c->line || before->points < BP_ENOUGH)
    return FALSE;
  const BpLine *line = &g_array_index(lines, BpLine, c->line), *above = line - 1;
  gsize n = c->from - line->at;
  return (c->replied && before->replied && line->smtp && above->smtp) ||
         (line->failure && above->failure && n > 2 && before->from - above->at == n &&
          memcmp(r->text + line->at, r->text + above->at, n) == 0);
}

/* "17,anna@example.org,bob@example.com,550 …": of comma-separated values, the sender's. */
static gboolean is_before_another_value(const BpReading *r, const BpLine *line, gsize from, gsize to) {
  gsize next = to + 1, behind, end = line->at + line->length;
  return from > line->at && to < end && r->text[from - 1] == ',' && r->text[to] == ',' &&
         bp_address_next(r->text, end, &next, &behind) && next == to + 1;
}

/* TRUE where an address on a line is spoken of in another matter; behind is where the one before it ends, 0 for none.
 */
static gboolean is_of_other_matter(BpReading *r, const BpLine *line, gsize from, gsize to, gsize behind) {
  if (bp_is_told(line, from) || line->elsewhere == from + 1)
    return line->elsewhere == from + 1;
  if (is_before_another_value(r, line, from, to))
    return TRUE;
  gsize begin = 0;
  g_autofree char *sentence = behind || line->not_recipient ? sentence_at(r, line, from, &begin) : NULL;
  if (sentence)
    return is_said_of_others(r, line, sentence, begin, behind);
  /* What a reply speaks of; but not before whose reply it is: "bob@example.com: 550 … from news@…" */
  return line->not_recipient && !(begins_line(r, line, from) && bp_states_code(r, to, line->at + line->length));
}

/* The address is the first on its line that may be a recipient's. */
static void mark_entry(const BpReading *r, GArray *lines, guint n, gsize from, gsize to, gboolean alone) {
  BpLine *line = &g_array_index(lines, BpLine, n);
  line->heading = heading_of(r, lines, n);
  line->row = !alone && is_row(r, line, from, to);
  line->listed = alone || line->row;
}

static void add_mention(const BpReading *r, GArray *lines, guint n, const char *address, gsize from, gsize to,
                        gboolean alone, GArray *mentions) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  BpMention m = {.address = address,
                 .line = n,
                 .from = from,
                 .points = points_of(r, lines, n, address, from, to, alone),
                 .alone = alone && !line->comment,
                 .mailbox = is_mailbox(r, line, from, to),
                 .first = begins_line(r, line, from) || is_behind_name(r, line, from),
                 .header = is_in_header(r, lines, n)};
  m.replied = (line->code && bp_states_code(r, line->at, from)) ||
              (continues_reply(lines, n) && !bp_line_is_label(r, line, address) &&
               !(m.first && line->failure && is_below_row(mentions, n))) ||
              (line->reason && memchr(r->text + line->at, ':', from - line->at) && !behind_rcpt(r, from));
  if (goes_on_from(r, lines, mentions, &m)) {
    m.points = MAX(m.points, BP_ENOUGH);
    m.replied = g_array_index(mentions, BpMention, mentions->len - 1).replied;
  }
  g_array_append_val(mentions, m);
}

/* "Your message to help@example.org was rejected", writes help@example.org. */
static gboolean refuses_itself(BpReading *r, const BpLine *line, const char *address) {
  return line->named && line->failure && !bp_address_is_system(address) && bp_address_same(address, bp_sender(r)) &&
         !(r->report->returned_to && bp_address_same(address, r->report->returned_to));
}

static void find_on_line(BpReading *r, GArray *lines, guint n, GArray *mentions) {
  BpLine *line = &g_array_index(lines, BpLine, n);
  gsize from = line->at, to, end = line->at + line->length, behind = 0;
  guint before = mentions->len;
  for (; mentions->len < MENTIONS_MAX && bp_address_next(r->text, end, &from, &to); from = behind = to) {
    const char *address = bp_arena_strndup(r->arena, r->text + from, to - from);
    if ((bp_is_stranger(r, address) && !refuses_itself(r, line, address)) || !has_domain(address) ||
        (mentions->len > before && bp_is_anothers(r, r->text, behind, from)) ||
        is_of_other_matter(r, line, from, to, behind))
      continue;
    gboolean alone = stands_alone(r, line, from, to);
    if (mentions->len == before)
      mark_entry(r, lines, n, from, to, alone);
    add_mention(r, lines, n, address, from, to, alone, mentions);
  }
}

void bp_mentions_find(BpReading *r, GArray *lines, GArray *mentions) {
  for (guint i = 0; i < lines->len; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length <= BP_REPLY_MAX &&
        (!line->not_recipient || line->code || line->told_end || has_sentences(r, line)))
      find_on_line(r, lines, i, mentions);
  }
}

/* On one of the next lines a reply code, on one a status. */
static gboolean has_reply_below(const BpReading *r, GArray *lines, guint n) {
  gboolean code = FALSE, status = FALSE;
  for (guint i = n + 1; i <= n + BP_RECORD && i < lines->len && g_array_index(lines, BpLine, i).length; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    code = code || line->smtp;
    status = status || bp_line_states_status(r, line);
  }
  return code && status;
}

/* "Email ID: ", "Courriel : ": what stands before the address speaks of mail. */
static gboolean is_label_of_mail(BpReading *r, const BpLine *line, gsize from) {
  g_autofree char *label = g_strndup(r->text + line->at, from - line->at);
  return bp_any_phrase(r, BP_MATCH_MAIL, label);
}

gboolean bp_is_only_label(BpReading *r, GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (!bp_line_is_any_label(r, line, c->address) || !bp_lines_tell_before(lines, c->line) || r->text[line->at] == '>' ||
      bp_address_is_role(c->address) || line->at > BP_OPENING || c->header ||
      !(line->recipient || is_label_of_mail(r, line, c->from)))
    return FALSE;
  for (guint i = 0; i < mentions->len; i++)
    if (!bp_address_same(g_array_index(mentions, BpMention, i).address, c->address))
      return FALSE;
  return TRUE;
}

/* An address behind any label, below the words of failure, and on one of the next lines the reason, or with a reply in
 * the fields below. */
static void complete_labels(BpReading *r, GArray *lines, GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++) {
    BpMention *c = &g_array_index(mentions, BpMention, i);
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    if (c->points >= BP_ENOUGH || !bp_line_is_any_label(r, line, c->address))
      continue;
    if (has_reply_below(r, lines, c->line) || bp_is_only_label(r, lines, mentions, i))
      c->points = BP_ENOUGH;
    if (!bp_lines_tell_before(lines, c->line))
      continue;
    for (guint k = 1; k <= 2 && c->line + k < lines->len && line[k].length; k++)
      if (line[k].smtp || line[k].reason)
        c->points = BP_ENOUGH;
  }
}

/* "Rejected (considered spam)" behind an address, in a table whose other rows tell of failures: a row, too. */
static void complete_rows(GArray *lines, GArray *mentions) {
  for (guint i = 1; i < mentions->len; i++) {
    const BpMention *above = &g_array_index(mentions, BpMention, i - 1);
    BpMention *c = &g_array_index(mentions, BpMention, i);
    if (c->first && !c->alone && !c->mailbox && c->line == above->line + 1 && above->first && !above->alone &&
        above->points >= BP_ENOUGH && g_array_index(lines, BpLine, above->line).failure)
      c->points = MAX(c->points, BP_ENOUGH);
  }
}

void bp_mentions_complete(BpReading *r, GArray *lines, GArray *mentions) {
  complete_rows(lines, mentions);
  complete_labels(r, lines, mentions);
}

/* lines.c - what stands on the lines of a notification's text */
#include "report/lines.h"

#include "report/address.h"

#include <string.h>

#define LINES_MAX 2000
#define RULE 5       /* dashes that part a text */
#define REASON 6     /* bytes of one */
#define LABEL 32     /* bytes of a label that a gap parts from its value */
#define ENUMERATED 8 /* bytes between two addresses of one enumeration: ", " or " and " */
#define NEAR 2048    /* bytes of a sentence before and behind an address */
#define LONG 56      /* bytes of a line that may tell of several */

/* TRUE where what follows on an address has a code, or brackets with a reason right behind it. */
static gboolean tells_why(const BpReading *r, gsize from, gsize to) {
  const char *open = r->text + from + strspn(r->text + from, "> "), *end = r->text + to;
  const char *close = open < end && *open == '(' ? memchr(open, ')', (gsize)(end - open)) : NULL;
  return (close && close - open > REASON) || bp_states_code(r, from, to);
}

/* Where that begins which is said of the address at offset address, behind offset from. */
static gsize segment_start(const BpReading *r, gsize from, gsize address) {
  static const char *const marks[] = {".;", ",)"};
  for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
    for (gsize p = address; p > from + 1; p--)
      if (r->text[p - 1] == ' ' && strchr(marks[i], r->text[p - 2]))
        return p;
  while (address > from && strchr("<\"'", r->text[address - 1]))
    address--;
  return address;
}

/* "Your mail to a@example.com, b@example.com could not be delivered. a@example.com: 550 …" */
static gboolean is_named_again(const BpReading *r, gsize at, gsize from, gsize to) {
  g_autofree char *address = g_strndup(r->text + from, to - from);
  return g_strstr_len(r->text + at, (gssize)(from - at), address) != NULL;
}

/* Where the line from offset at up to end goes on with another recipient and a code of its own, as where a page has no
 * line breaks: "bob@example.com: 550 User unknown. ann@example.net: 552 Mailbox full"; else end. */
static gsize next_segment(const BpReading *r, gsize at, gsize end) {
  gsize from = at, to, start, behind;
  if (!memchr(r->text + at, '@', end - at) || !bp_address_next(r->text, end, &from, &to))
    return end;
  for (start = to; bp_address_next(r->text, end, &start, &behind); start = behind) {
    gsize third = behind, last = end;
    if (bp_address_next(r->text, end, &third, &last))
      last = third;
    if (tells_why(r, behind, last) && (tells_why(r, to, start) || is_named_again(r, at, start, behind)))
      return segment_start(r, to, start);
  }
  return end;
}

static void add_line(GArray *lines, gsize at, gsize end) {
  BpLine line = {.at = at, .length = end - at};
  g_array_append_val(lines, line);
}

/* Where the next member of an object begins in a line of JSON from offset at up to end; else end. */
static gsize next_json_member(const BpReading *r, gsize at, gsize end) {
  for (gsize i = at + 1; i + 1 < end; i++)
    if (r->text[i] == '"' && strchr(",{", r->text[i - 1]) && i > at + 1)
      return i;
  return end;
}

void bp_lines_split(const BpReading *r, GArray *lines) {
  for (gsize at = 0; at < r->length && lines->len < LINES_MAX;) {
    const char *newline = memchr(r->text + at, '\n', r->length - at);
    gsize end = newline ? (gsize)(newline - r->text) : r->length, next = end;
    if (end - at > LONG && (g_str_has_prefix(r->text + at, "{\"") || g_str_has_prefix(r->text + at, "[{\"")))
      while (lines->len < LINES_MAX && (next = next_json_member(r, at, end)) < end) {
        add_line(lines, at, next);
        at = next;
      }
    else if (end - at > LONG && end - at <= BP_REPLY_MAX)
      while (lines->len < LINES_MAX && (next = next_segment(r, at, end)) < end) {
        add_line(lines, at, next);
        at = next;
      }
    add_line(lines, at, end);
    at = end + 1;
  }
}

static BpLine *line_at(GArray *lines, gsize at) {
  guint low = 0, high = lines->len;
  while (high - low > 1) {
    guint middle = (low + high) / 2;
    if (g_array_index(lines, BpLine, middle).at <= at)
      low = middle;
    else
      high = middle;
  }
  return lines->len ? &g_array_index(lines, BpLine, low) : NULL;
}

static guint mark(BpReading *r, GArray *lines, const char *text, BpMatchDomain domain, gsize offset) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, text, r->length);
  guint n_found = 0;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    gsize pos = 0, start, end, behind;
    for (guint runs = 0;
         runs < 64 && pos < r->length && bp_candidates_run_in(r->matcher, &candidates, n, pos, r->length); runs++) {
      bp_matcher_span(r->matcher, &start, &end);
      pos = end > pos ? end : pos + bp_char_length(text + pos);
      if (text != r->text && end > start)
        G_STRUCT_MEMBER(gboolean, line_at(lines, end - 1), offset) = TRUE;
      gboolean own = bp_matcher_group(r->matcher, "own", &start, &behind),
               target = bp_matcher_group(r->matcher, "target", &start, &behind);
      gboolean whom =
          bp_matcher_group(r->matcher, "recipient", &start, &behind); /* the line of the address, where it is another */
      BpLine *line = line_at(lines, start);
      if (line) {
        G_STRUCT_MEMBER(gboolean, line, offset) = TRUE;
        line->named = line->named || (own && domain == BP_MATCH_RECIPIENT);
        line->whom = line->whom || (whom && domain == BP_MATCH_RECIPIENT);
        line->target = line->target || (target && domain == BP_MATCH_RECIPIENT);
      }
      n_found++;
    }
  }
  return n_found;
}

guint bp_lines_mark(BpReading *r, GArray *lines, BpMatchDomain domain, gsize offset) {
  return mark(r, lines, r->text, domain, offset);
}

guint bp_lines_mark_sentences(BpReading *r, GArray *lines, const char *text, BpMatchDomain domain, gsize offset) {
  return lines->len ? mark(r, lines, text, domain, offset) : 0;
}

char *bp_lines_unwrap(const BpReading *r, GArray *lines) {
  char *text = g_strndup(r->text, r->length);
  for (guint i = 0; i + 1 < lines->len; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    gsize end = line->at + line->length;
    guchar next = (guchar)text[end + 1];
    if (line->length >= BP_WRAPPED && line[1].length && !strchr(".:;!?", text[end - 1]) &&
        (g_ascii_isalnum(next) || next >= 0x80))
      text[end] = ' ';
  }
  return text;
}

gboolean bp_begins_sentence(const char *text, const char *p) {
  return p - text > 2 && p[-1] == ' ' && strchr(".!?", p[-2]) && *p != ' ';
}

/* What stands between quotation marks, such as a subject, or in an address, is none of the sentence's words. */
static void blank_names(char *sentence) {
  gsize from = 0, to, length = strlen(sentence);
  for (; bp_address_next(sentence, length, &from, &to); from = to)
    memset(sentence + from, '@', to - from);
  for (char *open = sentence; (open = strchr(open, '"')); open++) {
    char *close = strchr(open + 1, '"');
    if (!close)
      return;
    if (!memchr(open, '@', (gsize)(close - open)))
      memset(open, ' ', (gsize)(close - open));
    open = close;
  }
}

/* The sentence that offset at of a text stands in, of a line as it was before it was wrapped; as much as is near. */
static char *sentence_around(const char *text, gsize length, gsize at, gsize *begin) {
  gsize from = at, to = at;
  while (from > 0 && at - from < NEAR && text[from - 1] != '\n' && !bp_begins_sentence(text, text + from))
    from--;
  while (to < length && to - at < NEAR && text[to] != '\n' &&
         !(to + 1 < length && bp_begins_sentence(text, text + to + 1)))
    to++;
  while (from < at && ((guchar)text[from] & 0xc0) == 0x80)
    from++;
  *begin = from;
  char *sentence = g_strndup(text + from, bp_cut(text + from, length - from, to - from));
  blank_names(sentence);
  return sentence;
}

/* "The invoice could not be sent to bob@example.com", "Your mail to bob@example.com bounced". A payment may be sent,
 * too. */
static gboolean tells_of_undone(BpReading *r, const char *sentence) {
  return bp_says_undone(r, sentence) && !bp_any_phrase(r, BP_MATCH_SUCCESS, sentence) && bp_speaks_of_mail(r, sentence);
}

gboolean bp_is_told(const BpLine *line, gsize from) {
  return from >= line->told && from < line->told_end;
}

/* "The message from anna@example.org to bob@example.com was not sent". */
gboolean bp_is_anothers(BpReading *r, const char *text, gsize behind, gsize from) {
  g_autofree char *before = g_strndup(text + behind, from - behind);
  return bp_any_phrase(r, BP_MATCH_ANOTHER, before);
}

/* The list whose manager wrote this, "team-bounces@": it tells what comes back, not that the list did. */
static gboolean is_list_of_sender(const BpReading *r, const char *address) {
  return bp_address_looks_after(bp_sender(r), address);
}

/* "550 5.1.1 <bob@example.com> rejected", "to=<bob@example.com>", "From: … To: bob@example.com". */
static gboolean is_in_reply_or_log(const char *text, const char *sentence, gsize begin, gsize from, gsize to) {
  gsize at;
  if (from > 0 && text[from - 1] == ',' && text[to] == ',')
    return TRUE; /* comma-separated values */
  if ((bp_code_find(sentence, &at) && at < from - begin) || g_ascii_strncasecmp(sentence, "From:", 5) == 0)
    return TRUE;
  if (from > 0 && strchr("<\"", text[from - 1]))
    from--;
  return from > 0 && text[from - 1] == '=';
}

/* "Forwarding from anna@example.org to bob@example.com failed": of several addresses of a sentence, those that a mail
 * went to are told of, where words say of one; "mail to anna@example.org could not be passed on to bob@example.com":
 * the last of them. */
static gboolean goes_elsewhere(BpReading *r, const char *text, gsize begin, gsize end, gsize at) {
  gboolean own = FALSE, other = FALSE, mine = FALSE;
  for (gsize from = begin, to, behind = begin; bp_address_next(text, end, &from, &to); from = behind = to) {
    g_autofree char *before = g_strndup(text + behind, from - behind);
    gboolean toward = bp_any_phrase(r, BP_MATCH_TOWARD, before) || (own && strlen(before) < ENUMERATED);
    if (from > at && mine)
      return toward && !(own && strlen(before) < ENUMERATED);
    other = other || (toward && from != at);
    mine = mine || (from == at && toward);
    own = toward;
  }
  return other && !mine;
}

static gboolean mark_told(BpReading *r, GArray *lines, const char *text, gsize behind, gsize from, gsize to) {
  g_autofree char *address = g_strndup(text + from, to - from);
  gsize begin;
  g_autofree char *sentence = sentence_around(text, r->length, from, &begin);
  if (strchr(">|", *sentence) || is_in_reply_or_log(text, sentence, begin, from, to) || bp_is_stranger(r, address) ||
      is_list_of_sender(r, address) || !tells_of_undone(r, sentence))
    return FALSE;
  BpLine *line = line_at(lines, from);
  if (bp_is_anothers(r, text, MAX(begin, behind), from) ||
      goes_elsewhere(r, text, begin, begin + strlen(sentence), from)) {
    line->elsewhere = from + 1;
    return FALSE;
  }
  if (line->told == line->told_end)
    line->told = from;
  line->told_end = to;
  line->failure = line->whom = TRUE;
  return TRUE;
}

/* The next line that is not empty names an address, and this one does not. */
static gboolean is_above_address(const BpReading *r, GArray *lines, guint n) {
  guint i = n + 1 < lines->len && g_array_index(lines, BpLine, n + 1).length == 0 ? n + 2 : n + 1;
  if (i >= lines->len ||
      memchr(r->text + g_array_index(lines, BpLine, n).at, '@', g_array_index(lines, BpLine, n).length))
    return FALSE;
  const BpLine *line = &g_array_index(lines, BpLine, i);
  gsize from = line->at, to;
  return line->length && bp_address_next(r->text, line->at + MIN(line->length, BP_WRAPPED), &from, &to);
}

guint bp_lines_mark_undone(BpReading *r, GArray *lines, const char *sentences) {
  guint n_found = 0;
  for (gsize from = 0, to, behind = 0, end = MIN(r->length, BP_LOOK); bp_address_next(sentences, end, &from, &to);
       from = behind = to)
    n_found += mark_told(r, lines, sentences, behind, from, to);
  for (guint i = 0; i < lines->len && g_array_index(lines, BpLine, i).at < BP_OPENING; i++) {
    BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->failure || line->length < BP_REACH ||
        !(bp_line_ends_with_colon(r, line) || is_above_address(r, lines, i)))
      continue;
    gsize begin;
    g_autofree char *sentence = sentence_around(sentences, r->length, line->at + line->length - 1, &begin);
    if (!strchr(">|", *sentence) && tells_of_undone(r, sentence))
      line->failure = TRUE, n_found++;
  }
  return n_found;
}

/* A folded line: "… said: 550", and the words of the reply on the next, behind blanks. */
static gboolean goes_on(const BpReading *r, GArray *lines, guint n) {
  const BpLine *next = n + 1 < lines->len ? &g_array_index(lines, BpLine, n + 1) : NULL;
  return next && next->length > 0 && strchr(" \t", r->text[next->at]);
}

/* "Status: 5.1.1", the field of RFC 3464 where it stands in the text, is no reply. */
static gboolean is_status_field(const char *text) {
  BpStatus status;
  if (g_ascii_strncasecmp(text, "Status:", 7) != 0)
    return FALSE;
  text += 7 + strspn(text + 7, " \t");
  text += bp_status_read(text, &status);
  return text[strspn(text, " \t\r")] == '\0';
}

void bp_lines_mark_codes(BpReading *r, GArray *lines) {
  for (guint i = 0; i < lines->len; i++) {
    BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length < 3 || line->length > BP_REPLY_MAX)
      continue;
    g_autofree char *text = g_strndup(r->text + line->at, line->length);
    BpStatus status;
    gsize at;
    guint code = bp_code_find(text, &at);
    gboolean stated = bp_status_find(text, &status), good = stated && status.class == 2 && !code;
    line->smtp = code && (strlen(text) > at + 3 || goes_on(r, lines, i));
    line->code = line->smtp || (stated && !good && !(r->complement && is_status_field(text)));
    line->success = line->success || good;
  }
}

gboolean bp_colon_before(const char *text, gsize end) {
  return end && (text[end - 1] == ':' || (end > 2 && memcmp(text + end - 3, "\xef\xbc\x9a", 3) == 0));
}

gsize bp_column_label(const char *text, gsize length) {
  gsize word = strspn(text, " \t"), n = word;
  while (n < length && (g_ascii_isalpha(text[n]) || (guchar)text[n] >= 0x80 || strchr("-/()", text[n]) ||
                        (text[n] == ' ' && n + 1 < length && !strchr(" \t.", text[n + 1]))))
    n++;
  gsize gap = n < length ? strspn(text + n, " .\t") : 0;
  return n > word && n - word <= LABEL && (gap > 1 || (gap && text[n] == '\t')) && n + gap < length ? n + gap : 0;
}

gboolean bp_line_is_label(const BpReading *r, const BpLine *line, const char *address) {
  gsize length = strlen(address);
  const char *text = r->text + line->at, *found = *address ? g_strstr_len(text, (gssize)line->length, address) : NULL;
  if (!found || !line->recipient)
    return FALSE;
  const char *before = found, *behind = found + length, *end = text + line->length;
  while (before > text && strchr(" \t<\"'", before[-1]))
    before--;
  const char *colon = found > text && found[-1] == '<' ? memchr(text, ':', (gsize)(found - text)) : NULL;
  if (colon && before - colon < LONG && !memchr(colon, '@', (gsize)(before - colon)))
    before = colon + 1; /* 'To: "Bob Smith" <bob@example.com>' */
  while (behind < end && strchr(" \t>\"'.,\r", *behind))
    behind++;
  gsize column = behind == end ? bp_column_label(text, line->length) : 0;
  return behind == end && (bp_colon_before(text, (gsize)(before - text)) || (before > text && before[-1] == '=') ||
                           (column && text + column >= before && text + column <= found));
}

gboolean bp_line_states_status(const BpReading *r, const BpLine *line) {
  BpStatus status;
  g_autofree char *text = line->code ? g_strndup(r->text + line->at, line->length) : NULL;
  return text && bp_status_find(text, &status);
}

gboolean bp_line_is_rule(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  text += strspn(text, " \t");
  return *text && strchr("-=_*", *text) && strspn(text, (const char[]){*text, '\0'}) >= RULE;
}

gboolean bp_line_names_recipient(const BpReading *r, const BpLine *line) {
  gsize from = line->at, to, end = line->at + bp_cut(r->text + line->at, line->length, BP_LOOK);
  if (!line->recipient || !bp_address_next(r->text, end, &from, &to))
    return FALSE;
  g_autofree char *address = g_strndup(r->text + from, to - from);
  return bp_line_is_label(r, line, address);
}

gboolean bp_line_is_any_label(const BpReading *r, const BpLine *line, const char *address) {
  BpLine label = *line;
  label.recipient = TRUE;
  return bp_line_is_label(r, &label, address);
}

gsize bp_line_end(const BpReading *r, const BpLine *line) {
  gsize end = line->at + line->length;
  while (end > line->at && strchr(" \t\r", r->text[end - 1]))
    end--;
  return end;
}

gboolean bp_line_ends_with_colon(const BpReading *r, const BpLine *line) {
  gsize end = bp_line_end(r, line);
  return end > line->at && bp_colon_before(r->text, end);
}

gsize bp_list_number(const char *text) {
  gsize blanks = strspn(text, " \t"), digits = strspn(text + blanks, "0123456789");
  const char *behind = text + blanks + digits;
  return digits && digits < 4 && strchr(".)", *behind) && *behind && strchr(" \t", behind[1]) ? blanks + digits + 1 : 0;
}

gboolean bp_states_code(const BpReading *r, gsize from, gsize to) {
  g_autofree char *words = g_strndup(r->text + from, to - from);
  BpStatus status;
  return bp_code_find(words, NULL) || bp_status_find(words, &status);
}

gboolean bp_lines_tell_before(GArray *lines, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_array_index(lines, BpLine, i).failure || g_array_index(lines, BpLine, i).code)
      return TRUE;
  return FALSE;
}

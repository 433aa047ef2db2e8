/* line-reply.c - what the lines near a recipient's address tell of the reason */
#include "report/address.h"
#include "report/lines.h"

#include <string.h>

#define LETTERS 6     /* of a reason in words */
#define FIELD_NAME 64 /* bytes of a line that may name a field */

/* The reply code that a line begins with, as a number, 0 for none; *last is TRUE for the last line of a reply ("550 "),
 * not for those before it ("550-"). */
static guint leading_code(const BpReading *r, const BpLine *line, gboolean *last) {
  const char *p = r->text + line->at;
  gsize blanks = strspn(p, " \t<>");
  if (blanks + 4 > line->length || !strchr("245", p[blanks]) || !strchr(" -", p[blanks + 3]))
    return 0;
  *last = p[blanks + 3] == ' ';
  return (guint)g_ascii_strtoull(p + blanks, NULL, 10);
}

/* "… to protect our users", "from spam, mail of …": a sentence that goes on, not a field or a line of its own. */
static gboolean is_wrapped(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  gsize word = strspn(text, "abcdefghijklmnopqrstuvwxyz");
  return word > 0 && word < line->length && text[word] == ' ' && text[word + 1] != ':' && text[word + 1] != '=' &&
         !memchr(text, '@', line->length);
}

/* A blank line, one that parts the text, names a recipient or begins another reply, ends a reply. */
static gboolean ends_reply(const BpReading *r, const BpLine *line, gboolean of_server) {
  return line->length == 0 || (line->not_recipient && !(of_server && is_wrapped(r, line))) ||
         bp_line_is_rule(r, line) || bp_line_names_recipient(r, line);
}

static gsize reply_end(const BpReading *r, GArray *lines, guint n, guint limit) {
  gboolean ended = FALSE, last;
  guint i = n + 1, code = leading_code(r, &g_array_index(lines, BpLine, n), &ended);
  for (; i < MIN(limit, n + BP_REACH); i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    guint next = leading_code(r, line, &last);
    gboolean quoted =
        line->at > 1 && r->text[line->at - 2] == ':'; /* "host mx.example.com said:", "550 User unknown" */
    if (ends_reply(r, line, code != 0) || (next && code && !quoted && (ended || next != code)))
      break;
    ended = next ? last : ended;
  }
  const BpLine *end = &g_array_index(lines, BpLine, i - 1);
  return end->at + end->length;
}

/* A table's heading is not a part of its rows. */
static guint paragraph_start(const BpReading *r, GArray *lines, guint n) {
  guint from = n;
  while (from > 0 && g_array_index(lines, BpLine, from - 1).length > 0 && n - from < BP_REACH &&
         !bp_line_is_rule(r, &g_array_index(lines, BpLine, from - 1)))
    from--;
  return from;
}

/* "The following error was given:": where the words up to end announce the next paragraph, its end. */
static gsize announced_end(const BpReading *r, GArray *lines, guint n, gsize end, guint limit) {
  while (n < limit && g_array_index(lines, BpLine, n).at < end)
    n++;
  guint first = n;
  while (first < limit && g_array_index(lines, BpLine, first).length == 0)
    first++;
  const BpLine *line = first < limit ? &g_array_index(lines, BpLine, first) : NULL;
  if (!line || first == n || !bp_colon_before(r->text, end) || line->not_recipient ||
      memchr(r->text + line->at, '@', line->length))
    return end;
  return reply_end(r, lines, first, limit);
}

/* TRUE where a line names another recipient of the report and not this one. */
static gboolean is_of_another(BpReading *r, const BpLine *line, const BpRecipient *recipient) {
  gsize length = bp_cut(r->text + line->at, line->length, BP_LOOK);
  if (!memchr(r->text + line->at, '@', length))
    return FALSE;
  g_autofree char *text = g_strndup(r->text + line->at, length);
  return bp_names_another(r, recipient, text);
}

/* The first line of the paragraph that line n stands in, or that line where what is above is said of another. */
static guint own_start(BpReading *r, GArray *lines, guint n, const BpRecipient *recipient) {
  guint from = paragraph_start(r, lines, n);
  gboolean list = TRUE;
  for (guint i = n; r->report->recipients->len > 1 && i-- > from;) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    list = list && line->listed && !line->row;
    if (!list && is_of_another(r, line, recipient))
      return n;
  }
  return from;
}

/* "Subject: …", one of several fields. */
static gboolean is_field(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at, *colon = memchr(text, ':', MIN(line->length, FIELD_NAME));
  gsize blanks = strspn(text, " \t>*-");
  return colon && colon > text + blanks && strchr(" \t", colon[1]) &&
         !memchr(text + blanks, ' ', (gsize)(colon - text) - blanks);
}

/* "From: …", "To: bob@example.com": nothing but fields of the message, which is announced above them. */
static gboolean are_fields(const BpReading *r, GArray *lines, guint from, guint to) {
  for (guint i = from; i <= to; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (!is_field(r, line) || line->failure || line->reason)
      return FALSE;
  }
  return TRUE;
}

/* The paragraph that a line stands in. */
static void read_paragraph(BpReading *r, GArray *lines, guint n, guint limit, BpRecipient *recipient) {
  guint from = own_start(r, lines, n, recipient), to = n;
  while (to + 1 < MIN(limit, lines->len) && g_array_index(lines, BpLine, to + 1).length > 0 && to - n < BP_REACH)
    to++;
  gboolean apart = from > 1 && g_array_index(lines, BpLine, from - 1).length == 0,
           fields = apart && from < to && are_fields(r, lines, from, to);
  if (((apart && from == to) || fields) && r->report->recipients->len == 1) { /* they only name the recipient */
    to = fields || bp_line_names_recipient(r, &g_array_index(lines, BpLine, n)) ? from - 2 : to;
    from = paragraph_start(r, lines, from - 2);
  }
  const BpLine *first = &g_array_index(lines, BpLine, from), *last = &g_array_index(lines, BpLine, to);
  const char *text = r->text + first->at;
  gsize end = announced_end(r, lines, to, last->at + last->length, limit);
  bp_recipient_reply(r, recipient, text, bp_cut(text, end - first->at, BP_LOOK));
}

/* Where the paragraph ends that follows on one that ends at end: the reason may be told there. */
static gsize next_paragraph(const BpReading *r, GArray *lines, gsize end) {
  for (guint i = 0; i < lines->len; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->at <= end || line->length == 0)
      continue;
    return bp_line_is_rule(r, line) || line->not_recipient || bp_line_names_recipient(r, line)
               ? end
               : reply_end(r, lines, i, lines->len);
  }
  return end;
}

gboolean bp_lines_find_reply(GArray *lines, guint first, guint limit, guint label, guint *found) {
  for (guint pass = 0; pass < 4; pass++)
    for (guint i = first; i < (pass == 1 && limit == lines->len ? limit : MIN(limit, first + BP_REACH)); i++) {
      const BpLine *line = &g_array_index(lines, BpLine, i);
      if (pass < 2 ? line->code : pass == 2 ? line->reason : (line->failure || line->comment) && i != label) {
        *found = i;
        return TRUE;
      }
    }
  return FALSE;
}

/* "Reason:", and what it is on the next line that is not empty. */
static guint reason_line(const BpReading *r, GArray *lines, guint n, guint limit) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  const char *colon = g_strrstr_len(r->text + line->at, (gssize)line->length, ":");
  gsize left = colon ? line->at + line->length - (gsize)(colon + 1 - r->text) : line->length;
  if (!line->reason || line->code || !colon || strspn(colon + 1, " \t\r") < left)
    return n;
  for (guint i = n + 1; i < MIN(limit, n + BP_REACH); i++)
    if (strspn(r->text + g_array_index(lines, BpLine, i).at, " \t\r") < g_array_index(lines, BpLine, i).length)
      return i;
  return n;
}

/* "bob@example.com; Failed; 5.1.1 (bad mailbox)" is the report's word; in the lines that belong to it, the reply of the
 * server may stand: "    SMTP diagnostic: 550 User unknown". */
static guint server_line(const BpReading *r, GArray *lines, guint n, guint limit) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  if (!line->code || line->smtp)
    return n;
  for (guint i = n + 1; i < MIN(limit, n + BP_REACH); i++) {
    const BpLine *next = &g_array_index(lines, BpLine, i);
    if (next->length == 0)
      continue;
    if (!strchr(" \t", r->text[next->at]) || bp_line_is_rule(r, next) || next->not_recipient)
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
static void take_status(BpReading *r, const BpLine *line, BpRecipient *recipient) {
  g_autofree char *text = g_strndup(r->text + line->at, bp_cut(r->text + line->at, line->length, BP_LOOK));
  BpStatus status;
  if (!recipient->status && bp_status_find(text, &status))
    recipient->status = bp_status_text(r->arena, status);
}

/* "The server said:", "its answer was": what goes on below. */
static gboolean goes_on_below(const BpReading *r, const BpLine *line) {
  gsize end = line->at + line->length;
  while (end > line->at && line->at + line->length - end < FIELD_NAME && strchr(" \t\r", r->text[end - 1]))
    end--;
  return end > line->at && !strchr(".!?", r->text[end - 1]);
}

/* What stands above a line that begins with the recipient's address is told of the report. */
static gboolean begins_with(const BpReading *r, const BpLine *line, const char *address) {
  const char *text = r->text + line->at;
  text += strspn(text, " \t<(\"'*-");
  return *address && g_ascii_strncasecmp(text, address, strlen(address)) == 0;
}

/* "bob@example.com  User unknown", "bob@example.com: …": a row, where the reason stands behind the address, in which no
 * sentence goes on. The bytes before the reason. */
static gsize row_reason(const char *text, const char *address) {
  gsize at = strspn(text, " \t<*-"), length = strlen(address);
  if (!length || g_ascii_strncasecmp(text + at, address, length) != 0)
    return 0;
  const char *behind = text + at + length, *reason = behind + strspn(behind, " \t>:;,|-");
  return reason > behind && (g_ascii_isupper(*reason) || reason - behind > 1) ? (gsize)(reason - text) : 0;
}

/* The first line of what announces the reply that begins at offset at of line n: its paragraph, and where the reply
 * begins that, the one before, if that ends within a sentence. */
static guint announcement(const BpReading *r, GArray *lines, guint n, gsize at, const char *address) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  guint from = n;
  if (at == 0 || at == strspn(r->text + line->at, " \t>\"'"))
    while (from > 0 && g_array_index(lines, BpLine, from - 1).length == 0)
      from--;
  if (from < n && (from == 0 || !goes_on_below(r, &g_array_index(lines, BpLine, from - 1))))
    return n;
  for (; from > 0 && n - from < BP_REACH; from--) {
    line = &g_array_index(lines, BpLine, from - 1);
    if (line->length == 0 || line->code || bp_line_is_rule(r, line) || (is_field(r, line) && !line->reason) ||
        begins_with(r, &g_array_index(lines, BpLine, from), address))
      break;
  }
  return from;
}

/* The words that announce the reply, which the recipient has been given, from line n on. */
static void take_before(BpReading *r, GArray *lines, guint n, gsize at, BpRecipient *recipient) {
  gsize from = g_array_index(lines, BpLine, announcement(r, lines, n, at, recipient->address)).at,
        to = g_array_index(lines, BpLine, n).at + at;
  bp_recipient_announced(r, recipient, r->text + from, to - from);
}

/* The marks before quoted lines out: "> 550 User\n> unknown". */
static void drop_quote_marks(char *text) {
  if (text[strspn(text, " \t")] != '>')
    return;
  char *to = text;
  for (const char *line = text; *line;) {
    line += strspn(line, " \t>");
    gsize length = strcspn(line, "\n");
    length += line[length] == '\n';
    memmove(to, line, length);
    to += length;
    line += length;
  }
  *to = '\0';
}

/* "Code: 550" */
static void take_code(BpReading *r, GArray *lines, guint n, guint limit, BpRecipient *recipient) {
  for (guint i = n; !recipient->code && i < MIN(limit, n + BP_REACH) && g_array_index(lines, BpLine, i).length; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    const char *text = r->text + line->at, *colon = memchr(text, ':', MIN(line->length, FIELD_NAME));
    gsize n_blanks = colon ? strspn(colon + 1, " \t") : 0;
    const char *code = colon ? colon + 1 + n_blanks : text;
    if (colon && code + 3 <= text + line->length && strchr("45", *code) && bp_code_find(code, NULL) &&
        code + 3 + strspn(code + 3, " \t\r") >= text + line->length)
      recipient->code = bp_arena_strndup(r->arena, code, 3);
  }
}

/* A block of lines that ends with whom it is about: "Error: 550 User unknown", "Recipient: <bob@example.com>". */
static gboolean ends_block(GArray *lines, guint at_line, guint label) {
  return label == at_line && at_line > 0 && g_array_index(lines, BpLine, at_line - 1).length > 0 &&
         (at_line + 1 >= lines->len || g_array_index(lines, BpLine, at_line + 1).length == 0);
}

/* The line of its reply. */
static gboolean reply_above(const BpReading *r, GArray *lines, guint at_line, guint *n) {
  for (guint pass = 0, from = paragraph_start(r, lines, at_line); pass < 2; pass++)
    for (*n = from; *n < at_line; ++*n)
      if (pass ? g_array_index(lines, BpLine, *n).reason : g_array_index(lines, BpLine, *n).code)
        return TRUE;
  return FALSE;
}

/* TRUE where such a block tells no reason, in a report of several: what is below is another's. */
static gboolean is_dumb_block(const BpReading *r, GArray *lines, guint at_line) {
  const BpLine *above = &g_array_index(lines, BpLine, at_line - 1);
  return r->report->recipients->len > 1 && memchr(r->text + above->at, ':', MIN(above->length, FIELD_NAME));
}

/* "bob@example.com: out of order" has its own reason, whatever the line above says of another. */
static gboolean tells_itself(const BpReading *r, const BpLine *line, const BpLine *above, const char *address) {
  const char *text = r->text + line->at, *end = text + line->length,
             *found = *address ? g_strstr_len(text, (gssize)line->length, address) : NULL;
  guint letters = 0;
  for (const char *p = found ? found + strlen(address) : end; p < end; p++)
    letters += g_ascii_isalpha(*p) || (guchar)*p >= 0x80;
  if (letters < LETTERS || g_strstr_len(r->text + above->at, (gssize)above->length, address))
    return FALSE;
  return memchr(r->text + above->at, '@', above->length) ||
         (!above->code && above->length && (line->row || begins_with(r, line, address)));
}

/* Where what is said of a recipient above its line may stand: *first is its first line, *limit the one behind. It may
 * begin with the heading of the list. What stands with another recipient is said of that one. */
static void find_above(BpReading *r, GArray *lines, guint at_line, const BpRecipient *recipient, guint *first,
                       guint *limit) {
  const BpLine *line = &g_array_index(lines, BpLine, at_line);
  guint top = at_line;
  *first = at_line > 6 ? at_line - 6 : 0;
  *limit = at_line + 1;
  if (r->report->recipients->len < 2)
    return;
  while (top > 0 && (line[-1].listed || (line[-1].length == 0 && top > 1 && line[-2].listed)))
    top--, line--;
  if (top < at_line)
    *limit = top;
  line = &g_array_index(lines, BpLine, at_line);
  if (line->listed && line->heading)
    *first = MIN(*first, line->heading - 1);
  for (guint i = top; i-- > *first;)
    if (is_of_another(r, &g_array_index(lines, BpLine, i), recipient)) {
      while (i < top && g_array_index(lines, BpLine, i).length > 0)
        i++;
      *first = i;
      break;
    }
}

/* "Mailbox full:", above the next address, which stands on line limit. */
static gboolean heads_next(const BpReading *r, GArray *lines, guint n, guint at_line, guint limit) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  return n > at_line && limit < lines->len && !line->code && bp_line_ends_with_colon(r, line) &&
         (n + 1 == limit || (n + 2 == limit && line[1].length == 0));
}

/* "The server is down. Your message to", the address in a line of its own, and what the sentence ends with: where the
 * paragraph above begins; else from, the line in which what is told begins. */
static guint sentence_start(const BpReading *r, GArray *lines, guint at_line, guint from) {
  const BpLine *line = &g_array_index(lines, BpLine, at_line);
  guint above = at_line;
  while (above > 0 && g_array_index(lines, BpLine, above - 1).length == 0)
    above--;
  if (from <= at_line || above == at_line || above == 0 || !line->listed || line->row)
    return from;
  line = &g_array_index(lines, BpLine, above - 1);
  return goes_on_below(r, line) && !bp_colon_before(r->text, line->at + line->length) && !line->not_recipient
             ? paragraph_start(r, lines, above - 1)
             : from;
}

/* What is set in right below the address is said of it, in whatever words. */
static gboolean tells_below(const BpReading *r, GArray *lines, guint at_line, guint limit) {
  const BpLine *line = &g_array_index(lines, BpLine, at_line), *next = line + 1;
  if (at_line + 1 >= MIN(limit, lines->len) || !line->listed || next->length < LETTERS)
    return FALSE;
  return strspn(r->text + next->at, " \t") > strspn(r->text + line->at, " \t");
}

/* The line in which the reply to a recipient begins, whose address stands in at_line; what is said of others begins at
 * *limit. FALSE where only the paragraph may tell. */
static gboolean find_reply_of(BpReading *r, GArray *lines, guint at_line, const char *address,
                              const BpRecipient *recipient, guint label, guint *limit, guint *n) {
  gboolean several = r->report->recipients->len > 1, block = ends_block(lines, at_line, label);
  guint first, behind;
  if (block && reply_above(r, lines, at_line, n)) {
    *limit = several ? at_line + 1 : *limit;
    return TRUE;
  }
  if (block && is_dumb_block(r, lines, at_line))
    return FALSE;
  if (bp_lines_find_reply(lines, at_line, *limit, label, n) && !heads_next(r, lines, *n, at_line, *limit))
    return TRUE;
  find_above(r, lines, at_line, recipient, &first, &behind);
  gboolean found = bp_lines_find_reply(lines, first, behind, label, n);
  if (!found)
    *n = at_line ? at_line - 1 : 0;
  if (*n < at_line &&
      tells_itself(r, &g_array_index(lines, BpLine, at_line), &g_array_index(lines, BpLine, *n), address)) {
    *n = at_line;
    return TRUE;
  }
  if (found && several && !g_array_index(lines, BpLine, *n).code && tells_below(r, lines, at_line, *limit))
    return FALSE;
  *limit = found && several ? behind : *limit;
  return found;
}

/* What is told of a recipient: it begins in a line, and ends at an offset of the text. */
typedef struct {
  guint first;
  gsize end;
} Told;

/* What is told from line n on. "Your message could not be delivered." says nothing: the reason may follow further on.
 */
static Told told_from(const BpReading *r, GArray *lines, guint n, guint limit) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  Told told = {n, reply_end(r, lines, n, MAX(limit, n + 1))};
  if (line->code)
    return told;
  for (guint i = n + 1; i < MIN(limit, n + BP_REACH); i++) {
    const BpLine *next = &g_array_index(lines, BpLine, i);
    if (bp_line_is_rule(r, next))
      break;
    if (next->failure && !next->not_recipient)
      told.end = MAX(told.end, reply_end(r, lines, i, MAX(limit, i + 1)));
  }
  told.end = announced_end(r, lines, n, told.end, limit);
  return told;
}

/* The same of the only recipient: whole paragraphs, "The domain does not exist. Therefore …", and the next. */
static void widen(const BpReading *r, GArray *lines, guint at_line, guint label, Told *told) {
  const BpLine *own = &g_array_index(lines, BpLine, at_line);
  told->first = sentence_start(r, lines, at_line,
                               paragraph_start(r, lines, own->named ? MIN(at_line, told->first) : told->first));
  if (label == at_line && own->failure && told->first > at_line && told->first - at_line < 3)
    told->first = at_line; /* "Unknown user: bob@example.com", and below it what that means */
  told->end = next_paragraph(r, lines, told->end);
  gsize behind = told->end == own->at + own->length ? next_paragraph(r, lines, told->end) : told->end;
  if (!memchr(r->text + told->end, '@', behind - told->end)) /* that paragraph holds nothing but the address */
    told->end = behind;
}

/* Gives the recipient the reply in what is told. */
static void take_reply(BpReading *r, GArray *lines, const Told *told, BpRecipient *recipient) {
  const char *text = r->text + g_array_index(lines, BpLine, told->first).at;
  gsize length = bp_cut(text, (gsize)(r->text + told->end - text), BP_LOOK), at = 0;
  g_autofree char *copy = g_strndup(text, length);
  drop_quote_marks(copy);
  g_autofree char *first = g_strndup(copy, strcspn(copy, "\n"));
  if (bp_code_find(first, &at) == 0 || status_before(first, at))
    at = row_reason(first, recipient->address);
  gboolean taken = !recipient->diagnostic;
  bp_recipient_reply(r, recipient, copy + at, strlen(copy) - at);
  if (taken && recipient->diagnostic)
    take_before(r, lines, told->first, at, recipient);
}

void bp_lines_read_reply(BpReading *r, GArray *lines, guint at_line, const char *address, guint limit,
                         BpRecipient *recipient) {
  guint n;
  if (lines->len == 0)
    return;
  const BpLine *top = &g_array_index(lines, BpLine, at_line);
  guint label = bp_line_is_label(r, top, address) ? at_line : lines->len;
  if (!find_reply_of(r, lines, at_line, address, recipient, label, &limit, &n)) {
    read_paragraph(r, lines, at_line, limit, recipient);
    return;
  }
  guint own = reason_line(r, lines, n, limit);
  n = server_line(r, lines, own, limit);
  const BpLine *line = &g_array_index(lines, BpLine, n);
  Told told = told_from(r, lines, n, limit);
  if (!line->code && !line->reason && !line->comment && r->report->recipients->len == 1 && limit == lines->len)
    widen(r, lines, at_line, label, &told);
  take_reply(r, lines, &told, recipient);
  if (label == at_line)
    take_code(r, lines, at_line, limit, recipient);
  if (own < n)
    take_status(r, &g_array_index(lines, BpLine, own), recipient);
  gsize from = MIN(top->at, g_array_index(lines, BpLine, told.first).at);
  bp_recipient_context(r, recipient, r->text + from,
                       bp_cut(r->text + from, MAX(told.end, top->at + top->length) - from, BP_LOOK));
}

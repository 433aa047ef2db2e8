/* proof.c - does a text prove that a mail failed, whoever wrote it?
 *
 * A service that tells of a mail which failed is no mail system by its name. The first sentences, or the rows of a
 * table, must then say of whose mail they tell, whom it was for and that it failed; how much of it depends on what the
 * sender and the subject tell already (BpTells). */
#include "report/address.h"
#include "report/mentions.h"

#include <string.h>

#define LABEL 32    /* bytes of a line that may hold one */
#define GREETING 40 /* bytes of a line that may be one */

/* "Your mail to bob@example.com was not delivered", which may go on on the next line or in the reply below; where the
 * subject says that it failed, no word of it may be known. */
static gboolean fails_in_sentence(GArray *lines, guint n, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  if (line->success)
    return FALSE;
  if (line->failure || (line->named && (line->smtp || tells == BP_TELLS_BY_SUBJECT)))
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

/* It has the points, and it is nobody whom a notice tells to write to. */
static gboolean may_be_recipient(const BpMention *c) {
  return c->points >= BP_ENOUGH && !bp_address_is_role(c->address);
}

/* A rule or a field above may be where the words of others begin. */
static gboolean begins_quotation(const BpReading *r, const BpLine *line) {
  return bp_line_is_rule(r, line) || is_field_from(r, line);
}

/* "bob@example.com: mailbox full", an entry of a list. */
static gboolean is_entry(const BpReading *r, const BpLine *line, const char *address) {
  const char *text = r->text + line->at;
  text += bp_list_number(text);
  text += strspn(text, " \t<*>-");
  return line->failure && g_ascii_strncasecmp(text, address, strlen(address)) == 0;
}

/* An address alone or with its reason behind "… could not be delivered to:", or with the reason right below it. */
static gboolean is_announced(const BpReading *r, GArray *lines, const BpMention *c) {
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
  return failed &&
         (bp_line_ends_with_colon(r, before) || (c->line + 1 < lines->len && (line[1].failure || line[1].code)));
}

/* "Dear customer," alone above the text. */
static gboolean is_greeting(const BpReading *r, GArray *lines, guint n) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  return line->length < GREETING && strchr(",!", r->text[line->at + line->length - 1]) && !line->failure &&
         n + 1 < lines->len && line[1].length == 0;
}

/* At most one paragraph and the one that the line ends stand above it. */
static gboolean is_early(const BpReading *r, GArray *lines, guint n) {
  guint paragraphs = 0;
  for (guint i = 0; i < n; i++)
    paragraphs += g_array_index(lines, BpLine, i).length > 0 && !is_greeting(r, lines, i) &&
                  (i == 0 || g_array_index(lines, BpLine, i - 1).length == 0);
  return paragraphs <= 2;
}

/* The text begins with a paragraph that tells of a failure, and the address stands in it or in the next one, as what
 * mail systems write: "Sorry, I wasn't able to deliver your message to the following addresses." */
static gboolean opens_with_failure(const BpReading *r, GArray *lines, const BpMention *c) {
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
  return failed &&
         (c->alone || bp_states_code(r, line->at, line->at + line->length) || bp_named_by_subject(r, c->address) ||
          ((line->failure || bp_line_is_label(r, line, c->address)) && c->line + 1 < lines->len && line[1].smtp));
}

/* The bytes of "Error: ", "Error : " or "error=" at the start of a line, 0 for none. */
static gsize label_length(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  gsize word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
  const char *colon = word && text[word] == '=' ? text + word : memchr(text, ':', MIN(line->length, LABEL)),
             *end = colon;
  gsize n = colon ? (gsize)(colon + 1 - text) : 0;
  while (end && end > text && strchr(" \t.", end[-1]))
    end--;
  if (!end)
    return bp_column_label(text, line->length);
  return end > text && (g_ascii_isalpha(end[-1]) || (guchar)end[-1] >= 0x80 || strchr(")\"", end[-1]))
             ? n + strspn(colon + 1, " \t")
             : 0;
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

/* "RCPT TO:<bob@example.com>", of a dialogue that somebody quotes. */
static gboolean names_command(const BpReading *r, const BpLine *line) {
  g_autofree char *text = g_strndup(r->text + line->at, line->length);
  return strcasestr(text, "RCPT TO") != NULL;
}

/* "Recipient: bob@example.com", and below it, among other fields, that of the reply; where the subject tells of a
 * failure, any that does, too. */
static gboolean is_among_fields(const BpReading *r, GArray *lines, const BpMention *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  gsize label = label_length(r, line);
  gboolean plain = bp_line_is_any_label(r, line, c->address), code = FALSE, status = FALSE;
  if (!(plain || (label && line->length < label + strlen(c->address) + LABEL)) || line->not_recipient || line->reason ||
      r->text[line->at] == '>' || names_command(r, line))
    return FALSE;
  gboolean named = may_be_recipient(c) || (plain && line->recipient && c->points >= BP_ENOUGH);
  for (guint i = 1; i <= BP_RECORD && c->line + i < lines->len && label_length(r, line + i); i++) {
    code = code || line[i].smtp;
    status = status || bp_line_states_status(r, line + i);
    if ((code && status) || (tells >= BP_TELLS_BY_SENTENCE && named &&
                             (line[i].failure || line[i].smtp || (line->recipient && line[i].reason))))
      return TRUE;
  }
  return FALSE;
}

/* "The address bob@example.com seems to be wrong (550 5.1.1 …)", "Order 17, bob@example.com:" above the reply. */
static gboolean has_reply_behind(BpReading *r, GArray *lines, const BpMention *c) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  gsize behind = c->from + strlen(c->address);
  if (line->smtp) {
    gsize from = behind, to;
    if (bp_address_next(r->text, line->at + line->length, &from, &to))
      return FALSE;
    g_autofree char *text = g_strndup(r->text + line->at, line->length);
    return bp_line_states_status(r, line) && bp_states_code(r, behind, line->at + line->length) &&
           !bp_any_phrase(r, BP_MATCH_SUPPOSED, text);
  }
  return behind + 2 >= bp_line_end(r, line) && bp_line_ends_with_colon(r, line) && c->line + 1 < lines->len &&
         line[1].failure && line[1].smtp;
}

/* "From: …" in line n is a field of the record, too. */
static gboolean is_in_record(const BpReading *r, GArray *lines, guint n, const BpMention *c) {
  for (guint i = n; i < c->line; i++)
    if (!label_length(r, &g_array_index(lines, BpLine, i)))
      return FALSE;
  return is_among_fields(r, lines, c, BP_TELLS_BY_WORDS);
}

/* "Member:  bob@example.com", and below it the field of the reply. */
static gboolean is_record(const BpReading *r, GArray *lines, const BpMention *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (is_among_fields(r, lines, c, tells))
    return TRUE;
  gsize label = label_length(r, line), length = strlen(c->address);
  return label && line->length < label + length + 4 &&
         g_ascii_strncasecmp(r->text + line->at + label, c->address, length) == 0 && c->line + 1 < lines->len &&
         is_field_of_reply(r, line + 1);
}

/* The line above a run of addresses that stand alone: "User unknown:". */
static gboolean has_heading(const BpReading *r, GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  for (; n > 0 && c[-1].alone && c[-1].line + 1 == c->line; n--)
    c--;
  for (guint i = c->line; i-- > 0 && c->line - i <= 2;) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length)
      return line->failure && bp_line_ends_with_colon(r, line);
  }
  return FALSE;
}

/* "Class of 84: bob@example.com   550 5.1.1 …": what stands before the address is no reply and names nobody. */
static gboolean is_before_reply(const BpReading *r, const BpLine *line, const BpMention *c) {
  gsize length = c->from - line->at;
  for (gsize i = 0; i < length; i++)
    if (strchr("=@[*", r->text[line->at + i]))
      return FALSE;
  return line->smtp && length < BP_WRAPPED && !bp_states_code(r, line->at, c->from);
}

/* "bob@example.com - user unknown": a row of a list or a table that tells of each whom the mail did not reach. */
static gboolean tells_in_row(const BpReading *r, GArray *lines, GArray *mentions, guint n) {
  const BpMention *c = &g_array_index(mentions, BpMention, n);
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (c->points < BP_ENOUGH)
    return FALSE;
  if (c->alone)
    return has_heading(r, lines, mentions, n);
  const BpLine *heading =
      line->row && c->first && line->heading ? &g_array_index(lines, BpLine, line->heading - 1) : NULL;
  if (heading && heading->failure && bp_line_ends_with_colon(r, heading))
    return TRUE;
  return (c->first || is_before_reply(r, line, c)) && (line->failure || line->code || line->comment);
}

/* The rows stand below a line that tells of the failure, perhaps with the names of the columns between them. */
static gboolean is_below_failure(GArray *lines, GArray *mentions, guint n) {
  guint other = 0;
  for (guint i = g_array_index(mentions, BpMention, n).line; i-- > 0;) {
    while (n > 0 && g_array_index(mentions, BpMention, n).line > i)
      n--;
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length == 0 || g_array_index(mentions, BpMention, n).line == i)
      continue;
    if (line->failure)
      return TRUE;
    if (++other > 1)
      return FALSE;
  }
  return FALSE;
}

/* Rows of more than one, or of one where the sender may tell of it so. */
static gboolean lists_failures(const BpReading *r, GArray *lines, GArray *mentions, BpTells tells) {
  const char *one = NULL;
  for (guint i = 0, n = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    if (!tells_in_row(r, lines, mentions, i))
      continue;
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    gboolean reply = c->first && line->smtp && bp_line_states_status(r, line),
             below = is_below_failure(lines, mentions, i) || reply;
    if (!below && tells < BP_TELLS_BY_SENTENCE)
      continue;
    for (; tells < BP_TELLS_BY_SUBJECT && n < c->line; n++)
      if (is_field_from(r, &g_array_index(lines, BpLine, n)))
        return FALSE;
    if (g_array_index(lines, BpLine, c->line).at > BP_OPENING)
      return FALSE;
    if ((one && tells >= BP_TELLS_BY_REPLY && !bp_address_same(one, c->address)) ||
        (below && !bp_address_is_role(c->address) &&
         (tells >= BP_TELLS_BY_OPENING || (line->smtp && (!reply || tells >= BP_TELLS_BY_REPLY)))))
      return TRUE;
    one = c->address;
  }
  return FALSE;
}

/* "Recipient: bob@example.com" below the words of failure, and on one of the next lines "Reason: 550 user unknown". */
static gboolean has_reason_below(const BpReading *r, GArray *lines, const BpMention *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  if (c->points < BP_ENOUGH || !bp_line_is_any_label(r, line, c->address) || !bp_lines_tell_before(lines, c->line) ||
      r->text[line->at] == '>' || names_command(r, line))
    return FALSE;
  for (guint i = 1; i <= 4 && c->line + i < lines->len && line[i].length; i++)
    if (line[i].smtp || (line[i].reason && (line[i].failure || tells >= BP_TELLS_BY_SENTENCE)))
      return TRUE;
  return FALSE;
}

/* A server's reply stands in the next lines that are not empty. */
static gboolean replies_below(GArray *lines, guint n) {
  for (guint i = n + 1, seen = 0; i < lines->len && seen < 3; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->smtp)
      return TRUE;
    seen += line->length > 0;
  }
  return FALSE;
}

/* The sentence says whose mail it was, or the subject that it failed and one of both whom it was for. */
static gboolean names_whom(const BpReading *r, GArray *lines, const BpMention *c, BpTells tells) {
  const BpLine *line = &g_array_index(lines, BpLine, c->line);
  gboolean told = bp_is_told(line, c->from);
  if (told && (line->code || replies_below(lines, c->line) || bp_named_by_subject(r, c->address)))
    return TRUE;
  return (line->named && tells >= BP_TELLS_BY_REPLY) || (told && tells >= BP_TELLS_BY_SENTENCE) ||
         (tells >= BP_TELLS_BY_SENTENCE && may_be_recipient(c) && !c->replied &&
          (line->whom || (tells >= BP_TELLS_BY_OPENING && bp_named_by_subject(r, c->address))));
}

static gboolean has_record(const BpReading *r, GArray *lines, GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++)
    if (is_record(r, lines, &g_array_index(mentions, BpMention, i), BP_TELLS_BY_OPENING))
      return TRUE;
  return FALSE;
}

/* A reply, a sentence that calls the mail the reader's, or somebody whom the subject names too. */
static gboolean quotes_or_names(const BpReading *r, GArray *lines, GArray *mentions) {
  for (guint i = 0; i < mentions->len; i++)
    if (bp_named_by_subject(r, g_array_index(mentions, BpMention, i).address))
      return TRUE;
  for (guint i = 0; i < lines->len; i++)
    if (g_array_index(lines, BpLine, i).smtp || g_array_index(lines, BpLine, i).named)
      return TRUE;
  return FALSE;
}

/* TRUE where the text itself proves that a mail failed, whoever wrote it. */
static gboolean proves_itself(BpReading *r, GArray *lines, GArray *mentions, BpTells tells) {
  guint n = 0;
  if (lists_failures(r, lines, mentions, tells))
    return TRUE;
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    while (tells < BP_TELLS_BY_SUBJECT && n < c->line && !begins_quotation(r, &g_array_index(lines, BpLine, n)))
      n++;
    if (line->at > BP_OPENING || (tells < BP_TELLS_BY_SUBJECT && n < c->line && !is_in_record(r, lines, n, c)))
      return FALSE; /* it may be quoted there */
    if ((fails_in_sentence(lines, c->line, tells) && names_whom(r, lines, c, tells)) ||
        has_reason_below(r, lines, c, tells) ||
        (tells >= BP_TELLS_BY_SENTENCE && may_be_recipient(c) && !c->replied && is_early(r, lines, c->line) &&
         has_reply_behind(r, lines, c)) ||
        (tells >= BP_TELLS_BY_SENTENCE && bp_is_only_label(r, lines, mentions, i)) ||
        (may_be_recipient(c) && is_early(r, lines, c->line) && is_announced(r, lines, c) &&
         replies_below(lines, c->line)) ||
        is_record(r, lines, c, tells) ||
        (tells >= BP_TELLS_BY_OPENING && may_be_recipient(c) &&
         (opens_with_failure(r, lines, c) || is_announced(r, lines, c))) ||
        (tells == BP_TELLS_BY_SENTENCE && may_be_recipient(c) && line->failure && is_announced(r, lines, c)) ||
        (tells == BP_TELLS_BY_SUBJECT && may_be_recipient(c) && (bp_line_is_label(r, line, c->address) || line->code)))
      return TRUE;
  }
  return FALSE;
}

/* A payment may be refused, too: the subject, or the text as far as it names somebody, speaks of a mail. */
static gboolean speaks_of_mail(BpReading *r, GArray *lines, GArray *mentions, BpTells tells) {
  gsize end = 0;
  if (tells >= BP_TELLS_BY_OPENING)
    return TRUE; /* so does the subject of a bounce */
  for (guint i = 0; i < mentions->len; i++) {
    const BpMention *c = &g_array_index(mentions, BpMention, i);
    const BpLine *line = &g_array_index(lines, BpLine, c->line);
    if (is_record(r, lines, c, tells) || bp_is_told(line, c->from) ||
        (line->smtp && bp_line_states_status(r, line) && is_below_failure(lines, mentions, i)))
      return TRUE;
    if (c->points >= BP_ALONE && end == 0)
      end = g_array_index(lines, BpLine, c->line).at + g_array_index(lines, BpLine, c->line).length;
  }
  g_autofree char *opening = g_strndup(r->text, end);
  return bp_any_phrase(r, BP_MATCH_MAIL, bp_fields_get(r->headers, "Subject")) ||
         bp_any_phrase(r, BP_MATCH_MAIL, opening);
}

gboolean bp_mentions_prove(BpReading *r, GArray *lines, GArray *mentions, BpTells tells, gboolean told) {
  return (told ||
          (tells == BP_TELLS_BY_OPENING ? has_record(r, lines, mentions) : quotes_or_names(r, lines, mentions))) &&
         proves_itself(r, lines, mentions, tells) && speaks_of_mail(r, lines, mentions, tells);
}

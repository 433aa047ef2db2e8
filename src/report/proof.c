/* proof.c - does a text prove that a mail failed, whoever wrote it?
 *
 * A service that tells of a mail which failed is no mail system by its name. The first sentences, or the rows of a
 * table, must then say of whose mail they tell, whom it was for and that it failed; how much of it depends on what the
 * sender and the subject tell already (BpTells). */
#include "report/address.h"
#include "report/mentions.h"

#include <string.h>

#define LABEL 32        /* bytes of a line that may hold one */
#define GREETING 40     /* bytes of a line that may be one */
#define WIDE_COLON "：" /* U+FF1A, as CJK texts have it */

/* An address that the text mentions, of which something may prove that a mail failed for it. */
typedef struct {
  BpReading *r;
  GArray *lines, *mentions;
  BpTells tells;
  guint n; /* its mention */
  const BpMention *at;
  const BpLine *line; /* … and the line that it stands on */
} Case;

/* The same of mention n. */
static Case nth(const Case *all, guint n) {
  Case c = *all;
  c.n = n;
  c.at = &g_array_index(all->mentions, BpMention, n);
  c.line = &g_array_index(all->lines, BpLine, c.at->line);
  return c;
}

/* The line i below that of the address, NULL where the text has none. */
static const BpLine *line_below(const Case *c, guint i) {
  return c->at->line + i < c->lines->len ? c->line + i : NULL;
}

static gboolean is_field_from(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  return g_ascii_strncasecmp(text + strspn(text, " \t>|*"), "From:", 5) == 0;
}

/* A rule or a field above may be where the words of others begin. */
static gboolean begins_quotation(const BpReading *r, const BpLine *line) {
  return bp_line_is_rule(r, line) || is_field_from(r, line);
}

/* It has the points, and it is nobody whom a notice tells to write to. */
static gboolean may_be_recipient(const Case *c) {
  return c->at->points >= BP_ENOUGH && !bp_address_is_role(c->at->address);
}

/* ---- sentences ---------------------------------------------------------------------------------------------- */

/* "Your mail to bob@example.com was not delivered", which may go on on the next line or in the reply below; where the
 * subject says that it failed, no word of it may be known. */
static gboolean fails_in_sentence(const Case *c) {
  const BpLine *line = c->line, *next = line_below(c, 1);
  if (line->success)
    return FALSE;
  if (line->failure || (line->named && (line->smtp || c->tells == BP_TELLS_BY_SUBJECT)))
    return TRUE;
  if (next && line->length >= BP_WRAPPED && next->length && next->failure)
    return TRUE;
  const BpLine *reply = line_below(c, next && next->length == 0 ? 2 : 1);
  return reply && reply->smtp;
}

/* A server's reply stands in the next lines that are not empty. */
static gboolean replies_below(const Case *c) {
  const BpLine *line;
  for (guint i = 1, seen = 0; seen < 3 && (line = line_below(c, i)); i++) {
    if (line->smtp)
      return TRUE;
    seen += line->length > 0;
  }
  return FALSE;
}

/* The sentence says whose mail it was, or the subject that it failed and one of both whom it was for. */
static gboolean names_whom(const Case *c) {
  gboolean told = bp_is_told(c->line, c->at->from), in_subject = bp_named_by_subject(c->r, c->at->address);
  if (c->line->named || (told && (c->line->code || in_subject || replies_below(c))))
    return TRUE;
  return c->tells >= BP_TELLS_BY_SENTENCE &&
         (told || (may_be_recipient(c) && !c->at->replied &&
                   (c->line->whom || (c->tells >= BP_TELLS_BY_OPENING && in_subject))));
}

static gboolean tells_in_sentence(const Case *c) {
  return fails_in_sentence(c) && names_whom(c);
}

/* ---- paragraphs --------------------------------------------------------------------------------------------- */

/* "Dear customer," alone above the text. */
static gboolean is_greeting(const BpReading *r, GArray *lines, guint n) {
  const BpLine *line = &g_array_index(lines, BpLine, n);
  return line->length < GREETING && strchr(",!", r->text[line->at + line->length - 1]) && !line->failure &&
         n + 1 < lines->len && line[1].length == 0;
}

/* At most one paragraph and the one that the line ends stand above it. */
static gboolean is_early(const Case *c) {
  guint paragraphs = 0;
  for (guint i = 0; i < c->at->line; i++)
    paragraphs += g_array_index(c->lines, BpLine, i).length > 0 && !is_greeting(c->r, c->lines, i) &&
                  (i == 0 || g_array_index(c->lines, BpLine, i - 1).length == 0);
  return paragraphs <= 2;
}

/* The text begins with a paragraph that tells of a failure, and the address stands in it or in the next one, as what
 * mail systems write: "Sorry, I wasn't able to deliver your message to the following addresses." */
static gboolean opens_with_failure(const Case *c) {
  gboolean failed = FALSE, text = FALSE;
  guint paragraphs = 0;
  for (guint i = 0; i < c->lines->len; i++) {
    const BpLine *l = &g_array_index(c->lines, BpLine, i);
    if (i > c->at->line && (failed || l->length == 0))
      break; /* the paragraph that the address stands in may tell it further on */
    if (l->length == 0)
      text = FALSE;
    else if (!text)
      paragraphs += !is_greeting(c->r, c->lines, i), text = TRUE;
    if (paragraphs > 2 || (paragraphs == 2 && !failed))
      return FALSE;
    failed = failed || l->failure;
  }
  const BpLine *line = c->line, *next = line_below(c, 1);
  return failed && (c->at->alone || bp_states_code(c->r, line->at, line->at + line->length) ||
                    bp_named_by_subject(c->r, c->at->address) ||
                    ((line->failure || bp_line_is_label(c->r, line, c->at->address)) && next && next->smtp));
}

/* "bob@example.com: mailbox full", an entry of a list. */
static gboolean is_entry(const Case *c) {
  const char *text = c->r->text + c->line->at;
  text += bp_list_number(text);
  text += strspn(text, " \t<*>-");
  return c->line->failure && g_ascii_strncasecmp(text, c->at->address, strlen(c->at->address)) == 0;
}

/* "Bob Smith", above his address. */
static gboolean is_name(const Case *c, const BpLine *line) {
  return c->at->alone && c->at->line > 3 && !line->failure && !line->recipient && line->length &&
         line->length < BP_WRAPPED && !memchr(c->r->text + line->at, '@', line->length);
}

/* An address alone or with its reason behind "… could not be delivered to:", or with the reason right below it. */
static gboolean is_announced(const Case *c) {
  const BpLine *before = c->line - 1, *next = line_below(c, 1);
  if (c->at->line < 2)
    return FALSE;
  if (before->length == 0)
    before--;
  if (is_name(c, before))
    before -= before[-1].length == 0 ? 2 : 1;
  if (!c->at->alone && !c->at->mailbox && !(before->recipient && is_entry(c)))
    return FALSE;
  gboolean failed =
      before->failure || (before->recipient && before->at && before[-1].failure && before[-1].length >= BP_WRAPPED);
  return failed && (bp_line_ends_with_colon(c->r, before) || (next && (next->failure || next->code)));
}

static gboolean is_announced_with_failure(const Case *c) {
  return c->line->failure && is_announced(c);
}

static gboolean is_announced_above_reply(const Case *c) {
  return is_early(c) && is_announced(c) && replies_below(c);
}

/* "The address bob@example.com seems to be wrong (550 5.1.1 …)", "Order 17, bob@example.com:" above the reply. */
static gboolean has_reply_behind(const Case *c) {
  const BpLine *line = c->line, *next = line_below(c, 1);
  gsize behind = c->at->from + strlen(c->at->address);
  if (c->at->replied || !is_early(c))
    return FALSE;
  if (!line->smtp)
    return behind + 2 >= bp_line_end(c->r, line) && bp_line_ends_with_colon(c->r, line) && next && next->failure &&
           next->smtp;
  gsize from = behind, to;
  if (bp_address_next(c->r->text, line->at + line->length, &from, &to))
    return FALSE;
  g_autofree char *text = g_strndup(c->r->text + line->at, line->length);
  return bp_line_states_status(c->r, line) && bp_states_code(c->r, behind, line->at + line->length) &&
         !bp_any_phrase(c->r, BP_MATCH_SUPPOSED, text);
}

/* ---- fields ------------------------------------------------------------------------------------------------- */

/* The bytes of "Error: ", "Error : ", "理由：" or "error=" at the start of a line, 0 for none. */
static gsize label_length(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  gsize word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
  const char *colon = word && text[word] == '=' ? text + word : memchr(text, ':', MIN(line->length, LABEL)),
             *wide = colon ? NULL : g_strstr_len(text, (gssize)MIN(line->length, LABEL), WIDE_COLON), *end = colon;
  if (wide > text)
    return (gsize)(wide - text) + strlen(WIDE_COLON) + strspn(wide + strlen(WIDE_COLON), " \t");
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

/* Somebody quotes it, or a dialogue: "RCPT TO:<bob@example.com>". */
static gboolean is_quoted(const Case *c) {
  g_autofree char *text = g_strndup(c->r->text + c->line->at, c->line->length);
  return *text == '>' || strcasestr(text, "RCPT TO") != NULL;
}

/* "Recipient: bob@example.com", and below it, among other fields, that of the reply; where the subject tells of a
 * failure, any that does, too. */
static gboolean is_among_fields(const Case *c, BpTells tells) {
  const BpLine *line = c->line, *next;
  gsize label = label_length(c->r, line);
  gboolean plain = bp_line_is_any_label(c->r, line, c->at->address), code = FALSE, status = FALSE;
  if (!(plain || (label && line->length < label + strlen(c->at->address) + LABEL)) || line->not_recipient ||
      line->reason || is_quoted(c))
    return FALSE;
  gboolean named = may_be_recipient(c) || (plain && line->recipient && c->at->points >= BP_ENOUGH);
  for (guint i = 1; i <= BP_RECORD && (next = line_below(c, i)) && label_length(c->r, next); i++) {
    code = code || next->smtp;
    status = status || bp_line_states_status(c->r, next);
    if ((code && status) ||
        (tells >= BP_TELLS_BY_SENTENCE && named && (next->failure || next->smtp || (line->recipient && next->reason))))
      return TRUE;
  }
  return FALSE;
}

/* "Member:  bob@example.com", and below it the field of the reply. */
static gboolean is_record(const Case *c) {
  const BpLine *next = line_below(c, 1);
  if (is_among_fields(c, c->tells))
    return TRUE;
  gsize label = label_length(c->r, c->line), length = strlen(c->at->address);
  return label && c->line->length < label + length + 4 &&
         g_ascii_strncasecmp(c->r->text + c->line->at + label, c->at->address, length) == 0 && next &&
         is_field_of_reply(c->r, next);
}

/* The lines from n down to the address are fields: "From: …" is a field of the record, too. */
static gboolean is_in_record(const Case *c, guint n) {
  for (; n < c->at->line; n++)
    if (!label_length(c->r, &g_array_index(c->lines, BpLine, n)))
      return FALSE;
  return is_among_fields(c, BP_TELLS_BY_REPLY);
}

/* "Recipient: bob@example.com" below the words of failure, and on one of the next lines "Reason: 550 user unknown". */
static gboolean has_reason_below(const Case *c) {
  const BpLine *next;
  if (c->at->points < BP_ENOUGH || !bp_line_is_any_label(c->r, c->line, c->at->address) ||
      !bp_lines_tell_before(c->lines, c->at->line) || is_quoted(c))
    return FALSE;
  for (guint i = 1; i <= 4 && (next = line_below(c, i)) && next->length; i++)
    if (next->smtp || (next->reason && (next->failure || c->tells >= BP_TELLS_BY_SENTENCE)))
      return TRUE;
  return FALSE;
}

static gboolean is_only_label(const Case *c) {
  return bp_is_only_label(c->r, c->lines, c->mentions, c->n);
}

static gboolean is_label_or_has_code(const Case *c) {
  return bp_line_is_label(c->r, c->line, c->at->address) || c->line->code;
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

/* The line above a run of addresses that stand alone: "User unknown:". */
static gboolean has_heading(const Case *c) {
  const BpMention *first = c->at;
  for (guint n = c->n; n > 0 && first[-1].alone && first[-1].line + 1 == first->line; n--)
    first--;
  for (guint i = first->line; i-- > 0 && first->line - i <= 2;) {
    const BpLine *line = &g_array_index(c->lines, BpLine, i);
    if (line->length)
      return line->failure && bp_line_ends_with_colon(c->r, line);
  }
  return FALSE;
}

/* "Class of 84: bob@example.com   550 5.1.1 …": what stands before the address is no reply and names nobody. */
static gboolean is_before_reply(const Case *c) {
  gsize length = c->at->from - c->line->at;
  for (gsize i = 0; i < length; i++)
    if (strchr("=@[*", c->r->text[c->line->at + i]))
      return FALSE;
  return c->line->smtp && length < BP_WRAPPED && !bp_states_code(c->r, c->line->at, c->at->from);
}

/* "bob@example.com - user unknown": a row of a list or a table that tells of each whom the mail did not reach. */
static gboolean tells_in_row(const Case *c) {
  const BpLine *line = c->line;
  if (c->at->points < BP_ENOUGH)
    return FALSE;
  if (c->at->alone)
    return has_heading(c);
  const BpLine *heading =
      line->row && c->at->first && line->heading ? &g_array_index(c->lines, BpLine, line->heading - 1) : NULL;
  if (heading && heading->failure && bp_line_ends_with_colon(c->r, heading))
    return TRUE;
  return (c->at->first || is_before_reply(c)) && (line->failure || line->code || line->comment);
}

/* The rows stand below a line that tells of the failure, perhaps with the names of the columns between them. */
static gboolean is_below_failure(const Case *c) {
  guint other = 0, n = c->n;
  for (guint i = c->at->line; i-- > 0;) {
    while (n > 0 && g_array_index(c->mentions, BpMention, n).line > i)
      n--;
    const BpLine *line = &g_array_index(c->lines, BpLine, i);
    if (line->length == 0 || g_array_index(c->mentions, BpMention, n).line == i)
      continue;
    if (line->failure)
      return TRUE;
    if (++other > 1)
      return FALSE;
  }
  return FALSE;
}

/* Its line has a reply with code and status. */
static gboolean states_reply(const Case *c) {
  return c->line->smtp && bp_line_states_status(c->r, c->line);
}

/* Rows of more than one, or of one where the sender may tell of it so. */
static gboolean lists_failures(const Case *all) {
  const char *one = NULL;
  for (guint i = 0, n = 0; i < all->mentions->len; i++) {
    Case c = nth(all, i);
    if (!tells_in_row(&c))
      continue;
    gboolean below = is_below_failure(&c) || (c.at->first && states_reply(&c));
    if (!below && c.tells < BP_TELLS_BY_SENTENCE)
      continue;
    for (; c.tells < BP_TELLS_BY_SUBJECT && n < c.at->line; n++)
      if (is_field_from(c.r, &g_array_index(c.lines, BpLine, n)))
        return FALSE;
    if (c.line->at > BP_OPENING)
      return FALSE;
    if ((one && !bp_address_same(one, c.at->address)) ||
        (below && !bp_address_is_role(c.at->address) && (c.tells >= BP_TELLS_BY_OPENING || c.line->smtp)))
      return TRUE;
    one = c.at->address;
  }
  return FALSE;
}

/* ---- all of them -------------------------------------------------------------------------------------------- */

/* What proves it, from which of the senders on, and whether only for who may be a recipient. */
static const struct {
  BpTells least;
  gboolean recipient;
  gboolean (*holds)(const Case *c);
} proofs[] = {
    {BP_TELLS_BY_REPLY, FALSE, tells_in_sentence},  {BP_TELLS_BY_REPLY, FALSE, has_reason_below},
    {BP_TELLS_BY_REPLY, FALSE, is_record},          {BP_TELLS_BY_REPLY, TRUE, is_announced_above_reply},
    {BP_TELLS_BY_SENTENCE, TRUE, has_reply_behind}, {BP_TELLS_BY_SENTENCE, TRUE, is_announced_with_failure},
    {BP_TELLS_BY_SENTENCE, FALSE, is_only_label},   {BP_TELLS_BY_OPENING, TRUE, opens_with_failure},
    {BP_TELLS_BY_OPENING, TRUE, is_announced},      {BP_TELLS_BY_SUBJECT, TRUE, is_label_or_has_code},
};

static gboolean is_proven(const Case *c) {
  for (guint i = 0; i < G_N_ELEMENTS(proofs); i++)
    if (c->tells >= proofs[i].least && (!proofs[i].recipient || may_be_recipient(c)) && proofs[i].holds(c))
      return TRUE;
  return FALSE;
}

/* TRUE where the text itself proves that a mail failed, whoever wrote it. */
static gboolean proves_itself(const Case *all) {
  gboolean by_subject = all->tells == BP_TELLS_BY_SUBJECT;
  if (lists_failures(all))
    return TRUE;
  for (guint i = 0, n = 0; i < all->mentions->len; i++) {
    Case c = nth(all, i);
    while (!by_subject && n < c.at->line && !begins_quotation(c.r, &g_array_index(c.lines, BpLine, n)))
      n++;
    if (c.line->at > BP_OPENING || (!by_subject && n < c.at->line && !is_in_record(&c, n)))
      return FALSE; /* it may be quoted there */
    if (is_proven(&c))
      return TRUE;
  }
  return FALSE;
}

static gboolean has_record(const Case *all) {
  for (guint i = 0; i < all->mentions->len; i++) {
    Case c = nth(all, i);
    if (is_record(&c))
      return TRUE;
  }
  return FALSE;
}

/* A reply, a sentence that calls the mail the reader's, or somebody whom the subject names too. */
static gboolean quotes_or_names(const Case *all) {
  for (guint i = 0; i < all->mentions->len; i++)
    if (bp_named_by_subject(all->r, nth(all, i).at->address))
      return TRUE;
  for (guint i = 0; i < all->lines->len; i++)
    if (g_array_index(all->lines, BpLine, i).smtp || g_array_index(all->lines, BpLine, i).named)
      return TRUE;
  return FALSE;
}

/* The opening of the text up to line n, without fields and addresses, in which "mail" may be but a part of a name. */
static char *opening_words(const Case *all, guint n) {
  GString *words = g_string_new(NULL);
  for (guint i = 0; i <= n && i < all->lines->len; i++) {
    const BpLine *line = &g_array_index(all->lines, BpLine, i);
    gsize at = line->at, end = line->at + line->length;
    if (label_length(all->r, line))
      continue;
    for (gsize from = at, to; bp_address_next(all->r->text, end, &from, &to); from = at = to)
      g_string_append_len(words, all->r->text + at, (gssize)(from - at));
    g_string_append_len(words, all->r->text + at, (gssize)(end - at));
    g_string_append_c(words, '\n');
  }
  return g_string_free(words, FALSE);
}

/* A payment or a parcel may come back, too: the subject, or the text as far as it names somebody, speaks of a mail, or
 * a server's reply does. */
static gboolean is_of_mail(const Case *all) {
  guint last = 0;
  for (guint i = 0; i < all->mentions->len; i++) {
    Case c = nth(all, i);
    if (is_among_fields(&c, BP_TELLS_BY_REPLY) || (states_reply(&c) && is_below_failure(&c)))
      return TRUE;
    if (c.at->points >= BP_ALONE && last == 0)
      last = c.at->line;
  }
  g_autofree char *opening = opening_words(all, last);
  return bp_speaks_of_mail(all->r, opening);
}

/* "Since Friday all mail to my brother comes back:", in what a service hands on of somebody. */
static gboolean is_of_person(const Case *all) {
  g_autofree char *opening = g_strndup(all->r->text, bp_cut(all->r->text, all->r->length, BP_OPENING));
  return bp_any_phrase(all->r, BP_MATCH_PERSON, opening);
}

gboolean bp_mentions_prove(BpReading *r, GArray *lines, GArray *mentions, BpTells tells, gboolean told) {
  Case all = {.r = r, .lines = lines, .mentions = mentions, .tells = tells};
  return (told || (tells == BP_TELLS_BY_OPENING ? has_record(&all) : quotes_or_names(&all))) && proves_itself(&all) &&
         is_of_mail(&all) && !is_of_person(&all);
}

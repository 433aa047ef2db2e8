/* block.c - the block of X-Bounce fields that the filter puts on top of a mail */
#include "output/block.h"

#include <string.h>

#define LINE 76        /* columns that a line of a field should have at most (RFC 5322 section 2.1.1) */
#define VALUE_MAX 1000 /* bytes of a value; a longer one is left out, so that it takes no other field's room */
#define WORD_BYTES 42  /* bytes of text in an encoded word of 75 columns at most (RFC 2047 section 2) */

static const char *const names[] = {"Kind", "Recipient", "Action", "Status", "Cause", "Permanence", "Advice", "Vendor"};

/* ---- writing ------------------------------------------------------------------------------------------------ */

static gboolean is_plain(const char *value) {
  gsize n = 0;
  for (const char *p = value; *p; p++, n++)
    if (*p < 0x20 || *p > 0x7e)
      return FALSE;
  return n <= LINE - 2 && !strstr(value, "=?") && *value != ' ' && (n == 0 || value[n - 1] != ' ');
}

/* Encoded words (RFC 2047), a line each. */
static void append_encoded(const char *value, GString *out) {
  for (gsize left = strlen(value); left > 0;) {
    gsize n = MIN(left, WORD_BYTES);
    while (n < left && n > 0 && ((guchar)value[n] & 0xc0) == 0x80)
      n--;
    if (n == 0)
      n = MIN(left, WORD_BYTES);
    g_autofree char *word = g_base64_encode((const guchar *)value, n);
    g_string_append_printf(out, "\n =?UTF-8?B?%s?=", word);
    value += n;
    left -= n;
  }
}

static void append_field(const char *name, guint set, const char *value, GString *out) {
  if (!value || !*value || strlen(value) > VALUE_MAX)
    return;
  gsize start = out->len;
  g_string_append_printf(out, "X-Bounce-%s", name);
  if (set > 1)
    g_string_append_printf(out, "-%u", set);
  g_string_append_c(out, ':');
  if (!is_plain(value))
    append_encoded(value, out);
  else if (out->len - start + 1 + strlen(value) > LINE)
    g_string_append_printf(out, "\n %s", value);
  else
    g_string_append_printf(out, " %s", value);
  g_string_append_c(out, '\n');
}

void bp_block_append(const BounceparseAnswer *answer, GString *out) {
  static const BounceparseRecipientString values[G_N_ELEMENTS(names)] = {0,
                                                                         BOUNCEPARSE_RECIPIENT_ADDRESS,
                                                                         BOUNCEPARSE_RECIPIENT_ACTION,
                                                                         BOUNCEPARSE_RECIPIENT_STATUS,
                                                                         BOUNCEPARSE_RECIPIENT_CAUSE,
                                                                         BOUNCEPARSE_RECIPIENT_PERMANENCE,
                                                                         BOUNCEPARSE_RECIPIENT_ADVICE,
                                                                         BOUNCEPARSE_RECIPIENT_VENDOR};
  const BounceparseRecipient *r;
  append_field(names[0], 1, bounceparse_answer_get_kind(answer), out);
  if (!bounceparse_answer_is_report(answer))
    return;
  for (guint i = 0; i < BP_BLOCK_RECIPIENTS && (r = bounceparse_answer_get_recipient(answer, i)); i++)
    for (guint field = 1; field < G_N_ELEMENTS(names); field++)
      append_field(names[field], i + 1, bounceparse_recipient_get_string(r, values[field]), out);
}

/* ---- recognising -------------------------------------------------------------------------------------------- */

/* TRUE where a field of the closed list begins here: X-Bounce-NAME, perhaps -N, perhaps blanks, and a colon. */
static gboolean is_ours(const char *line, gsize length) {
  static const char prefix[] = "X-Bounce-";
  gsize at = sizeof prefix - 1;
  if (length < at || g_ascii_strncasecmp(line, prefix, at) != 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    gsize n = strlen(names[i]), p = at + n;
    if (length < p || g_ascii_strncasecmp(line + at, names[i], n) != 0)
      continue;
    if (p < length && line[p] == '-' && p + 1 < length && g_ascii_isdigit(line[p + 1]))
      for (p++; p < length && g_ascii_isdigit(line[p]);)
        p++;
    while (p < length && (line[p] == ' ' || line[p] == '\t'))
      p++;
    if (p < length && line[p] == ':')
      return TRUE;
  }
  return FALSE;
}

gboolean bp_block_valid(const char *block, gsize length) {
  if (length == 0 || length > BP_BLOCK_MAX || block[length - 1] != '\n' || !is_ours(block, length))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (block[i] != '\n' && (block[i] < 0x20 || block[i] > 0x7e))
      return FALSE;
  for (gsize at = 0; at < length;) {
    const char *end = memchr(block + at, '\n', length - at);
    gsize n = (gsize)(end - block) - at;
    gboolean folded = n > 1 && block[at] == ' ' && block[at + 1] != ' ';
    if (!folded && !is_ours(block + at, n))
      return FALSE;
    at += n + 1;
  }
  return TRUE;
}

/* TRUE where LF ends lines, alone or behind CR. A CR by itself is then a part of a line for those who read the mail
 * behind the filter, and ends one only in a mail without any LF. */
static gboolean has_lf(const char *mail, gsize length) {
  return memchr(mail, '\n', MIN(length, BP_BLOCK_HEADER_MAX)) != NULL;
}

gsize bp_from_line(const char *mail, gsize length) {
  if (length < 5 || memcmp(mail, "From ", 5) != 0)
    return 0;
  const char *end = memchr(mail, has_lf(mail, length) ? '\n' : '\r', length);
  return end ? (gsize)(end - mail) + 1 : 0;
}

const char *bp_line_ending(const char *mail, gsize length) {
  gsize most = MIN(length, BP_BLOCK_HEADER_MAX);
  const char *end = memchr(mail, '\n', most);
  if (end)
    return end > mail && end[-1] == '\r' ? "\r\n" : "\n";
  return memchr(mail, '\r', most) ? "\r" : "\n";
}

gboolean bp_begins_folded(const char *mail, gsize length) {
  gsize at = bp_from_line(mail, length);
  return at < length && (mail[at] == ' ' || mail[at] == '\t');
}

/* The length of the line at mail with its line end: LF, CRLF or CR. */
static gsize line_length(const char *mail, gsize length, gsize *content) {
  gsize n = 0;
  while (n < length && mail[n] != '\n' && mail[n] != '\r')
    n++;
  *content = n;
  if (n < length)
    n += mail[n] == '\r' && n + 1 < length && mail[n + 1] == '\n' ? 2 : 1;
  return n;
}

/* TRUE where an empty line of n bytes at mail + at ends the header: not what stands between two CRs of a line. */
static gboolean ends_header(const char *mail, gsize at, gsize n, gboolean lf) {
  return !lf || (mail[at + n - 1] == '\n' && (at == 0 || mail[at - 1] == '\n'));
}

gsize bp_rename_forged(const char *mail, gsize length, GString *out) {
  gsize at = 0, most = MIN(length, BP_BLOCK_HEADER_MAX), content;
  gboolean lf = has_lf(mail, length);
  while (at < most) {
    gsize n = line_length(mail + at, most - at, &content);
    if (is_ours(mail + at, content)) {
      g_string_append_len(out, mail + at, 2);
      g_string_append(out, "Old-");
      g_string_append_len(out, mail + at + 2, (gssize)n - 2);
    } else {
      g_string_append_len(out, mail + at, (gssize)n);
    }
    at += n;
    if (content == 0 && ends_header(mail, at - n, n, lf))
      break;
  }
  return at;
}

gsize bp_block_put(const GString *block, const char *mail, gsize length, GString *out) {
  gsize from = bp_from_line(mail, length);
  const char *ending = bp_line_ending(mail, length);
  g_string_append_len(out, mail, (gssize)from);
  for (gsize i = 0; i < block->len; i++)
    if (block->str[i] == '\n')
      g_string_append(out, ending);
    else
      g_string_append_c(out, block->str[i]);
  return from + bp_rename_forged(mail + from, length - from, out);
}

/* reply.c - one SMTP reply taken apart */
#include "report/reply.h"

#include "mail/charset.h"

#include <string.h>

#define ESCAPED_ESCAPE "\\033"

gsize bp_cut(const char *text, gsize length, gsize max) {
  if (length <= max)
    return length;
  while (max > 0 && ((guchar)text[max] & 0xc0) == 0x80)
    max--;
  return max;
}

/* How many of the first bytes are printable ASCII without blanks. */
static gsize word_length(const char *text, gsize length) {
  gsize n = 1;
  while (n < length && text[n] > ' ' && text[n] < 0x7f)
    n++;
  return n;
}

char *bp_one_line(BpArena *arena, const char *text, gsize length, gsize max) {
  g_autofree char *valid = NULL;
  gboolean plain = bp_is_ascii(text, length) && !memchr(text, '\0', length);
  if (!plain && !g_utf8_validate_len(text, length, NULL)) {
    valid = g_utf8_make_valid(text, (gssize)MIN(length, 4 * max));
    text = valid;
    length = strlen(valid);
  }
  char *line = bp_arena_alloc(arena, MIN(length, max) + 1);
  gsize n = 0;
  gboolean blank = FALSE;
  for (gsize i = 0; i < length && n < max;) {
    guchar c = (guchar)text[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      blank = n > 0;
      i++;
      continue;
    }
    if (c < 0x20 || c == 0x7f) {
      i++;
      continue;
    }
    gsize step = c < 0x80 ? word_length(text + i, MIN(length - i, max - n - blank)) : (gsize)g_utf8_skip[c];
    gboolean nbsp = step == 2 && c == 0xc2 && (guchar)text[i + 1] == 0xa0;
    gboolean control = step == 2 && c == 0xc2 && (guchar)text[i + 1] < 0xa0;
    if (nbsp || control) {
      blank = blank || (nbsp && n > 0);
      i += step;
      continue;
    }
    if (n + step + blank > max)
      break;
    if (blank)
      line[n++] = ' ';
    blank = FALSE;
    memcpy(line + n, text + i, step);
    n += step;
    i += step;
  }
  line[n] = '\0';
  return line;
}

static gsize read_number(const char *p, guint *n) {
  gsize i = 0;
  for (*n = 0; i < 3 && g_ascii_isdigit(p[i]); i++)
    *n = *n * 10 + (guint)(p[i] - '0');
  return i;
}

gsize bp_status_read(const char *text, BpStatus *status) {
  const char *p = text;
  BpStatus s = {0, 0, 0};
  gsize n;
  if ((*p != '2' && *p != '4' && *p != '5') || p[1] != '.')
    return 0;
  s.class = (guint)(*p - '0');
  p += 2;
  if ((n = read_number(p, &s.subject)) == 0 || p[n] != '.')
    return 0;
  p += n + 1;
  if ((n = read_number(p, &s.detail)) == 0)
    return 0;
  p += n;
  if (g_ascii_isalnum(*p) || *p == '_' || *p == '@' || (*p == '.' && g_ascii_isalnum(p[1])))
    return 0;
  *status = s;
  return (gsize)(p - text);
}

static gboolean within_word(char before) {
  return g_ascii_isalnum(before) || before == '.' || before == '_' || before == '@' || before == '/' || before == '-';
}

gboolean bp_status_find(const char *text, BpStatus *status) {
  for (const char *p = text; (p = strpbrk(p, "245")); p++)
    if (p[1] == '.' && (p == text || !within_word(p[-1]) || (p[-1] == '-' && p > text + 2 && g_ascii_isdigit(p[-2]))) &&
        bp_status_read(p, status))
      return TRUE;
  return FALSE;
}

const char *bp_status_text(BpArena *arena, BpStatus s) {
  return s.class ? bp_arena_printf(arena, "%u.%u.%u", s.class, s.subject, s.detail) : NULL;
}

gboolean bp_status_specific(BpStatus s) {
  return s.class && (s.subject || s.detail);
}

/* A reply code of three digits, 2 to 5 first; the length read, 0 for none. */
static gsize read_code(const char *p, guint *code) {
  if (*p < '2' || *p > '5' || !g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2]) || p[1] > '9' || g_ascii_isalnum(p[3]))
    return 0;
  if (p[3] == '.' && g_ascii_isdigit(p[4]))
    return 0;
  *code = (guint)(p[0] - '0') * 100 + (guint)(p[1] - '0') * 10 + (guint)(p[2] - '0');
  return 3;
}

/* TRUE where the word that ends at end is an address: "bob@example.com   550   User unknown", also with a dash or a bar
 * in between. */
static gboolean behind_address(const char *text, const char *end, const char *p) {
  gboolean column = p > text && strchr(";,|\t", p[-1]) && p[3] == p[-1]; /* "bob@example.com;550;5.1.1;User unknown" */
  if (column)
    end = p - 1;
  if (end > text + 1 && strchr("-|", end[-1]) && end[-2] == ' ')
    for (end--; end > text && end[-1] == ' ';)
      end--;
  const char *word = end;
  while (word > text && word[-1] != ' ' && word[-1] != '\t' && word[-1] != '\n')
    word--;
  return end < p && memchr(word, '@', (gsize)(end - word)) && (column || (*end == ' ' && (p[3] == ' ' || p[3] == '-')));
}

/* "(550 User not found)", "(550)", also in the brackets of CJK texts, and not "(500 MB)". */
static gboolean in_brackets(const char *text, const char *p) {
  gboolean open = p > text && p[-1] == '(';
  gboolean wide = p >= text + 3 && memcmp(p - 3, "\357\274\210", 3) == 0;
  gboolean words = p[3] == ' ' && ((g_ascii_isalpha(p[4]) && g_ascii_isalpha(p[5]) && g_ascii_isalpha(p[6])) ||
                                   g_ascii_strncasecmp(p + 4, "no ", 3) == 0);
  gboolean closed = p[3] == ')' || strncmp(p + 3, "\357\274\211", 3) == 0;
  return (open || wide) && (words || closed) && p[1] != '0' && g_ascii_strncasecmp(p + 4, "byte", 4) != 0;
}

/* "DATA:554 Rejected", "(RCPT) 550 No mailbox": what the client had sent, and the answer. */
static gboolean answers_command(const char *text, const char *end, const char *p) {
  static const char *const verbs[] = {"DATA", "RCPT TO", "MAIL FROM", "EHLO", "HELO", "RCPT", "MAIL", NULL};
  gboolean bracket = end > text && end[-1] == ')';
  if ((*end != ':' && !bracket) || (p[3] != ' ' && p[3] != '-'))
    return FALSE;
  end -= bracket;
  for (const char *const *verb = verbs; *verb; verb++) {
    gsize n = strlen(*verb);
    if ((gsize)(end - text) >= n && memcmp(end - n, *verb, n) == 0 &&
        (end - n == text || !within_word(end[-(gssize)n - 1])))
      return TRUE;
  }
  return FALSE;
}

/* TRUE where the text before p announces a code. */
static gboolean announced(const char *text, const char *p) {
  static const char *const words[] = {
      "said:",  "replied:", "response:", "responded:", "error",      "code",         "fehler", "errore",
      "erreur", "smtp",     "smtp;",     "reply:",     "returned",   "responsecode", "status", "diagnostic",
      "reply",  "answer:",  "said",      "antwort:",   "fehlercode", "<<<",          "<-",     "<--",
      "was:",   "is:",      "disse:",    "dijo:",      "sagte:",     "zei:",         "bounce", NULL};
  const char *end = p;
  while (end > text && strchr(" \t([<\"'#:=", end[-1]))
    end--;
  if (end == text || in_brackets(text, p) || text + strspn(text, " \t>") == p)
    return TRUE; /* first, perhaps on a line that is quoted: "> 550 User unknown" */
  if (p > text && (p[-1] == '#' || p[-1] == '<' || p[-1] == '"'))
    return TRUE;
  if (p[3] == '-' && (p[4] == '\'' || p[4] == '"'))
    return TRUE; /* 550-'User unknown' */
  if (end > text + 1 && end[-1] == ',' && end[-2] == ']' && p[3] == ' ')
    return TRUE; /* "bob@example.com: [192.0.2.1], 550 User unknown" */
  if (end > text + 2 && memcmp(end - 3, "\357\274\232", 3) == 0 && strchr(" -", p[3]))
    return TRUE; /* the colon of CJK texts */
  gboolean colon = memchr(end, ':', (gsize)(p - end)) != NULL;
  for (const char *const *word = words; *word; word++) {
    gsize n = strlen(*word);
    gboolean with_colon = (*word)[n - 1] == ':';
    const char *from = with_colon ? end + (*end == ':') : end;
    if ((gsize)(from - text) >= n && g_ascii_strncasecmp(from - n, *word, n) == 0 &&
        (from - n == text || !g_ascii_isalpha(from[-(gssize)n - 1])))
      return TRUE;
  }
  return (colon && p[-1] != ':' && (p[3] == ' ' || p[3] == '-')) || answers_command(text, end, p) ||
         behind_address(text, end, p);
}

guint bp_code_find(const char *text, gsize *at) {
  guint weak = 0, code;
  gsize weak_at = 0;
  for (const char *p = text; (p = strpbrk(p, "45")); p++) {
    if ((p > text && within_word(p[-1])) || !read_code(p, &code) || code >= 600)
      continue;
    BpStatus status;
    const char *behind = p + 3 + strspn(p + 3, " -#('\"");
    if (behind > p + 3 && bp_status_read(behind, &status)) {
      /* "550-You may not 550 5.7.1 post": the last line of several may be the only one with a status. */
      gboolean begun = weak == code && text[weak_at + 3] == '-';
      if (at)
        *at = begun ? weak_at : (gsize)(p - text);
      return code;
    }
    if (!weak && announced(text, p)) {
      weak = code;
      weak_at = (gsize)(p - text);
    }
  }
  if (at)
    *at = weak_at;
  return weak;
}

/* Blanks and marks between code, status and words. */
static const char *skip_marks(const char *p) {
  return p + strspn(p, " :-#;,|");
}

/* Leading code and status in either order; the rest. */
static const char *read_lead(const char *p, BpReply *reply) {
  gsize n;
  p += strspn(p, " \"'");
  for (guint i = 0; i < 2; i++) {
    const char *q = p + strspn(p, "([#");
    if (!reply->code && (n = read_code(q, &reply->code)) && (!q[n] || strchr(" -:,;)]\t#", q[n])))
      p = q + n + strspn(q + n, ")]");
    else if (!reply->status.class && (n = bp_status_read(q, &reply->status)))
      p = q + n + strspn(q + n, ")]");
    else
      break;
    p = skip_marks(p);
    if (reply->code && reply->code < 200)
      reply->code = 0;
  }
  return p;
}

/* Length of a repeated "550-", "550-5.1.1 " or "550 5.1.1 " at p; 0 for none. A bare "550 " repeats only what
 * lines with "550-" began. */
static gsize repeated(const char *p, const BpReply *reply, gboolean several) {
  guint code = 0;
  gsize n = read_code(p, &code);
  if (!n || code != reply->code || (p[n] != '-' && p[n] != ' '))
    return 0;
  BpStatus status;
  gsize with_status = bp_status_read(p + n + 1, &status);
  if (with_status && status.class == reply->status.class && status.subject == reply->status.subject &&
      status.detail == reply->status.detail)
    return n + 1 + with_status + strspn(p + n + 1 + with_status, " -");
  return p[n] == '-' || several ? n + 1 : 0;
}

/* Length of a typographic apostrophe at p; 0 for none. */
static gsize apostrophe(const char *p) {
  return strncmp(p, "\u2019", 3) == 0 || strncmp(p, "\u2018", 3) == 0 ? 3 : 0;
}

/* A byte beyond ASCII written as a backslash and three octal digits, as some servers put it; 0 for none. */
static guchar escaped(const char *p) {
  if (p[0] != '\\' || p[1] < '2' || p[1] > '3' || p[2] < '0' || p[2] > '7' || p[3] < '0' || p[3] > '7')
    return 0;
  return (guchar)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
}

/* Writes the bytes that are escaped at p to out, as UTF-8, else as the Latin-1 that they then are. Returns how many
 * there are, each of four characters; what is written is not longer. Control characters stay escaped. */
static gsize unescape(const char *p, char *out, gsize *written) {
  gsize n = 0;
  for (guchar byte; (byte = escaped(p + 4 * n)) != 0; n++)
    out[n] = (char)byte;
  *written = n;
  if (n && !g_utf8_validate(out, (gssize)n, NULL)) {
    *written = 0;
    for (gsize i = 0; i < n; i++)
      *written += (gsize)g_unichar_to_utf8(escaped(p + 4 * i), out + *written);
  }
  for (const char *q = out; q < out + *written; q = g_utf8_next_char(q))
    if (g_unichar_iscntrl(g_utf8_get_char(q)))
      return 0;
  return n;
}

/* TRUE where a text has letters of another script than the Latin one, and no control characters. */
static gboolean is_of_other_script(const char *text) {
  gboolean other = FALSE;
  for (const char *p = text; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (g_unichar_iscntrl(c))
      return FALSE;
    other = other || (c >= 0x370 && g_unichar_isalpha(c));
  }
  return other;
}

/* Escaped bytes that are no UTF-8 may be of a charset of another script; with the others they tell which. */
static const char *decode_escaped(BpArena *arena, const char *rest) {
  const char *first = strchr(rest, '\\');
  if (!first)
    return rest;
  g_autoptr(GString) bytes = g_string_new(NULL), scratch = g_string_new(NULL);
  for (const char *p = rest; *p;) {
    guchar byte = escaped(p);
    if (!byte && g_str_has_prefix(p, ESCAPED_ESCAPE) && (p[4] == '$' || p[4] == '('))
      byte = 0x1b; /* ISO 2022 */
    g_string_append_c(bytes, byte ? (char)byte : *p);
    p += byte ? 4 : 1;
  }
  gboolean shifts = strchr(bytes->str, 0x1b) != NULL;
  if (!shifts && (bytes->len == strlen(rest) || g_utf8_validate_len(bytes->str, bytes->len, NULL)))
    return rest;
  gsize length;
  const char *text = bp_charset_decode(NULL, bytes->str, bytes->len, 4 * BP_REPLY_MAX, scratch, &length);
  const char *decoded = bp_arena_strndup(arena, text, bp_cut(text, length, BP_REPLY_MAX));
  return is_of_other_script(decoded) ? decoded : rest;
}

/* The words that patterns see: repeated codes out, apostrophes plain, escaped letters as such.
 * lead: a code stands in front, so that what is the same further on repeats it. */
static void strip_repeats(BpArena *arena, const char *rest, gboolean lead, gboolean several, BpReply *reply) {
  char words[BP_REPLY_MAX + 1];
  gsize n = 0, length = MIN(strlen(rest), BP_REPLY_MAX);
  for (const char *p = rest; p < rest + length;) {
    gboolean edge = p == rest || !g_ascii_isdigit(p[-1]);
    gsize skip = lead && reply->code && edge && g_ascii_isdigit(*p)
                     ? repeated(p, reply, several && p > rest && p[-1] == ' ')
                     : 0;
    gsize letters, bytes = *p == '\\' ? unescape(p, words + n, &letters) : 0;
    if (bytes) {
      p += 4 * bytes;
      n += letters;
      continue;
    }
    if (!skip) {
      gsize curly = apostrophe(p);
      words[n++] = curly ? '\'' : *p;
      p += curly ? curly : 1;
      continue;
    }
    several = TRUE;
    p += skip;
    if (n && words[n - 1] != ' ')
      words[n++] = ' ';
    while (*p == ' ')
      p++;
  }
  while (n && words[n - 1] == ' ')
    n--;
  /* Most have nothing of that. */
  reply->words = n == length && memcmp(words, rest, n) == 0 ? rest : bp_arena_strndup(arena, words, n);
  reply->length = n;
}

gsize bp_quoted_length(const char *text) {
  gboolean quotes = strlen(text) > 5 && g_ascii_isdigit(*text) && text[3] == '-' && text[4] == '\'';
  const char *end = quotes ? strrchr(text + 5, '\'') : NULL;
  return end && (!end[1] || g_str_has_prefix(end + 1, " (")) ? (gsize)(end + 1 - text) : 0;
}

/* The words of "550-'5.1.1 No such user 5.1.1 here'", whose lines each repeated the status. */
static const char *marked_words(BpArena *arena, const char *text, gsize marked, BpStatus status) {
  BpReply lead = {.code = 0};
  const char *stated = bp_status_text(arena, status);
  const char *words = read_lead(bp_arena_printf(arena, "%.3s %.*s", text, (int)marked - 6, text + 5), &lead);
  if (!lead.status.class || !stated)
    return words;
  g_autofree char *repeat = g_strdup_printf(" %s ", stated);
  g_auto(GStrv) lines = g_strsplit(words, repeat, -1);
  g_autofree char *joined = g_strjoinv(" ", lines);
  return bp_arena_strdup(arena, joined);
}

/* The words behind a quoted code and its status. */
static gsize own_words(const char *text, gsize code_at) {
  BpStatus status;
  const char *p = skip_marks(text + code_at + 3);
  p += bp_status_read(p, &status);
  return strlen(p + strspn(p, " .:-)]>\"'"));
}

/* "5.1.0 - Unknown address error 550-'5.7.1 Access denied'", "… 554 Spam (#5.7.1)": a status that stands behind a
 * quoted code is the server's own. */
static void take_own_status(BpReply *reply, gsize code_at) {
  BpStatus own;
  if (bp_status_find(reply->text + code_at, &own) && bp_status_specific(own))
    reply->status = own;
}

/* Which command was refused says nothing of why: "550 No (in reply to RCPT TO command)". */
static void leave_command_out(BpArena *arena, BpReply *reply) {
  if (!reply->length || reply->words[reply->length - 1] != ')')
    return;
  const char *note = memrchr(reply->words, '(', reply->length);
  if (!note || !g_str_has_prefix(note, "(in reply to "))
    return;
  gsize n = (gsize)(note - reply->words);
  while (n && reply->words[n - 1] == ' ')
    n--;
  reply->words = bp_arena_strndup(arena, reply->words, n);
  reply->length = n;
}

void bp_reply_parse(BpArena *arena, const char *text, gsize length, BpReply *reply) {
  *reply = (BpReply){.text = bp_one_line(arena, text, length, BP_REPLY_MAX)};
  const char *rest = read_lead(reply->text, reply);
  gboolean several = reply->code && rest > reply->text && memchr(reply->text, '-', (gsize)(rest - reply->text));
  gsize at;
  /* A greeting may stand before the refusal: "220-mx ready 421 4.2.1 …". */
  guint quoted = reply->code < 400 ? bp_code_find(reply->text, &at) : 0;
  if (quoted) {
    reply->code = quoted;
    take_own_status(reply, at);
  }
  if (!reply->status.class)
    bp_status_find(rest, &reply->status);
  gboolean lead = rest > reply->text;
  gsize marked = bp_quoted_length(reply->text);
  if (marked)
    rest = marked_words(arena, reply->text, marked, reply->status);
  strip_repeats(arena, decode_escaped(arena, rest), lead, several, reply);
  leave_command_out(arena, reply);
  reply->own = quoted ? own_words(reply->text, at) : reply->length;
  reply->at = quoted && reply->own ? at : 0;
}

/* address.c - mail addresses in fields and in running text */
#include "report/address.h"

#include <string.h>

#define LITERAL_MAX 64 /* bytes of a domain that is an address in brackets */

static gboolean local_char(guchar c) {
  return c >= 0x80 || g_ascii_isalnum(c) || strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL;
}

static gboolean domain_char(guchar c) {
  return c >= 0x80 || g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
}

/* Texts of CJK set no blank before an address, and their marks are none of its letters. */
static gboolean part_of_local(const char *c, const char *behind, const char *at) {
  if ((guchar)*c < 0x80)
    return TRUE;
  gunichar u = g_utf8_get_char_validated(c, behind - c);
  return u < 0x110000 && g_unichar_isalnum(u) && !(g_unichar_iswide(u) && behind < at && (guchar)*behind < 0x80);
}

/* "recipient=bob@example.com": what stands before the first "=" names the field. Others may be part of an address. */
static const char *behind_label(const char *p, const char *at) {
  static const char *const labels[] = {"to",     "rcpt",  "rcptto", "rcpt_to",  "recipient", "final_recipient",
                                       "sender", "email", "from",   "mailfrom", "address",   "original_recipient"};
  const char *equals = memchr(p, '=', (gsize)(at - p));
  gsize n = equals ? (gsize)(equals - p) : 0;
  for (guint i = 0; n && equals + 1 < at && i < G_N_ELEMENTS(labels); i++)
    if (strlen(labels[i]) == n && g_ascii_strncasecmp(labels[i], p, n) == 0)
      return equals + 1;
  return p;
}

/* The start of the local part that ends before at, within text. */
static const char *local_start(const char *text, const char *at) {
  const char *p = at;
  if (p > text && p[-1] == '"') {
    for (p--; p > text && p[-1] != '"' && p[-1] != '\n';)
      p--;
    return p > text && p[-1] == '"' ? p - 1 : at;
  }
  while (p > text && p[-1] != '\0' && local_char((guchar)p[-1])) {
    const char *before = (guchar)p[-1] < 0x80 ? p - 1 : g_utf8_find_prev_char(text, p);
    if (!before || !part_of_local(before, p, at))
      break;
    p = before;
  }
  /* Quotes and such around an address are no part of it. */
  while (p < at && strchr("'`*={|/", *p))
    p++;
  return behind_label(p, at);
}

static const char *domain_end(const char *at, const char *end) {
  const char *p = at + 1;
  if (p < end && *p == '[') {
    const char *close = memchr(p, ']', (gsize)MIN(end - p, LITERAL_MAX));
    return close ? close + 1 : at + 1;
  }
  while (p < end && *p && domain_char((guchar)*p)) {
    /* Full-width and other marks of CJK texts end a domain: only letters go on. */
    if ((guchar)*p >= 0x80) {
      gunichar c = g_utf8_get_char_validated(p, end - p);
      if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isalnum(c) ||
          (g_unichar_iswide(c) && g_ascii_isalnum(p[-1]))) /* "bob@example.com" and a particle, without a blank */
        break;
      p = g_utf8_next_char(p);
    } else {
      p++;
    }
  }
  while (p > at + 1 && strchr(".-_", p[-1]))
    p--;
  return p;
}

/* ids look like addresses: after "Message-ID:", "Message id", "id <…>". */
static gboolean is_id(const char *text, const char *from) {
  const char *p = from;
  while (p > text && strchr(" <\t:=", p[-1]))
    p--;
  gsize n = (gsize)(p - text);
  gboolean id = n >= 2 && g_ascii_strncasecmp(p - 2, "id", 2) == 0 && (n == 2 || !g_ascii_isalnum(p[-3]));
  /* "User ID bob@example.com", "Email ID: bob@example.com" */
  return id && !(n >= 7 && (g_ascii_strncasecmp(p - 7, "user", 4) == 0 || g_ascii_strncasecmp(p - 7, "mail", 4) == 0));
}

gboolean bp_address_next(const char *text, gsize length, gsize *from, gsize *to) {
  const char *end = text + length;
  for (const char *at = text + *from; at < end && (at = memchr(at, '@', (gsize)(end - at))); at++) {
    const char *start = local_start(text + *from, at), *stop = domain_end(at, end);
    if (start == at || stop == at + 1 || (stop < end && *stop == '@') || is_id(text, start))
      continue;
    *from = (gsize)(start - text);
    *to = (gsize)(stop - text);
    return TRUE;
  }
  return FALSE;
}

/* "rfc822;user@example.com" without its type. */
static const char *skip_type(const char *value) {
  static const char *const types[] = {"rfc822",   "utf-8",  "smtp", "x400",    "unknown", "x-local",   "local",
                                      "internet", "system", "822",  "rfc-822", "ex",      "x-unknown", "x-x400"};
  value += strspn(value, " \t");
  const char *semicolon = strchr(value, ';');
  if (!semicolon)
    return value;
  gsize n = (gsize)(semicolon - value);
  while (n && value[n - 1] == ' ')
    n--;
  for (guint i = 0; i < G_N_ELEMENTS(types); i++)
    if (strlen(types[i]) == n && g_ascii_strncasecmp(value, types[i], n) == 0)
      return semicolon + 1 + strspn(semicolon + 1, " \t");
  return value;
}

static int hex_pair(const char *p) {
  int high = g_ascii_isxdigit(p[0]) ? g_ascii_xdigit_value(p[0]) : -1;
  return high < 0 || !g_ascii_isxdigit(p[1]) ? -1 : high * 16 + g_ascii_xdigit_value(p[1]);
}

/* xtext (RFC 3461 section 4): only what must be coded is undone, for "+AB" may be part of an address. unitext (RFC
 * 6533 section 3): \x{1F600}. */
static char *undo_text_codes(BpArena *arena, const char *text) {
  g_autoptr(GString) out = g_string_new(NULL);
  for (const char *p = text; *p;) {
    int c = *p == '+' ? hex_pair(p + 1) : -1;
    gsize digits = g_str_has_prefix(p, "\\x{") ? strspn(p + 3, "0123456789abcdefABCDEF") : 0;
    if (c == '+' || c == '=' || c == '@' || c == ' ') {
      g_string_append_c(out, (char)c);
      p += 3;
    } else if (digits && p[3 + digits] == '}') {
      guint64 u = g_ascii_strtoull(p + 3, NULL, 16);
      if (g_unichar_validate((gunichar)MIN(u, 0x110000)) && u > 0x1f)
        g_string_append_unichar(out, (gunichar)u);
      p += digits + 4;
    } else {
      g_string_append_c(out, *p++);
    }
  }
  /* "+20" where no quotes allow a blank belongs to the address: IMCEAEX-_O=FIRST+20GROUP@example.com. */
  if (strchr(out->str, ' ') && !strchr(text, ' ') && !strchr(out->str, '"'))
    return bp_arena_strdup(arena, text);
  return bp_arena_strndup(arena, out->str, out->len);
}

/* "@a,@b:user@c": the route is no part of the mailbox (RFC 5321 appendix C). */
static const char *skip_route(const char *text) {
  const char *colon = *text == '@' ? strchr(text, ':') : NULL;
  return colon ? colon + 1 : text;
}

/* The Internet address that an X.400 address carries, "DDA:RFC-822=user(a)example.com;" (RFC 2156 section 4.2.1); NULL
 * where text has none. */
static const char *within_x400(BpArena *arena, const char *text) {
  static const char attribute[] = "rfc-822=", letters[] = "apqbulr", stand_for[] = "@%\"!_()";
  const char *p = strchr(text, '=');
  while (p && (p - text < 7 || g_ascii_strncasecmp(p - 7, attribute, sizeof attribute - 1) != 0))
    p = strchr(p + 1, '=');
  if (!p)
    return NULL;
  g_autoptr(GString) out = g_string_new(NULL);
  for (p++; *p && *p != ';' && *p != '/';) {
    const char *letter = p[0] == '(' && p[1] && p[2] == ')' ? strchr(letters, g_ascii_tolower(p[1])) : NULL;
    g_string_append_c(out, letter ? stand_for[letter - letters] : *p);
    p += letter ? 3 : 1;
  }
  return strchr(out->str, '@') ? bp_arena_strndup(arena, out->str, out->len) : NULL;
}

const char *bp_address_of(BpArena *arena, const char *value, gboolean local) {
  const char *text = skip_type(value ? value : ""), *carried = within_x400(arena, text);
  if (carried)
    return carried;
  if (strstr(text, "+") || strstr(text, "\\x{"))
    text = undo_text_codes(arena, text);
  const char *open = strchr(text, '<'), *close = open ? strchr(open, '>') : NULL;
  if (open && close > open + 1)
    text = bp_arena_strndup(arena, open + 1, (gsize)(close - open) - 1);
  if (g_ascii_strncasecmp(text, "mailto:", 7) == 0)
    text += 7;
  text = skip_route(text);
  if (*text == '"' && strstr(text, "\"@"))
    return bp_arena_strndup(arena, text, strcspn(strstr(text, "\"@"), " \t>,;") + (gsize)(strstr(text, "\"@") - text));
  const char *at = strrchr(text, '@');
  const char *mask = at ? NULL : bp_address_mask(arena, text);
  if (mask) {
    gsize length;
    text = bp_address_unmask(arena, text, strlen(text), &length, mask, NULL, NULL);
    at = strrchr(text, '@');
  }
  if (at && at > text && at[1] && !strpbrk(text, " \t<>\"(),;:"))
    return bp_arena_strdup(arena, text); /* nothing but an address, whatever its local part looks like */
  gsize from = 0, to = 0;
  if (bp_address_next(text, strlen(text), &from, &to))
    return bp_arena_strndup(arena, text + from, to - from);
  text += strspn(text, " \t<\"'");
  gsize n = strcspn(text, " \t<>\"'(),;");
  if (local && n && strchr(text, '@') == text + n - 1)
    n--;
  return local ? bp_arena_strndup(arena, text, n) : "";
}

gboolean bp_address_same(const char *a, const char *b) {
  const char *x = strrchr(a, '@'), *y = strrchr(b, '@');
  if (!x || !y)
    return g_str_equal(a, b);
  return x - a == y - b && memcmp(a, b, (gsize)(x - a)) == 0 && g_ascii_strcasecmp(x, y) == 0;
}

guint bp_address_hash(gconstpointer address) {
  const char *domain = strrchr(address, '@');
  guint hash = 5381;
  for (const char *p = address; *p; p++)
    hash = hash * 33 + (guchar)(domain && p > domain ? g_ascii_tolower(*p) : *p);
  return hash;
}

gboolean bp_address_equal(gconstpointer a, gconstpointer b) {
  return bp_address_same(a, b);
}

gboolean bp_address_is_system(const char *address) {
  static const char *const names[] = {"postmaster",
                                      "mailer-daemon",
                                      "mailerdaemon",
                                      "mail-daemon",
                                      "maildaemon",
                                      "mailer_daemon",
                                      "hostmaster",
                                      "abuse",
                                      "noreply",
                                      "no-reply",
                                      "do-not-reply",
                                      "donotreply",
                                      "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"};
  const char *at = strchr(address, '@');
  gsize n = at ? (gsize)(at - address) : strlen(address);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (strlen(names[i]) == n && g_ascii_strncasecmp(address, names[i], n) == 0)
      return TRUE;
  return FALSE;
}

gboolean bp_address_looks_after(const char *owner, const char *list) {
  static const char *const words[] = {"owner", "request", "bounces", "errors", "admin", "return", NULL};
  gsize n = strcspn(list, "@");
  gboolean before = g_ascii_strncasecmp(owner, "owner-", 6) == 0;
  if (g_ascii_strncasecmp(before ? owner + 6 : owner, list, n) != 0)
    return FALSE;
  const char *domain = strchr(owner, '@');
  if (!domain || g_ascii_strcasecmp(domain, list + n) != 0)
    return FALSE;
  if (before)
    return domain == owner + 6 + n;
  if (!strchr("-+", owner[n]))
    return FALSE;
  for (const char *const *word = words; *word; word++)
    if (g_ascii_strncasecmp(owner + n + 1, *word, strlen(*word)) == 0)
      return TRUE;
  return FALSE;
}

gboolean bp_address_is_role(const char *address) {
  static const char *const roles[] = {"info",    "support", "help",       "helpdesk",  "service",
                                      "abuse",   "noc",     "admin",      "security",  "sales",
                                      "contact", "office",  "hostmaster", "webmaster", NULL};
  gsize n = strcspn(address, "@");
  for (const char *const *role = roles; *role; role++)
    if (strlen(*role) == n && g_ascii_strncasecmp(address, *role, n) == 0)
      return TRUE;
  return FALSE;
}

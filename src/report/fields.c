/* fields.c - values of report fields: hosts */
#include "report/reading.h"

#include <string.h>

#define HOST_MAX 255 /* bytes (RFC 1035 section 2.3.4) */

static gboolean is_ip(const char *text, gsize n) {
  g_autofree char *copy = g_strndup(text, n);
  return g_hostname_is_ip_address(copy);
}

/* The first IP address in text, in brackets, parentheses or bare. */
static const char *find_ip(BpArena *arena, const char *text) {
  for (const char *p = text; *p;) {
    gsize n = strspn(p, "0123456789abcdefABCDEF.:");
    const char *start = p;
    if (n >= 7 || (n >= 3 && memchr(p, ':', n) && p > text && p[-1] != ' ')) {
      while (n && (start[n - 1] == '.' || (start[n - 1] == ':' && n > 1 && start[n - 2] != ':')))
        n--;
      if (is_ip(start, n))
        return bp_arena_strndup(arena, start, n);
    }
    p += strspn(p, "0123456789abcdefABCDEF.:");
    p += strcspn(p, "[( \t");
    p += strspn(p, "[( \t");
    if (g_ascii_strncasecmp(p, "IPv6:", 5) == 0)
      p += 5;
  }
  return NULL;
}

/* What stands behind the type: "dns; mx.example.com", "x-local-hostname; mail". */
static const char *behind_type(const char *value) {
  const char *p = value + strspn(value, " \t");
  while (g_ascii_isalnum(*p) || *p == '-')
    p++;
  p += strspn(p, " \t");
  return *p == ';' ? p + 1 : value;
}

void bp_host_of(BpArena *arena, const char *value, const char **host, const char **ip) {
  const char *text = behind_type(value);
  text += strspn(text, " \t<");
  const char *address = find_ip(arena, text);
  if (!*ip)
    *ip = address;
  gsize n = strcspn(text, " \t([;,>|\"'");
  if (n && text[n - 1] == ':')
    n--;
  while (n && text[n - 1] == '.')
    n--;
  if (n == 0 || n > HOST_MAX || *host || is_ip(text, n))
    return;
  if (!memchr(text, '.', n) && address == NULL && n < 2)
    return;
  g_autofree char *lower = g_ascii_strdown(text, (gssize)n);
  *host = bp_arena_strdup(arena, lower);
}

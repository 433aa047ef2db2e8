/* masked.c - addresses as archives of mailing lists show them: "bob at example.com", "bob(a)example.com" */
#include "report/address.h"

#include <string.h>

static const char *const masks[] = {" at ", "(a)", " (a) ", "(at)", NULL};

/* The length of what stands for "@" at p; 0 for none. */
static gsize mask_length(const char *p) {
  for (const char *const *mask = masks; *mask; mask++)
    if (strncmp(p, *mask, strlen(*mask)) == 0)
      return strlen(*mask);
  return 0;
}

gboolean bp_address_is_masked(const char *field) {
  if (!field || strchr(field, '@'))
    return FALSE;
  for (const char *const *mask = masks; *mask; mask++)
    if (strstr(field, *mask))
      return TRUE;
  return FALSE;
}

static gboolean is_letter(char c) {
  return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

/* The bytes of the domain at p, which has a dot; 0 for none. */
static gsize domain_length(const char *p) {
  gsize n = 0;
  while (g_ascii_isalnum(p[n]) || (n && (p[n] == '-' || p[n] == '.')))
    n++;
  while (n && (p[n - 1] == '.' || p[n - 1] == '-'))
    n--;
  return memchr(p, '.', n) ? n : 0;
}

/* TRUE where p stands behind a word that only an address follows here: "your message to bob at example.com". */
static gboolean is_said(const char *text, const char *p) {
  static const char *const words[] = {" to ",        " for ",     " user ", " address ",
                                      " recipient ", " mailbox ", " User ", NULL};
  for (const char *const *word = words; *word; word++) {
    gsize n = strlen(*word);
    if ((gsize)(p - text) >= n && strncmp(p - n, *word, n) == 0)
      return TRUE;
  }
  return FALSE;
}

/* TRUE where the local part that ends before the mask stands where an address does, not in a sentence: within <>,
 * behind a field's name or type, or first on a line of which little else follows. */
static gboolean is_in_place(const char *text, const char *mask, const char *behind) {
  const char *p = mask;
  while (p > text && is_letter(p[-1]))
    p--;
  if (p == mask)
    return FALSE;
  if (p > text && p[-1] == '<')
    return *behind == '>';
  if (is_said(text, p))
    return TRUE;
  while (p > text && strchr(" \t", p[-1]))
    p--;
  if (p == text || p[-1] == '\n')
    return *behind == '\n' || *behind == '\0' || *behind == ':' || g_str_has_prefix(behind, " (") ||
           g_str_has_prefix(behind, " on ");
  return strchr(";:", p[-1]) != NULL;
}

char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked) {
  char *out = bp_arena_alloc(arena, length + 1);
  gsize to = 0;
  for (const char *p = text, *end = text + length; p < end;) {
    gsize n = *p == ' ' || *p == '(' ? mask_length(p) : 0, domain = n ? domain_length(p + n) : 0;
    if (domain && is_in_place(text, p, p + n + domain)) {
      out[to++] = '@';
      p += n;
    } else {
      out[to++] = *p++;
    }
  }
  out[to] = '\0';
  *unmasked = to;
  return out;
}

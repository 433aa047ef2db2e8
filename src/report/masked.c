/* masked.c - addresses as archives of mailing lists show them: "bob at example.com", "bob(a)example.com",
 * "bob_at_example.com" */
#include "report/address.h"

#include <string.h>

static const char *const masks[] = {" at ", "(a)", " (a) ", "(at)", "_at_", NULL};

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
  for (; (field = strpbrk(field, " (_")); field++)
    if (mask_length(field))
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

/* TRUE where an address of a field begins at p: first in it, or behind another. */
static gboolean begins_address(const char *text, const char *p) {
  while (p > text && g_ascii_isspace(p[-1]))
    p--;
  return p == text || strchr("<,;:", p[-1]);
}

/* TRUE where a local part ends before the mask, and no sentence goes on with "at mx.example.org": that stands within
 * <>, behind none of the words that do, or in a field where an address does ("Courier mail server at mx.example.org" is
 * a name). */
static gboolean is_address(BpArena *arena, const char *text, const char *mask, const char *behind, BpIsWord is_word,
                           gpointer data) {
  const char *p = mask;
  while (p > text && is_letter(p[-1]))
    p--;
  if (p == mask || (p > text && p[-1] == '<' && *behind == '>'))
    return p < mask;
  return g_ascii_isalnum(mask[-1]) &&
         (is_word ? !is_word(bp_arena_strndup(arena, p, (gsize)(mask - p)), data) : begins_address(text, p));
}

char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked, BpIsWord is_word,
                        gpointer data) {
  char *out = bp_arena_alloc(arena, length + 1);
  gsize to = 0;
  for (const char *p = text, *end = text + length; p < end;) {
    gsize n = *p == ' ' || *p == '(' || *p == '_' ? mask_length(p) : 0, domain = n ? domain_length(p + n) : 0;
    if (domain && is_address(arena, text, p, p + n + domain, is_word, data)) {
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

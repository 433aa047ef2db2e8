/* masked.c - addresses as archives of mailing lists show them: "bob at example.com", "bob(a)example.com",
 * "bob_at_example.com", "bob () example ! com", "bob en example.com" */
#include "report/address.h"

#include <string.h>

#define WORD 8   /* bytes of a word that may stand for "@" in some language */
#define LABELS 8 /* of a domain that " ! " stands between */

static const char *const masks[] = {" at ", "(a)", " (a) ", "(at)", "_at_", " () ", NULL};

/* The length of what stands for "@" at p, own besides those of all archives; 0 for none. */
static gsize mask_length(const char *p, const char *own) {
  for (const char *const *mask = masks; *mask; mask++)
    if (strncmp(p, *mask, strlen(*mask)) == 0)
      return strlen(*mask);
  return own && strncmp(p, own, strlen(own)) == 0 ? strlen(own) : 0;
}

static gboolean is_letter(char c) {
  return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static gsize labels_length(const char *p) {
  gsize n = 0;
  while (g_ascii_isalnum(p[n]) || (n && (p[n] == '-' || p[n] == '.')))
    n++;
  while (n && (p[n - 1] == '.' || p[n - 1] == '-'))
    n--;
  return n;
}

/* The bytes of the domain at p, which has a dot, or " ! " in its place; 0 for none. */
static gsize domain_length(const char *p) {
  gsize n = labels_length(p), more;
  gboolean dotted = memchr(p, '.', n) != NULL;
  for (guint i = 0; n && i < LABELS && strncmp(p + n, " ! ", 3) == 0 && (more = labels_length(p + n + 3)); i++) {
    n += 3 + more;
    dotted = TRUE;
  }
  return dotted ? n : 0;
}

/* "postmaster en example.org": a word between what may be a local part and a domain. */
static const char *own_mask(BpArena *arena, const char *field) {
  gsize local = 0, word = 0;
  while (is_letter(field[local]))
    local++;
  const char *mask = field + local + 1;
  while (local && field[local] == ' ' && word < WORD && mask[word] && !strchr(" .,;:<>()[]\"", mask[word]))
    word++;
  return word && mask[word] == ' ' && domain_length(mask + word + 1) ? bp_arena_strndup(arena, mask - 1, word + 2)
                                                                     : NULL;
}

const char *bp_address_mask(BpArena *arena, const char *field) {
  if (!field || strchr(field, '@'))
    return NULL;
  for (const char *p = field; (p = strpbrk(p, " (_")); p++)
    if (mask_length(p, NULL))
      return bp_arena_strndup(arena, p, mask_length(p, NULL));
  return own_mask(arena, field);
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

/* A domain as it is, with a dot for each " ! ". Returns its length. */
static gsize copy_domain(char *to, const char *domain, gsize length) {
  gsize n = 0;
  for (gsize i = 0; i < length; i++)
    if (domain[i] == '!')
      to[n++] = '.';
    else if (domain[i] != ' ')
      to[n++] = domain[i];
  return n;
}

char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked, const char *mask,
                        BpIsWord is_word, gpointer data) {
  char *out = bp_arena_alloc(arena, length + 1);
  gsize to = 0;
  for (const char *p = text, *end = text + length; p < end;) {
    gsize n = *p == ' ' || *p == '(' || *p == '_' ? mask_length(p, mask) : 0, domain = n ? domain_length(p + n) : 0;
    if (domain && is_address(arena, text, p, p + n + domain, is_word, data)) {
      out[to++] = '@';
      to += copy_domain(out + to, p + n, domain);
      p += n + domain;
    } else {
      out[to++] = *p++;
    }
  }
  out[to] = '\0';
  *unmasked = to;
  return out;
}

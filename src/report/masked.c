/* masked.c - addresses as archives of mailing lists show them: "bob at example.com", "bob(a)example.com",
 * "bob_at_example.com", "bob [at] example [dot] com", "bob () example ! com", "bob en example.com" */
#include "report/address.h"

#include <string.h>

#define MASK_BEGINS " (_[{%&" /* what one of ats begins with */
#define WORD 8                /* bytes of a word that may stand for "@" in some language */
#define LABELS 16             /* of a domain */

static const char *const ats[] = {" at ", "(a)",  " (a) ", "(at)", " (at) ", "[at]", " [at] ",
                                  "{at}", "_at_", " () ",  "%40",  "&#64;",  NULL};
static const char *const dots[] = {".", " ! ", " dot ", "[dot]", " [dot] ", "(dot)", " (dot) ", NULL};

static gsize begins_with_any(const char *p, const char *const *words) {
  for (; *words; words++)
    if (g_ascii_strncasecmp(p, *words, strlen(*words)) == 0)
      return strlen(*words);
  return 0;
}

/* The length of what stands for "@" at p, own besides those of all archives; 0 for none. */
static gsize mask_length(const char *p, const char *own) {
  gsize n = begins_with_any(p, ats);
  return n ? n : own && strncmp(p, own, strlen(own)) == 0 ? strlen(own) : 0;
}

static gboolean is_letter(char c) {
  return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static gsize label_length(const char *p) {
  gsize n = 0;
  while (g_ascii_isalnum(p[n]) || (n && p[n] == '-'))
    n++;
  return n;
}

/* The bytes of the domain at p, with dots or what stands for them; 0 for none. It is written to to, with dots, where
 * that is not NULL, and *written is how long it is there. */
static gsize read_domain(const char *p, char *to, gsize *written) {
  gsize n = 0, out = 0, label, dot = 0;
  guint labels = 0;
  for (; labels < LABELS && (label = label_length(p + n + dot)); labels++) {
    n += dot;
    if (to && labels)
      to[out++] = '.';
    if (to)
      memcpy(to + out, p + n, label);
    out += label;
    n += label;
    dot = begins_with_any(p + n, dots);
    if (!dot)
      break;
  }
  if (written)
    *written = out;
  return labels + !dot >= 2 ? n : 0;
}

/* "postmaster en example.org": a word between what may be a local part and a domain. */
static const char *own_mask(BpArena *arena, const char *field) {
  gsize local = 0, word = 0;
  while (is_letter(field[local]))
    local++;
  const char *mask = field + local + 1;
  while (local && field[local] == ' ' && word < WORD && mask[word] && !strchr(" .,;:<>()[]\"", mask[word]))
    word++;
  return word && mask[word] == ' ' && read_domain(mask + word + 1, NULL, NULL)
             ? bp_arena_strndup(arena, mask - 1, word + 2)
             : NULL;
}

const char *bp_address_mask(BpArena *arena, const char *field) {
  if (!field || strchr(field, '@'))
    return NULL;
  for (const char *p = field; (p = strpbrk(p, MASK_BEGINS)); p++)
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

char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked, const char *mask,
                        BpIsWord is_word, gpointer data) {
  char *out = bp_arena_alloc(arena, length + 1);
  gsize to = 0;
  for (const char *p = text, *end = text + length; p < end;) {
    gsize n = strchr(MASK_BEGINS, *p) ? mask_length(p, mask) : 0, domain = n ? read_domain(p + n, NULL, NULL) : 0,
          written;
    if (domain && is_address(arena, text, p, p + n + domain, is_word, data)) {
      out[to++] = '@';
      read_domain(p + n, out + to, &written);
      to += written;
      p += n + domain;
    } else {
      out[to++] = *p++;
    }
  }
  out[to] = '\0';
  *unmasked = to;
  return out;
}

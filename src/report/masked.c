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
  for (; (field = strpbrk(field, " (")); field++)
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

/* Words that stand before "at mx.example.org" in sentences. */
static gboolean is_word(const char *from, gsize n) {
  static const char *const words[] = {
      "program",  "server",   "system",    "host",      "mta",    "software", "agent",     "daemon",    "machine",
      "mailer",   "gateway",  "service",   "relay",     "router", "user",     "mailbox",   "account",   "address",
      "person",   "customer", "look",      "see",       "is",     "was",      "are",       "be",        "been",
      "received", "arrived",  "found",     "online",    "visit",  "here",     "available", "refused",   "rejected",
      "website",  "page",     "mail",      "recipient", "name",   "one",      "delivery",  "connected", "us",
      "error",    "failed",   "directory", NULL};
  for (const char *const *word = words; *word; word++)
    if (strlen(*word) == n && g_ascii_strncasecmp(from, *word, n) == 0)
      return TRUE;
  return FALSE;
}

/* TRUE where a local part ends before the mask, and no sentence goes on with "at mx.example.org": that stands within
 * <>, or is none of the words that do. */
static gboolean is_address(const char *text, const char *mask, const char *behind) {
  const char *p = mask;
  while (p > text && is_letter(p[-1]))
    p--;
  gboolean bracketed = p > text && p[-1] == '<' && *behind == '>';
  return p < mask && (bracketed || (g_ascii_isalnum(mask[-1]) && !is_word(p, (gsize)(mask - p))));
}

char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked) {
  char *out = bp_arena_alloc(arena, length + 1);
  gsize to = 0;
  for (const char *p = text, *end = text + length; p < end;) {
    gsize n = *p == ' ' || *p == '(' ? mask_length(p) : 0, domain = n ? domain_length(p + n) : 0;
    if (domain && is_address(text, p, p + n + domain)) {
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

/* lookup.c - what is looked up in the tables of a pattern set: texts, causes, hosts, codes */
#include "pattern/lookup.h"

#include <string.h>

guint bp_language(const BpTables *t, const char *lang) {
  gsize length = lang ? strcspn(lang, "_.@-") : 0;
  for (guint i = 0; length && i < t->n_langs; i++) {
    const char *known = BP_STR(t, t->langs[i]);
    if (strlen(known) == length && g_ascii_strncasecmp(known, lang, length) == 0)
      return i;
  }
  return 0;
}

const char *bp_text(const BpTables *t, BpText text, guint lang) {
  const BpString *in = &t->texts[text * t->n_langs];
  return bp_string(t, in[lang] ? in[lang] : in[0]);
}

const char *bp_group_value(const BpTables *t, const BpGroupRecord *group, const char *key) {
  for (guint32 i = 0; i < group->entries.n; i++) {
    const BpEntryRecord *e = &t->entries[group->entries.first + i];
    if (g_str_equal(BP_STR(t, e->key), key))
      return BP_STR(t, e->value);
  }
  return NULL;
}

guint32 bp_find_cause(const BpTables *t, const char *id) {
  for (guint32 i = 0; i < t->n_causes; i++)
    if (g_str_equal(BP_STR(t, t->causes[i].id), id))
      return i;
  return BP_ANY;
}

static guint32 find_suffix(const BpTables *t, const char *suffix) {
  guint32 low = 0, high = t->n_hosts;
  while (low < high) {
    guint32 middle = low + (high - low) / 2;
    int order = g_ascii_strcasecmp(suffix, BP_STR(t, t->hosts[middle].suffix));
    if (order == 0)
      return t->hosts[middle].vendor;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return BP_ANY;
}

guint32 bp_find_host(const BpTables *t, const char *host) {
  guint32 vendor = BP_ANY;
  while (host && *host && (vendor = find_suffix(t, host)) == BP_ANY) {
    host = strchr(host, '.');
    if (host)
      host++;
  }
  return vendor;
}

static gboolean within(guint32 n, guint32 low, guint32 high) {
  return n >= low && n <= high;
}

gboolean bp_condition_holds(const BpCondition *c, guint32 first, guint32 second, guint32 third) {
  return within(first, c->a_low, c->a_high) && within(second, c->b_low, c->b_high) &&
         within(third, c->c_low, c->c_high);
}

/* How much a condition leaves open: exact ones are 0. */
static guint64 width(const BpCondition *c) {
  return (guint64)(c->c_high - c->c_low) + ((guint64)(c->b_high - c->b_low) << 16) +
         ((guint64)(c->a_high - c->a_low) << 8);
}

static guint32 first_of_kind(const BpTables *t, BpCodeKind kind) {
  guint32 low = 0, high = t->n_codes;
  while (low < high) {
    guint32 middle = low + (high - low) / 2;
    if (t->codes[middle].kind < kind)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const BpCodeRecord *find(const BpTables *t, BpCodeKind kind, guint32 a, guint32 b, guint32 c) {
  const BpCodeRecord *best = NULL;
  for (guint32 i = first_of_kind(t, kind); i < t->n_codes && t->codes[i].kind == kind; i++) {
    const BpCodeRecord *r = &t->codes[i];
    if (bp_condition_holds(&r->what, a, b, c) && (!best || width(&r->what) < width(&best->what)))
      best = r;
  }
  return best;
}

const BpCodeRecord *bp_find_code(const BpTables *t, guint code) {
  return find(t, BP_CODE_REPLY, code, 0, 0);
}

const BpCodeRecord *bp_find_status(const BpTables *t, guint class, guint subject, guint detail) {
  return find(t, BP_CODE_STATUS, class, subject, detail);
}

const BpCodeRecord *bp_find_digit(const BpTables *t, guint position, guint digit) {
  return find(t, BP_CODE_DIGIT, position, digit, 0);
}

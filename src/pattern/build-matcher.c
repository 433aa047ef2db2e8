/* build-matcher.c - patterns are checked, split and put in their order of precedence */
#include "pattern/build.h"
#include "pattern/builder.h"
#include "pattern/lookup.h"
#include "pattern/regex.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* Groups that the patterns of layouts, kinds and phrases may name. */
static const char *const layout_groups[] = {
    "recipient", "reply",   "code",       "status", "remote_host", "remote_ip", "reporting_host",
    "command",   "log_id",  "date",       "local",  "domain",      "original",  "name",
    "sender",    "action",  "software",   "alias",  "own",         "target",    "from",
    "to",        "subject", "message_id", NULL};

gboolean bp_is_listed(const char *const *list, const char *name) {
  for (; *list; list++)
    if (g_str_equal(*list, name))
      return TRUE;
  return FALSE;
}

static void check_group_names(BpBuilder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain,
                              const pcre2_code *code) {
  guint32 n = 0, size = 0;
  PCRE2_SPTR names = NULL;
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &n);
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &names);
  for (guint32 i = 0; i < n; i++) {
    const char *name = (const char *)names + i * size + 2;
    if (!bp_is_listed(domain <= BP_MATCH_BLOCKLIST || domain == BP_MATCH_FACT ? bp_fact_names : layout_groups, name))
      bp_complain(b, placed, line, "a group may not be named \"%s\"", name);
  }
}

/* Compiles pattern to see whether it is right; returns the length of its shortest match. */
static guint32 compile(BpBuilder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain,
                       const char *pattern) {
  int failed;
  PCRE2_SIZE at;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, BP_PCRE2_OPTIONS, &failed, &at, NULL);
  if (!code) {
    char text[160];
    pcre2_get_error_message(failed, (PCRE2_UCHAR *)text, sizeof text);
    bp_complain(b, placed, line, "%s, at character %zu of the pattern", text, at + 1);
    return 0;
  }
  guint32 length = 0;
  pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &length);
  check_group_names(b, placed, line, domain, code);
  pcre2_code_free(code);
  return length;
}

/* Patterns that are searched for are split into their alternatives, so that only those are run whose own literals are
 * there. They stand where the whole would. Those that are run by name, or told by their number, stay whole. */
static gboolean is_split(BpMatchDomain domain) {
  return domain != BP_MATCH_NONE && domain != BP_MATCH_LOG;
}

/* The alternatives of a pattern: a match of it is one of any of them. */
static GPtrArray *alternatives_of(const char *pattern) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(pattern);
  GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
  gsize from = 0;
  for (guint i = 0; tree && i < tree->bars->len; i++) {
    gsize bar = g_array_index(tree->bars, gsize, i);
    g_ptr_array_add(all, g_strndup(pattern + from, bar - from));
    from = bar + 1;
  }
  g_ptr_array_add(all, g_strdup(pattern + from));
  return all;
}

/* ---- what is known of a pattern ----------------------------------------------------------------------------- */

/* FNV-1a. */
static guint64 hash_of(BpMatchDomain domain, const char *pattern) {
  guint64 hash = (G_GUINT64_CONSTANT(14695981039346656037) ^ domain) * G_GUINT64_CONSTANT(1099511628211);
  for (; *pattern; pattern++)
    hash = (hash ^ (guchar)*pattern) * G_GUINT64_CONSTANT(1099511628211);
  return hash;
}

static guint64 known_hash(const BpKnownRecord *known) {
  return known->hash[0] | (guint64)known->hash[1] << 32;
}

static int compare_known(gconstpointer a, gconstpointer b) {
  guint64 x = known_hash(a), y = known_hash(b);
  return x < y ? -1 : x > y;
}

/* What the shipped set knows of a pattern; NULL for one that it does not have. */
static const BpKnownRecord *find_known(BpMatchDomain domain, const char *pattern) {
  const BpTables *t = &bp_shipped_tables;
  guint64 hash = hash_of(domain, pattern);
  BpKnownRecord key = {.hash = {(guint32)hash, (guint32)(hash >> 32)}};
  return t->n_known ? bsearch(&key, t->known, t->n_known, sizeof key, compare_known) : NULL;
}

/* Adds a pattern of so many alternatives; returns where in numbers their matchers are to stand. */
static guint32 note_known(BpBuilder *b, BpMatchDomain domain, const char *pattern, guint32 min_length, guint n) {
  guint64 hash = hash_of(domain, pattern);
  BpKnownRecord known = {{(guint32)hash, (guint32)(hash >> 32)}, min_length, {BP_COUNT(b, numbers), n}};
  g_array_set_size(b->tables[TABLE_numbers], known.alternatives.first + n);
  BP_APPEND(b, known, known);
  return known.alternatives.first;
}

/* ---- matchers ----------------------------------------------------------------------------------------------- */

static void add_draft(BpBuilder *b, BpMatchDomain domain, BpDraft *draft, const char *pattern) {
  draft->record.pattern = bp_intern(b, pattern);
  g_array_append_val(b->matchers[domain], *draft);
  draft->entry = 0;
}

/* A pattern that the shipped set has: it was found right, and split, when that was built. */
static void add_known(BpBuilder *b, BpMatchDomain domain, BpDraft *draft, const BpKnownRecord *known) {
  const BpTables *t = &bp_shipped_tables;
  draft->record.min_length = known->min_length;
  for (guint32 i = 0; i < known->alternatives.n; i++) {
    const BpMatcherRecord *shipped = &t->matchers[t->numbers[known->alternatives.first + i]];
    draft->record.program = shipped->program;
    draft->record.needs = shipped->needs;
    add_draft(b, domain, draft, BP_STR(t, shipped->pattern));
  }
}

static void add_new(BpBuilder *b, BpMatchDomain domain, BpDraft *draft, const char *pattern) {
  g_autoptr(GPtrArray) alternatives = is_split(domain) ? alternatives_of(pattern) : NULL;
  guint n = alternatives ? alternatives->len : 1;
  guint32 number = note_known(b, domain, pattern, draft->record.min_length, n);
  for (guint i = 0; i < n; i++) {
    draft->number = number + i + 1;
    add_draft(b, domain, draft, alternatives ? g_ptr_array_index(alternatives, i) : pattern);
  }
}

void bp_add_matcher(BpBuilder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain, guint32 owner,
                    const char *pattern, gsize entry) {
  BpDraft draft = {.placed = placed, .entry = entry};
  draft.record.owner = owner;
  const BpKnownRecord *known = pattern ? find_known(domain, pattern) : NULL;
  if (known) {
    add_known(b, domain, &draft, known);
  } else if (pattern) {
    draft.record.min_length = compile(b, placed, line, domain, pattern);
    add_new(b, domain, &draft, pattern);
  } else {
    g_array_append_val(b->matchers[domain], draft);
  }
}

void bp_add_matchers(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpMatchDomain domain, guint32 owner) {
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (g_str_equal(pair->key, key))
      bp_add_matcher(b, placed, pair->line, domain, owner, pair->value, 0);
  }
}

/* ---- order of precedence ------------------------------------------------------------------------------------ */

static guint conditions_of(const BpRuleRecord *r) {
  return (r->codes.n > 0) + (r->statuses.n > 0) + (r->when.n > 0);
}

static int compare_drafts(gconstpointer a, gconstpointer b, gpointer data) {
  const BpDraft *x = a, *y = b;
  if (x->record.min_length != y->record.min_length)
    return x->record.min_length > y->record.min_length ? -1 : 1;
  return strcmp(x->placed->group->id, y->placed->group->id);
}

static int compare_replies(gconstpointer a, gconstpointer b, gpointer data) {
  const BpBuilder *builder = data;
  const BpDraft *x = a, *y = b;
  const BpRuleRecord *rules = (const BpRuleRecord *)(gconstpointer)builder->tables[TABLE_rules]->data;
  const BpRuleRecord *rx = &rules[x->record.owner], *ry = &rules[y->record.owner];
  if (rx->weak != ry->weak)
    return rx->weak ? 1 : -1;
  if ((rx->when.n > 0) != (ry->when.n > 0))
    return rx->when.n > 0 ? -1 : 1;
  if (conditions_of(rx) != conditions_of(ry))
    return conditions_of(rx) > conditions_of(ry) ? -1 : 1;
  if (rx->general_removal != ry->general_removal)
    return rx->general_removal ? 1 : -1;
  return compare_drafts(a, b, NULL);
}

/* What a matcher of a reply tells of its rule. */
static void tell_rule(const BpBuilder *b, BpMatcherRecord *matcher) {
  const BpRuleRecord *rule = &g_array_index(b->tables[TABLE_rules], BpRuleRecord, matcher->owner);
  matcher->weak = rule->weak;
  matcher->guard = rule->guard;
  matcher->over_advice = rule->over_advice;
  for (guint32 i = 0; i < rule->over.n; i++) {
    guint32 named = g_array_index(b->tables[TABLE_numbers], guint32, rule->over.first + i);
    matcher->over_bits[named / 32 % BP_OVER_WORDS] |= 1u << (named % 32);
  }
}

void bp_order_domains(BpBuilder *b) {
  g_array_sort_with_data(b->matchers[BP_MATCH_REPLY], compare_replies, b);
  g_array_sort_with_data(b->matchers[BP_MATCH_SIGN], compare_drafts, b);
  g_array_sort_with_data(b->matchers[BP_MATCH_BLOCKLIST], compare_drafts, b);
  for (guint domain = 0; domain < BP_N_MATCH; domain++) {
    GArray *drafts = b->matchers[domain];
    BpDomainRecord r = {.matchers = {BP_COUNT(b, matchers), drafts->len}};
    for (guint i = 0; i < drafts->len; i++) {
      BpDraft *draft = &g_array_index(drafts, BpDraft, i);
      if (domain == BP_MATCH_REPLY)
        tell_rule(b, &draft->record);
      if (draft->entry)
        g_array_index(b->tables[TABLE_entries], BpEntryRecord, draft->entry - 1).matcher = BP_COUNT(b, matchers);
      if (draft->number)
        g_array_index(b->tables[TABLE_numbers], guint32, draft->number - 1) = BP_COUNT(b, matchers);
      BP_APPEND(b, matchers, draft->record);
    }
    BP_APPEND(b, domains, r);
  }
  g_array_sort(b->tables[TABLE_known], compare_known);
}

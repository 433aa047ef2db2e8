/* build-matcher.c - patterns are checked, split and put in their order of precedence */
#include "pattern/build.h"
#include "pattern/builder.h"
#include "pattern/regex.h"

#include <pcre2.h>
#include <string.h>

/* Groups that the patterns of layouts, kinds and phrases may name. */
static const char *const layout_groups[] = {"recipient", "reply",          "code",     "status", "remote_host",
                                            "remote_ip", "reporting_host", "command",  "log_id", "date",
                                            "local",     "domain",         "original", "name",   "sender",
                                            "action",    "software",       "alias",    "own",    NULL};

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

void bp_add_matcher(BpBuilder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain, guint32 owner,
                    const char *pattern, gsize entry) {
  BpDraft draft = {.placed = placed, .entry = entry};
  draft.record.owner = owner;
  if (!pattern) {
    g_array_append_val(b->matchers[domain], draft);
    return;
  }
  draft.record.min_length = compile(b, placed, line, domain, pattern);
  g_autoptr(GPtrArray) alternatives = is_split(domain) ? alternatives_of(pattern) : NULL;
  for (guint i = 0; i < (alternatives ? alternatives->len : 1); i++) {
    draft.record.pattern = bp_intern(b, alternatives ? g_ptr_array_index(alternatives, i) : pattern);
    g_array_append_val(b->matchers[domain], draft);
    draft.entry = 0;
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
      BP_APPEND(b, matchers, draft->record);
    }
    BP_APPEND(b, domains, r);
  }
}

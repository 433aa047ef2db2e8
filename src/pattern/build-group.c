/* build-group.c - one kind of group after the other */
#include "pattern/builder.h"

#include <string.h>

static void build_cause(BpBuilder *b, const BpPlacedGroup *placed) {
  BpCauseRecord r = {
      .id = bp_intern(b, placed->group->id),
      .category = bp_read_value(b, placed, "category"),
      .permanence = bp_read_value(b, placed, "permanence"),
      .advice = bp_read_value(b, placed, "advice"),
      .title = bp_read_text(b, placed, "title"),
      .meaning = bp_read_text(b, placed, "meaning"),
      .reason = bp_read_text(b, placed, "reason"),
      .reason_temporary = bp_read_text(b, placed, "reason-temporary"),
      .steps = bp_read_steps(b, placed),
  };
  if (r.category && (!r.permanence || !r.advice))
    bp_complain(b, placed, placed->group->line, "a cause needs category, permanence and advice");
  BP_APPEND(b, causes, r);
}

static void build_code(BpBuilder *b, const BpPlacedGroup *placed) {
  const char *code = bp_group_get(placed->group, "code"), *status = bp_group_get(placed->group, "status"),
             *digit = bp_group_get(placed->group, "digit");
  BpCodeRecord r = {
      .kind = code     ? BP_CODE_REPLY
              : status ? BP_CODE_STATUS
                       : BP_CODE_DIGIT,
      .name = bp_read_text(b, placed, "name"),
      .meaning = bp_read_text(b, placed, "meaning"),
      .cause = bp_read_cause(b, placed, FALSE),
      .weak = bp_read_true(b, placed, "weak"),
      .title = bp_read_text(b, placed, "title"),
      .steps = bp_read_steps(b, placed),
  };
  gboolean good = code     ? bp_read_code(code, &r.what)
                  : status ? bp_read_status(status, &r.what)
                           : digit && strlen(digit) == 3 && digit[1] == '-';
  if (digit && good)
    r.what = (BpCondition){(guint32)(digit[0] - '0'),
                           (guint32)(digit[0] - '0'),
                           (guint32)(digit[2] - '0'),
                           (guint32)(digit[2] - '0'),
                           0,
                           BP_ANY};
  if (!good)
    bp_complain(b, placed, placed->group->line, "a code needs code=550, status=x.7.1 or digit=1-5");
  BP_APPEND(b, codes, r);
}

static void add_host(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  g_autofree char *lower = g_ascii_strdown(*word == '.' ? word + 1 : word, -1);
  BpHostRecord r = {bp_intern(b, lower), *(const guint32 *)data};
  BP_APPEND(b, hosts, r);
}

static void build_vendor(BpBuilder *b, const BpPlacedGroup *placed) {
  guint32 index = BP_COUNT(b, vendors);
  BpVendorRecord r = {
      .id = bp_intern(b, placed->group->id),
      .name = bp_read_value(b, placed, "name"),
      .kind = bp_read_value(b, placed, "kind"),
      .postmaster = bp_read_value(b, placed, "postmaster"),
      .codes = bp_read_value(b, placed, "codes"),
      .unblock = bp_read_value(b, placed, "unblock"),
      .contact = bp_read_value(b, placed, "contact"),
      .note = bp_read_text(b, placed, "note"),
  };
  BP_APPEND(b, vendors, r);
  bp_each_word(b, placed, "host", add_host, &index);
  bp_add_matchers(b, placed, "sign", BP_MATCH_SIGN, index);
}

static void add_zone(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  g_autofree char *escaped = g_regex_escape_string(word, -1);
  g_autofree char *pattern = g_strdup_printf("(?<![\\w-])%s(?![\\w-])(?!\\.\\w)", escaped);
  bp_add_matcher(b, placed, pair->line, BP_MATCH_BLOCKLIST, *(const guint32 *)data, pattern, 0);
}

static void build_blocklist(BpBuilder *b, const BpPlacedGroup *placed) {
  guint32 index = BP_COUNT(b, blocklists);
  const char *list = bp_group_get(placed->group, "list");
  BpBlocklistRecord r = {
      .id = bp_intern(b, list ? list : placed->group->id),
      .name = bp_read_text(b, placed, "name"),
      .kind = bp_read_value(b, placed, "kind"),
      .status = bp_read_value(b, placed, "status"),
      .lookup = bp_read_value(b, placed, "lookup"),
      .removal = bp_read_value(b, placed, "removal"),
      .duration = bp_read_text(b, placed, "duration"),
      .note = bp_read_text(b, placed, "note"),
  };
  bp_each_word(b, placed, "over", bp_add_over, &r.over);
  BP_APPEND(b, blocklists, r);
  bp_each_word(b, placed, "zone", add_zone, &index);
  bp_add_matchers(b, placed, "match", BP_MATCH_BLOCKLIST, index);
}

static BpString rule_vendor(BpBuilder *b, const BpPlacedGroup *placed) {
  const char *vendor = bp_group_get(placed->group, "vendor");
  if (!vendor)
    vendor = bp_pairs_get(placed->file->head, "vendor");
  if (vendor && *vendor && bp_find_group(b, BP_FILE_VENDORS, vendor) == BP_ANY)
    bp_complain(b, placed, placed->group->line, "unknown vendor \"%s\"", vendor);
  return bp_intern(b, vendor);
}

static gboolean removes(const BpBuilder *b, guint32 cause) {
  return cause != BP_ANY &&
         g_str_equal(b->text->str + g_array_index(b->tables[TABLE_causes], BpCauseRecord, cause).advice, "remove");
}

static void add_reference(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word,
                          gpointer data) {
  bp_put_number(b, data, bp_intern(b, word));
}

static void build_rule(BpBuilder *b, const BpPlacedGroup *placed) {
  guint32 index = BP_COUNT(b, rules);
  BpRuleRecord r = {
      .id = bp_intern(b, placed->group->id),
      .file = bp_intern(b, placed->file->name),
      .line = placed->group->line,
      .cause = bp_read_cause(b, placed, TRUE),
      .vendor = rule_vendor(b, placed),
      .weak = bp_read_true(b, placed, "weak"),
      .added = placed->first_layer > 0,
      .sure = placed->layer > 0 || bp_read_true(b, placed, "sure"),
      .guard = bp_read_true(b, placed, "guard"),
      .title = bp_read_text(b, placed, "title"),
      .meaning = bp_read_text(b, placed, "meaning"),
      .reason = bp_read_text(b, placed, "reason"),
      .steps = bp_read_steps(b, placed),
  };
  r.general_removal = !r.added && !r.vendor && removes(b, r.cause);
  bp_each_word(b, placed, "code", bp_add_code, &r.codes);
  bp_each_word(b, placed, "status", bp_add_status, &r.statuses);
  bp_each_word(b, placed, "when-vendor", bp_add_vendor, &r.when);
  bp_each_word(b, placed, "over", bp_add_rule_over, &r);
  bp_each_word_of_head(b, placed, "over", bp_add_rule_over, &r);
  bp_sort_numbers(b, r.over);
  if (r.guard && r.over.n == 0 && !r.over_advice)
    bp_complain(b, placed, placed->group->line, "a guard needs over");
  bp_each_word(b, placed, "reference", add_reference, &r.references);
  BP_APPEND(b, rules, r);
  guint before = b->matchers[BP_MATCH_REPLY]->len;
  bp_add_matchers(b, placed, "match", BP_MATCH_REPLY, index);
  if (b->matchers[BP_MATCH_REPLY]->len > before)
    return;
  if (r.when.n == 0 || (r.codes.n == 0 && r.statuses.n == 0))
    bp_complain(b, placed, placed->group->line, "a rule needs match, or when-vendor with code or status");
  bp_add_matcher(b, placed, placed->group->line, BP_MATCH_REPLY, index, NULL, 0);
}

/* The index that the patterns of a key belong to; those that are only run by name have none. */
static BpMatchDomain entry_domain(BpFileKind kind, const char *key) {
  static const struct {
    const char *key;
    BpMatchDomain domain;
  } recognise[] = {{"from", BP_MATCH_FROM}, {"subject", BP_MATCH_SUBJECT}, {"header", BP_MATCH_HEADER},
                   {"body", BP_MATCH_BODY}, {"log-failed", BP_MATCH_LOG},  {"log-delayed", BP_MATCH_LOG}},
    phrases[] = {{"failure", BP_MATCH_FAILURE},
                 {"delay", BP_MATCH_DELAY},
                 {"success", BP_MATCH_SUCCESS},
                 {"sender", BP_MATCH_SENDER},
                 {"subject", BP_MATCH_BOUNCE},
                 {"original", BP_MATCH_ORIGINAL},
                 {"footer", BP_MATCH_FOOTER},
                 {"recipient", BP_MATCH_RECIPIENT},
                 {"not-recipient", BP_MATCH_NOT_RECIPIENT},
                 {"reason", BP_MATCH_REASON},
                 {"mail", BP_MATCH_MAIL},
                 {"robot", BP_MATCH_ROBOT},
                 {"undone", BP_MATCH_UNDONE},
                 {"supposed", BP_MATCH_SUPPOSED},
                 {"another", BP_MATCH_ANOTHER},
                 {"toward", BP_MATCH_TOWARD},
                 {"mailer", BP_MATCH_MAILER},
                 {"person", BP_MATCH_PERSON},
                 {"nobody", BP_MATCH_NOBODY},
                 {"fact", BP_MATCH_FACT},
                 {"context", BP_MATCH_CONTEXT},
                 {"stated", BP_MATCH_STATED},
                 {"verp", BP_MATCH_VERP},
                 {"of-others", BP_MATCH_OF_OTHERS},
                 {"before-at", BP_MATCH_BEFORE_AT},
                 {"slip", BP_MATCH_SLIP},
                 {"contraction", BP_MATCH_CONTRACTION}};
  gboolean phrase = kind == BP_FILE_PHRASES;
  for (guint i = 0; i < (phrase ? G_N_ELEMENTS(phrases) : G_N_ELEMENTS(recognise)); i++)
    if (g_str_equal(key, phrase ? phrases[i].key : recognise[i].key))
      return phrase ? phrases[i].domain : recognise[i].domain;
  return BP_MATCH_NONE;
}

static gboolean is_pattern(const char *key) {
  static const char *const plain[] = {"kind",      "first",    "yields",  "wraps",       "refuses",
                                      "one-reply", "returned", "lang",    "software",    "source",
                                      "local",     "domain",   "example", "counter",     "recipient-header",
                                      "name",      "cause",    "slip",    "contraction", NULL};
  return !bp_is_listed(plain, key);
}

/* The pattern of a word that is put right, "doesnt: doesn't": the word where it is no part of an address, a name or a
 * URL; NULL where it is not written so. */
static char *pattern_of_slip(const char *value) {
  gsize n = strspn(value, "abcdefghijklmnopqrstuvwxyz' ");
  if (n == 0 || !g_str_has_prefix(value + n, ": ") || !value[n + 2])
    return NULL;
  return g_strdup_printf("(?<![\\w@./=&?%%#+'-]|[^\\x00-\\x7f])%.*s(?![\\w@/=&%%+'-]|[^\\x00-\\x7f]|\\.\\w)", (int)n,
                         value);
}

static void add_slip(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, BpMatchDomain domain,
                     guint32 entry) {
  g_autofree char *pattern = pattern_of_slip(pair->value);
  if (pattern)
    bp_add_matcher(b, placed, pair->line, domain, entry, pattern, 0);
  else
    bp_complain(b, placed, pair->line, "a %s is such as \"doesnt: doesn't\"", pair->key);
}

/* Kinds, phrases and layouts keep the order of their lines, which is that of their application. */
static void build_group(BpBuilder *b, const BpPlacedGroup *placed) {
  BpFileKind kind = placed->file->kind;
  guint32 index = BP_COUNT(b, groups);
  BpGroupRecord r = {.id = bp_intern(b, placed->group->id), .kind = kind, .entries = {BP_COUNT(b, entries), 0}};
  bp_read_cause(b, placed, FALSE);
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    BpEntryRecord e = {bp_intern(b, pair->key), bp_intern(b, pair->value), BP_ANY};
    if (g_str_equal(pair->key, "example") || g_str_equal(pair->key, "counter") || g_str_equal(pair->key, "source"))
      continue;
    BpMatchDomain domain = entry_domain(kind, pair->key);
    if (domain == BP_MATCH_SLIP || domain == BP_MATCH_CONTRACTION)
      add_slip(b, placed, pair, domain, BP_COUNT(b, entries));
    BP_APPEND(b, entries, e);
    r.entries.n++;
    if (!is_pattern(pair->key))
      continue;
    if (domain >= BP_MATCH_FROM && domain <= BP_MATCH_BODY)
      r.recognised_by |= BP_RECOGNISE(domain);
    bp_add_matcher(b, placed, pair->line, domain, index, pair->value, BP_COUNT(b, entries));
  }
  BP_APPEND(b, groups, r);
}

/* Replies whose cause is known: learn.c reads them. */
static void build_words(BpBuilder *b, const BpPlacedGroup *placed) {
  if (bp_find_group(b, BP_FILE_CAUSES, placed->group->id) == BP_ANY)
    bp_complain(b, placed, placed->group->line, "unknown cause \"%s\"", placed->group->id);
}

static void (*const build_of[BP_N_FILES])(BpBuilder *b, const BpPlacedGroup *placed) = {
    [BP_FILE_CAUSES] = build_cause,         [BP_FILE_CODES] = build_code,    [BP_FILE_VENDORS] = build_vendor,
    [BP_FILE_BLOCKLISTS] = build_blocklist, [BP_FILE_KINDS] = build_group,   [BP_FILE_PHRASES] = build_group,
    [BP_FILE_REPLIES] = build_rule,         [BP_FILE_LAYOUTS] = build_group, [BP_FILE_WORDS] = build_words,
};

void bp_build_placed(BpBuilder *b, const BpPlacedGroup *placed) {
  build_of[placed->file->kind](b, placed);
}

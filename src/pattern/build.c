/* build.c - from the groups of pattern files to tables */
#include "pattern/build.h"

#include "bounceparse/bounceparse.h"
#include "pattern/index.h"
#include "pattern/regex.h"

#include <pcre2.h>
#include <string.h>

const char *const bp_fact_names[] = {
    "sending_ip", "list",        "limit",  "size",   "retry_after", "retry_after_minutes", "retry_after_hours", "url",
    "reference",  "new_address", "filter", "domain", NULL};

/* Fields of steps that are no facts. */
static const char *const step_fields[] = {"lookup", "removal", "address", "vendor", "reporting_host", NULL};

/* Groups that the patterns of layouts, kinds and phrases may name. */
static const char *const layout_groups[] = {"recipient", "reply",          "code",     "status", "remote_host",
                                            "remote_ip", "reporting_host", "command",  "log_id", "date",
                                            "local",     "domain",         "original", "name",   "sender",
                                            "action",    "software",       "alias",    NULL};

typedef struct {
  const BpSource *source;
  GString *text;
  GHashTable *strings; /* string to offset */
  GArray *tables[32];  /* by order in BP_TABLES */
  guint n_langs;
  GPtrArray *errors;
  GArray *matchers[BP_N_MATCH]; /* of Draft */
} Builder;

/* A matcher before its place is known. */
typedef struct {
  BpMatcherRecord record;
  const BpPlacedGroup *placed;
  gsize entry; /* entry to be told its index + 1, or 0 */
} Draft;

enum {
#define X(name, type) TABLE_##name,
  BP_TABLES(X)
#undef X
      N_TABLES
};

#define APPEND(b, name, record) g_array_append_vals((b)->tables[TABLE_##name], &(record), 1)
#define COUNT(b, name) ((b)->tables[TABLE_##name]->len)

static void complain(Builder *b, const BpPlacedGroup *placed, guint line, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void complain(Builder *b, const BpPlacedGroup *placed, guint line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_ptr_array_add(b->errors, g_strdup_printf("%s:%u: %s", placed->file->name, line, text));
}

static BpString intern(Builder *b, const char *string) {
  if (!string || !*string)
    return 0;
  gpointer at;
  if (g_hash_table_lookup_extended(b->strings, string, NULL, &at))
    return GPOINTER_TO_UINT(at);
  guint offset = (guint)b->text->len;
  g_string_append_len(b->text, string, (gssize)strlen(string) + 1);
  g_hash_table_insert(b->strings, g_strdup(string), GUINT_TO_POINTER(offset));
  return offset;
}

static void number(Builder *b, BpRange *range, guint32 value) {
  if (range->n++ == 0)
    range->first = COUNT(b, numbers);
  APPEND(b, numbers, value);
}

/* ---- translatable texts ------------------------------------------------------------------------------------- */

static guint lang_index(Builder *b, const char *lang) {
  BpString wanted = intern(b, lang ? lang : "en");
  GArray *langs = b->tables[TABLE_langs];
  for (guint i = 0; i < langs->len; i++)
    if (g_array_index(langs, BpString, i) == wanted)
      return i;
  APPEND(b, langs, wanted);
  return langs->len - 1;
}

static void find_languages(Builder *b) {
  lang_index(b, "en");
  for (guint kind = 0; kind < BP_N_FILES; kind++)
    for (guint i = 0; i < b->source->groups[kind]->len; i++) {
      GArray *pairs = g_array_index(b->source->groups[kind], BpPlacedGroup, i).group->pairs;
      for (guint j = 0; j < pairs->len; j++)
        lang_index(b, g_array_index(pairs, BpPair, j).lang);
    }
  b->n_langs = COUNT(b, langs);
}

/* A new text without words in any language. */
static BpText new_text(Builder *b) {
  BpText text = COUNT(b, texts) / b->n_langs;
  BpString none = 0;
  for (guint i = 0; i < b->n_langs; i++)
    APPEND(b, texts, none);
  return text;
}

static void set_text(Builder *b, BpText text, const char *lang, const char *value) {
  g_array_index(b->tables[TABLE_texts], BpString, text * b->n_langs + lang_index(b, lang)) = intern(b, value);
}

static BpText read_text(Builder *b, const BpPlacedGroup *placed, const char *key) {
  BpText text = 0;
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    if (!text)
      text = new_text(b);
    set_text(b, text, pair->lang, pair->value);
  }
  return text;
}

/* A field may be followed by "|" and the words for when it is empty. */
static gboolean known_field(const char *name, gsize length) {
  const char *bar = memchr(name, '|', length);
  if (bar)
    length = (gsize)(bar - name);
  const char *const *lists[] = {bp_fact_names, step_fields};
  for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
    for (const char *const *known = lists[i]; *known; known++)
      if (strlen(*known) == length && memcmp(*known, name, length) == 0)
        return TRUE;
  return FALSE;
}

static void check_fields(Builder *b, const BpPlacedGroup *placed, const BpPair *pair) {
  for (const char *p = strchr(pair->value, '{'); p; p = strchr(p + 1, '{')) {
    const char *end = strchr(p, '}');
    if (!end || !known_field(p + 1, (gsize)(end - p) - 1)) {
      complain(b, placed, pair->line, "unknown field in \"%s\"", pair->value);
      return;
    }
  }
}

/* The n-th step in each language is one record: BpStepRecord at first + n. */
static void read_steps_of(Builder *b, const BpPlacedGroup *placed, const char *key, guint32 for_admin, BpRange *steps) {
  g_autofree guint *seen = g_new0(guint, b->n_langs);
  guint start = steps->n;
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    check_fields(b, placed, pair);
    guint n = start + seen[lang_index(b, pair->lang)]++;
    while (steps->n <= n) {
      BpStepRecord record = {for_admin, new_text(b)};
      if (steps->n++ == 0)
        steps->first = COUNT(b, steps);
      APPEND(b, steps, record);
    }
    set_text(b, g_array_index(b->tables[TABLE_steps], BpStepRecord, steps->first + n).text, pair->lang, pair->value);
  }
  for (guint i = 1; i < b->n_langs; i++)
    if (seen[i] && seen[i] != seen[0])
      complain(b, placed, placed->group->line, "%u times %s, but %u times in a translation", seen[0], key, seen[i]);
}

static BpRange read_steps(Builder *b, const BpPlacedGroup *placed) {
  BpRange steps = {0, 0};
  read_steps_of(b, placed, "step", FALSE, &steps);
  read_steps_of(b, placed, "admin-step", TRUE, &steps);
  return steps;
}

/* ---- small values ------------------------------------------------------------------------------------------- */

static BpString read_string(Builder *b, const BpPlacedGroup *placed, const char *key) {
  return intern(b, bp_group_get(placed->group, key));
}

static guint32 read_true(Builder *b, const BpPlacedGroup *placed, const char *key) {
  const char *value = bp_group_get(placed->group, key);
  if (value && !g_str_equal(value, "true") && !g_str_equal(value, "false"))
    complain(b, placed, placed->group->line, "%s=%s: true or false", key, value);
  return value && g_str_equal(value, "true");
}

static guint32 find_group(const Builder *b, BpFileKind kind, const char *id) {
  guint at = GPOINTER_TO_UINT(g_hash_table_lookup(b->source->places[kind], id));
  return at ? at - 1 : BP_ANY;
}

static guint32 read_cause(Builder *b, const BpPlacedGroup *placed, gboolean required) {
  const char *id = bp_group_get(placed->group, "cause");
  guint32 cause = id ? find_group(b, BP_FILE_CAUSES, id) : BP_ANY;
  if (cause == BP_ANY && (id || required))
    complain(b, placed, placed->group->line, id ? "unknown cause \"%s\"" : "a rule needs a cause", id);
  return cause;
}

/* Calls f for each blank-separated word of each value of key. */
typedef void (*WordFunc)(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);
static void each_word(Builder *b, const BpPlacedGroup *placed, const char *key, WordFunc f, gpointer data) {
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    g_auto(GStrv) words = g_strsplit_set(pair->value, " \t,", -1);
    for (char **word = words; *word; word++)
      if (**word)
        f(b, placed, pair, *word, data);
  }
}

/* "5", "x", "606-649" */
static gboolean read_range(const char *text, guint32 *low, guint32 *high) {
  if (g_ascii_strcasecmp(text, "x") == 0) {
    *low = 0;
    *high = BP_ANY;
    return TRUE;
  }
  char *end;
  guint64 n = g_ascii_strtoull(text, &end, 10);
  if (end == text || n > 9999)
    return FALSE;
  *low = *high = (guint32)n;
  if (*end == '-') {
    const char *second = end + 1;
    n = g_ascii_strtoull(second, &end, 10);
    if (end == second || n > 9999)
      return FALSE;
    *high = (guint32)n;
  }
  return *end == '\0';
}

/* "550", "5xx", "45x", "550-559" */
static gboolean read_code_condition(const char *text, BpCondition *c) {
  *c = (BpCondition){0, 0, 0, BP_ANY, 0, BP_ANY};
  gsize n = strlen(text);
  if (n == 3 && g_ascii_isdigit(text[0]) && (text[2] == 'x' || text[2] == 'X')) {
    guint width = text[1] == 'x' || text[1] == 'X' ? 100 : 10;
    c->a_low = (guint32)(text[0] - '0') * 100 + (width == 10 ? (guint32)(text[1] - '0') * 10 : 0);
    c->a_high = c->a_low + width - 1;
    return TRUE;
  }
  return read_range(text, &c->a_low, &c->a_high) && c->a_low >= 100 && c->a_high <= 999;
}

/* "5.7.1", "x.7.1", "5.7.x", "5.7.606-649" */
static gboolean read_status_condition(const char *text, BpCondition *c) {
  g_auto(GStrv) parts = g_strsplit(text, ".", -1);
  return g_strv_length(parts) == 3 && read_range(parts[0], &c->a_low, &c->a_high) &&
         read_range(parts[1], &c->b_low, &c->b_high) && read_range(parts[2], &c->c_low, &c->c_high);
}

static void add_condition(Builder *b, BpRange *range, BpCondition c) {
  if (range->n++ == 0)
    range->first = COUNT(b, conditions);
  APPEND(b, conditions, c);
}

static void add_code(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  BpCondition c;
  if (!read_code_condition(word, &c))
    complain(b, placed, pair->line, "\"%s\" is no reply code (550, 5xx, 550-559)", word);
  else
    add_condition(b, data, c);
}

static void add_status(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  BpCondition c;
  if (!read_status_condition(word, &c))
    complain(b, placed, pair->line, "\"%s\" is no status (5.7.1, x.7.1, 5.7.x, 5.7.606-649)", word);
  else
    add_condition(b, data, c);
}

static void add_vendor(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  if (!g_str_equal(word, "none") && find_group(b, BP_FILE_VENDORS, word) == BP_ANY)
    complain(b, placed, pair->line, "unknown vendor \"%s\"", word);
  number(b, data, intern(b, word));
}

/* All rules of a cause, "cause:ID"; FALSE where there is none. */
static gboolean add_rules_of(Builder *b, const BpPlacedGroup *placed, const char *cause, gpointer data) {
  const GArray *groups = b->source->groups[BP_FILE_REPLIES];
  guint32 before = ((BpRange *)data)->n;
  for (guint32 i = 0; placed->file->kind == BP_FILE_REPLIES && i < groups->len; i++)
    if (g_strcmp0(bp_group_get(g_array_index(groups, BpPlacedGroup, i).group, "cause"), cause) == 0)
      number(b, data, i);
  return ((BpRange *)data)->n > before;
}

/* The advice of "advice:WORD" for rules, where there is a cause with it; NULL for other words. */
static const char *advice_named(const Builder *b, const BpPlacedGroup *placed, const char *word) {
  const GArray *causes = b->source->groups[BP_FILE_CAUSES];
  if (placed->file->kind != BP_FILE_REPLIES || !g_str_has_prefix(word, "advice:"))
    return NULL;
  for (guint32 i = 0; i < causes->len; i++) {
    const char *advice = bp_group_get(g_array_index(causes, BpPlacedGroup, i).group, "advice");
    if (g_strcmp0(advice, word + strlen("advice:")) == 0)
      return advice;
  }
  return NULL;
}

static void add_over_advice(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word,
                            gpointer data) {
  (void)pair;
  const char *advice = advice_named(b, placed, word);
  if (advice)
    *(BpString *)data = intern(b, advice);
}

/* Several of a kind, told by their index among the groups of one kind of file. */
static void add_over(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  if (advice_named(b, placed, word) ||
      (g_str_has_prefix(word, "cause:") && add_rules_of(b, placed, word + strlen("cause:"), data)))
    return;
  guint32 other = find_group(b, placed->file->kind, word);
  if (other == BP_ANY)
    complain(b, placed, pair->line, "over=%s: there is no such group", word);
  else
    number(b, data, other);
}

static int compare_numbers(const void *a, const void *b) {
  guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
  return (x > y) - (x < y);
}

/* bp_rules_find() looks a number up by halves. */
static void sort_numbers(Builder *b, BpRange range) {
  if (range.n)
    qsort((guint32 *)b->tables[TABLE_numbers]->data + range.first, range.n, sizeof(guint32), compare_numbers);
}

/* ---- patterns ----------------------------------------------------------------------------------------------- */

static gboolean listed(const char *const *list, const char *name) {
  for (; *list; list++)
    if (g_str_equal(*list, name))
      return TRUE;
  return FALSE;
}

static void check_group_names(Builder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain,
                              const pcre2_code *code) {
  guint32 n = 0, size = 0;
  PCRE2_SPTR names = NULL;
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &n);
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &names);
  for (guint32 i = 0; i < n; i++) {
    const char *name = (const char *)names + i * size + 2;
    if (!listed(domain <= BP_MATCH_BLOCKLIST || domain == BP_MATCH_FACT ? bp_fact_names : layout_groups, name))
      complain(b, placed, line, "a group may not be named \"%s\"", name);
  }
}

/* Compiles pattern to see whether it is right; returns the length of its shortest match. */
static guint32 compile(Builder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain, const char *pattern) {
  int failed;
  PCRE2_SIZE at;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, BP_PCRE2_OPTIONS, &failed, &at, NULL);
  if (!code) {
    char text[160];
    pcre2_get_error_message(failed, (PCRE2_UCHAR *)text, sizeof text);
    complain(b, placed, line, "%s, at character %zu of the pattern", text, at + 1);
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

static void add_matcher(Builder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain, guint32 owner,
                        const char *pattern, gsize entry) {
  Draft draft = {.placed = placed, .entry = entry};
  draft.record.owner = owner;
  if (!pattern) {
    g_array_append_val(b->matchers[domain], draft);
    return;
  }
  draft.record.min_length = compile(b, placed, line, domain, pattern);
  g_autoptr(GPtrArray) alternatives = is_split(domain) ? alternatives_of(pattern) : NULL;
  for (guint i = 0; i < (alternatives ? alternatives->len : 1); i++) {
    draft.record.pattern = intern(b, alternatives ? g_ptr_array_index(alternatives, i) : pattern);
    g_array_append_val(b->matchers[domain], draft);
    draft.entry = 0;
  }
}

static void add_matchers(Builder *b, const BpPlacedGroup *placed, const char *key, BpMatchDomain domain,
                         guint32 owner) {
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (g_str_equal(pair->key, key))
      add_matcher(b, placed, pair->line, domain, owner, pair->value, 0);
  }
}

/* ---- one kind of file after the other ----------------------------------------------------------------------- */

static void build_cause(Builder *b, const BpPlacedGroup *placed) {
  BpCauseRecord r = {
      .id = intern(b, placed->group->id),
      .category = read_string(b, placed, "category"),
      .permanence = read_string(b, placed, "permanence"),
      .advice = read_string(b, placed, "advice"),
      .title = read_text(b, placed, "title"),
      .meaning = read_text(b, placed, "meaning"),
      .reason = read_text(b, placed, "reason"),
      .reason_temporary = read_text(b, placed, "reason-temporary"),
      .steps = read_steps(b, placed),
  };
  if (r.category && (!r.permanence || !r.advice))
    complain(b, placed, placed->group->line, "a cause needs category, permanence and advice");
  APPEND(b, causes, r);
}

static void build_code(Builder *b, const BpPlacedGroup *placed) {
  const char *code = bp_group_get(placed->group, "code"), *status = bp_group_get(placed->group, "status"),
             *digit = bp_group_get(placed->group, "digit");
  BpCodeRecord r = {
      .kind = code     ? BP_CODE_REPLY
              : status ? BP_CODE_STATUS
                       : BP_CODE_DIGIT,
      .name = read_text(b, placed, "name"),
      .meaning = read_text(b, placed, "meaning"),
      .cause = read_cause(b, placed, FALSE),
      .weak = read_true(b, placed, "weak"),
      .title = read_text(b, placed, "title"),
      .steps = read_steps(b, placed),
  };
  gboolean good = code     ? read_code_condition(code, &r.what)
                  : status ? read_status_condition(status, &r.what)
                           : digit && strlen(digit) == 3 && digit[1] == '-';
  if (digit && good)
    r.what = (BpCondition){(guint32)(digit[0] - '0'),
                           (guint32)(digit[0] - '0'),
                           (guint32)(digit[2] - '0'),
                           (guint32)(digit[2] - '0'),
                           0,
                           BP_ANY};
  if (!good)
    complain(b, placed, placed->group->line, "a code needs code=550, status=x.7.1 or digit=1-5");
  APPEND(b, codes, r);
}

static void add_host(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  g_autofree char *lower = g_ascii_strdown(*word == '.' ? word + 1 : word, -1);
  BpHostRecord r = {intern(b, lower), *(const guint32 *)data};
  APPEND(b, hosts, r);
}

static void build_vendor(Builder *b, const BpPlacedGroup *placed) {
  guint32 index = COUNT(b, vendors);
  BpVendorRecord r = {
      .id = intern(b, placed->group->id),
      .name = read_string(b, placed, "name"),
      .kind = read_string(b, placed, "kind"),
      .postmaster = read_string(b, placed, "postmaster"),
      .codes = read_string(b, placed, "codes"),
      .unblock = read_string(b, placed, "unblock"),
      .contact = read_string(b, placed, "contact"),
      .note = read_text(b, placed, "note"),
  };
  APPEND(b, vendors, r);
  each_word(b, placed, "host", add_host, &index);
  add_matchers(b, placed, "sign", BP_MATCH_SIGN, index);
}

static void add_zone(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  g_autofree char *escaped = g_regex_escape_string(word, -1);
  g_autofree char *pattern = g_strdup_printf("(?<![\\w-])%s(?![\\w-])(?!\\.\\w)", escaped);
  add_matcher(b, placed, pair->line, BP_MATCH_BLOCKLIST, *(const guint32 *)data, pattern, 0);
}

static void build_blocklist(Builder *b, const BpPlacedGroup *placed) {
  guint32 index = COUNT(b, blocklists);
  BpBlocklistRecord r = {
      .id = intern(b, placed->group->id),
      .name = read_string(b, placed, "name"),
      .kind = read_string(b, placed, "kind"),
      .status = read_string(b, placed, "status"),
      .lookup = read_string(b, placed, "lookup"),
      .removal = read_string(b, placed, "removal"),
      .duration = read_text(b, placed, "duration"),
      .note = read_text(b, placed, "note"),
  };
  each_word(b, placed, "over", add_over, &r.over);
  APPEND(b, blocklists, r);
  each_word(b, placed, "zone", add_zone, &index);
  add_matchers(b, placed, "match", BP_MATCH_BLOCKLIST, index);
}

static BpString rule_vendor(Builder *b, const BpPlacedGroup *placed) {
  const char *vendor = bp_group_get(placed->group, "vendor");
  for (guint i = 0; !vendor && i < placed->file->head->len; i++)
    vendor = g_array_index(placed->file->head, BpPair, i).value;
  if (vendor && *vendor && find_group(b, BP_FILE_VENDORS, vendor) == BP_ANY)
    complain(b, placed, placed->group->line, "unknown vendor \"%s\"", vendor);
  return intern(b, vendor);
}

static void add_reference(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word,
                          gpointer data) {
  number(b, data, intern(b, word));
}

static void build_rule(Builder *b, const BpPlacedGroup *placed) {
  guint32 index = COUNT(b, rules);
  BpRuleRecord r = {
      .id = intern(b, placed->group->id),
      .file = intern(b, placed->file->name),
      .line = placed->group->line,
      .cause = read_cause(b, placed, TRUE),
      .vendor = rule_vendor(b, placed),
      .weak = read_true(b, placed, "weak"),
      .guard = read_true(b, placed, "guard"),
      .title = read_text(b, placed, "title"),
      .meaning = read_text(b, placed, "meaning"),
      .reason = read_text(b, placed, "reason"),
      .steps = read_steps(b, placed),
  };
  each_word(b, placed, "code", add_code, &r.codes);
  each_word(b, placed, "status", add_status, &r.statuses);
  each_word(b, placed, "when-vendor", add_vendor, &r.when);
  each_word(b, placed, "over", add_over, &r.over);
  each_word(b, placed, "over", add_over_advice, &r.over_advice);
  sort_numbers(b, r.over);
  if (r.guard && r.over.n == 0 && !r.over_advice)
    complain(b, placed, placed->group->line, "a guard needs over");
  each_word(b, placed, "reference", add_reference, &r.references);
  APPEND(b, rules, r);
  guint before = b->matchers[BP_MATCH_REPLY]->len;
  add_matchers(b, placed, "match", BP_MATCH_REPLY, index);
  if (b->matchers[BP_MATCH_REPLY]->len > before)
    return;
  if (r.when.n == 0 || (r.codes.n == 0 && r.statuses.n == 0))
    complain(b, placed, placed->group->line, "a rule needs match, or when-vendor with code or status");
  add_matcher(b, placed, placed->group->line, BP_MATCH_REPLY, index, NULL, 0);
}

/* The index that the patterns of a key belong to; those that are only run by name have none. */
static BpMatchDomain entry_domain(BpFileKind kind, const char *key) {
  static const struct {
    const char *key;
    BpMatchDomain domain;
  } recognise[] = {{"from", BP_MATCH_FROM}, {"subject", BP_MATCH_SUBJECT}, {"header", BP_MATCH_HEADER},
                   {"body", BP_MATCH_BODY}, {"log-failed", BP_MATCH_LOG},  {"log-delayed", BP_MATCH_LOG}},
    phrases[] = {
        {"failure", BP_MATCH_FAILURE}, {"delay", BP_MATCH_DELAY},         {"success", BP_MATCH_SUCCESS},
        {"sender", BP_MATCH_SENDER},   {"subject", BP_MATCH_BOUNCE},      {"original", BP_MATCH_ORIGINAL},
        {"footer", BP_MATCH_FOOTER},   {"recipient", BP_MATCH_RECIPIENT}, {"not-recipient", BP_MATCH_NOT_RECIPIENT},
        {"reason", BP_MATCH_REASON},   {"fact", BP_MATCH_FACT},           {"context", BP_MATCH_CONTEXT},
        {"verp", BP_MATCH_VERP},       {"of-others", BP_MATCH_OF_OTHERS}};
  gboolean phrase = kind == BP_FILE_PHRASES;
  for (guint i = 0; i < (phrase ? G_N_ELEMENTS(phrases) : G_N_ELEMENTS(recognise)); i++)
    if (g_str_equal(key, phrase ? phrases[i].key : recognise[i].key))
      return phrase ? phrases[i].domain : recognise[i].domain;
  return BP_MATCH_NONE;
}

static gboolean is_pattern(const char *key) {
  static const char *const plain[] = {"kind",   "first", "wraps",  "refuses", "lang",    "software",
                                      "source", "local", "domain", "example", "counter", "recipient-header",
                                      "name",   "cause", "slip",   "contraction", NULL};
  return !listed(plain, key);
}

/* The pattern of a word that is put right, "doesnt: doesn't": the word where it is no part of an address, a name or a URL; NULL where it is
 * not written so. */
static char *pattern_of_slip(const char *value) {
  gsize n = strspn(value, "abcdefghijklmnopqrstuvwxyz' ");
  if (n == 0 || !g_str_has_prefix(value + n, ": ") || !value[n + 2])
    return NULL;
  return g_strdup_printf("(?<![\\w@./=&?%%#+'-]|[^\\x00-\\x7f])%.*s(?![\\w@/=&%%+'-]|[^\\x00-\\x7f]|\\.\\w)", (int)n, value);
}

static void add_slip(Builder *b, const BpPlacedGroup *placed, const BpPair *pair, guint32 entry) {
  BpMatchDomain domain = g_str_equal(pair->key, "slip") ? BP_MATCH_SLIP : BP_MATCH_CONTRACTION;
  g_autofree char *pattern = pattern_of_slip(pair->value);
  if (pattern)
    add_matcher(b, placed, pair->line, domain, entry, pattern, 0);
  else
    complain(b, placed, pair->line, "a %s is such as \"doesnt: doesn't\"", pair->key);
}

/* Kinds, phrases and layouts keep the order of their lines, which is that of their application. */
static void build_group(Builder *b, const BpPlacedGroup *placed) {
  BpFileKind kind = placed->file->kind;
  guint32 index = COUNT(b, groups);
  BpGroupRecord r = {.id = intern(b, placed->group->id), .kind = kind, .entries = {COUNT(b, entries), 0}};
  read_cause(b, placed, FALSE);
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    BpEntryRecord e = {intern(b, pair->key), intern(b, pair->value), BP_ANY};
    if (g_str_equal(pair->key, "example") || g_str_equal(pair->key, "counter") || g_str_equal(pair->key, "source"))
      continue;
    if (g_str_equal(pair->key, "slip") || g_str_equal(pair->key, "contraction"))
      add_slip(b, placed, pair, COUNT(b, entries));
    APPEND(b, entries, e);
    r.entries.n++;
    if (!is_pattern(pair->key))
      continue;
    BpMatchDomain domain = entry_domain(kind, pair->key);
    if (domain >= BP_MATCH_FROM && domain <= BP_MATCH_BODY)
      r.recognised_by |= BP_RECOGNISE(domain);
    add_matcher(b, placed, pair->line, domain, index, pair->value, COUNT(b, entries));
  }
  APPEND(b, groups, r);
}

static void (*const build_of[BP_N_FILES])(Builder *b, const BpPlacedGroup *placed) = {
    [BP_FILE_CAUSES] = build_cause,         [BP_FILE_CODES] = build_code,    [BP_FILE_VENDORS] = build_vendor,
    [BP_FILE_BLOCKLISTS] = build_blocklist, [BP_FILE_KINDS] = build_group,   [BP_FILE_PHRASES] = build_group,
    [BP_FILE_REPLIES] = build_rule,         [BP_FILE_LAYOUTS] = build_group,
};

/* ---- order of precedence ------------------------------------------------------------------------------------ */

static guint conditions_of(const BpRuleRecord *r) {
  return (r->codes.n > 0) + (r->statuses.n > 0) + (r->when.n > 0);
}

static int compare_drafts(gconstpointer a, gconstpointer b, gpointer data) {
  const Draft *x = a, *y = b;
  if (x->record.min_length != y->record.min_length)
    return x->record.min_length > y->record.min_length ? -1 : 1;
  return strcmp(x->placed->group->id, y->placed->group->id);
}

static int compare_replies(gconstpointer a, gconstpointer b, gpointer data) {
  const Builder *builder = data;
  const Draft *x = a, *y = b;
  const BpRuleRecord *rules = (const BpRuleRecord *)(gconstpointer)builder->tables[TABLE_rules]->data;
  const BpRuleRecord *rx = &rules[x->record.owner], *ry = &rules[y->record.owner];
  if (rx->weak != ry->weak)
    return rx->weak ? 1 : -1;
  if ((rx->when.n > 0) != (ry->when.n > 0))
    return rx->when.n > 0 ? -1 : 1;
  if (conditions_of(rx) != conditions_of(ry))
    return conditions_of(rx) > conditions_of(ry) ? -1 : 1;
  return compare_drafts(a, b, NULL);
}

static void order_domains(Builder *b) {
  g_array_sort_with_data(b->matchers[BP_MATCH_REPLY], compare_replies, b);
  g_array_sort_with_data(b->matchers[BP_MATCH_SIGN], compare_drafts, b);
  g_array_sort_with_data(b->matchers[BP_MATCH_BLOCKLIST], compare_drafts, b);
  for (guint domain = 0; domain < BP_N_MATCH; domain++) {
    GArray *drafts = b->matchers[domain];
    BpDomainRecord r = {.matchers = {COUNT(b, matchers), drafts->len}};
    for (guint i = 0; i < drafts->len; i++) {
      const Draft *draft = &g_array_index(drafts, Draft, i);
      if (draft->entry)
        g_array_index(b->tables[TABLE_entries], BpEntryRecord, draft->entry - 1).matcher = COUNT(b, matchers);
      APPEND(b, matchers, draft->record);
    }
    APPEND(b, domains, r);
  }
}

static int compare_hosts(gconstpointer a, gconstpointer b, gpointer data) {
  const char *text = ((const Builder *)data)->text->str;
  return strcmp(text + ((const BpHostRecord *)a)->suffix, text + ((const BpHostRecord *)b)->suffix);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void build_all(Builder *b) {
  static const BpFileKind order[] = {BP_FILE_CAUSES,  BP_FILE_CODES, BP_FILE_VENDORS, BP_FILE_BLOCKLISTS,
                                     BP_FILE_REPLIES, BP_FILE_KINDS, BP_FILE_PHRASES, BP_FILE_LAYOUTS};
  g_string_append_c(b->text, '\0');
  find_languages(b);
  new_text(b);
  for (guint i = 0; i < G_N_ELEMENTS(order); i++)
    for (guint j = 0; j < b->source->groups[order[i]]->len; j++)
      build_of[order[i]](b, &g_array_index(b->source->groups[order[i]], BpPlacedGroup, j));
  g_array_sort_with_data(b->tables[TABLE_hosts], compare_hosts, b);
  order_domains(b);
}

static BpTables *finish(Builder *b) {
  BpTables *t = g_new0(BpTables, 1);
#define X(name, type)                                                                                                  \
  t->n_##name = COUNT(b, name);                                                                                        \
  t->name = (const type *)(gconstpointer)g_array_free(b->tables[TABLE_##name], FALSE);
  BP_TABLES(X)
#undef X
  gsize length = b->text->len;
  t->text = g_string_free(b->text, FALSE);
  bp_index_build(t, length);
  return t;
}

BpTables *bp_tables_build(const BpSource *source, GPtrArray *errors, GError **error) {
  g_autoptr(GPtrArray) own = errors ? g_ptr_array_ref(errors) : g_ptr_array_new_with_free_func(g_free);
  Builder b = {.source = source, .text = g_string_new(NULL), .errors = own};
  b.strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gsize sizes[] = {
#define X(name, type) sizeof(type),
      BP_TABLES(X)
#undef X
  };
  for (guint i = 0; i < N_TABLES; i++)
    b.tables[i] = g_array_new(FALSE, TRUE, (guint)sizes[i]);
  for (guint i = 0; i < BP_N_MATCH; i++)
    b.matchers[i] = g_array_new(FALSE, TRUE, sizeof(Draft));
  build_all(&b);
  g_autoptr(BpTables) tables = finish(&b);
  g_hash_table_unref(b.strings);
  for (guint i = 0; i < BP_N_MATCH; i++)
    g_array_unref(b.matchers[i]);
  if (own->len == 0)
    return g_steal_pointer(&tables);
  g_set_error_literal(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN, g_ptr_array_index(own, 0));
  return NULL;
}

static void free_table(gconstpointer table) {
  g_free((gpointer)(guintptr)table);
}

void bp_tables_free(BpTables *tables) {
#define X(name, type) free_table(tables->name);
  BP_TABLES(X)
#undef X
  free_table(tables->text);
  g_free(tables);
}

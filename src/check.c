/* check.c - runs a pattern set against its own examples, and what the matching does for a reply
 *
 * Every example must be answered by its own rule, no counter-example may match, and no pattern may be slow on hostile
 * text. */
#include "answer.h"
#include "api.h"
#include "pattern/build.h"
#include "pattern/literal.h"
#include "pattern/program.h"
#include "pattern/rules.h"
#include "report/reply.h"
#include "verdict/facts.h"
#include "verdict/spelling.h"
#include "verdict/verdict.h"

#include <string.h>

#define HOSTILE_BYTES BP_REPLY_MAX
#define SLOW 10000000 /* steps of matching that a pattern may take on a hostile text */

typedef struct {
  const BpSource *source;
  BpMatcher *matcher;
  const BpTables *tables;
  BounceparseFinding finding;
  gpointer data;
  guint run, failed;
} Check;

static void report(Check *c, BounceparseSeverity severity, const BpPlacedGroup *placed, guint line, const char *format,
                   ...) G_GNUC_PRINTF(5, 6);
static void report(Check *c, BounceparseSeverity severity, const BpPlacedGroup *placed, guint line, const char *format,
                   ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *where = bp_place(placed, line);
  if (c->finding)
    c->finding(severity, where, text, c->data);
}

static void fail(Check *c, const BpPlacedGroup *placed, guint line, const char *text) {
  c->failed++;
  report(c, BOUNCEPARSE_FINDING_ERROR, placed, line, "%s", text);
}

/* ---- examples of replies ------------------------------------------------------------------------------------ */

static void query_for(Check *c, BpArena *arena, const char *text, const char *vendor, BpReply *reply,
                      BpRuleQuery *query) {
  bp_reply_parse(arena, text, strlen(text), reply);
  bp_spelling_mend(arena, c->matcher, BP_MATCH_SLIP, reply);
  *query = (BpRuleQuery){reply->words,          reply->length,        reply->code, reply->status.class,
                         reply->status.subject, reply->status.detail, BP_ANY};
  query->vendor = bp_find_sign(c->matcher, reply->words, reply->length);
  for (guint32 i = 0; vendor && i < c->tables->n_vendors; i++)
    if (g_str_equal(BP_STR(c->tables, c->tables->vendors[i].id), vendor))
      query->vendor = i;
}

/* Another rule of another cause that matches as well, and that only the id keeps from winning. */
static guint32 find_tie(Check *c, const BpRuleQuery *query, guint32 winner) {
  const BpTables *t = c->tables;
  guint32 cause = t->rules[t->matchers[winner].owner].cause;
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query->words, query->length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (n != winner && t->rules[t->matchers[n].owner].cause != cause &&
        g_str_equal(bp_rules_step(t, winner, n), "id") && bp_rules_match(c->matcher, query, &candidates, n))
      return n;
  return BP_ANY;
}

/* As decide.c does it, apart from statuses and codes. */
static guint32 winner_of(Check *c, BpArena *arena, BpReply *reply, BpRuleQuery *query) {
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query->words, query->length);
  guint32 winner = bp_rules_find(c->matcher, query, candidates, FALSE);
  if (winner == BP_ANY && bp_spelling_write_out(arena, c->matcher, reply, query, &candidates))
    winner = bp_rules_find(c->matcher, query, candidates, FALSE);
  return winner == BP_ANY ? bp_rules_find(c->matcher, query, candidates, TRUE) : winner;
}

static void check_example(Check *c, const BpPlacedGroup *placed, const BpPair *pair) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  BpRuleQuery query;
  const BpTables *t = c->tables;
  bp_matcher_begin(c->matcher);
  query_for(c, arena, pair->value, bp_group_get(placed->group, "example-vendor"), &reply, &query);
  c->run++;
  guint32 winner = winner_of(c, arena, &reply, &query);
  if (winner == BP_ANY) {
    fail(c, placed, pair->line, bp_arena_printf(arena, "[%s] does not match its example", placed->group->id));
    return;
  }
  const BpRuleRecord *rule = &t->rules[t->matchers[winner].owner];
  if (!g_str_equal(BP_STR(t, rule->id), placed->group->id))
    fail(c, placed, pair->line,
         bp_arena_printf(arena, "the example of [%s] is taken by [%s] of %s:%u", placed->group->id, BP_STR(t, rule->id),
                         BP_STR(t, rule->file), rule->line));
  guint32 tie = find_tie(c, &query, winner);
  if (tie != BP_ANY)
    fail(c, placed, pair->line,
         bp_arena_printf(arena, "only the id decides between [%s] and [%s], which mean different causes: say over=",
                         BP_STR(t, rule->id), BP_STR(t, t->rules[t->matchers[tie].owner].id)));
}

static void check_counter(Check *c, const BpPlacedGroup *placed, const BpPair *pair) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  BpRuleQuery query;
  bp_matcher_begin(c->matcher);
  query_for(c, arena, pair->value, bp_group_get(placed->group, "example-vendor"), &reply, &query);
  c->run++;
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (g_str_equal(BP_STR(c->tables, c->tables->rules[c->tables->matchers[n].owner].id), placed->group->id) &&
        bp_rules_match(c->matcher, &query, &candidates, n)) {
      fail(c, placed, pair->line, bp_arena_printf(arena, "[%s] matches its counter-example", placed->group->id));
      return;
    }
}

static void check_rule(Check *c, const BpPlacedGroup *placed) {
  guint examples = 0;
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (g_str_equal(pair->key, "example")) {
      examples++;
      check_example(c, placed, pair);
    } else if (g_str_equal(pair->key, "counter")) {
      check_counter(c, placed, pair);
    }
  }
  if (!examples && bp_group_get(placed->group, "match"))
    fail(c, placed, placed->group->line, "a rule needs an example");
}

/* ---- what over= names in vain ------------------------------------------------------------------------------- */

static void check_over_word(Check *c, const BpPlacedGroup *placed, const BpPair *pair, const char *word) {
  const BpRuleRecord *rules = c->tables->rules;
  guint32 rule = GPOINTER_TO_UINT(g_hash_table_lookup(c->source->places[BP_FILE_REPLIES], placed->group->id)) - 1;
  guint other = GPOINTER_TO_UINT(g_hash_table_lookup(c->source->places[BP_FILE_REPLIES], word));
  if (other == 0 || bp_rules_may_win(&rules[rule], &rules[other - 1]))
    return;
  report(c, BOUNCEPARSE_FINDING_WARNING, placed, pair->line,
         rules[rule].weak ? "over= names [%s], which is not weak: a weak rule never goes before it"
                          : "over= names [%s], which is weak: a rule that is not goes before it anyway",
         word);
}

/* cause: and advice: name rules of both ranks, and rightly. */
static void check_over(Check *c, const BpPlacedGroup *placed) {
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, "over"))
      continue;
    g_auto(GStrv) words = bp_pair_words(pair);
    for (char **word = words; *word; word++)
      check_over_word(c, placed, pair, *word);
  }
}

/* ---- examples of signs and block lists ---------------------------------------------------------------------- */

static gboolean owner_matches(Check *c, BpMatchDomain which, guint32 owner, const char *text) {
  BpCandidates candidates = bp_matcher_candidates(c->matcher, which, text, strlen(text));
  bp_matcher_begin(c->matcher);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (c->tables->matchers[n].owner == owner && bp_candidates_run(c->matcher, &candidates, n))
      return TRUE;
  return FALSE;
}

static void check_owner(Check *c, const BpPlacedGroup *placed, BpMatchDomain which, guint32 owner) {
  g_autoptr(BpArena) arena = bp_arena_new();
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    gboolean example = g_str_equal(pair->key, "example");
    if (!example && !g_str_equal(pair->key, "counter"))
      continue;
    c->run++;
    BpReply reply;
    bp_reply_parse(arena, pair->value, strlen(pair->value), &reply);
    bp_spelling_mend(arena, c->matcher, BP_MATCH_SLIP, &reply);
    if (owner_matches(c, which, owner, reply.words) != example)
      fail(c, placed, pair->line,
           bp_arena_printf(arena, "[%s] %s", placed->group->id,
                           example ? "does not match its example" : "matches its counter-example"));
  }
}

/* ---- literals and speed ------------------------------------------------------------------------------------- */

static void check_cost(Check *c, const BpPlacedGroup *placed, const BpPair *pair) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(pair->value);
  g_autoptr(GPtrArray) literals = bp_literals_of(tree);
  g_autoptr(GArray) program = bp_program_build(pair->value);
  if (tree && !literals)
    fail(c, placed, pair->line, "no literal of three bytes that every match contains");
  if (!program)
    report(c, BOUNCEPARSE_FINDING_WARNING, placed, pair->line,
           "a back reference, a property or the like: PCRE2 runs the pattern, on every text and slowly");
}

static void check_costs(Check *c, const BpPlacedGroup *placed, const char *key) {
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (g_str_equal(pair->key, key))
      check_cost(c, placed, pair);
  }
}

/* Texts that make a pattern work: beginning, then over and over what classes and dots take, and no end. */
static char *hostile_text(const char *beginning, const char *seed) {
  GString *text = g_string_sized_new(2 * HOSTILE_BYTES);
  gsize bytes = *beginning ? HOSTILE_BYTES / 4 : HOSTILE_BYTES; /* ways to share a text show on a short one, too */
  g_string_append_len(text, beginning, (gssize)MIN(strlen(beginning), HOSTILE_BYTES / 2));
  gsize from = text->len;
  g_string_append(text, seed);
  while (text->len < bytes) /* twice as much each time */
    g_string_append_len(text, text->str + from, (gssize)(text->len - from));
  const char *end = g_utf8_find_prev_char(text->str, text->str + bytes - 1);
  g_string_truncate(text, end ? (gsize)(end - text->str) : 0);
  return g_string_free(text, FALSE);
}

static gint64 work_of(Check *c, guint32 n, const char *text) {
  bp_matcher_begin(c->matcher);
  bp_matcher_run(c->matcher, n, text, strlen(text), 0);
  return bp_matcher_work(c->matcher);
}

/* The first literal of each set of a pattern. */
static GPtrArray *literals_in(const char *pattern) {
  GPtrArray *first = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(BpRegexTree) tree = bp_regex_read(pattern);
  g_autoptr(GPtrArray) clauses = bp_literals_of(tree);
  for (guint i = 0; clauses && i < clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(clauses, i);
    for (guint j = 0; j < sets->len; j++)
      g_ptr_array_add(first,
                      g_strdup(g_ptr_array_index(((const BpLiteralSet *)g_ptr_array_index(sets, j))->literals, 0)));
  }
  return first;
}

typedef enum { QUICK, GIVES_UP, SLOW_RUN } Speed;

/* A run that comes to a place with too many ways to try is cut short, and misses what it should find: nested or
 * neighbouring repeats share a text between them in too many ways. */
static Speed speed_on(Check *c, guint32 n, const char *beginning, const char *seed) {
  g_autofree char *text = hostile_text(beginning, seed);
  if (work_of(c, n, text) > SLOW)
    return SLOW_RUN;
  return bp_matcher_gave_up(c->matcher) ? GIVES_UP : QUICK;
}

static Speed speed_of(Check *c, guint32 n) {
  static const char *const seeds[] = {"a", "a ", "1", "x.", "user <a@b> 550 ", "[192.0.2.1] ", "http://a/"};
  g_autoptr(GPtrArray) literals = literals_in(BP_STR(c->tables, c->tables->matchers[n].pattern));
  Speed speed = QUICK;
  for (guint i = 0; i < G_N_ELEMENTS(seeds); i++)
    speed = MAX(speed, speed_on(c, n, "", seeds[i]));
  for (guint i = 0; i < literals->len; i++) {
    const char *literal = g_ptr_array_index(literals, i);
    g_autofree char *seed = g_strconcat(literal, " a ", NULL), *apart = g_strconcat(literal, " ", NULL);
    speed = MAX(speed, speed_on(c, n, "", seed));
    speed = MAX(speed, speed_on(c, n, literal, "a"));
    speed = MAX(speed, speed_on(c, n, apart, "a "));
  }
  return speed;
}

static void check_speed(Check *c, const BpPlacedGroup *placed, guint32 n) {
  Speed speed = speed_of(c, n);
  const char *pattern = BP_STR(c->tables, c->tables->matchers[n].pattern);
  if (speed == SLOW_RUN) {
    c->failed++;
    report(c, BOUNCEPARSE_FINDING_ERROR, placed, placed->group->line, "a pattern is slow on hostile text: %s", pattern);
  } else if (speed == GIVES_UP)
    report(c, BOUNCEPARSE_FINDING_WARNING, placed, placed->group->line,
           "repeats that can share a text in too many ways: on hostile text a run gives up and finds nothing: %s",
           pattern);
}

static const BpPlacedGroup *placed_rule(const Check *c, guint32 n) {
  const GArray *groups = c->source->groups[BP_FILE_REPLIES];
  return &g_array_index(groups, BpPlacedGroup, c->tables->matchers[n].owner);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void check_all(Check *c) {
  static const struct {
    BpFileKind kind;
    BpMatchDomain domain;
    const char *key;
  } owners[] = {{BP_FILE_VENDORS, BP_MATCH_SIGN, "sign"}, {BP_FILE_BLOCKLISTS, BP_MATCH_BLOCKLIST, "match"}};
  for (guint i = 0; i < c->source->groups[BP_FILE_REPLIES]->len; i++) {
    const BpPlacedGroup *placed = &g_array_index(c->source->groups[BP_FILE_REPLIES], BpPlacedGroup, i);
    check_rule(c, placed);
    check_over(c, placed);
    check_costs(c, placed, "match");
  }
  for (guint k = 0; k < G_N_ELEMENTS(owners); k++)
    for (guint i = 0; i < c->source->groups[owners[k].kind]->len; i++) {
      const BpPlacedGroup *placed = &g_array_index(c->source->groups[owners[k].kind], BpPlacedGroup, i);
      check_owner(c, placed, owners[k].domain, i);
      check_costs(c, placed, owners[k].key);
    }
  const BpDomainRecord *replies = &c->tables->domains[BP_MATCH_REPLY];
  for (guint32 n = replies->matchers.first; n < replies->matchers.first + replies->matchers.n; n++)
    if (c->tables->matchers[n].pattern)
      check_speed(c, placed_rule(c, n), n);
}

/* An error of reading or building as a finding: "file:line: text". */
static void report_error(Check *c, const char *line) {
  const char *text = strstr(line, ": ");
  g_autofree char *where = g_strndup(line, text ? (gsize)(text - line) : strlen(line));
  c->failed++;
  if (c->finding)
    c->finding(BOUNCEPARSE_FINDING_ERROR, where, text ? text + 2 : "", c->data);
}

guint bounceparse_patterns_check(const BounceparseOptions *options, BounceparseFinding finding, gpointer data,
                                 guint *n_failed) {
  Check c = {.finding = finding, .data = data};
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(BpSource) source = bp_source_new();
  g_autoptr(BpTables) tables = NULL;
  gboolean good = bp_source_add_shipped(source, &error);
  const char *const *folders = options ? bp_options_folders(options) : NULL;
  for (; good && folders && *folders; folders++)
    good = bp_source_add_folder(source, *folders, &error);
  if (good)
    tables = bp_tables_build(source, errors, &error);
  if (!tables) {
    for (guint i = 0; i < errors->len; i++)
      report_error(&c, g_ptr_array_index(errors, i));
    if (errors->len == 0)
      report_error(&c, error->message);
  } else {
    g_autoptr(BpPatterns) patterns = bp_patterns_of(tables);
    c.source = source;
    c.tables = tables;
    c.matcher = bp_matcher_new(patterns);
    check_all(&c);
    bp_matcher_free(c.matcher);
  }
  if (n_failed)
    *n_failed = c.failed;
  return c.run;
}

/* ---- what matches a reply ----------------------------------------------------------------------------------- */

static void visit(const BpTables *t, guint32 n, const char *decided, BounceparseRuleVisitor visitor, gpointer data) {
  const BpRuleRecord *rule = &t->rules[t->matchers[n].owner];
  g_autofree char *where = g_strdup_printf("%s:%u", BP_STR(t, rule->file), rule->line);
  visitor(BP_STR(t, rule->id), where, bp_string(t, rule->vendor), BP_STR(t, t->causes[rule->cause].id), decided, data);
}

/* Where not a rule decides but the words of the reply together, these come first. */
static void visit_words(Check *c, BpArena *arena, const char *text, BounceparseRuleVisitor visitor, gpointer data) {
  const BpEvidence evidence = {.text = text};
  const BpVerdict *verdict = bp_verdict_reach(arena, c->matcher, &evidence, 0);
  if (g_strcmp0(verdict->decided_by, BP_BY_WORDS) == 0)
    visitor(BP_BY_WORDS, "patterns/words", NULL, verdict->cause, BP_BY_WORDS, data);
}

void bounceparse_reader_match(BounceparseReader *reader, const char *text, BounceparseRuleVisitor visitor,
                              gpointer data) {
  g_return_if_fail(reader && text && visitor);
  Check c = {.matcher = bp_reader_matcher(reader)};
  c.tables = bp_matcher_tables(c.matcher);
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  BpRuleQuery query;
  bp_matcher_begin(c.matcher);
  query_for(&c, arena, text, NULL, &reply, &query);
  visit_words(&c, arena, text, visitor, data);
  guint32 winner = winner_of(&c, arena, &reply, &query);
  if (winner == BP_ANY)
    return;
  g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(guint32));
  BpCandidates candidates = bp_matcher_candidates(c.matcher, BP_MATCH_REPLY, query.words, query.length);
  guint32 last = c.tables->matchers[winner].owner;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (c.tables->matchers[n].owner != c.tables->matchers[winner].owner && c.tables->matchers[n].owner != last &&
        bp_rules_match(c.matcher, &query, &candidates, n)) {
      g_array_append_val(others, n);
      last = c.tables->matchers[n].owner;
    }
  visit(c.tables, winner,
        others->len ? bp_rules_step(c.tables, winner, g_array_index(others, guint32, 0)) : "only match", visitor, data);
  for (guint i = 0; i < others->len; i++)
    visit(c.tables, g_array_index(others, guint32, i), NULL, visitor, data);
}

void bounceparse_reader_list(BounceparseReader *reader, BounceparseRuleVisitor visitor, gpointer data) {
  g_return_if_fail(reader && visitor);
  const BpTables *t = bp_matcher_tables(bp_reader_matcher(reader));
  g_autofree gboolean *seen = g_new0(gboolean, t->n_rules + 1);
  const BpDomainRecord *replies = &t->domains[BP_MATCH_REPLY];
  for (guint32 n = replies->matchers.first; n < replies->matchers.first + replies->matchers.n; n++)
    if (!seen[t->matchers[n].owner]) {
      seen[t->matchers[n].owner] = TRUE;
      visit(t, n, NULL, visitor, data);
    }
}

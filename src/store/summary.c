/* summary.c - the history counted: how many, of what, and examples */
#include "store/summary.h"

#include <string.h>

/* ---- what is asked for -------------------------------------------------------------------------------------- */

static const char *const columns[BP_N_BY] = {
    [BP_BY_KIND] = "m.kind",         [BP_BY_CAUSE] = "r.cause",         [BP_BY_CATEGORY] = "r.category",
    [BP_BY_ADVICE] = "r.advice",     [BP_BY_DOMAIN] = "r.domain",       [BP_BY_VENDOR] = "r.vendor",
    [BP_BY_REPORTER] = "m.reporter_host", [BP_BY_BLOCKLIST] = "r.blocklists", [BP_BY_DAY] = "m.day",
};

/* A statement with its parameters, and what is needed to write it. */
typedef struct {
  BpStore *store;
  const BpSummaryFilter *filter;
  char **domains, **causes; /* NULL for any */
  GString *sql;
  GArray *parameters; /* of BpValue */
  BpSummary *summary;
  GError **error;
} Question;

static void add_parameter(Question *q, BpValue value) {
  g_array_append_val(q->parameters, value);
  g_string_append_printf(q->sql, "$%u", q->parameters->len);
}

static void add_list(Question *q, const char *column, char **words) {
  if (!words)
    return;
  g_string_append_printf(q->sql, " AND %s IN (", column);
  for (char **word = words; *word; word++) {
    if (word > words)
      g_string_append(q->sql, ", ");
    add_parameter(q, BP_TEXT(*word));
  }
  g_string_append_c(q->sql, ')');
}

static void add_recipient_conditions(Question *q) {
  add_list(q, "r.domain", q->domains);
  add_list(q, "r.cause", q->causes);
}

static gboolean asks_for_times(const BpSummaryFilter *filter) {
  return filter->since > 0 || filter->until > 0;
}

/* Conditions on messages, whose id is key. */
static void add_message_conditions(Question *q, const char *key) {
  if (q->filter->since > 0) {
    g_string_append(q->sql, " AND m.time >= ");
    add_parameter(q, BP_NUMBER(q->filter->since));
  }
  if (q->filter->until > 0) {
    g_string_append(q->sql, " AND m.time < ");
    add_parameter(q, BP_NUMBER(q->filter->until));
  }
  if (q->filter->run_only)
    g_string_append_printf(q->sql, " AND %s IN (SELECT message FROM run)", key);
}

/* "FROM … WHERE …" of the messages asked for. */
static void add_messages(Question *q) {
  g_string_append(q->sql, " FROM messages m WHERE TRUE");
  add_message_conditions(q, "m.id");
  if (!q->domains && !q->causes)
    return;
  g_string_append(q->sql, " AND EXISTS (SELECT 1 FROM recipients r WHERE r.message = m.id");
  add_recipient_conditions(q);
  g_string_append_c(q->sql, ')');
}

/* "FROM … WHERE …" of the recipients asked for; their messages are looked at only where need be. */
static void add_recipients(Question *q, gboolean messages) {
  g_string_append(q->sql, " FROM recipients r");
  if (messages || asks_for_times(q->filter))
    g_string_append(q->sql, " JOIN messages m ON m.id = r.message");
  g_string_append(q->sql, " WHERE TRUE");
  add_message_conditions(q, "r.message");
  add_recipient_conditions(q);
}

static gboolean is_of_messages(BpDimension by) {
  return g_str_has_prefix(columns[by], "m.");
}

static void begin(Question *q, const char *sql) {
  g_string_assign(q->sql, sql);
  g_array_set_size(q->parameters, 0);
}

static gboolean ask(Question *q, BpRowFunc row, gpointer data) {
  const BpValue *parameters = (const BpValue *)(gconstpointer)q->parameters->data;
  return bp_store_query(q->store, q->sql->str, parameters, q->parameters->len, row, data, q->error);
}

/* ---- counts ------------------------------------------------------------------------------------------------- */

static gboolean keep_number(const BpValue *row, guint n, gpointer data) {
  *(gint64 *)data = row[0].number;
  return FALSE;
}

static gboolean count_all(Question *q) {
  begin(q, "SELECT count(*)");
  add_messages(q);
  if (!ask(q, keep_number, &q->summary->messages))
    return FALSE;
  begin(q, "SELECT count(*)");
  add_recipients(q, FALSE);
  return ask(q, keep_number, &q->summary->recipients);
}

static const char *keep(const BpSummary *summary, const char *text) {
  return text ? g_string_chunk_insert(summary->strings, text) : NULL;
}

typedef struct {
  const BpSummary *summary;
  GArray *counts;
} Counting;

static gboolean add_count(const BpValue *row, guint n, gpointer data) {
  Counting *counting = data;
  BpCount count = {keep(counting->summary, row[0].text), row[1].number};
  if (count.name)
    g_array_append_val(counting->counts, count);
  return TRUE;
}

/* Block lists of a reply are joined by blanks. */
static void split_counts(const BpSummary *summary, GArray *counts) {
  g_autoptr(GHashTable) sums = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter at;
  gpointer name, sum;
  for (guint i = 0; i < counts->len; i++) {
    const BpCount *joined = &g_array_index(counts, BpCount, i);
    g_auto(GStrv) words = g_strsplit(joined->name, " ", -1);
    for (char **word = words; *word; word++) {
      gpointer key = g_string_chunk_insert_const(summary->strings, *word);
      gint64 before = GPOINTER_TO_SIZE(g_hash_table_lookup(sums, key));
      g_hash_table_insert(sums, key, GSIZE_TO_POINTER(before + joined->count));
    }
  }
  g_array_set_size(counts, 0);
  g_hash_table_iter_init(&at, sums);
  while (g_hash_table_iter_next(&at, &name, &sum)) {
    BpCount count = {name, (gint64)GPOINTER_TO_SIZE(sum)};
    g_array_append_val(counts, count);
  }
}

static int by_name(gconstpointer a, gconstpointer b) {
  return strcmp(((const BpCount *)a)->name, ((const BpCount *)b)->name);
}

static int by_count(gconstpointer a, gconstpointer b) {
  gint64 x = ((const BpCount *)a)->count, y = ((const BpCount *)b)->count;
  return x < y ? 1 : x > y ? -1 : by_name(a, b);
}

static gboolean count_by(Question *q, BpDimension by) {
  Counting counting = {q->summary, q->summary->counts[by]};
  begin(q, "SELECT ");
  g_string_append_printf(q->sql, "%s, count(*)", columns[by]);
  if (by == BP_BY_KIND)
    add_messages(q);
  else
    add_recipients(q, is_of_messages(by));
  g_string_append_printf(q->sql, " AND %s <> '' GROUP BY 1", columns[by]);
  if (!ask(q, add_count, &counting))
    return FALSE;
  if (by == BP_BY_BLOCKLIST)
    split_counts(q->summary, counting.counts);
  g_array_sort(counting.counts, by == BP_BY_DAY ? by_name : by_count);
  return TRUE;
}

/* ---- details ------------------------------------------------------------------------------------------------ */

typedef struct {
  const BpSummary *summary;
  GArray *parts;
  GHashTable *names; /* those that are wanted; NULL for all */
} Parting;

static gboolean add_part(const BpValue *row, guint n, gpointer data) {
  Parting *parting = data;
  if (!row[0].text || (parting->names && !g_hash_table_contains(parting->names, row[0].text)))
    return TRUE;
  BpPart part = {g_string_chunk_insert_const(parting->summary->strings, row[0].text),
                 g_string_chunk_insert_const(parting->summary->strings, row[1].text), row[2].number};
  g_array_append_val(parting->parts, part);
  return TRUE;
}

static GHashTable *largest_domains(const BpSummary *summary) {
  GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
  const GArray *domains = summary->counts[BP_BY_DOMAIN];
  for (guint i = 0; i < MIN(domains->len, BP_SUMMARY_DOMAINS); i++)
    g_hash_table_add(names, (gpointer)(guintptr)g_array_index(domains, BpCount, i).name);
  return names;
}

static gboolean part(Question *q, BpDimension by) {
  g_autoptr(GHashTable) names = by == BP_BY_DOMAIN ? largest_domains(q->summary) : NULL;
  GArray *parts = q->summary->parts[by] = g_array_new(FALSE, FALSE, sizeof(BpPart));
  Parting parting = {q->summary, parts, names};
  begin(q, "SELECT ");
  g_string_append_printf(q->sql, "%s, r.category, count(*)", columns[by]);
  add_recipients(q, is_of_messages(by));
  g_string_append_printf(q->sql, " AND %s <> '' AND r.category <> '' GROUP BY 1, 2", columns[by]);
  return ask(q, add_part, &parting);
}

/* What two diagnostics that say the same have in common: their words without numbers, addresses and queue ids. */
static char *fold(const char *cause, const char *diagnostic) {
  GString *folded = g_string_new(cause);
  g_auto(GStrv) words = g_strsplit(diagnostic ? diagnostic : "", " ", -1);
  for (char **word = words; *word; word++)
    if (!strpbrk(*word, "@0123456789"))
      g_string_append_printf(folded, " %s", *word);
  return g_string_free(folded, FALSE);
}

typedef struct {
  const BpSummary *summary;
  GHashTable *said; /* folded diagnostics */
  const char *cause;
  guint n; /* of this cause */
} Collecting;

static gboolean add_example(const BpValue *row, guint n, gpointer data) {
  Collecting *c = data;
  const BpSummary *s = c->summary;
  if (!c->cause || !g_str_equal(c->cause, row[0].text)) {
    c->cause = keep(s, row[0].text);
    c->n = 0;
  }
  if (c->n == BP_SUMMARY_EXAMPLES || !g_hash_table_add(c->said, fold(c->cause, row[5].text)))
    return TRUE;
  BpExample example = {c->cause,
                       keep(s, row[1].text),
                       keep(s, row[2].text),
                       keep(s, row[3].text),
                       keep(s, row[4].text),
                       keep(s, row[5].text),
                       keep(s, row[6].text),
                       keep(s, row[7].text)};
  g_array_append_val(s->examples, example);
  c->n++;
  return TRUE;
}

/* The newest few of each wording, as far as rule and status tell them apart, of which different ones are taken. */
static gboolean find_examples(Question *q) {
  g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Collecting collecting = {.summary = q->summary, .said = said};
  q->summary->examples = g_array_new(FALSE, FALSE, sizeof(BpExample));
  begin(q, "SELECT r.cause, n.day, r.address, r.vendor, r.status, r.diagnostic, r.reason, r.advice FROM ("
           "SELECT r.message, r.position, m.day, m.time, row_number() OVER (PARTITION BY r.cause, r.rule, r.status "
           "ORDER BY m.time DESC, r.message DESC, r.position) AS place");
  add_recipients(q, TRUE);
  g_string_append(q->sql, " AND r.cause <> '') n JOIN recipients r ON r.message = n.message AND r.position = n.position "
                          "WHERE n.place <= 3 ORDER BY r.cause, n.time DESC, n.message DESC, n.position");
  return ask(q, add_example, &collecting);
}

static gboolean add_details(Question *q) {
  return part(q, BP_BY_DAY) && part(q, BP_BY_DOMAIN) && part(q, BP_BY_VENDOR) && find_examples(q);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

/* Between these two the database stays as it is for this process. */
static gboolean answer(Question *q, gboolean details) {
  if (!bp_store_begin_reading(q->store, q->error))
    return FALSE;
  gboolean done = count_all(q);
  for (guint by = 0; done && by < BP_N_BY; by++)
    done = count_by(q, (BpDimension)by);
  done = done && (!details || add_details(q));
  bp_store_rollback(q->store);
  return done;
}

static char **split_list(const char *list, gboolean lower) {
  g_autofree char *folded = !list ? NULL : lower ? g_utf8_strdown(list, -1) : g_strdup(list);
  return folded ? g_strsplit(folded, ",", -1) : NULL;
}

BpSummary *bp_summary_new(BpStore *store, const BpSummaryFilter *filter, gboolean details, GError **error) {
  g_auto(GStrv) domains = split_list(filter->domains, TRUE), causes = split_list(filter->causes, FALSE);
  g_autoptr(BpSummary) summary = g_new0(BpSummary, 1);
  g_autoptr(GString) sql = g_string_new(NULL);
  g_autoptr(GArray) parameters = g_array_new(FALSE, FALSE, sizeof(BpValue));
  Question q = {store, filter, domains, causes, sql, parameters, summary, error};
  summary->strings = g_string_chunk_new(4096);
  for (guint by = 0; by < BP_N_BY; by++)
    summary->counts[by] = g_array_new(FALSE, FALSE, sizeof(BpCount));
  return answer(&q, details) ? g_steal_pointer(&summary) : NULL;
}

void bp_summary_free(BpSummary *summary) {
  for (guint by = 0; by < BP_N_BY; by++) {
    g_array_unref(summary->counts[by]);
    g_clear_pointer(&summary->parts[by], g_array_unref);
  }
  g_clear_pointer(&summary->examples, g_array_unref);
  g_string_chunk_free(summary->strings);
  g_free(summary);
}

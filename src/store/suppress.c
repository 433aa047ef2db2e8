/* suppress.c - the addresses to stop mailing, by the history */
#include "store/suppress.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define NEVER BOUNCEPARSE_NO_TIME /* before all times */
#define LONGEST 1000 /* bytes of an address; mail goes to at most 320 (RFC 5321), and an index has its bounds */

const char *const bp_why_names[BP_N_WHYS] = {
    [BP_WHY_COMPLAINT] = "complaint",
    [BP_WHY_HARD] = "hard",
    [BP_WHY_SOFT] = "soft",
};

typedef struct {
  gint64 first, last;                         /* NEVER: there is none */
  const char *cause, *rule, *domain, *reason; /* of the last */
} Evidence;

typedef struct {
  BpSuppressed entry; /* what is to be said of it */
  Evidence evidence[BP_N_WHYS];
  GPtrArray *soft_days; /* those with a soft failure, until they are enough; NULL: none */
} Suspect;

typedef struct {
  gint64 time;
  gboolean told; /* by bp_suppression_reached() */
} Delivery;

struct BpSuppression {
  BpSuppressRules rules;
  GStringChunk *strings;
  GHashTable *suspects;   /* address to Suspect */
  GHashTable *deliveries; /* address to Delivery, the latest */
  GHashTable *targets;    /* address to the local part that it was forwarded to, "" where there are several */
  GPtrArray *list;        /* of the suspects' entries */
};

static void suspect_free(gpointer data) {
  Suspect *suspect = data;
  g_clear_pointer(&suspect->soft_days, g_ptr_array_unref);
  g_free(suspect);
}

BpSuppression *bp_suppression_new(const BpSuppressRules *rules) {
  BpSuppression *s = g_new0(BpSuppression, 1);
  s->rules = *rules;
  s->strings = g_string_chunk_new(4096);
  s->suspects = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, suspect_free);
  s->deliveries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  s->targets = g_hash_table_new(g_str_hash, g_str_equal);
  s->list = g_ptr_array_new();
  return s;
}

void bp_suppression_free(BpSuppression *s) {
  g_ptr_array_unref(s->list);
  g_hash_table_unref(s->deliveries);
  g_hash_table_unref(s->targets);
  g_hash_table_unref(s->suspects);
  g_string_chunk_free(s->strings);
  g_free(s);
}

const GPtrArray *bp_suppression_list(const BpSuppression *s) {
  return s->list;
}

static const char *keep(BpSuppression *s, const char *text) {
  return text ? g_string_chunk_insert_const(s->strings, text) : NULL;
}

static gboolean is_address(const char *text) {
  return text && *text && strlen(text) <= LONGEST;
}

/* As which an address is known: its domain is compared caseless, its local part as it is. A new string. */
static char *name_of(const char *address) {
  const char *at = strrchr(address, '@');
  if (!at)
    return g_strdup(address);
  g_autofree char *domain = g_utf8_strdown(at, -1);
  return g_strdup_printf("%.*s%s", (int)(at - address), address, domain);
}

/* ---- deliveries --------------------------------------------------------------------------------------------- */

static void add_delivery(BpSuppression *s, const char *address, gint64 time, gboolean told) {
  g_autofree char *name = name_of(address);
  Delivery *delivery = g_hash_table_lookup(s->deliveries, name);
  if (!delivery) {
    delivery = g_new0(Delivery, 1);
    delivery->time = NEVER;
    g_hash_table_insert(s->deliveries, (gpointer)g_string_chunk_insert(s->strings, name), delivery);
  }
  delivery->time = MAX(delivery->time, time);
  delivery->told |= told;
}

void bp_suppression_reached(BpSuppression *s, const char *address, gsize length) {
  g_autofree char *text = g_utf8_make_valid(address, (gssize)length);
  if (is_address(g_strstrip(text)))
    add_delivery(s, text, s->rules.now, TRUE);
}

/* When a message bounced. What a clock gone wrong says cannot be later than when the message was read. */
static gint64 time_of(const BpSuppression *s, BpValue time, BpValue added) {
  return MIN(time.number, MIN(added.number, s->rules.now));
}

/* address, time, added */
static gboolean take_delivery(const BpValue *row, guint n, gpointer data) {
  BpSuppression *s = data;
  if (is_address(row[0].text))
    add_delivery(s, row[0].text, time_of(s, row[1], row[2]), FALSE);
  return TRUE;
}

/* ---- addresses that lead to several --------------------------------------------------------------------------- */

/* An alias or a list: one of those whom it leads to may be gone while the others are there. The same name at another
 * host is the same person behind an internal one. */
static gboolean leads_to_several(const BpSuppression *s, const char *name) {
  const char *target = g_hash_table_lookup(s->targets, name);
  return target && !*target;
}

/* original address, address */
static gboolean take_target(const BpValue *row, guint n, gpointer data) {
  BpSuppression *s = data;
  if (!is_address(row[0].text) || !is_address(row[1].text))
    return TRUE;
  g_autofree char *name = name_of(row[0].text);
  const char *at = strrchr(row[1].text, '@');
  g_autofree char *local = g_utf8_casefold(row[1].text, at ? at - row[1].text : -1);
  const char *known = g_hash_table_lookup(s->targets, name);
  if (!known)
    g_hash_table_insert(s->targets, (gpointer)keep(s, name), (gpointer)keep(s, local));
  else if (!g_str_equal(known, local))
    g_hash_table_insert(s->targets, (gpointer)keep(s, name), (gpointer)keep(s, ""));
  return TRUE;
}

/* ---- evidence ----------------------------------------------------------------------------------------------- */

static gboolean is_over(const BpSuppression *s, gint64 time, gint64 days) {
  return days >= 0 && time < s->rules.now - days * DAY;
}

static gboolean counts(const BpSuppression *s, const char *name, BpWhy why, gint64 time) {
  const Delivery *delivery = why == BP_WHY_COMPLAINT ? NULL : g_hash_table_lookup(s->deliveries, name);
  return !(delivery && time <= delivery->time) && !is_over(s, time, s->rules.expire) &&
         !(why == BP_WHY_SOFT && (s->rules.soft == 0 || is_over(s, time, s->rules.days)));
}

static Suspect *find_suspect(BpSuppression *s, const char *name) {
  Suspect *suspect = g_hash_table_lookup(s->suspects, name);
  if (suspect)
    return suspect;
  suspect = g_new0(Suspect, 1);
  suspect->entry.address = g_string_chunk_insert(s->strings, name);
  for (guint i = 0; i < BP_N_WHYS; i++)
    suspect->evidence[i].first = suspect->evidence[i].last = NEVER;
  g_hash_table_insert(s->suspects, (gpointer)suspect->entry.address, suspect);
  return suspect;
}

/* texts: cause, rule, domain, reason */
static void add_evidence(BpSuppression *s, Evidence *to, gint64 first, gint64 last, const BpValue *texts) {
  if (to->first == NEVER || first < to->first)
    to->first = first;
  if (last < to->last)
    return;
  to->last = last;
  to->cause = keep(s, texts[0].text);
  to->rule = keep(s, texts[1].text);
  to->domain = keep(s, texts[2].text);
  to->reason = keep(s, texts[3].text);
}

static void add_soft_day(BpSuppression *s, Suspect *suspect, const char *day) {
  gpointer kept = (gpointer)keep(s, day); /* the same string for the same day */
  if (!suspect->soft_days)
    suspect->soft_days = g_ptr_array_new();
  if (suspect->soft_days->len < s->rules.soft && !g_ptr_array_find(suspect->soft_days, kept, NULL))
    g_ptr_array_add(suspect->soft_days, kept);
}

/* address, time, added, day, action, advice, cause, rule, domain, reason, original address */
static gboolean take_evidence(const BpValue *row, guint n, gpointer data) {
  BpSuppression *s = data;
  if (!is_address(row[0].text))
    return TRUE;
  BpWhy why = g_str_equal(row[4].text, "complaint") ? BP_WHY_COMPLAINT
              : g_str_equal(row[5].text, "remove")  ? BP_WHY_HARD
                                                    : BP_WHY_SOFT;
  g_autofree char *name = name_of(row[0].text);
  gint64 time = time_of(s, row[1], row[2]);
  if (!counts(s, name, why, time) || (why != BP_WHY_COMPLAINT && is_address(row[10].text) && leads_to_several(s, name)))
    return TRUE;
  Suspect *suspect = find_suspect(s, name);
  add_evidence(s, &suspect->evidence[why], time, time, row + 6);
  if (why == BP_WHY_SOFT)
    add_soft_day(s, suspect, row[3].text);
  return TRUE;
}

/* What was recorded stands for the history that was forgotten since, but for soft failures.
 * address, since, last, why, cause, rule, domain, reason */
static gboolean take_recorded(const BpValue *row, guint n, gpointer data) {
  BpSuppression *s = data;
  Suspect *suspect = find_suspect(s, row[0].text);
  gint64 since = row[1].number, last = row[2].number;
  suspect->entry.recorded = TRUE;
  for (BpWhy why = 0; why < BP_WHY_SOFT; why++)
    if (g_str_equal(row[3].text, bp_why_names[why]) && counts(s, row[0].text, why, last) &&
        (why == BP_WHY_COMPLAINT || !leads_to_several(s, row[0].text)))
      add_evidence(s, &suspect->evidence[why], counts(s, row[0].text, why, since) ? since : last, last, row + 4);
  return TRUE;
}

/* ---- the decision ------------------------------------------------------------------------------------------- */

#define ADDRESS "coalesce(nullif(r.original_address, ''), r.address), m.time, m.added"
#define RESULTS " FROM recipients r JOIN messages m ON m.id = r.message "

static const struct {
  const char *sql;
  BpRowFunc take;
} questions[] = {
    {"SELECT address, time, time FROM deliveries", take_delivery},
    {"SELECT " ADDRESS RESULTS "WHERE r.action IN ('delivered', 'relayed', 'expanded')", take_delivery},
    {"SELECT r.original_address, r.address FROM recipients r WHERE r.original_address <> '' AND r.address <> ''",
     take_target},
    {"SELECT address, since, last, why, cause, rule, domain, reason FROM suppressions", take_recorded},
    {"SELECT " ADDRESS ", m.day, r.action, r.advice, r.cause, r.rule, r.domain, r.reason, r.original_address" RESULTS
     "WHERE (r.advice = 'remove' AND r.action IN ('failed', 'complaint'))"
     " OR (r.advice = 'retry' AND r.action = 'failed' AND r.category IN ('recipient', 'domain'))"
     " ORDER BY r.message, r.position",
     take_evidence},
};

static gboolean is_enough(const BpSuppression *s, const Suspect *suspect, BpWhy why) {
  return suspect->evidence[why].last != NEVER &&
         (why != BP_WHY_SOFT || (suspect->soft_days && suspect->soft_days->len >= s->rules.soft));
}

static void accuse(BpSuppression *s, Suspect *suspect, BpWhy why) {
  const Evidence *e = &suspect->evidence[why];
  BpSuppressed *entry = &suspect->entry;
  const char *at = strrchr(entry->address, '@');
  entry->why = why;
  entry->since = e->first;
  entry->last = e->last;
  entry->cause = e->cause;
  entry->rule = e->rule;
  entry->domain = e->domain ? e->domain : at && at[1] ? at + 1 : NULL;
  entry->reason = e->reason;
  g_ptr_array_add(s->list, entry);
}

static int compare_addresses(gconstpointer a, gconstpointer b) {
  return strcmp((*(const BpSuppressed *const *)a)->address, (*(const BpSuppressed *const *)b)->address);
}

static void fill_list(BpSuppression *s) {
  GHashTableIter iter;
  gpointer suspect;
  g_hash_table_iter_init(&iter, s->suspects);
  while (g_hash_table_iter_next(&iter, NULL, &suspect))
    for (BpWhy why = 0; why < BP_N_WHYS; why++)
      if (is_enough(s, suspect, why)) {
        accuse(s, suspect, why);
        break;
      }
  g_ptr_array_sort(s->list, compare_addresses);
}

gboolean bp_suppression_decide(BpSuppression *s, BpStore *store, GError **error) {
  gboolean done = bp_store_begin_reading(store, error);
  if (!done)
    return FALSE;
  for (guint i = 0; done && i < G_N_ELEMENTS(questions); i++)
    done = bp_store_query(store, questions[i].sql, NULL, 0, questions[i].take, s, error);
  bp_store_rollback(store);
  if (done)
    fill_list(s);
  return done;
}

/* ---- the record --------------------------------------------------------------------------------------------- */

#define ROWS 50 /* of a statement: to ask a server for each row takes long */

typedef struct {
  BpStore *store;
  const char *into, *behind; /* what goes around the rows */
  guint n_columns;
  GArray *values; /* of BpValue: rows that are not inserted yet */
} Insert;

static gboolean insert_rows(Insert *insert, GError **error) {
  g_autoptr(GString) sql = g_string_new(insert->into);
  const BpValue *values = (const BpValue *)(gconstpointer)insert->values->data;
  guint n = insert->values->len;
  if (n == 0)
    return TRUE;
  for (guint i = 0; i < n; i++)
    g_string_append_printf(sql, "%s$%u%s",
                           i % insert->n_columns ? ", "
                           : i                   ? ", ("
                                                 : " (",
                           i + 1, (i + 1) % insert->n_columns ? "" : ")");
  g_string_append(sql, insert->behind);
  gboolean done = bp_store_query(insert->store, sql->str, values, n, NULL, NULL, error);
  g_array_set_size(insert->values, 0);
  return done;
}

static gboolean insert_row(Insert *insert, const BpValue *row, GError **error) {
  g_array_append_vals(insert->values, row, insert->n_columns);
  return insert->values->len < ROWS * insert->n_columns || insert_rows(insert, error);
}

static gboolean record_list(const BpSuppression *s, BpStore *store, GError **error) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(BpValue));
  Insert insert = {store, "INSERT INTO suppressions (address, since, last, why, cause, rule, domain, reason) VALUES",
                   "", 8, values};
  gboolean done = bp_store_query(store, "DELETE FROM suppressions", NULL, 0, NULL, NULL, error);
  for (guint i = 0; done && i < s->list->len; i++) {
    const BpSuppressed *e = g_ptr_array_index(s->list, i);
    BpValue row[] = {BP_TEXT(e->address), BP_NUMBER(e->since), BP_NUMBER(e->last), BP_TEXT(bp_why_names[e->why]),
                     BP_TEXT(e->cause),   BP_TEXT(e->rule),    BP_TEXT(e->domain), BP_TEXT(e->reason)};
    done = insert_row(&insert, row, error);
  }
  return done && insert_rows(&insert, error);
}

static gboolean record_deliveries(const BpSuppression *s, BpStore *store, GError **error) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(BpValue));
  Insert insert = {store, "INSERT INTO deliveries (address, time) VALUES",
                   " ON CONFLICT (address) DO UPDATE SET time = excluded.time", 2, values};
  GHashTableIter iter;
  gpointer address, delivery;
  gboolean done = TRUE;
  g_hash_table_iter_init(&iter, s->deliveries);
  while (done && g_hash_table_iter_next(&iter, &address, &delivery)) {
    BpValue row[] = {BP_TEXT(address), BP_NUMBER(s->rules.now)};
    if (((const Delivery *)delivery)->told)
      done = insert_row(&insert, row, error);
  }
  return done && insert_rows(&insert, error);
}

gboolean bp_suppression_record(const BpSuppression *s, BpStore *store, GError **error) {
  if (!bp_store_begin(store, error))
    return FALSE;
  if (record_list(s, store, error) && record_deliveries(s, store, error))
    return bp_store_commit(store, error);
  bp_store_rollback(store);
  return FALSE;
}

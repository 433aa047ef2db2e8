/* postgresql-batch.c - a batch of records as arrays, added in one round trip
 *
 * Any number of processes do so at once. They take locks in the same order, by digest and by file, so that none waits
 * for another that waits for it. */
#include "store/postgresql.h"

#include <string.h>

/* ---- the statements ----------------------------------------------------------------------------------------- */

static void list(GString *sql, const char *before, const char *const *texts, guint n_texts, const char *const *numbers,
                 guint n_numbers) {
  for (guint i = 0; i < n_texts; i++)
    g_string_append_printf(sql, ", %s%s", before, texts[i]);
  for (guint i = 0; i < n_numbers; i++)
    g_string_append_printf(sql, ", %s%s", before, numbers[i]);
}

static void list_message(GString *sql, const char *before) {
  list(sql, before, bp_message_texts, BP_M_N_TEXTS, bp_message_numbers, BP_M_N_NUMBERS);
}

static void list_recipient(GString *sql, const char *before) {
  list(sql, before, bp_recipient_texts, BP_R_N_TEXTS, bp_recipient_numbers, BP_R_N_NUMBERS);
}

/* unnest($from, $from + 1, …), n arrays */
static void unnest(GString *sql, guint from, guint n) {
  for (guint i = 0; i < n; i++)
    g_string_append_printf(sql, "%s$%u", i ? ", " : "unnest(", from + i);
  g_string_append_c(sql, ')');
}

#define N_MESSAGE (2 + BP_M_N_TEXTS + BP_M_N_NUMBERS)
#define N_RECIPIENT (2 + BP_R_N_TEXTS + BP_R_N_NUMBERS)

/* Messages get their ids in the order in which they are given. Recipients say the how many-eth theirs is. */
void bp_pg_writer_init(BpPgWriter *writer) {
  GString *sql = g_string_new("WITH given AS MATERIALIZED (SELECT nextval('message_ids') AS id, g.* FROM ");
  unnest(sql, 2, N_MESSAGE);
  g_string_append(sql, " WITH ORDINALITY AS g (digest, day");
  list_message(sql, "");
  g_string_append(sql, ", nth)), added AS (INSERT INTO messages (id, added, digest, day");
  list_message(sql, "");
  g_string_append(sql, ") SELECT id, $1, digest, day");
  list_message(sql, "");
  g_string_append(sql, " FROM given ORDER BY digest ON CONFLICT (digest) DO NOTHING RETURNING id) "
                       "INSERT INTO recipients (message, position");
  list_recipient(sql, "");
  g_string_append(sql, ") SELECT given.id, r.position");
  list_recipient(sql, "r.");
  g_string_append(sql, " FROM added JOIN given ON given.id = added.id JOIN ");
  unnest(sql, 2 + N_MESSAGE, N_RECIPIENT);
  g_string_append(sql, " AS r (nth, position");
  list_recipient(sql, "");
  g_string_append(sql, ") ON r.nth = given.nth");
  *writer = (BpPgWriter){.messages = g_string_free(sql, FALSE), .host = g_utf8_make_valid(g_get_host_name(), -1)};
}

void bp_pg_writer_clear(BpPgWriter *writer) {
  g_free(writer->messages);
  g_free(writer->host);
}

static const char add_files[] =
    "INSERT INTO files (host, device, inode, size, modified, message) "
    "SELECT DISTINCT ON (f.device, f.inode, f.modified, f.size) $1, f.device, f.inode, f.size, f.modified, m.id "
    "FROM unnest($2, $3, $4, $5, $6) AS f (digest, device, inode, size, modified) JOIN messages m ON m.digest = f.digest "
    "ORDER BY f.device, f.inode, f.modified, f.size "
    "ON CONFLICT (host, device, inode, modified, size) DO UPDATE SET message = excluded.message";

static const char find_rows[] = "SELECT id FROM messages WHERE digest = ANY($1)";

/* ---- records as arrays -------------------------------------------------------------------------------------- */

/* The records whose digests no other before them has. */
static GPtrArray *different(const BpBatch *batch) {
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  GPtrArray *records = g_ptr_array_new();
  for (guint i = 0; i < batch->n_records; i++)
    if (g_hash_table_add(seen, g_bytes_new_static(batch->records[i].digest, BP_DIGEST_SIZE)))
      g_ptr_array_add(records, (gpointer)&batch->records[i]);
  return records;
}

#define RECORD(records, i) ((const BpRecord *)g_ptr_array_index(records, i))

static void add_digests(BpPgParameters *p, const GPtrArray *records) {
  bp_pg_add_array(p, BP_PG_BYTES_ARRAY, records->len);
  for (guint i = 0; i < records->len; i++)
    bp_pg_put_bytes(p, RECORD(records, i)->digest, BP_DIGEST_SIZE);
}

static void add_messages(BpPgParameters *p, const GPtrArray *records) {
  add_digests(p, records);
  bp_pg_add_array(p, BP_PG_TEXT_ARRAY, records->len);
  for (guint i = 0; i < records->len; i++) {
    g_autofree char *day = bp_day(RECORD(records, i)->numbers[BP_M_TIME]);
    bp_pg_put_text(p, day);
  }
  for (guint column = 0; column < BP_M_N_TEXTS; column++) {
    bp_pg_add_array(p, BP_PG_TEXT_ARRAY, records->len);
    for (guint i = 0; i < records->len; i++)
      bp_pg_put_text(p, RECORD(records, i)->texts[column]);
  }
  for (guint column = 0; column < BP_M_N_NUMBERS; column++) {
    bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, records->len);
    for (guint i = 0; i < records->len; i++)
      bp_pg_put_number(p, RECORD(records, i)->numbers[column]);
  }
}

static guint count_recipients(const GPtrArray *records) {
  guint n = 0;
  for (guint i = 0; i < records->len; i++)
    n += RECORD(records, i)->n_recipients;
  return n;
}

static void add_recipients(BpPgParameters *p, const GPtrArray *records) {
  guint n = count_recipients(records);
  bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, n);
  for (guint i = 0; i < records->len; i++)
    for (guint j = 0; j < RECORD(records, i)->n_recipients; j++)
      bp_pg_put_number(p, i + 1);
  bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, n);
  for (guint i = 0; i < records->len; i++)
    for (guint j = 0; j < RECORD(records, i)->n_recipients; j++)
      bp_pg_put_number(p, j);
  for (guint column = 0; column < BP_R_N_TEXTS; column++) {
    bp_pg_add_array(p, BP_PG_TEXT_ARRAY, n);
    for (guint i = 0; i < records->len; i++)
      for (guint j = 0; j < RECORD(records, i)->n_recipients; j++)
        bp_pg_put_text(p, RECORD(records, i)->recipients[j].texts[column]);
  }
  for (guint column = 0; column < BP_R_N_NUMBERS; column++) {
    bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, n);
    for (guint i = 0; i < records->len; i++)
      for (guint j = 0; j < RECORD(records, i)->n_recipients; j++)
        bp_pg_put_number(p, RECORD(records, i)->recipients[j].numbers[column]);
  }
}

/* ---- sending ------------------------------------------------------------------------------------------------ */

static gboolean send_messages(BpPg *pg, const BpPgWriter *writer, const GPtrArray *records) {
  g_autoptr(BpPgParameters) p = bp_pg_parameters_new();
  bp_pg_add_number(p, g_get_real_time() / G_USEC_PER_SEC);
  add_messages(p, records);
  add_recipients(p, records);
  return bp_pg_send(pg, writer->messages, p);
}

static gint64 file_number(const BpFileId *file, guint column) {
  return column == 0 ? (gint64)file->device : column == 1 ? (gint64)file->inode : column == 2 ? file->size : file->modified;
}

static gboolean send_files(BpPg *pg, const BpPgWriter *writer, const BpBatch *batch) {
  g_autoptr(BpPgParameters) p = bp_pg_parameters_new();
  g_autoptr(GPtrArray) records = g_ptr_array_new();
  for (guint i = 0; i < batch->n_records; i++)
    if (batch->records[i].file.inode)
      g_ptr_array_add(records, (gpointer)&batch->records[i]);
  bp_pg_add_text(p, writer->host);
  add_digests(p, records);
  for (guint column = 0; column < 4; column++) {
    bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, records->len);
    for (guint i = 0; i < records->len; i++)
      bp_pg_put_number(p, file_number(&RECORD(records, i)->file, column));
  }
  return bp_pg_send(pg, add_files, p);
}

static gboolean send_question(BpPg *pg, const GPtrArray *records) {
  g_autoptr(BpPgParameters) p = bp_pg_parameters_new();
  add_digests(p, records);
  return bp_pg_send(pg, find_rows, p);
}

static gboolean send_words(BpPg *pg, const char *sql) {
  g_autoptr(BpPgParameters) none = bp_pg_parameters_new();
  return bp_pg_send(pg, sql, none);
}

static gboolean send_all(BpPg *pg, const BpPgWriter *writer, const BpBatch *batch) {
  g_autoptr(GPtrArray) records = different(batch);
  return send_words(pg, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") &&
         send_words(pg, "SELECT pg_advisory_xact_lock_shared(" BP_PG_LOCK ")") && send_messages(pg, writer, records) &&
         send_files(pg, writer, batch) && send_question(pg, records) && send_words(pg, "COMMIT") &&
         PQpipelineSync(pg->handle);
}

/* ---- taking ------------------------------------------------------------------------------------------------- */

static void take_rows(const PGresult *result, GArray *rows) {
  for (int i = 0; i < PQntuples(result) && PQftype(result, 0) == BP_PG_NUMBER; i++) {
    gint64 row = g_ascii_strtoll(PQgetvalue(result, i, 0), NULL, 10);
    g_array_append_val(rows, row);
  }
}

/* Takes what came of all statements; the first error is the one. NULL stands behind the results of each. A second one says
 * that nothing more comes: a server that went away while nobody asked it anything leaves a connection that looks well. */
static gboolean take_all(BpPg *pg, GArray *rows, GError **error) {
  g_autoptr(GError) first = NULL;
  ExecStatusType status = PGRES_COMMAND_OK;
  for (guint nothing = 0; status != PGRES_PIPELINE_SYNC && nothing < 2 && PQstatus(pg->handle) == CONNECTION_OK;) {
    PGresult *result = PQgetResult(pg->handle);
    nothing = result ? 0 : nothing + 1;
    status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
    if (status == PGRES_FATAL_ERROR && !first)
      bp_pg_fail(pg, result, &first);
    else if (status == PGRES_TUPLES_OK)
      take_rows(result, rows);
    PQclear(result);
  }
  if (!first && status == PGRES_PIPELINE_SYNC)
    return TRUE;
  if (first)
    g_propagate_error(error, g_steal_pointer(&first));
  else
    bp_pg_fail(pg, NULL, error);
  if (status != PGRES_PIPELINE_SYNC)
    bp_pg_disconnect(pg);
  return FALSE;
}

gboolean bp_pg_write(BpPg *pg, const BpPgWriter *writer, const BpBatch *batch, GArray *rows, GError **error) {
  guint before = rows->len;
  if (batch->n_records == 0)
    return TRUE;
  if (!PQenterPipelineMode(pg->handle) || !send_all(pg, writer, batch)) {
    bp_pg_fail(pg, NULL, error);
    bp_pg_disconnect(pg);
    return FALSE;
  }
  gboolean done = take_all(pg, rows, error);
  PQexitPipelineMode(pg->handle);
  if (done)
    return TRUE;
  g_array_set_size(rows, before);
  bp_pg_rollback(pg);
  return FALSE;
}

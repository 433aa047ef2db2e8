/* postgresql.c - the history on a PostgreSQL server, for any number of hosts; the module libbounceparse-postgresql */
#include "store/postgresql.h"

#include <string.h>

#define BLOCK 8192       /* inodes whose files are asked for at once: about those of a folder */
#define MOST_FILES 200000 /* that are remembered */

typedef struct {
  BpPg pg;
  BpPgWriter writer;
  char *where;
  gboolean create;
  GArray *run;          /* gint64: the messages that this run read */
  guint n_run;          /* of them, how many are in the table "run" … */
  guint64 run_of;       /* … of this connection */
  GHashTable *files;    /* of File: those in the blocks */
  GHashTable *blocks;   /* of Block: what was asked for */
} Database;

/* ---- opening ------------------------------------------------------------------------------------------------ */

typedef struct {
  guint64 device, number;
} Block;

typedef struct {
  BpFileId id;
  gint64 message;
} File;

static guint hash_block(gconstpointer key) {
  const Block *block = key;
  return g_int64_hash(&block->number) ^ g_int64_hash(&block->device);
}

static gboolean equal_blocks(gconstpointer a, gconstpointer b) {
  return memcmp(a, b, sizeof(Block)) == 0;
}

static guint hash_file(gconstpointer key) {
  const File *file = key;
  return g_int64_hash(&file->id.inode) ^ g_int64_hash(&file->id.modified);
}

static gboolean equal_files(gconstpointer a, gconstpointer b) {
  return memcmp(&((const File *)a)->id, &((const File *)b)->id, sizeof(BpFileId)) == 0;
}

static void close_database(gpointer database) {
  Database *db = database;
  bp_pg_disconnect(&db->pg);
  bp_pg_writer_clear(&db->writer);
  g_array_unref(db->run);
  g_hash_table_unref(db->files);
  g_hash_table_unref(db->blocks);
  g_free(db->where);
  g_free(db);
}

static gboolean migrate(BpPg *pg, gpointer create, GError **error) {
  return bp_pg_migrate(pg, *(gboolean *)create, error);
}

static gpointer open_database(const char *where, gboolean create, GError **error) {
  if (!bp_pg_check(where, error))
    return NULL;
  Database *db = g_new0(Database, 1);
  db->where = g_strdup(where);
  db->pg.where = db->where;
  db->create = create;
  db->run = g_array_new(FALSE, FALSE, sizeof(gint64));
  db->files = g_hash_table_new_full(hash_file, equal_files, g_free, NULL);
  db->blocks = g_hash_table_new_full(hash_block, equal_blocks, g_free, NULL);
  bp_pg_writer_init(&db->writer);
  if (bp_pg_persist(&db->pg, migrate, &create, error))
    return db;
  close_database(db);
  return NULL;
}

/* ---- transactions ------------------------------------------------------------------------------------------- */

/* Puts what this run read into its table, which goes with the connection. */
static gboolean fill_run(Database *db, GError **error) {
  if (db->run_of != db->pg.n && !bp_pg_run(&db->pg, "CREATE TEMP TABLE run (message BIGINT PRIMARY KEY)", error))
    return FALSE;
  db->n_run = db->run_of == db->pg.n ? db->n_run : 0;
  db->run_of = db->pg.n;
  if (db->n_run == db->run->len)
    return TRUE;
  g_autoptr(BpPgParameters) p = bp_pg_parameters_new();
  bp_pg_add_array(p, BP_PG_NUMBER_ARRAY, db->run->len - db->n_run);
  for (guint i = db->n_run; i < db->run->len; i++)
    bp_pg_put_number(p, g_array_index(db->run, gint64, i));
  PGresult *result = NULL, *last;
  if (bp_pg_send(&db->pg, "INSERT INTO run (message) SELECT unnest($1) ON CONFLICT DO NOTHING", p))
    for (result = PQgetResult(db->pg.handle); (last = PQgetResult(db->pg.handle)); PQclear(last))
      ;
  gboolean done = PQresultStatus(result) == PGRES_COMMAND_OK || bp_pg_fail(&db->pg, result, error);
  PQclear(result);
  if (done)
    db->n_run = db->run->len;
  return done;
}

typedef struct {
  Database *db;
  gboolean writing;
} Beginning;

static gboolean try_to_begin(BpPg *pg, gpointer data, GError **error) {
  const Beginning *b = data;
  if (b->db->create && !fill_run(b->db, error))
    return FALSE;
  if (bp_pg_run(pg,
                b->writing ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(" BP_PG_LOCK ")"
                           : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                error))
    return TRUE;
  bp_pg_rollback(pg);
  return FALSE;
}

static gboolean begin(gpointer database, gboolean writing, GError **error) {
  Beginning beginning = {database, writing};
  return bp_pg_persist(&beginning.db->pg, try_to_begin, &beginning, error);
}

static void rollback(gpointer database) {
  bp_pg_rollback(&((Database *)database)->pg);
}

static gboolean commit(gpointer database, GError **error) {
  Database *db = database;
  if (bp_pg_run(&db->pg, "COMMIT", error))
    return TRUE;
  rollback(database);
  return FALSE;
}

/* ---- asking ------------------------------------------------------------------------------------------------- */

static gboolean send_query(PGconn *handle, const char *sql, const BpValue *parameters, guint n) {
  g_autofree Oid *types = g_new0(Oid, n + 1);
  g_autofree const char **values = g_new0(const char *, n + 1);
  g_autofree char(*numbers)[24] = g_malloc((n + 1) * sizeof *numbers);
  for (guint i = 0; i < n; i++) {
    types[i] = parameters[i].text ? BP_PG_TEXT : BP_PG_NUMBER;
    values[i] = parameters[i].text;
    if (parameters[i].text)
      continue;
    if (parameters[i].number == BOUNCEPARSE_NO_TIME) {
      types[i] = 0; /* as the statement has it */
      continue;
    }
    g_snprintf(numbers[i], sizeof numbers[i], "%" G_GINT64_FORMAT, parameters[i].number);
    values[i] = numbers[i];
  }
  return PQsendQueryParams(handle, sql, (int)n, types, values, NULL, NULL, 0) && PQsetSingleRowMode(handle);
}

static BpValue column(const PGresult *result, int n) {
  if (PQgetisnull(result, 0, n))
    return BP_NUMBER(BOUNCEPARSE_NO_TIME);
  const char *text = PQgetvalue(result, 0, n);
  switch (PQftype(result, n)) {
  case BP_PG_NUMBER:
  case 21: /* smaller ones */
  case 23:
    return BP_NUMBER(g_ascii_strtoll(text, NULL, 10));
  default:
    return BP_TEXT(text);
  }
}

static gboolean give(const PGresult *result, GArray *values, BpRowFunc row, gpointer data) {
  g_array_set_size(values, 0);
  for (int i = 0; i < PQnfields(result); i++) {
    BpValue value = column(result, i);
    g_array_append_val(values, value);
  }
  return row((const BpValue *)(gconstpointer)values->data, values->len, data);
}

static gboolean query(gpointer database, const char *sql, const BpValue *parameters, guint n, BpRowFunc row,
                      gpointer data, GError **error) {
  Database *db = database;
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(BpValue));
  gboolean done = TRUE, wanted = row != NULL;
  PGresult *result;
  if (!send_query(db->pg.handle, sql, parameters, n))
    return bp_pg_fail(&db->pg, NULL, error);
  while ((result = PQgetResult(db->pg.handle))) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE)
      wanted = wanted && give(result, values, row, data);
    else if (done && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      done = bp_pg_fail(&db->pg, result, error);
    PQclear(result);
  }
  return done;
}

/* ---- files -------------------------------------------------------------------------------------------------- */

/* inode, size, modified, message */
typedef struct {
  Database *db;
  guint64 device;
} Remembering;

static gboolean remember_file(const BpValue *row, guint n, gpointer data) {
  const Remembering *r = data;
  File *file = g_new0(File, 1);
  file->id.device = r->device;
  file->id.inode = (guint64)row[0].number;
  file->id.size = row[1].number;
  file->id.modified = row[2].number;
  file->message = row[3].number;
  g_hash_table_add(r->db->files, file);
  return TRUE;
}

/* To ask the server for each file takes longer than to read it. */
static void ask_for_block(Database *db, const Block *block) {
  if (g_hash_table_size(db->files) > MOST_FILES) {
    g_hash_table_remove_all(db->files);
    g_hash_table_remove_all(db->blocks);
  }
  gint64 first = (gint64)(block->number * BLOCK);
  Remembering remembering = {db, block->device};
  BpValue values[] = {BP_TEXT(db->writer.host), BP_NUMBER((gint64)block->device), BP_NUMBER(first),
                      BP_NUMBER(first + BLOCK - 1)};
  if (query(db,
            "SELECT inode, size, modified, message FROM files "
            "WHERE host = $1 AND device = $2 AND inode BETWEEN $3 AND $4",
            values, G_N_ELEMENTS(values), remember_file, &remembering, NULL))
    g_hash_table_add(db->blocks, g_memdup2(block, sizeof *block));
}

static gint64 find_file(gpointer database, const BpFileId *id) {
  Database *db = database;
  const Block block = {id->device, id->inode / BLOCK};
  const File key = {.id = *id};
  if (!g_hash_table_contains(db->blocks, &block))
    ask_for_block(db, &block);
  const File *file = g_hash_table_lookup(db->files, &key);
  return file ? file->message : 0;
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

typedef struct {
  Database *db;
  const BpBatch *batch;
} Adding;

static gboolean try_to_add(BpPg *pg, gpointer data, GError **error) {
  const Adding *adding = data;
  return bp_pg_write(pg, &adding->db->writer, adding->batch, adding->db->run, error);
}

static gboolean add_batch(gpointer database, const BpBatch *batch, GError **error) {
  Adding adding = {database, batch};
  if (!bp_pg_persist(&adding.db->pg, try_to_add, &adding, error))
    return FALSE;
  g_array_append_vals(adding.db->run, batch->known, batch->n_known);
  if (batch->endless)
    g_array_set_size(adding.db->run, 0);
  return TRUE;
}

__attribute__((visibility("default"))) const BpStoreBackend bp_store_backend = {
    .open = open_database,
    .close = close_database,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .add_batch = add_batch,
    .find_file = find_file,
    .query = query,
};

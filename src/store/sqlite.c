/* sqlite.c - the history in a SQLite file; the module libbounceparse-sqlite */
#include "store/store.h"

#include <glib/gi18n.h>
#include <sqlite3.h>
#include <string.h>

#define PATIENCE (60 * 1000)      /* milliseconds to wait for other writers */
#define PAUSE 20                  /* between tries where SQLite does not wait by itself */
#define APPLICATION_ID 0x62507273 /* "bPrs" */
#define VERSION 1                 /* of the schema, in user_version */

typedef struct {
  sqlite3 *handle;
  GHashTable *statements; /* SQL to sqlite3_stmt */
  char *insert_message, *insert_recipient;
} Database;

/* ---- errors ------------------------------------------------------------------------------------------------- */

static gboolean fail(const Database *db, int code, GError **error) {
  BpStoreError kind = BP_STORE_ERROR_WRITE;
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    kind = BP_STORE_ERROR_RETRY;
    break;
  case SQLITE_CANTOPEN:
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    kind = BP_STORE_ERROR_OPEN;
    break;
  }
  const char *reason = (code & 0xff) == SQLITE_CANTOPEN ? _("no such database, or it may not be opened")
                       : (code & 0xff) == SQLITE_NOTADB ? _("not a database")
                                                        : sqlite3_errmsg(db->handle);
  g_set_error_literal(error, BP_STORE_ERROR, kind, reason);
  return FALSE;
}

/* ---- statements --------------------------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(Database *db, const char *sql, GError **error) {
  sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);
  if (statement)
    return statement;
  int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK) {
    fail(db, code, error);
    return NULL;
  }
  g_hash_table_insert(db->statements, g_strdup(sql), statement);
  return statement;
}

static void bind(sqlite3_stmt *statement, int n, BpValue value) {
  if (value.text)
    sqlite3_bind_text(statement, n, value.text, -1, SQLITE_STATIC);
  else if (value.number != BOUNCEPARSE_NO_TIME)
    sqlite3_bind_int64(statement, n, value.number);
  else
    sqlite3_bind_null(statement, n);
}

static BpValue column(sqlite3_stmt *statement, int n) {
  switch (sqlite3_column_type(statement, n)) {
  case SQLITE_NULL:
    return BP_NUMBER(BOUNCEPARSE_NO_TIME);
  case SQLITE_INTEGER:
    return BP_NUMBER(sqlite3_column_int64(statement, n));
  default:
    return BP_TEXT((const char *)sqlite3_column_text(statement, n));
  }
}

static gboolean end(Database *db, sqlite3_stmt *statement, int code, GError **error) {
  gboolean done = code == SQLITE_DONE || code == SQLITE_ROW || fail(db, code, error);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return done;
}

/* $1, $2 … are names to SQLite: each is bound by its number. */
static void bind_parameters(sqlite3_stmt *statement, const BpValue *parameters, guint n) {
  char name[16];
  for (guint i = 0; i < n; i++) {
    g_snprintf(name, sizeof name, "$%u", i + 1);
    int at = sqlite3_bind_parameter_index(statement, name);
    if (at > 0)
      bind(statement, at, parameters[i]);
  }
}

static gboolean query(gpointer database, const char *sql, const BpValue *parameters, guint n, BpRowFunc row,
                      gpointer data, GError **error) {
  Database *db = database;
  sqlite3_stmt *statement = prepare(db, sql, error);
  int code;
  if (!statement)
    return FALSE;
  bind_parameters(statement, parameters, n);
  guint n_columns = (guint)sqlite3_column_count(statement);
  g_autofree BpValue *values = g_new0(BpValue, n_columns + 1);
  while ((code = sqlite3_step(statement)) == SQLITE_ROW && row) {
    for (guint i = 0; i < n_columns; i++)
      values[i] = column(statement, (int)i);
    if (!row(values, n_columns, data))
      break;
  }
  return end(db, statement, code, error);
}

static gboolean run(Database *db, const char *sql, GError **error) {
  int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  return code == SQLITE_OK || fail(db, code, error);
}

static gboolean keep_number(const BpValue *row, guint n, gpointer data) {
  *(gint64 *)data = row[0].number;
  return FALSE;
}

static gint64 pragma(Database *db, const char *sql) {
  gint64 number = 0;
  query(db, sql, NULL, 0, keep_number, &number, NULL);
  return number;
}

/* ---- the schema --------------------------------------------------------------------------------------------- */

/* Version n of the schema is made by the first n of these. */
static const char *const migrations[VERSION] = {
    "CREATE TABLE messages (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  digest BLOB NOT NULL UNIQUE,\n"
    "  added INTEGER NOT NULL,\n"
    "  day TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL, source TEXT NOT NULL, reporter_host TEXT, reporter_software TEXT, layout TEXT,\n"
    "  message_id TEXT, original_from TEXT, original_to TEXT, subject TEXT, envelope_id TEXT, envelope_from TEXT,\n"
    "  list_id TEXT, feedback_type TEXT, feedback_source_ip TEXT, truncated TEXT,\n"
    "  time INTEGER NOT NULL, date INTEGER, arrival_date INTEGER, original_date INTEGER,\n"
    "  mbox_index INTEGER, mbox_offset INTEGER);\n"
    "CREATE INDEX messages_time ON messages (time);\n"
    "CREATE TABLE recipients (\n"
    "  message INTEGER NOT NULL REFERENCES messages (id), position INTEGER NOT NULL,\n"
    "  address TEXT NOT NULL, original_address TEXT, domain TEXT, action TEXT NOT NULL,\n"
    "  status TEXT, dsn_status TEXT, code TEXT, command TEXT, diagnostic TEXT, diagnostic_type TEXT,\n"
    "  remote_host TEXT, remote_ip TEXT, log_id TEXT, vendor TEXT, rule TEXT, cause TEXT, category TEXT,\n"
    "  permanence TEXT, advice TEXT, reason TEXT, suggestion TEXT, sending_ip TEXT, blocklists TEXT,\n"
    "  retry_after INTEGER, will_retry_until INTEGER, last_attempt INTEGER,\n"
    "  PRIMARY KEY (message, position)) WITHOUT ROWID;\n"
    "CREATE TABLE files (\n"
    "  device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,\n"
    "  message INTEGER NOT NULL REFERENCES messages (id),\n"
    "  PRIMARY KEY (inode, device, modified, size)) WITHOUT ROWID;\n"
    "CREATE TABLE suppressions (\n"
    "  address TEXT PRIMARY KEY, since INTEGER NOT NULL, last INTEGER NOT NULL,\n"
    "  why TEXT NOT NULL, cause TEXT, rule TEXT, domain TEXT, reason TEXT) WITHOUT ROWID;\n"
    "CREATE TABLE deliveries (address TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;\n"
    "CREATE VIEW results AS\n"
    "  SELECT m.day, strftime('%Y-%m-%dT%H:%M:%SZ', m.time, 'unixepoch') AS bounced, m.kind, m.source,\n"
    "    m.reporter_host, m.layout, m.message_id, m.subject, m.list_id, m.feedback_type, r.*\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message;\n"
    "CREATE VIEW addresses AS\n"
    "  SELECT coalesce(r.original_address, r.address) AS address, count(*) AS results,\n"
    "    sum(r.action = 'failed') AS failed, count(DISTINCT m.day) AS days, min(m.day) AS first_day,\n"
    "    max(m.day) AS last_day, group_concat(DISTINCT r.cause) AS causes\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message\n"
    "  WHERE r.address <> '' OR r.original_address IS NOT NULL GROUP BY 1;\n"
    "CREATE VIEW causes_by_day AS\n"
    "  SELECT m.day, r.cause, r.category, count(*) AS recipients\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message WHERE r.cause IS NOT NULL GROUP BY 1, 2, 3;\n",
};

static gboolean migrate(Database *db, GError **error) {
  if (pragma(db, "PRAGMA user_version") == VERSION)
    return TRUE;
  if (!run(db, "BEGIN IMMEDIATE", error))
    return FALSE;
  /* Another process may have been quicker. */
  gint64 at = pragma(db, "PRAGMA user_version");
  for (; at < VERSION; at++)
    if (!run(db, migrations[at], error)) {
      run(db, "ROLLBACK", NULL);
      return FALSE;
    }
  g_autofree char *mark =
      g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID, VERSION);
  return run(db, mark, error);
}

/* In one transaction, since another process may be making the tables. */
static gboolean check(Database *db, GError **error) {
  gint64 tables = -1;
  /* The first look into the file shows whether it is a database at all. */
  if (!run(db, "BEGIN", error) ||
      !query(db, "SELECT count(*) FROM sqlite_master", NULL, 0, keep_number, &tables, error))
    return FALSE;
  gint64 version = pragma(db, "PRAGMA user_version"), id = pragma(db, "PRAGMA application_id");
  if (!run(db, "COMMIT", error))
    return FALSE;
  const char *wrong = id != APPLICATION_ID && (tables > 0 || id) ? _("a database, but not one of bounceparse")
                      : version > VERSION                        ? _("made by a later version of bounceparse")
                                                                 : NULL;
  if (wrong)
    g_set_error_literal(error, BP_STORE_ERROR, BP_STORE_ERROR_OPEN, wrong);
  return !wrong;
}

/* ---- opening ------------------------------------------------------------------------------------------------ */

/* INSERT INTO table (own, texts…, numbers…) VALUES (?, …) */
static char *insert_statement(const char *table, const char *own, guint n_own, const char *const *texts, guint n_texts,
                              const char *const *numbers, guint n_numbers, const char *behind) {
  GString *sql = g_string_new(NULL);
  g_string_printf(sql, "INSERT INTO %s (%s", table, own);
  for (guint i = 0; i < n_texts; i++)
    g_string_append_printf(sql, ", %s", texts[i]);
  for (guint i = 0; i < n_numbers; i++)
    g_string_append_printf(sql, ", %s", numbers[i]);
  g_string_append(sql, ") VALUES (");
  for (guint i = 0; i < n_own + n_texts + n_numbers; i++)
    g_string_append(sql, i == 0 ? "?" : ", ?");
  g_string_append_printf(sql, ") %s", behind);
  return g_string_free(sql, FALSE);
}

static void close_database(gpointer database) {
  Database *db = database;
  g_hash_table_unref(db->statements);
  sqlite3_close(db->handle);
  g_free(db->insert_message);
  g_free(db->insert_recipient);
  g_free(db);
}

static void free_statement(gpointer statement) {
  sqlite3_finalize(statement);
}

/* The change to a write-ahead log does not wait by itself for other processes that make the database just now. */
static gboolean use_log(Database *db, GError **error) {
  for (guint waited = 0;; waited += PAUSE) {
    if (run(db, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", error))
      return TRUE;
    if (sqlite3_errcode(db->handle) != SQLITE_BUSY || waited >= PATIENCE)
      return FALSE;
    g_clear_error(error);
    g_usleep(PAUSE * 1000);
  }
}

static gboolean set_up(Database *db, gboolean temporary, GError **error) {
  sqlite3_busy_timeout(db->handle, PATIENCE);
  return check(db, error) &&
         (temporary ? run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", error) : use_log(db, error)) &&
         migrate(db, error) && run(db, "CREATE TEMP TABLE run (message INTEGER PRIMARY KEY)", error);
}

static gpointer open_database(const char *where, gboolean create, GError **error) {
  Database *db = g_new0(Database, 1);
  db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_statement);
  db->insert_message = insert_statement("messages", "digest, added, day", 3, bp_message_texts, BP_M_N_TEXTS,
                                        bp_message_numbers, BP_M_N_NUMBERS, "ON CONFLICT (digest) DO NOTHING");
  db->insert_recipient = insert_statement("recipients", "message, position", 2, bp_recipient_texts, BP_R_N_TEXTS,
                                          bp_recipient_numbers, BP_R_N_NUMBERS, "");
  int code = sqlite3_open_v2(where ? where : "", &db->handle,
                             SQLITE_OPEN_READWRITE | (create || !where ? SQLITE_OPEN_CREATE : 0), NULL);
  if (code == SQLITE_OK ? set_up(db, !where, error) : fail(db, code, error))
    return db;
  close_database(db);
  return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

static gboolean begin(gpointer database, gboolean writing, GError **error) {
  return run(database, writing ? "BEGIN IMMEDIATE" : "BEGIN", error);
}

static void rollback(gpointer database) {
  run(database, "ROLLBACK", NULL);
}

static gboolean commit(gpointer database, GError **error) {
  if (run(database, "COMMIT", error))
    return TRUE;
  rollback(database);
  return FALSE;
}

static int bind_columns(sqlite3_stmt *statement, int at, const char *const *texts, guint n_texts, const gint64 *numbers,
                        guint n_numbers) {
  for (guint i = 0; i < n_texts; i++)
    if (texts[i])
      sqlite3_bind_text(statement, at + (int)i, texts[i], -1, SQLITE_STATIC);
  for (guint i = 0; i < n_numbers; i++)
    bind(statement, at + (int)(n_texts + i), BP_NUMBER(numbers[i]));
  return at + (int)(n_texts + n_numbers);
}

static gboolean add_recipients(Database *db, const BpRecord *record, gint64 message, GError **error) {
  sqlite3_stmt *statement = prepare(db, db->insert_recipient, error);
  for (guint i = 0; statement && i < record->n_recipients; i++) {
    const BpRecipientRecord *r = &record->recipients[i];
    sqlite3_bind_int64(statement, 1, message);
    sqlite3_bind_int64(statement, 2, i);
    bind_columns(statement, 3, r->texts, BP_R_N_TEXTS, r->numbers, BP_R_N_NUMBERS);
    if (!end(db, statement, sqlite3_step(statement), error))
      return FALSE;
  }
  return statement != NULL;
}

static gboolean add_message(Database *db, const BpRecord *record, gboolean *added, GError **error) {
  sqlite3_stmt *statement = prepare(db, db->insert_message, error);
  if (!statement)
    return FALSE;
  g_autofree char *day = bp_day(record->numbers[BP_M_TIME]);
  sqlite3_bind_blob(statement, 1, record->digest, BP_DIGEST_SIZE, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, g_get_real_time() / G_USEC_PER_SEC);
  sqlite3_bind_text(statement, 3, day, -1, SQLITE_STATIC);
  bind_columns(statement, 4, record->texts, BP_M_N_TEXTS, record->numbers, BP_M_N_NUMBERS);
  if (!end(db, statement, sqlite3_step(statement), error))
    return FALSE;
  *added = sqlite3_changes(db->handle) > 0;
  return TRUE;
}

static gboolean find_message(Database *db, const BpRecord *record, gint64 *message, GError **error) {
  sqlite3_stmt *statement = prepare(db, "SELECT id FROM messages WHERE digest = ?", error);
  if (!statement)
    return FALSE;
  sqlite3_bind_blob(statement, 1, record->digest, BP_DIGEST_SIZE, SQLITE_STATIC);
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW)
    *message = sqlite3_column_int64(statement, 0);
  return end(db, statement, code, error);
}

static void bind_file(sqlite3_stmt *statement, const BpFileId *file) {
  sqlite3_bind_int64(statement, 1, (gint64)file->device);
  sqlite3_bind_int64(statement, 2, (gint64)file->inode);
  sqlite3_bind_int64(statement, 3, file->size);
  sqlite3_bind_int64(statement, 4, file->modified);
}

static gboolean add_file(Database *db, const BpFileId *file, gint64 message, GError **error) {
  if (file->inode == 0)
    return TRUE;
  sqlite3_stmt *statement = prepare(
      db, "INSERT OR REPLACE INTO files (device, inode, size, modified, message) VALUES (?, ?, ?, ?, ?)", error);
  if (!statement)
    return FALSE;
  bind_file(statement, file);
  sqlite3_bind_int64(statement, 5, message);
  return end(db, statement, sqlite3_step(statement), error);
}

static gboolean count_as_read(Database *db, gint64 message, GError **error) {
  BpValue row = BP_NUMBER(message);
  return query(db, "INSERT INTO run (message) VALUES ($1) ON CONFLICT DO NOTHING", &row, 1, NULL, NULL, error);
}

static gboolean add(Database *db, const BpRecord *record, GError **error) {
  gboolean added;
  if (!add_message(db, record, &added, error))
    return FALSE;
  gint64 message = sqlite3_last_insert_rowid(db->handle);
  if (added ? !add_recipients(db, record, message, error) : !find_message(db, record, &message, error))
    return FALSE;
  return add_file(db, &record->file, message, error) && count_as_read(db, message, error);
}

static gboolean add_batch(gpointer database, const BpBatch *batch, GError **error) {
  gboolean done = TRUE;
  if (!begin(database, TRUE, error))
    return FALSE;
  for (guint i = 0; done && i < batch->n_records; i++)
    done = add(database, &batch->records[i], error);
  for (guint i = 0; done && i < batch->n_known; i++)
    done = count_as_read(database, batch->known[i], error);
  if (done && batch->endless)
    done = run(database, "DELETE FROM run", error);
  if (done)
    return commit(database, error);
  rollback(database);
  return FALSE;
}

static gint64 find_file(gpointer database, const BpFileId *file) {
  Database *db = database;
  sqlite3_stmt *statement =
      prepare(db, "SELECT message FROM files WHERE device = ? AND inode = ? AND size = ? AND modified = ?", NULL);
  gint64 message = 0;
  if (!statement)
    return 0;
  bind_file(statement, file);
  if (sqlite3_step(statement) == SQLITE_ROW)
    message = sqlite3_column_int64(statement, 0);
  end(db, statement, SQLITE_DONE, NULL);
  return message;
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

/* store.h - the history: a database of what was read
 *
 * The tables are described in bounceparse-database(5). A backend, in a module that is loaded when a database is asked
 * for, knows how to write records and to run SQL; what is asked of the history is SQL that both SQLite and PostgreSQL
 * understand.
 * Every function that can fail sets a GError of BP_STORE_ERROR. */
#pragma once

#include "store/record.h"

#define BP_STORE_ERROR (bp_store_error_quark())
GQuark bp_store_error_quark(void);

typedef enum {
  BP_STORE_ERROR_OPEN,   /* no such database, no database, not allowed in, or of a later version: EX_NOINPUT */
  BP_STORE_ERROR_WRITE,  /* disk full, no rights: EX_CANTCREAT */
  BP_STORE_ERROR_RETRY   /* others held it for too long, or the server is away: EX_TEMPFAIL */
} BpStoreError;

typedef struct BpStore BpStore;

/* Opens the database where says, a file or a PostgreSQL URI; with create a file, or the tables in a database, are made
 * where there are none. NULL: a temporary one, gone when it is closed. */
BpStore *bp_store_open(const char *where, gboolean create, GError **error);
void bp_store_close(BpStore *store);

/* What may be shown of where: of a URI nothing that may be a password. A new string. */
char *bp_store_name(const char *where);

/* ---- transactions ------------------------------------------------------------------------------------------- */

/* All changes stand between these two; they are in the database, safe, once commit has returned TRUE. Other processes
 * wait meanwhile, so be quick. */
gboolean bp_store_begin(BpStore *store, GError **error);
gboolean bp_store_commit(BpStore *store, GError **error);
void bp_store_rollback(BpStore *store);

/* Until bp_store_rollback() the database stays as it is for this process, which does not write. Nobody waits. */
gboolean bp_store_begin_reading(BpStore *store, GError **error);

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* What is added at once. known are rows of messages that were there already. */
typedef struct {
  const BpRecord *records;
  const gint64 *known;
  guint n_records, n_known;
  gboolean endless; /* the run has no end at which somebody asks what it read: see "run" below */
} BpBatch;

/* Adds those messages whose digest is not there, all or nothing; they are safe once TRUE is returned. The files of all
 * records that have one are remembered, and all messages, with the known ones, count as read in this run: they are in
 * the table "run", which is there where the database was opened with create; of an endless run it stays empty. Waits a
 * minute for a server that has gone away and comes again. */
gboolean bp_store_add_batch(BpStore *store, const BpBatch *batch, GError **error);

/* The row of the message that a file held when it was read, 0 where it is not known. */
gint64 bp_store_find_file(BpStore *store, const BpFileId *file);

/* ---- asking ------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *text; /* NULL: number */
  gint64 number;    /* BOUNCEPARSE_NO_TIME: NULL */
} BpValue;

#define BP_TEXT(t) ((BpValue){.text = (t), .number = BOUNCEPARSE_NO_TIME})
#define BP_NUMBER(n) ((BpValue){.number = (n)})

/* Called for each row. A NULL is a NULL text, and BOUNCEPARSE_NO_TIME as a number; texts stay for the call only. Return
 * FALSE to stop. */
typedef gboolean (*BpRowFunc)(const BpValue *row, guint n, gpointer data);

/* Runs one statement, whose parameters are $1, $2 … ; row may be NULL. FALSE on an error. */
gboolean bp_store_query(BpStore *store, const char *sql, const BpValue *parameters, guint n, BpRowFunc row,
                        gpointer data, GError **error);

/* Deletes the messages that bounced before time, and gives their room back. */
gboolean bp_store_forget(BpStore *store, gint64 time, GError **error);

/* ---- backends ----------------------------------------------------------------------------------------------- */

/* What a module exports as bp_store_backend. database is what open returned. */
typedef struct {
  gpointer (*open)(const char *where, gboolean create, GError **error);
  void (*close)(gpointer database);
  gboolean (*begin)(gpointer database, gboolean writing, GError **error);
  gboolean (*commit)(gpointer database, GError **error);
  void (*rollback)(gpointer database);
  gboolean (*add_batch)(gpointer database, const BpBatch *batch, GError **error);
  gint64 (*find_file)(gpointer database, const BpFileId *file);
  gboolean (*query)(gpointer database, const char *sql, const BpValue *parameters, guint n, BpRowFunc row, gpointer data,
                    GError **error);
} BpStoreBackend;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpStore, bp_store_close)

/* store.h - the history: a database of what was read
 *
 * The tables are described in bounceparse-database(5). A backend, in a module that is loaded when a database is asked
 * for, knows how to write records and to run SQL; what is asked of the history is SQL that all backends understand.
 * Every function that can fail sets a GError of BP_STORE_ERROR. */
#pragma once

#include "store/record.h"

#define BP_STORE_ERROR (bp_store_error_quark())
GQuark bp_store_error_quark(void);

typedef enum {
  BP_STORE_ERROR_OPEN,   /* no such database, no database, or of a later version: EX_NOINPUT */
  BP_STORE_ERROR_WRITE,  /* disk full, no rights: EX_CANTCREAT */
  BP_STORE_ERROR_RETRY   /* others held it for too long: EX_TEMPFAIL */
} BpStoreError;

typedef struct BpStore BpStore;

/* Opens the database where says, a file; with create it is made where there is none. NULL: a temporary one,
 * gone when it is closed. */
BpStore *bp_store_open(const char *where, gboolean create, GError **error);
void bp_store_close(BpStore *store);

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* All changes stand between these two; they are in the database, safe, once commit has returned TRUE. Other processes
 * wait meanwhile, so be quick. */
gboolean bp_store_begin(BpStore *store, GError **error);
gboolean bp_store_commit(BpStore *store, GError **error);
void bp_store_rollback(BpStore *store);

/* Adds a message unless one with its digest is there. *message is its row either way, *added says which. Its file, if it
 * has one, is remembered, and the message counts as read in this run: see bp_store_read_again(). */
gboolean bp_store_add(BpStore *store, const BpRecord *record, gint64 *message, gboolean *added, GError **error);

/* The row of the message that a file held when it was read, 0 where it is not known. */
gint64 bp_store_find_file(BpStore *store, const BpFileId *file);

/* The message counts as read in this run: it is in the table "run". */
gboolean bp_store_read_again(BpStore *store, gint64 message, GError **error);

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
  gboolean (*begin)(gpointer database, GError **error);
  gboolean (*commit)(gpointer database, GError **error);
  void (*rollback)(gpointer database);
  gboolean (*add)(gpointer database, const BpRecord *record, gint64 *message, gboolean *added, GError **error);
  gint64 (*find_file)(gpointer database, const BpFileId *file);
  gboolean (*query)(gpointer database, const char *sql, const BpValue *parameters, guint n, BpRowFunc row, gpointer data,
                    GError **error);
} BpStoreBackend;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpStore, bp_store_close)

/* postgresql.h - the parts of the module libbounceparse-postgresql
 *
 * Functions that can fail set a GError of BP_STORE_ERROR. */
#pragma once

#include "store/store.h"

#include <libpq-fe.h>

/* What the server calls its types. */
enum { BP_PG_NUMBER = 20, BP_PG_TEXT = 25, BP_PG_BYTES_ARRAY = 1001, BP_PG_TEXT_ARRAY = 1009, BP_PG_NUMBER_ARRAY = 1016 };

/* Writers of batches share this lock, who changes more than he adds has it alone; with it all others wait. */
#define BP_PG_LOCK "1651536499" /* "bPrs" */

/* ---- a connection ------------------------------------------------------------------------------------------- */

typedef struct {
  const char *where;
  PGconn *handle;    /* NULL: there is none */
  gboolean answered; /* the server has said something: where it goes away it is worth waiting for */
  guint64 n;         /* connections so far; what a session holds is gone with it */
} BpPg;

/* The parameter "password" of a URI, and one that is no URI, are refused. */
gboolean bp_pg_check(const char *where, GError **error);

/* Sets the error that result is, NULL for that of the connection; returns FALSE. */
gboolean bp_pg_fail(const BpPg *pg, const PGresult *result, GError **error);

/* Runs statements whose rows, if any, nobody wants. */
gboolean bp_pg_run(BpPg *pg, const char *sql, GError **error);

/* Ends a transaction without changes, where there is one. */
void bp_pg_rollback(BpPg *pg);

/* Runs step, connecting first where need be, again and again as long as that may help and no longer than a minute. step
 * must leave no transaction where it fails. */
typedef gboolean (*BpPgStep)(BpPg *pg, gpointer data, GError **error);
gboolean bp_pg_persist(BpPg *pg, BpPgStep step, gpointer data, GError **error);

void bp_pg_disconnect(BpPg *pg);

/* ---- the schema --------------------------------------------------------------------------------------------- */

/* Makes the tables where there are none and create says so, and brings older ones up to date. */
gboolean bp_pg_migrate(BpPg *pg, gboolean create, GError **error);

/* ---- parameters --------------------------------------------------------------------------------------------- */

/* The parameters of a statement, $1, $2 …, in binary. */
typedef struct BpPgParameters BpPgParameters;

BpPgParameters *bp_pg_parameters_new(void);
void bp_pg_parameters_free(BpPgParameters *parameters);

void bp_pg_add_number(BpPgParameters *parameters, gint64 number);
void bp_pg_add_text(BpPgParameters *parameters, const char *text);

/* Begins an array of n items of BP_PG_…_ARRAY, which the next calls of bp_pg_put_…() fill. */
void bp_pg_add_array(BpPgParameters *parameters, Oid type, guint n);
void bp_pg_put_bytes(BpPgParameters *parameters, gconstpointer bytes, gsize length);
void bp_pg_put_text(BpPgParameters *parameters, const char *text); /* NULL: NULL; what is no UTF-8 is made so */
void bp_pg_put_number(BpPgParameters *parameters, gint64 number);  /* BOUNCEPARSE_NO_TIME: NULL */

/* Sends the statement with them; bp_pg_take() takes its results. FALSE where the connection is broken. */
gboolean bp_pg_send(BpPg *pg, const char *sql, const BpPgParameters *parameters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpPgParameters, bp_pg_parameters_free)

/* ---- batches ------------------------------------------------------------------------------------------------ */

/* The statements that add a batch. */
typedef struct {
  char *messages; /* messages and their recipients */
  char *host;     /* this one, whose files they are */
} BpPgWriter;

void bp_pg_writer_init(BpPgWriter *writer);
void bp_pg_writer_clear(BpPgWriter *writer);

/* Adds the records in one transaction and one round trip; appends their rows (gint64) to rows. */
gboolean bp_pg_write(BpPg *pg, const BpPgWriter *writer, const BpBatch *batch, GArray *rows, GError **error);

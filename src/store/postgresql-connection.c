/* postgresql-connection.c - a connection to a PostgreSQL server, made again where it is lost, and what errors mean */
#include "store/postgresql.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>

#define PATIENCE (60 * G_USEC_PER_SEC) /* with a server that has gone away */
#define FIRST_DELAY (G_USEC_PER_SEC / 10)
#define LONGEST_DELAY (5 * G_USEC_PER_SEC)
#define CONNECT_TIME (30 * G_USEC_PER_SEC)

/* ---- errors ------------------------------------------------------------------------------------------------- */

/* By the beginning of the SQLSTATE; the first that fits. */
static const struct {
  const char *state;
  BpStoreError kind;
} kinds[] = {
    {"08", BP_STORE_ERROR_RETRY},    /* the connection */
    {"25006", BP_STORE_ERROR_RETRY}, /* a standby */
    {"25P0", BP_STORE_ERROR_RETRY},  /* too slow for the server */
    {"28", BP_STORE_ERROR_OPEN},     /* no such role, wrong password */
    {"3D", BP_STORE_ERROR_OPEN},     /* no such database */
    {"40", BP_STORE_ERROR_RETRY},    /* deadlock, or a transaction that must be done again */
    {"42P01", BP_STORE_ERROR_OPEN},  /* no such table */
    {"53200", BP_STORE_ERROR_RETRY}, /* out of memory */
    {"53300", BP_STORE_ERROR_RETRY}, /* too many connections */
    {"55P03", BP_STORE_ERROR_RETRY}, /* a lock */
    {"57P04", BP_STORE_ERROR_OPEN},  /* the database was dropped */
    {"57P", BP_STORE_ERROR_RETRY},   /* the server stops or starts */
};

static BpStoreError kind_of(const char *state) {
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_str_has_prefix(state, kinds[i].state))
      return kinds[i].kind;
  return BP_STORE_ERROR_WRITE;
}

static void set_error(GError **error, BpStoreError kind, const char *text) {
  g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
  g_set_error_literal(error, BP_STORE_ERROR, kind, line);
}

/* An error without a state is not the server's: it is the connection. */
gboolean bp_pg_fail(const BpPg *pg, const PGresult *result, GError **error) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  BpStoreError kind = state && PQstatus(pg->handle) == CONNECTION_OK ? kind_of(state) : BP_STORE_ERROR_RETRY;
  set_error(error, kind, text ? text : PQerrorMessage(pg->handle));
  return FALSE;
}

/* Of "… failed: FATAL:  28P01: password authentication failed for user "bob"" the place of the state, which libpq tells
 * of a connection that was refused in no other way. NULL where the server said nothing. */
static const char *find_state(const char *message) {
  for (const char *at = message; (at = strstr(at, ":  ")); at++)
    if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && g_str_has_prefix(at + 8, ": "))
      return at + 3;
  return NULL;
}

static gboolean fail_to_connect(BpPg *pg, gboolean in_time, GError **error) {
  const char *message = PQerrorMessage(pg->handle), *state = find_state(message);
  if (PQconnectionNeedsPassword(pg->handle))
    set_error(error, BP_STORE_ERROR_OPEN, _("a password is needed, from PGPASSWORD or ~/.pgpass"));
  else if (state)
    set_error(error, kind_of(state) == BP_STORE_ERROR_RETRY ? BP_STORE_ERROR_RETRY : BP_STORE_ERROR_OPEN, state + 7);
  else
    set_error(error, BP_STORE_ERROR_RETRY, in_time && *message ? message : _("the server does not answer"));
  pg->answered |= state != NULL;
  return FALSE;
}

/* ---- connecting --------------------------------------------------------------------------------------------- */

gboolean bp_pg_check(const char *where, GError **error) {
  char *why = NULL;
  PQconninfoOption *options = PQconninfoParse(where, &why);
  gboolean secret = FALSE;
  if (!options)
    set_error(error, BP_STORE_ERROR_OPEN, _("no URI of PostgreSQL, which is postgresql://USER@HOST/DATABASE"));
  for (PQconninfoOption *o = options; o && o->keyword; o++)
    secret |= o->val && *o->dispchar == '*';
  if (secret)
    set_error(error, BP_STORE_ERROR_OPEN, _("a password may not be on the command line, where others see it: PGPASSWORD or "
                                            "~/.pgpass may give it"));
  PQconninfoFree(options);
  PQfreemem(why);
  return options && !secret;
}

/* FALSE where it took too long. */
static gboolean wait_for(PGconn *handle) {
  gint64 end = g_get_monotonic_time() + CONNECT_TIME;
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (step == PGRES_POLLING_READING || step == PGRES_POLLING_WRITING) {
    struct pollfd fd = {.fd = PQsocket(handle), .events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    gint64 left = (end - g_get_monotonic_time()) / 1000;
    int n = poll(&fd, 1, (int)MAX(left, 0));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    step = PQconnectPoll(handle);
  }
  return TRUE;
}

static void say_nothing(void *data, const PGresult *notice) {
}

/* A server that vanishes without a word is missed after half a minute, unless the URI says otherwise. */
static PGconn *start(const char *where) {
  static const char *const names[] = {"fallback_application_name", "tcp_user_timeout", "keepalives_idle",
                                      "keepalives_interval",       "keepalives_count", "dbname",
                                      "client_encoding",           NULL};
  const char *const values[] = {"bounceparse", "10000", "15", "5", "3", where, "UTF8", NULL};
  PGconn *handle = PQconnectStartParams(names, values, TRUE);
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE); /* with states: see find_state() */
  PQsetNoticeReceiver(handle, say_nothing, NULL);
  return handle;
}

static gboolean make_connection(BpPg *pg, GError **error) {
  bp_pg_disconnect(pg);
  pg->handle = start(pg->where);
  gboolean in_time = PQstatus(pg->handle) == CONNECTION_BAD || wait_for(pg->handle);
  if (!in_time || PQstatus(pg->handle) != CONNECTION_OK)
    return fail_to_connect(pg, in_time, error);
  const char *encoding = PQparameterStatus(pg->handle, "server_encoding");
  if (g_strcmp0(encoding, "UTF8") != 0) {
    set_error(error, BP_STORE_ERROR_OPEN, _("the encoding of the database must be UTF8"));
    return FALSE;
  }
  pg->answered = TRUE;
  pg->n++;
  return TRUE;
}

void bp_pg_disconnect(BpPg *pg) {
  g_clear_pointer(&pg->handle, PQfinish);
}

/* ---- doing -------------------------------------------------------------------------------------------------- */

gboolean bp_pg_run(BpPg *pg, const char *sql, GError **error) {
  PGresult *result = PQexec(pg->handle, sql);
  ExecStatusType status = PQresultStatus(result);
  gboolean done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || bp_pg_fail(pg, result, error);
  PQclear(result);
  return done;
}

void bp_pg_rollback(BpPg *pg) {
  PGTransactionStatusType status = PQtransactionStatus(pg->handle);
  if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR)
    bp_pg_run(pg, "ROLLBACK", NULL);
}

static gboolean may_help(const BpPg *pg, const GError *reason) {
  return pg->answered && g_error_matches(reason, BP_STORE_ERROR, BP_STORE_ERROR_RETRY);
}

gboolean bp_pg_persist(BpPg *pg, BpPgStep step, gpointer data, GError **error) {
  gint64 end = g_get_monotonic_time() + PATIENCE, delay = FIRST_DELAY;
  for (;; delay = MIN(2 * delay, LONGEST_DELAY)) {
    g_autoptr(GError) reason = NULL;
    if ((PQstatus(pg->handle) == CONNECTION_OK || make_connection(pg, &reason)) && step(pg, data, &reason))
      return TRUE;
    if (!may_help(pg, reason) || g_get_monotonic_time() + delay > end) {
      g_propagate_error(error, g_steal_pointer(&reason));
      return FALSE;
    }
    g_usleep((gulong)delay);
  }
}

/* postgresql-schema.c - the tables and views of the history in PostgreSQL: those of sqlite.c, and what is of its own */
#include "store/postgresql.h"

#include <glib/gi18n.h>
#include <string.h>

#define VERSION 1

/* Version n of the schema is made by the first n of these. */
static const char *const migrations[VERSION] = {
    "CREATE TABLE bounceparse (version INTEGER NOT NULL);\n"
    "INSERT INTO bounceparse VALUES (0);\n"
    "CREATE SEQUENCE message_ids;\n"
    "CREATE TABLE messages (\n"
    "  id BIGINT PRIMARY KEY,\n"
    "  digest BYTEA NOT NULL UNIQUE,\n"
    "  added BIGINT NOT NULL,\n"
    "  day TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL, source TEXT NOT NULL, reporter_host TEXT, reporter_software TEXT, layout TEXT,\n"
    "  message_id TEXT, original_from TEXT, original_to TEXT, subject TEXT, envelope_id TEXT, envelope_from TEXT,\n"
    "  list_id TEXT, feedback_type TEXT, feedback_source_ip TEXT, truncated TEXT,\n"
    "  time BIGINT NOT NULL, date BIGINT, arrival_date BIGINT, original_date BIGINT,\n"
    "  mbox_index BIGINT, mbox_offset BIGINT);\n"
    "CREATE INDEX messages_time ON messages (time);\n"
    "CREATE TABLE recipients (\n"
    "  message BIGINT NOT NULL REFERENCES messages (id), position BIGINT NOT NULL,\n"
    "  address TEXT NOT NULL, original_address TEXT, domain TEXT, action TEXT NOT NULL,\n"
    "  status TEXT, dsn_status TEXT, code TEXT, command TEXT, diagnostic TEXT, diagnostic_type TEXT,\n"
    "  remote_host TEXT, remote_ip TEXT, log_id TEXT, vendor TEXT, rule TEXT, cause TEXT, category TEXT,\n"
    "  permanence TEXT, advice TEXT, reason TEXT, suggestion TEXT, sending_ip TEXT, blocklists TEXT,\n"
    "  retry_after BIGINT, will_retry_until BIGINT, last_attempt BIGINT,\n"
    "  PRIMARY KEY (message, position));\n"
    "CREATE TABLE files (\n"
    "  host TEXT NOT NULL, device BIGINT NOT NULL, inode BIGINT NOT NULL, size BIGINT NOT NULL,\n"
    "  modified BIGINT NOT NULL, message BIGINT NOT NULL REFERENCES messages (id),\n"
    "  PRIMARY KEY (host, device, inode, modified, size));\n"
    "CREATE INDEX files_message ON files (message);\n"
    "CREATE TABLE suppressions (\n"
    "  address TEXT PRIMARY KEY, since BIGINT NOT NULL, last BIGINT NOT NULL,\n"
    "  why TEXT NOT NULL, cause TEXT, rule TEXT, domain TEXT, reason TEXT);\n"
    "CREATE INDEX suppressions_folded ON suppressions (lower(address));\n"
    "CREATE TABLE deliveries (address TEXT PRIMARY KEY, time BIGINT NOT NULL);\n"
    "CREATE VIEW results AS\n"
    "  SELECT m.day, to_char(to_timestamp(m.time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS bounced,\n"
    "    m.kind, m.source, m.reporter_host, m.layout, m.message_id, m.subject, m.list_id, m.feedback_type, r.*\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message;\n"
    "CREATE VIEW addresses AS\n"
    "  SELECT coalesce(r.original_address, r.address) AS address, count(*) AS results,\n"
    "    count(*) FILTER (WHERE r.action = 'failed') AS failed, count(DISTINCT m.day) AS days,\n"
    "    min(m.day) AS first_day, max(m.day) AS last_day, string_agg(DISTINCT r.cause, ',') AS causes\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message\n"
    "  WHERE r.address <> '' OR r.original_address IS NOT NULL GROUP BY 1;\n"
    "CREATE VIEW causes_by_day AS\n"
    "  SELECT m.day, r.cause, r.category, count(*) AS recipients\n"
    "  FROM recipients r JOIN messages m ON m.id = r.message WHERE r.cause IS NOT NULL GROUP BY 1, 2, 3;\n",
};

/* The number that a statement without parameters asks for; -1 on an error. */
static gint64 number(BpPg *pg, const char *sql, GError **error) {
  PGresult *result = PQexec(pg->handle, sql);
  gint64 value = -1;
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
    value = g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10);
  else
    bp_pg_fail(pg, result, error);
  PQclear(result);
  return value;
}

/* 1 or 0; -1 on an error. to_regclass() would do, but for what a session remembers not to be there. */
static gint64 has_table(BpPg *pg, const char *name, GError **error) {
  g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM pg_class WHERE relname = '%s' AND pg_table_is_visible(oid)", name);
  return number(pg, sql, error);
}

/* The version there is; 0: none of our tables; -1: an error. */
static gint64 find_version(BpPg *pg, GError **error) {
  gint64 ours = has_table(pg, "bounceparse", error);
  return ours == 1 ? number(pg, "SELECT max(version) FROM bounceparse", error) : ours;
}

static gboolean refuse(const char *why, GError **error) {
  g_set_error_literal(error, BP_STORE_ERROR, BP_STORE_ERROR_OPEN, why);
  return FALSE;
}

static gboolean climb(BpPg *pg, GError **error) {
  /* Another process may have been quicker. */
  gint64 at = find_version(pg, error);
  gint64 others = at == 0 ? has_table(pg, "messages", error) : 0;
  if (at < 0 || others < 0)
    return FALSE;
  if (others > 0)
    return refuse(_("a database, but not one of bounceparse"), error);
  for (; at < VERSION; at++)
    if (!bp_pg_run(pg, migrations[at], error))
      return FALSE;
  g_autofree char *mark = g_strdup_printf("UPDATE bounceparse SET version = %d; COMMIT", VERSION);
  return bp_pg_run(pg, mark, error);
}

gboolean bp_pg_migrate(BpPg *pg, gboolean create, GError **error) {
  gint64 version = find_version(pg, error);
  if (version == VERSION || version < 0)
    return version == VERSION;
  if (version > VERSION)
    return refuse(_("made by a later version of bounceparse"), error);
  if (version == 0 && !create)
    return refuse(_("a database, but not one of bounceparse"), error);
  if (bp_pg_run(pg, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(" BP_PG_LOCK ")", error) &&
      climb(pg, error))
    return TRUE;
  bp_pg_rollback(pg);
  return FALSE;
}

/* postgresql-parameters.c - parameters of a statement as PostgreSQL's binary format has them, arrays above all */
#include "store/postgresql.h"

#include <string.h>

#define MOST 64

struct BpPgParameters {
  GString *bytes;
  int n, lengths[MOST];
  gsize at[MOST]; /* where in the bytes each begins */
  Oid types[MOST];
};

BpPgParameters *bp_pg_parameters_new(void) {
  BpPgParameters *p = g_new0(BpPgParameters, 1);
  p->bytes = g_string_new(NULL);
  return p;
}

void bp_pg_parameters_free(BpPgParameters *p) {
  g_string_free(p->bytes, TRUE);
  g_free(p);
}

static void append(BpPgParameters *p, gconstpointer bytes, gsize length) {
  g_string_append_len(p->bytes, bytes, (gssize)length);
  p->lengths[p->n - 1] += (int)length;
}

static void append_int(BpPgParameters *p, gint32 number) {
  gint32 big = GINT32_TO_BE(number);
  append(p, &big, sizeof big);
}

static void append_number(BpPgParameters *p, gint64 number) {
  gint64 big = GINT64_TO_BE(number);
  append(p, &big, sizeof big);
}

static void begin(BpPgParameters *p, Oid type) {
  g_assert(p->n < MOST);
  p->at[p->n] = p->bytes->len;
  p->lengths[p->n] = 0;
  p->types[p->n] = type;
  p->n++;
}

void bp_pg_add_number(BpPgParameters *p, gint64 number) {
  begin(p, BP_PG_NUMBER);
  append_number(p, number);
}

void bp_pg_add_text(BpPgParameters *p, const char *text) {
  begin(p, BP_PG_TEXT);
  append(p, text, strlen(text));
}

/* ---- arrays ------------------------------------------------------------------------------------------------- */

static Oid item_type(Oid array) {
  return array == BP_PG_NUMBER_ARRAY ? BP_PG_NUMBER : array == BP_PG_TEXT_ARRAY ? BP_PG_TEXT : 17 /* bytea */;
}

void bp_pg_add_array(BpPgParameters *p, Oid type, guint n) {
  begin(p, type);
  append_int(p, n > 0 ? 1 : 0); /* dimensions */
  append_int(p, 1);             /* there may be NULLs */
  append_int(p, (gint32)item_type(type));
  if (n == 0)
    return;
  append_int(p, (gint32)n);
  append_int(p, 1); /* the first index */
}

void bp_pg_put_bytes(BpPgParameters *p, gconstpointer bytes, gsize length) {
  append_int(p, (gint32)length);
  append(p, bytes, length);
}

void bp_pg_put_text(BpPgParameters *p, const char *text) {
  gsize length = text ? strlen(text) : 0;
  if (!text) {
    append_int(p, -1);
  } else if (g_utf8_validate(text, (gssize)length, NULL)) {
    bp_pg_put_bytes(p, text, length);
  } else {
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    bp_pg_put_bytes(p, valid, strlen(valid));
  }
}

void bp_pg_put_number(BpPgParameters *p, gint64 number) {
  append_int(p, number == BOUNCEPARSE_NO_TIME ? -1 : (gint32)sizeof number);
  if (number != BOUNCEPARSE_NO_TIME)
    append_number(p, number);
}

/* ---- sending ------------------------------------------------------------------------------------------------ */

gboolean bp_pg_send(BpPg *pg, const char *sql, const BpPgParameters *p) {
  const char *values[MOST];
  int formats[MOST];
  for (int i = 0; i < p->n; i++) {
    values[i] = p->bytes->str + p->at[i];
    formats[i] = 1;
  }
  return PQsendQueryParams(pg->handle, sql, p->n, p->types, values, p->lengths, formats, 0);
}

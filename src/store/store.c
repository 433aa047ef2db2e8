/* store.c - the history: finds the backend and hands on to it */
#include "store/store.h"

#include "base/module.h"
#include "base/uri.h"

#include <glib/gi18n.h>

struct BpStore {
  const BpStoreBackend *backend;
  gpointer database;
};

static gboolean is_uri(const char *where) {
  return where && (g_str_has_prefix(where, "postgresql://") || g_str_has_prefix(where, "postgres://"));
}

BpStore *bp_store_open(const char *where, gboolean create, GError **error) {
  const char *name = is_uri(where) ? "postgresql" : "sqlite";
  const BpStoreBackend *backend = bp_module_symbol(name, "bp_store_backend");
  if (!backend)
    g_set_error(error, BP_STORE_ERROR, BP_STORE_ERROR_OPEN,
                _("the module libbounceparse-%s.so was not built, or cannot be loaded"), name);
  gpointer database = backend ? backend->open(where, create, error) : NULL;
  if (!database)
    return NULL;
  BpStore *store = g_new0(BpStore, 1);
  *store = (BpStore){backend, database};
  return store;
}

void bp_store_close(BpStore *store) {
  store->backend->close(store->database);
  g_free(store);
}

char *bp_store_name(const char *where) {
  return is_uri(where) ? bp_uri_name(where) : g_strdup(where);
}

gboolean bp_store_begin(BpStore *store, GError **error) {
  return store->backend->begin(store->database, TRUE, error);
}

gboolean bp_store_begin_reading(BpStore *store, GError **error) {
  return store->backend->begin(store->database, FALSE, error);
}

gboolean bp_store_commit(BpStore *store, GError **error) {
  return store->backend->commit(store->database, error);
}

void bp_store_rollback(BpStore *store) {
  store->backend->rollback(store->database);
}

gint64 bp_store_find_file(BpStore *store, const BpFileId *file) {
  return store->backend->find_file(store->database, file);
}

gboolean bp_store_query(BpStore *store, const char *sql, const BpValue *parameters, guint n, BpRowFunc row,
                        gpointer data, GError **error) {
  return store->backend->query(store->database, sql, parameters, n, row, data, error);
}

gboolean bp_store_add_batch(BpStore *store, const BpBatch *batch, GError **error) {
  return store->backend->add_batch(store->database, batch, error);
}

gboolean bp_store_forget(BpStore *store, gint64 time, GError **error) {
  static const char *const statements[] = {
      "DELETE FROM files WHERE message IN (SELECT id FROM messages WHERE time < $1)",
      "DELETE FROM recipients WHERE message IN (SELECT id FROM messages WHERE time < $1)",
      "DELETE FROM messages WHERE time < $1",
  };
  BpValue before = BP_NUMBER(time);
  if (!bp_store_begin(store, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(statements); i++)
    if (!bp_store_query(store, statements[i], &before, 1, NULL, NULL, error)) {
      bp_store_rollback(store);
      return FALSE;
    }
  return bp_store_commit(store, error);
}

/* store.c - the history: finds the backend and hands on to it */
#include "store/store.h"

#include "base/module.h"

#include <glib/gi18n.h>

struct BpStore {
  const BpStoreBackend *backend;
  gpointer database;
};

BpStore *bp_store_open(const char *where, gboolean create, GError **error) {
  const BpStoreBackend *backend = bp_module_symbol("sqlite", "bp_store_backend");
  if (!backend)
    g_set_error_literal(error, BP_STORE_ERROR, BP_STORE_ERROR_OPEN, _("the module for databases cannot be loaded"));
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

gboolean bp_store_begin(BpStore *store, GError **error) {
  return store->backend->begin(store->database, error);
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

gboolean bp_store_read_again(BpStore *store, gint64 message, GError **error) {
  BpValue row = BP_NUMBER(message);
  return bp_store_query(store, "INSERT INTO run (message) VALUES ($1) ON CONFLICT DO NOTHING", &row, 1, NULL, NULL,
                        error);
}

gboolean bp_store_add(BpStore *store, const BpRecord *record, gint64 *message, gboolean *added, GError **error) {
  return store->backend->add(store->database, record, message, added, error) &&
         bp_store_read_again(store, *message, error);
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

/* store.c - from options to a store, and what is said where it fails */
#include "cli/store.h"

#include "cli/error.h"

#include <glib/gi18n.h>
#include <sysexits.h>

int cli_complain_store(const CliOptions *o, const GError *error) {
  g_autofree char *name = o->db ? bp_store_name(o->db) : g_strdup(_("temporary database"));
  cli_complain(name, error->message);
  switch ((BpStoreError)error->code) {
  case BP_STORE_ERROR_OPEN:
    return EX_NOINPUT;
  case BP_STORE_ERROR_WRITE:
    return EX_CANTCREAT;
  case BP_STORE_ERROR_RETRY:
    break;
  }
  return EX_TEMPFAIL;
}

BpStore *cli_open_store(const CliOptions *o, gboolean create, int *status) {
  g_autoptr(GError) error = NULL;
  BpStore *store = bp_store_open(o->db, create, &error);
  if (!store)
    *status = cli_complain_store(o, error);
  return store;
}

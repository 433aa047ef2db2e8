/* gmime.c - loads the module in which GMime is */
#include "mail/gmime.h"

#include "base/module.h"
#include "bounceparse/bounceparse.h"

#define MODULE "gmime"

/* ---- without it --------------------------------------------------------------------------------------------- */

static void leave_type(const char *value, BpLooseType *type) {
  *type = (BpLooseType){.type = g_strdup("/")};
}

static gboolean leave_date(const char *value, gint64 *time) {
  return FALSE;
}

static gboolean leave(BpEncoding encoding, const char *bytes, gsize length, gsize limit, GString *out) {
  g_string_append_len(out, bytes, (gssize)MIN(length, limit));
  return length <= limit;
}

static const BpGMime nothing = {g_strdup, leave_type, leave_date, leave};

/* ---- with it ------------------------------------------------------------------------------------------------ */

gboolean bp_gmime_is_installed(GError **error) {
  if (bp_module_exists(MODULE))
    return TRUE;
  g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_MODULE, "the module libbounceparse-%s.so is not installed",
              MODULE);
  return FALSE;
}

static gpointer load_module(gpointer unused) {
  gpointer table = bp_module_symbol(MODULE, "bp_gmime_table");
  if (!table)
    g_critical("the module libbounceparse-%s.so cannot be loaded", MODULE);
  return table ? table : (gpointer)(guintptr)&nothing;
}

const BpGMime *bp_gmime(void) {
  static GOnce once = G_ONCE_INIT;
  return g_once(&once, load_module, NULL);
}

/* module.c - modules that are loaded when they are needed */
#include "base/module.h"

#include <gmodule.h>

static const char *const folders[] = {BP_MODULE_DIR, BP_MODULE_BUILD_DIR};

static char *path_in(const char *folder, const char *name) {
  return g_strdup_printf("%s/libbounceparse-%s.so", folder, name);
}

gboolean bp_module_exists(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = path_in(folders[i], name);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
      return TRUE;
  }
  return FALSE;
}

gpointer bp_module_symbol(const char *name, const char *symbol) {
  for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = path_in(folders[i], name);
    gpointer found = NULL;
    GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
    if (module && g_module_symbol(module, symbol, &found)) {
      g_module_make_resident(module);
      return found;
    }
    if (module)
      g_module_close(module);
  }
  return NULL;
}

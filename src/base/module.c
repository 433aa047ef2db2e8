/* module.c - modules that are loaded when they are needed */
#include "base/module.h"

#include <gmodule.h>

gpointer bp_module_symbol(const char *name, const char *symbol) {
  static const char *const folders[] = {BP_MODULE_DIR, BP_MODULE_BUILD_DIR};
  g_autofree char *file = g_strdup_printf("libbounceparse-%s.so", name);
  for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = g_build_filename(folders[i], file, NULL);
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

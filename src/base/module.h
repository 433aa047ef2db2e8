/* module.h - modules that are loaded when they are needed, since what they link makes a start longer */
#pragma once

#include <glib.h>

/* TRUE where the module NAME is where modules are installed, or built; nothing is loaded. */
gboolean bp_module_exists(const char *name);

/* What the module NAME (libbounceparse-NAME.so) exports as symbol. It stays loaded. NULL where there is no such module,
 * or it cannot be loaded. */
gpointer bp_module_symbol(const char *name, const char *symbol);

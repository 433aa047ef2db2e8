/* language.h - in which language the program speaks */
#pragma once

#include <glib.h>

/* Decides on the language and sets gettext up for it: the one asked for (--lang, may be NULL); else, where the locale
 * counts, that of LC_ALL, LC_MESSAGES or LANG; else English. Returns it as the library wants it. May be called again.
 */
const char *cli_language_begin(const char *asked, gboolean locale_counts);

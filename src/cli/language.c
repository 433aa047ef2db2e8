/* language.c - in which language the program speaks */
#include "cli/language.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

static const char english[] = "en";

/* The first of the variables that is set decides, as for setlocale(). */
static const char *locale_language(void) {
  static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
    const char *value = g_getenv(variables[i]);
    if (value && *value)
      return value;
  }
  return english;
}

static gboolean is_english(const char *language) {
  static const char *const names[] = {"C", "POSIX", english};
  g_autofree char *name = g_strndup(language, strcspn(language, "_.@-"));
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_ascii_strcasecmp(name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Those of the build, where nothing is installed yet. */
static const char *catalogues(void) {
  const char *folder = g_getenv("BOUNCEPARSE_LOCALEDIR");
  if (folder && *folder)
    return folder;
  return g_file_test(BP_LOCALEDIR "/de/LC_MESSAGES/" GETTEXT_PACKAGE ".mo", G_FILE_TEST_EXISTS) ? BP_LOCALEDIR
                                                                                                : BP_BUILD_LOCALEDIR;
}

/* gettext heeds LANGUAGE only in a locale that is not "C"; C.UTF-8 is on every system, the language's own locale often
 * not. LC_CTYPE stays as it is: the output is UTF-8 everywhere. */
static void begin_gettext(const char *language) {
  g_autofree char *name = g_strndup(language, strcspn(language, ".@"));
  g_strdelimit(name, "-", '_');
  if (!setlocale(LC_MESSAGES, language))
    setlocale(LC_MESSAGES, "C.UTF-8");
  g_setenv("LANGUAGE", name, TRUE);
  bindtextdomain(GETTEXT_PACKAGE, catalogues());
  bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
  textdomain(GETTEXT_PACKAGE);
  gettext(""); /* reads the catalogue, which a sandbox may keep away later */
}

const char *cli_language_begin(const char *asked, gboolean locale_counts) {
  const char *language = asked ? asked : locale_counts ? locale_language() : english;
  if (is_english(language)) {
    setlocale(LC_MESSAGES, "C");
    return english;
  }
  begin_gettext(language);
  return language;
}

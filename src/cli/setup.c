/* setup.c - from options and environment to a reader of the library */
#include "cli/setup.h"

#include "cli/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define MESSAGE_LIMIT (64 * 1024 * 1024)

/* ---- layers of patterns ------------------------------------------------------------------------------------- */

/* 0, or the errno why path is no folder. */
static int folder_error(const char *path) {
  struct stat st;
  if (stat(path, &st) < 0)
    return errno;
  return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

static void add_layer(BounceparseOptions *library, const char *folder) {
  if (folder_error(folder) == 0)
    bounceparse_options_add_patterns(library, folder);
}

/* XDG Base Directory Specification: a relative path there is to be ignored. */
static void add_user_layer(BounceparseOptions *library) {
  const char *config = g_getenv("XDG_CONFIG_HOME"), *home = g_getenv("HOME");
  g_autofree char *folder = NULL;
  if (config && g_path_is_absolute(config))
    folder = g_build_filename(config, "bounceparse", "patterns", NULL);
  else if (home && g_path_is_absolute(home))
    folder = g_build_filename(home, ".config", "bounceparse", "patterns", NULL);
  if (folder)
    add_layer(library, folder);
}

static void add_listed_layers(BounceparseOptions *library) {
  const char *list = g_getenv("BOUNCEPARSE_PATTERNS");
  g_auto(GStrv) folders = g_strsplit(list ? list : "", ":", -1);
  for (char **folder = folders; *folder; folder++)
    if (**folder)
      add_layer(library, *folder);
}

gboolean cli_folders_exist(const GPtrArray *folders) {
  for (guint i = 0; i < folders->len; i++) {
    const char *folder = g_ptr_array_index(folders, i);
    int error = folder_error(folder);
    if (!error)
      continue;
    cli_complain(folder, cli_errno_text(error));
    return FALSE;
  }
  return TRUE;
}

/* ---- the library's options ---------------------------------------------------------------------------------- */

BounceparseOptions *cli_library_options(const CliOptions *o, const char *language) {
  BounceparseOptions *library = bounceparse_options_new();
  bounceparse_options_set_language(library, language);
  add_layer(library, BP_SYSCONFDIR "/bounceparse/patterns");
  add_user_layer(library);
  add_listed_layers(library);
  for (guint i = 0; i < o->patterns->len; i++)
    bounceparse_options_add_patterns(library, g_ptr_array_index(o->patterns, i));
  for (guint i = 0; i < o->headers->len; i++)
    bounceparse_options_add_header(library, g_ptr_array_index(o->headers, i));
  for (guint i = 0; i < o->verp->len; i++)
    bounceparse_options_add_verp(library, g_ptr_array_index(o->verp, i));
  for (guint i = 0; i < CLI_N_LIMITS; i++)
    if (o->limits[i] > 0)
      bounceparse_options_set_limit(library, (BounceparseLimit)i, o->limits[i]);
  return library;
}

BounceparseReader *cli_reader_new(const CliOptions *o, const char *language, int *status) {
  g_autoptr(GError) error = NULL;
  if (!cli_folders_exist(o->patterns)) {
    *status = EX_CONFIG;
    return NULL;
  }
  g_autoptr(BounceparseOptions) library = cli_library_options(o, language);
  BounceparseReader *reader = bounceparse_reader_new(library, &error);
  if (reader)
    return reader;
  gboolean usage = g_error_matches(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_OPTION);
  gboolean patterns = g_error_matches(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN);
  *status = usage ? EX_USAGE : EX_CONFIG;
  cli_complain(usage ? _("option") : patterns ? _("patterns") : _("installation"), error->message);
  return NULL;
}

/* ---- inputs ------------------------------------------------------------------------------------------------- */

gsize cli_message_limit(const CliOptions *o) {
  gsize limit = o->limits[BOUNCEPARSE_LIMIT_MESSAGE];
  return limit ? limit : MESSAGE_LIMIT;
}

int cli_open(const char *path) {
  int fd = g_str_equal(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    cli_complain(path, cli_errno_text(errno));
  return fd;
}

/* maildir.c - what a mail reader does with a message of a Maildir */
#include "source/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 1000 /* names tried where one is taken */

static const char info[] = ":2,"; /* flags follow, in the order of their bytes */

gboolean bp_is_maildir_message(const char *path) {
  g_autofree char *folder = g_path_get_dirname(path), *root = g_path_get_dirname(folder);
  g_autofree char *tmp = g_build_filename(root, "tmp", NULL);
  return (g_str_has_suffix(folder, "/cur") || g_str_has_suffix(folder, "/new")) &&
         g_file_test(tmp, G_FILE_TEST_IS_DIR);
}

gboolean bp_maildir_make(const char *folder, BpFileId *id) {
  static const char *const names[] = {"", "cur", "new", "tmp"};
  struct stat st;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(folder, names[i], NULL);
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
      return FALSE;
    if (stat(path, &st) < 0)
      return FALSE;
    if (!S_ISDIR(st.st_mode)) {
      errno = ENOTDIR;
      return FALSE;
    }
    if (i == 0)
      *id = bp_file_id_of(&st);
  }
  return TRUE;
}

/* The name with the flag S. Free it with g_free(). */
static char *seen_name(const char *name) {
  const char *flags = strstr(name, info);
  if (!flags)
    return g_strconcat(name, info, "S", NULL);
  const char *at = flags + strlen(info);
  if (strchr(at, 'S'))
    return g_strdup(name);
  while (*at && *at < 'S')
    at++;
  return g_strdup_printf("%.*sS%s", (int)(at - name), name, at);
}

/* Not every file system knows renameat2(): then nobody else may use the name between look and rename, which the
 * uniqueness of Maildir names sees to. */
static int rename_to_free(const char *from, const char *to) {
  struct stat st;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  if (lstat(to, &st) == 0) {
    errno = EEXIST;
    return -1;
  }
  return rename(from, to);
}

/* Name with something in its unique part that makes it another. */
static char *other_name(const char *name, guint n) {
  const char *flags = strstr(name, info);
  gsize unique = flags ? (gsize)(flags - name) : strlen(name);
  return g_strdup_printf("%.*s_%u%s", (int)unique, name, n, name + unique);
}

static gboolean rename_into(const char *path, const char *folder, const char *name) {
  for (guint n = 0; n < TRIES; n++) {
    g_autofree char *other = n ? other_name(name, n) : g_strdup(name);
    g_autofree char *to = g_build_filename(folder, other, NULL);
    if (g_str_equal(to, path) || rename_to_free(path, to) == 0)
      return TRUE;
    if (errno != EEXIST)
      return FALSE;
  }
  return FALSE;
}

gboolean bp_maildir_act(const char *path, const char *folder, gboolean seen) {
  g_autofree char *from = bp_file_find(path);
  if (!from) {
    errno = ENOENT;
    return FALSE;
  }
  g_autofree char *here = g_path_get_dirname(from), *root = g_path_get_dirname(here);
  g_autofree char *name = g_path_get_basename(from), *new_name = seen ? seen_name(name) : g_strdup(name);
  gboolean cur = seen || g_str_has_suffix(here, "/cur");
  g_autofree char *to = g_build_filename(folder ? folder : root, cur ? "cur" : "new", NULL);
  return rename_into(from, to, new_name);
}

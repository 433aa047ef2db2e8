/* folder.c - the files of a folder or Maildir, one after another */
#include "source/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Entries are kept as one string: a letter for what it is, then the name. */
#define IS_FILE 'f'
#define IS_FOLDER 'd'

typedef enum {
  PLAIN,        /* every file, and the folders in it */
  MAILDIR,      /* cur and new, and its sub-folders .Name */
  SUB_MAILDIR,  /* a .Name in a Maildir: nothing where it is no Maildir itself */
  MAILDIR_FILES /* cur or new of a Maildir */
} FolderKind;

/* A folder whose entries are being walked. */
typedef struct {
  char *path;
  GPtrArray *entries;
  guint at;
  FolderKind kind;
} Level;

struct BpFolder {
  gboolean recursive;
  gboolean begun;
  GArray *levels; /* of Level: the folder given, then the one in it … */
  char *path;     /* handed out last; at first the folder given */
};

static void level_clear(gpointer data) {
  Level *level = data;
  g_free(level->path);
  g_ptr_array_unref(level->entries);
}

BpFolder *bp_folder_new(const char *path, gboolean recursive) {
  BpFolder *folder = g_new0(BpFolder, 1);
  folder->recursive = recursive;
  folder->path = g_strdup(path);
  folder->levels = g_array_new(FALSE, FALSE, sizeof(Level));
  g_array_set_clear_func(folder->levels, level_clear);
  return folder;
}

void bp_folder_free(BpFolder *folder) {
  g_array_unref(folder->levels);
  g_free(folder->path);
  g_free(folder);
}

/* ---- one folder's entries ----------------------------------------------------------------------------------- */

/* What an entry is; 0 for what is passed over (pipes, devices, links to folders, what has vanished). */
static char kind_of(int dir, const struct dirent *entry) {
  struct stat st;
  if (entry->d_type == DT_REG)
    return IS_FILE;
  if (entry->d_type == DT_DIR)
    return IS_FOLDER;
  if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
    return 0;
  if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
    return IS_FOLDER;
  return fstatat(dir, entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) ? IS_FILE : 0;
}

static int compare_names(gconstpointer a, gconstpointer b) {
  const char *const *x = a, *const *y = b;
  return strcmp(*x + 1, *y + 1);
}

/* All entries but "." and "..", sorted; NULL, with errno, where path cannot be read. */
static GPtrArray *list(const char *path) {
  DIR *dir = opendir(path);
  if (!dir)
    return NULL;
  GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
  const struct dirent *entry;
  errno = 0;
  while ((entry = readdir(dir))) {
    char kind = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") ? kind_of(dirfd(dir), entry) : 0;
    if (kind)
      g_ptr_array_add(entries, g_strdup_printf("%c%s", kind, entry->d_name));
    errno = 0;
  }
  int error = errno;
  closedir(dir);
  if (error) {
    g_ptr_array_unref(entries);
    errno = error;
    return NULL;
  }
  g_ptr_array_sort(entries, compare_names);
  return entries;
}

static gboolean has_folder(const GPtrArray *entries, const char *name) {
  for (guint i = 0; i < entries->len; i++) {
    const char *entry = g_ptr_array_index(entries, i);
    if (entry[0] == IS_FOLDER && g_str_equal(entry + 1, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean is_maildir(const GPtrArray *entries) {
  return has_folder(entries, "cur") && has_folder(entries, "new") && has_folder(entries, "tmp");
}

/* ---- the walk ----------------------------------------------------------------------------------------------- */

/* Goes into the folder at path; FALSE, with errno, where it cannot be read. */
static gboolean enter(BpFolder *folder, const char *path, FolderKind kind) {
  GPtrArray *entries = list(path);
  if (!entries)
    return FALSE;
  if (kind != MAILDIR_FILES && is_maildir(entries))
    kind = MAILDIR;
  Level level = {.path = g_strdup(path), .entries = entries, .kind = kind};
  g_array_append_val(folder->levels, level);
  return TRUE;
}

/* TRUE where an entry of level is to be walked; *kind is what it is if it is a folder. */
static gboolean wanted(const BpFolder *folder, const Level *level, const char *entry, FolderKind *kind) {
  gboolean hidden = entry[1] == '.', is_folder = entry[0] == IS_FOLDER;
  switch (level->kind) {
  case PLAIN:
    *kind = PLAIN;
    return !hidden;
  case MAILDIR:
    *kind = hidden ? SUB_MAILDIR : MAILDIR_FILES;
    return is_folder && (hidden ? folder->recursive : g_str_equal(entry + 1, "cur") || g_str_equal(entry + 1, "new"));
  case MAILDIR_FILES:
    return !hidden && !is_folder;
  case SUB_MAILDIR:
    break;
  }
  return FALSE;
}

static char *join(const char *folder, const char *name) {
  return g_str_has_suffix(folder, "/") ? g_strconcat(folder, name, NULL) : g_strconcat(folder, "/", name, NULL);
}

/* The next entry that is to be walked, its path in folder->path; NULL behind the last. */
static const char *next_entry(BpFolder *folder, FolderKind *kind) {
  while (folder->levels->len > 0) {
    Level *level = &g_array_index(folder->levels, Level, folder->levels->len - 1);
    if (level->at == level->entries->len) {
      g_array_set_size(folder->levels, folder->levels->len - 1);
      continue;
    }
    const char *entry = g_ptr_array_index(level->entries, level->at++);
    if (!wanted(folder, level, entry, kind))
      continue;
    g_free(folder->path);
    folder->path = join(level->path, entry + 1);
    return entry;
  }
  return NULL;
}

const char *bp_folder_next(BpFolder *folder, int *error) {
  FolderKind kind = PLAIN;
  const char *entry;
  *error = 0;
  if (!folder->begun) {
    folder->begun = TRUE;
    if (!enter(folder, folder->path, PLAIN)) {
      *error = errno;
      return folder->path;
    }
  }
  while ((entry = next_entry(folder, &kind))) {
    if (entry[0] == IS_FILE)
      return folder->path;
    if (!enter(folder, folder->path, kind) && errno != ENOENT) {
      *error = errno;
      return folder->path;
    }
  }
  return NULL;
}

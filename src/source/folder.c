/* folder.c - the files of a folder or Maildir, one after another */
#include "source/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Of a folder with a million messages the names are kept in one piece: a letter for what it is, then the name. */
#define IS_FILE 'f'
#define IS_FOLDER 'd'

typedef enum {
  PLAIN,        /* every file, and the folders in it */
  MAILDIR,      /* cur and new, and its sub-folders .Name */
  SUB_MAILDIR,  /* a .Name in a Maildir: nothing where it is no Maildir itself */
  MAILDIR_FILES /* cur or new of a Maildir */
} FolderKind;

typedef struct {
  GString *names;  /* each ended by NUL */
  GArray *offsets; /* of gsize: where each begins */
} Entries;

/* A folder whose entries are being walked. */
typedef struct {
  char *path;
  Entries entries;
  guint at;
  FolderKind kind;
} Level;

struct BpFolder {
  gboolean recursive;
  BpFileId passed;
  gboolean begun;
  GArray *levels; /* of Level: the folder given, then the one in it … */
  char *path;     /* handed out last; at first the folder given */
};

static void entries_clear(Entries *entries) {
  g_string_free(entries->names, TRUE);
  g_array_unref(entries->offsets);
}

static const char *entry_at(const Entries *entries, guint i) {
  return entries->names->str + g_array_index(entries->offsets, gsize, i);
}

static void level_clear(gpointer data) {
  Level *level = data;
  g_free(level->path);
  entries_clear(&level->entries);
}

BpFolder *bp_folder_new(const char *path, gboolean recursive, const BpFileId *passed) {
  BpFolder *folder = g_new0(BpFolder, 1);
  folder->recursive = recursive;
  folder->passed = *passed;
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

static int compare_names(gconstpointer a, gconstpointer b, gpointer names) {
  const gsize *x = a, *y = b;
  return strcmp((const char *)names + *x + 1, (const char *)names + *y + 1);
}

static void add_entry(Entries *entries, char kind, const char *name) {
  gsize offset = entries->names->len;
  g_array_append_val(entries->offsets, offset);
  g_string_append_c(entries->names, kind);
  g_string_append_len(entries->names, name, (gssize)strlen(name) + 1);
}

static gboolean is_passed(const BpFolder *folder, DIR *dir) {
  struct stat st;
  return folder->passed.inode && folder->levels->len > 0 && fstat(dirfd(dir), &st) == 0 &&
         st.st_ino == folder->passed.inode && st.st_dev == folder->passed.device;
}

/* Reads all entries but "." and "..", sorted; FALSE, with errno, where path cannot be read. */
static gboolean list(const BpFolder *folder, const char *path, Entries *entries) {
  DIR *dir = opendir(path);
  if (!dir)
    return FALSE;
  *entries = (Entries){g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(gsize))};
  const struct dirent *entry;
  gboolean passed = is_passed(folder, dir);
  while (!passed && (errno = 0, entry = readdir(dir))) {
    char kind = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") ? kind_of(dirfd(dir), entry) : 0;
    if (kind)
      add_entry(entries, kind, entry->d_name);
  }
  int error = passed ? 0 : errno;
  closedir(dir);
  if (error) {
    entries_clear(entries);
    errno = error;
    return FALSE;
  }
  g_array_sort_with_data(entries->offsets, compare_names, entries->names->str);
  return TRUE;
}

static gboolean has_folder(const Entries *entries, const char *name) {
  for (guint i = 0; i < entries->offsets->len; i++) {
    const char *entry = entry_at(entries, i);
    if (entry[0] == IS_FOLDER && g_str_equal(entry + 1, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean is_maildir(const Entries *entries) {
  return has_folder(entries, "cur") && has_folder(entries, "new") && has_folder(entries, "tmp");
}

/* ---- the walk ----------------------------------------------------------------------------------------------- */

/* Goes into the folder at path; FALSE, with errno, where it cannot be read. */
static gboolean enter(BpFolder *folder, const char *path, FolderKind kind) {
  Entries entries;
  if (!list(folder, path, &entries))
    return FALSE;
  if (kind != MAILDIR_FILES && is_maildir(&entries))
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
    if (level->at == level->entries.offsets->len) {
      g_array_set_size(folder->levels, folder->levels->len - 1);
      continue;
    }
    const char *entry = entry_at(&level->entries, level->at++);
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

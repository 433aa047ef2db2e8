/* file.c - one file that holds one message */
#include "source/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <zlib.h>

BpFileId bp_file_id_of(const struct stat *st) {
  gint64 modified = st->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st->st_mtim.tv_nsec;
  return (BpFileId){st->st_dev, st->st_ino, st->st_size, modified};
}

gboolean bp_file_id(const char *path, BpFileId *id) {
  struct stat st;
  if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
    return FALSE;
  *id = bp_file_id_of(&st);
  return TRUE;
}

/* ---- opening ------------------------------------------------------------------------------------------------ */

/* Not to wait for a writer, should a pipe have taken the file's place. */
static int open_now(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* The length of a Maildir name without its flags. */
static gsize unique_length(const char *name) {
  const char *flags = strstr(name, ":2,");
  return flags ? (gsize)(flags - name) : strlen(name);
}

/* The path of the file in folder whose unique name is that of name; NULL for none. Free it with g_free(). */
static char *find_unique(const char *folder, const char *name) {
  gsize length = unique_length(name);
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  char *path = NULL;
  while (dir && !path && (entry = readdir(dir)))
    if (unique_length(entry->d_name) == length && memcmp(entry->d_name, name, length) == 0)
      path = g_strconcat(folder, "/", entry->d_name, NULL);
  if (dir)
    closedir(dir);
  return path;
}

static char *find_renamed(const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  if (!g_str_has_suffix(folder, "/cur") && !g_str_has_suffix(folder, "/new"))
    return NULL;
  memcpy(folder + strlen(folder) - 3, "cur", 3); /* nothing goes back to new */
  return find_unique(folder, strrchr(path, '/') + 1);
}

char *bp_file_find(const char *path) {
  return g_file_test(path, G_FILE_TEST_EXISTS) ? g_strdup(path) : find_renamed(path);
}

int bp_file_open(const char *path) {
  int fd = open_now(path);
  if (fd >= 0 || errno != ENOENT)
    return fd;
  g_autofree char *found = find_renamed(path);
  if (found)
    return open_now(found);
  errno = ENOENT;
  return -1;
}

/* ---- gzip --------------------------------------------------------------------------------------------------- */

#define GZIP (MAX_WBITS + 16) /* zlib's word for that format */

static const char magic[] = {'\x1f', '\x8b', '\x08'};

static gboolean is_gzip(const char *bytes, gsize length) {
  return length > sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* Decompresses one member; returns how many bytes it took, 0 where it is broken or max is reached. */
static gsize inflate_member(const char *bytes, gsize length, GString *out, gsize max) {
  char buffer[16384];
  z_stream gzip = {.next_in = (Bytef *)(guintptr)bytes, .avail_in = (uInt)MIN(length, G_MAXUINT)};
  int result = inflateInit2(&gzip, GZIP);
  while (result == Z_OK && out->len < max) {
    gzip.next_out = (Bytef *)buffer;
    gzip.avail_out = sizeof buffer;
    result = inflate(&gzip, Z_NO_FLUSH);
    g_string_append_len(out, buffer, (gssize)MIN(sizeof buffer - gzip.avail_out, max - out->len));
  }
  inflateEnd(&gzip);
  return result == Z_STREAM_END && out->len < max ? (gsize)((const char *)gzip.next_in - bytes) : 0;
}

void bp_file_decompress(GString *bytes, gsize max) {
  if (!is_gzip(bytes->str, bytes->len))
    return;
  g_autoptr(GString) out = g_string_new(NULL);
  for (gsize at = 0, taken; is_gzip(bytes->str + at, bytes->len - at); at += taken)
    if (!(taken = inflate_member(bytes->str + at, bytes->len - at, out, max)))
      break;
  if (out->len == 0)
    return; /* only its first bytes look like gzip's */
  char *text = bytes->str;
  gsize length = bytes->len, size = bytes->allocated_len;
  *bytes = *out;
  out->str = text;
  out->len = length;
  out->allocated_len = size;
}

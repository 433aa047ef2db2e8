/* file.c - a file that is written whole or not at all */
#include "output/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is there keeps its rights; a new one has the usual ones. */
static void set_mode(int fd, const char *path) {
  struct stat st;
  mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd, stat(path, &st) == 0 ? st.st_mode & 07777 : 0666 & ~mask) < 0)
    return; /* it keeps those of a temporary file: fewer */
}

/* Devices and pipes cannot be replaced: they are written to. */
static gboolean is_special(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

gboolean bp_new_file_begin(BpNewFile *file, const char *path) {
  *file = (BpNewFile){.fd = -1};
  if (is_special(path)) {
    file->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return file->fd >= 0;
  }
  char *real = realpath(path, NULL);
  file->path = g_strdup(real ? real : path);
  free(real);
  file->temporary = g_strconcat(file->path, ".XXXXXX", NULL);
  file->fd = g_file_test(path, G_FILE_TEST_IS_DIR) ? (errno = EISDIR, -1) : g_mkstemp_full(file->temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (file->fd >= 0) {
    set_mode(file->fd, file->path);
    return TRUE;
  }
  int error = errno;
  g_clear_pointer(&file->temporary, g_free);
  g_clear_pointer(&file->path, g_free);
  errno = error;
  return FALSE;
}

/* So that the new name is still there after the power fails. */
static void sync_folder(const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  fsync(fd);
  close(fd);
}

gboolean bp_new_file_commit(BpNewFile *file) {
  int fd = file->fd;
  gboolean synced = !file->temporary || fsync(fd) == 0;
  int error = errno;
  file->fd = -1;
  if (close(fd) < 0 && synced) {
    error = errno;
    synced = FALSE;
  }
  if (synced && file->temporary && rename(file->temporary, file->path) < 0) {
    error = errno;
    synced = FALSE;
  }
  if (synced && file->path)
    sync_folder(file->path);
  if (synced)
    g_clear_pointer(&file->temporary, g_free);
  bp_new_file_abandon(file);
  errno = error;
  return synced;
}

void bp_new_file_abandon(BpNewFile *file) {
  if (file->fd >= 0)
    close(file->fd);
  file->fd = -1;
  if (file->temporary)
    unlink(file->temporary);
  g_clear_pointer(&file->temporary, g_free);
  g_clear_pointer(&file->path, g_free);
}

/* output.c - stdout or a file, written in whole answers */
#include "cli/output.h"

#include "cli/error.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define ENOUGH (64 * 1024)
#define NARROWEST 40
#define WIDEST 100 /* longer lines are hard to read */

/* ---- the terminal ------------------------------------------------------------------------------------------- */

static guint terminal_width(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
    return 80;
  return CLAMP(size.ws_col, NARROWEST, WIDEST);
}

/* https://no-color.org */
static gboolean wants_colour(void) {
  const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");
  return !(no_color && *no_color) && g_strcmp0(term, "dumb") != 0;
}

gboolean cli_output_begin(CliOutput *output, const char *path) {
  gboolean to_file = path && !g_str_equal(path, "-");
  *output = (CliOutput){.fd = STDOUT_FILENO, .name = to_file ? path : _("standard output"), .file = {.fd = -1}};
  if (to_file && !bp_new_file_begin(&output->file, path)) {
    cli_complain(path, cli_errno_text(errno));
    return FALSE;
  }
  if (to_file)
    output->fd = output->file.fd;
  output->text = g_string_sized_new(ENOUGH);
  output->terminal = isatty(output->fd);
  output->style.width = output->terminal ? terminal_width() : 80;
  output->style.colour = output->terminal && wants_colour();
  return TRUE;
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* Takes the piece of a line off the end of a file, of which n bytes of text were written before the disk was full. Not
 * where somebody else has gone on writing. */
static void drop_partial_line(int fd, const char *text, gsize n) {
  const char *last = memrchr(text, '\n', n);
  gsize whole = last ? (gsize)(last - text) + 1 : 0;
  struct stat st;
  off_t at = lseek(fd, 0, SEEK_CUR);
  if (whole == n || at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != at)
    return;
  if (ftruncate(fd, at - (off_t)(n - whole)) == 0)
    lseek(fd, at - (off_t)(n - whole), SEEK_SET);
}

static void fail(CliOutput *output, int error) {
  if (!output->failed)
    cli_complain(output->name, cli_errno_text(error));
  output->failed = TRUE;
}

static void write_out(CliOutput *output, const char *text, gsize length) {
  gsize done = 0;
  while (done < length && !output->failed) {
    gssize n = write(output->fd, text + done, length - done);
    if (n >= 0) {
      done += (gsize)n;
    } else if (errno != EINTR) {
      int error = errno;
      drop_partial_line(output->fd, text, done);
      fail(output, error);
    }
  }
}

static void flush(CliOutput *output) {
  write_out(output, output->text->str, output->text->len);
  g_string_truncate(output->text, 0);
}

void cli_output_put(CliOutput *output, const char *text, gsize length) {
  if (length < ENOUGH) {
    g_string_append_len(output->text, text, (gssize)length);
    return;
  }
  flush(output);
  write_out(output, text, length);
}

gboolean cli_output_commit(CliOutput *output) {
  if (output->terminal || output->text->len >= ENOUGH)
    flush(output);
  return !output->failed;
}

void cli_output_abandon(CliOutput *output) {
  if (output->file.fd < 0)
    return;
  bp_new_file_abandon(&output->file);
  output->fd = -1;
  g_string_truncate(output->text, 0);
}

/* Some file systems tell only at the end that the disk is full. */
static gboolean end_file(CliOutput *output, gboolean wrote) {
  if (output->fd < 0 || (output->file.fd < 0 && !wrote))
    return TRUE;
  return output->file.fd >= 0 ? bp_new_file_commit(&output->file) : close(STDOUT_FILENO) == 0;
}

int cli_output_end(CliOutput *output) {
  gboolean wrote = output->text->len > 0;
  flush(output);
  if (output->failed)
    cli_output_abandon(output);
  else if (!end_file(output, wrote))
    fail(output, errno);
  g_string_free(output->text, TRUE);
  return output->failed ? EX_CANTCREAT : 0;
}

/* output.c - stdout, written in whole answers */
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

void cli_output_begin(CliOutput *output) {
  *output = (CliOutput){.text = g_string_sized_new(ENOUGH), .terminal = isatty(STDOUT_FILENO)};
  output->style.width = output->terminal ? terminal_width() : 80;
  output->style.colour = output->terminal && wants_colour();
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* Takes the piece of a line off the end of a file, of which n bytes of text were written before the disk was full. Not
 * where somebody else has gone on writing. */
static void drop_partial_line(const char *text, gsize n) {
  const char *last = memrchr(text, '\n', n);
  gsize whole = last ? (gsize)(last - text) + 1 : 0;
  struct stat st;
  off_t at = lseek(STDOUT_FILENO, 0, SEEK_CUR);
  if (whole == n || at < 0 || fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != at)
    return;
  if (ftruncate(STDOUT_FILENO, at - (off_t)(n - whole)) == 0)
    lseek(STDOUT_FILENO, at - (off_t)(n - whole), SEEK_SET);
}

static void fail(CliOutput *output, int error) {
  if (!output->failed)
    cli_complain(_("standard output"), cli_errno_text(error));
  output->failed = TRUE;
}

static void flush(CliOutput *output) {
  gsize done = 0;
  while (done < output->text->len && !output->failed) {
    gssize n = write(STDOUT_FILENO, output->text->str + done, output->text->len - done);
    if (n >= 0) {
      done += (gsize)n;
    } else if (errno != EINTR) {
      int error = errno;
      drop_partial_line(output->text->str, done);
      fail(output, error);
    }
  }
  g_string_truncate(output->text, 0);
}

gboolean cli_output_commit(CliOutput *output) {
  if (output->terminal || output->text->len >= ENOUGH)
    flush(output);
  return !output->failed;
}

int cli_output_end(CliOutput *output) {
  gboolean wrote = output->text->len > 0;
  flush(output);
  /* Some file systems tell only now that the disk is full. */
  if (wrote && !output->failed && close(STDOUT_FILENO) < 0)
    fail(output, errno);
  g_string_free(output->text, TRUE);
  return output->failed ? EX_CANTCREAT : 0;
}

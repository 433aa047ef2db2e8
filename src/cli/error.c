/* error.c - the one way in which the program says that something is wrong */
#include "cli/error.h"

#include "output/visible.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static void write_line(const char *input, const char *reason, const char *hint) {
  g_autoptr(GString) line = g_string_new("bounceparse: ");
  bp_append_visible(line, input, -1);
  g_string_append(line, ": ");
  bp_append_visible(line, reason, -1);
  if (hint)
    g_string_append_printf(line, "; %s", hint);
  g_string_append_c(line, '\n');
  fputs(line->str, stderr); /* unbuffered: one write */
}

void cli_complain(const char *input, const char *reason) {
  write_line(input, reason, NULL);
}

void cli_complain_usage(const char *option, const char *reason) {
  write_line(option, reason, _("see bounceparse --help"));
}

/* The C library's own texts are in the locale's character set, and translated only where its catalogue is installed. */
const char *cli_errno_text(int error) {
  switch (error) {
  case ENOENT:
    return _("no such file or folder");
  case ENOTDIR:
    return _("not a folder");
  case EACCES:
  case EPERM:
    return _("permission denied");
  case EISDIR:
    return _("is a folder");
  case EIO:
    return _("input/output error");
  case ENOSPC:
  case EDQUOT:
    return _("no space left on the device");
  case EFBIG:
    return _("the file would become too large");
  case EPIPE:
    return _("nobody reads it any more");
  case EBADF:
    return _("not open");
  case ENAMETOOLONG:
    return _("the name is too long");
  case ELOOP:
    return _("too many symbolic links");
  }
  const char *text = strerrordesc_np(error);
  return text ? text : _("unknown error");
}

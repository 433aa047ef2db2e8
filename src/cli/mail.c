/* mail.c - one mail on stdin that a command holds for a mail system */
#include "cli/mail.h"

#include "worker/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#define CHUNK (64 * 1024)

/* A lack of memory is an error and not an end. */
static gboolean grow(CliMail *mail) {
  gsize size = mail->size ? mail->size * 2 : CHUNK;
  char *bytes = g_try_realloc(mail->bytes, size);
  if (!bytes) {
    errno = ENOMEM;
    return FALSE;
  }
  mail->bytes = bytes;
  mail->size = size;
  return TRUE;
}

gboolean cli_mail_read(CliMail *mail, gsize limit, gboolean *more) {
  *mail = (CliMail){0};
  for (*more = FALSE; mail->length <= limit;) {
    if (mail->length == mail->size && !grow(mail))
      return FALSE;
    ssize_t n = read(STDIN_FILENO, mail->bytes + mail->length, mail->size - mail->length);
    if (n < 0 && bp_try_again(STDIN_FILENO, POLLIN))
      continue;
    if (n <= 0)
      return n == 0;
    mail->length += (gsize)n;
  }
  *more = TRUE;
  return TRUE;
}

void cli_mail_clear(CliMail *mail) {
  g_clear_pointer(&mail->bytes, g_free);
}

static void give_up(int signal) {
  (void)signal;
  _exit(EX_TEMPFAIL);
}

/* GLib ends a process that has no memory by a signal; the caller is to keep the mail then as after any other error. */
void cli_end_with_a_status(void) {
  static const int ends[] = {SIGABRT, SIGTRAP, SIGSEGV, SIGBUS};
  for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
    signal(ends[i], give_up);
}

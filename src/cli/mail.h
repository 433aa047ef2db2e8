/* mail.h - one mail on stdin that a command holds for a mail system, which loses it where the command does */
#pragma once

#include <glib.h>

typedef struct {
  char *bytes;
  gsize length, size;
} CliMail;

/* Reads to the end, or until more than limit bytes are held; *more says which. FALSE, with errno, where it cannot. */
gboolean cli_mail_read(CliMail *mail, gsize limit, gboolean *more);
void cli_mail_clear(CliMail *mail);

/* From here on a lack of memory, like a crash, is an end with the status EX_TEMPFAIL. */
void cli_end_with_a_status(void);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliMail, cli_mail_clear)

/* status.c - fuzz target: the delivery-status part of a report */
#include "fuzz.h"

void fuzz_one(const char *bytes, size_t length) {
  static const char before[] =
      "From: MAILER-DAEMON@example.net\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
      "--b\n\nNotice.\n--b\nContent-Type: message/delivery-status\n\n",
                    behind[] = "\n--b--\n";
  static BounceparseReader *reader;
  if (!reader)
    reader = bounceparse_reader_new(NULL, NULL);
  GString *mail = g_string_new(before);
  g_string_append_len(mail, bytes, (gssize)length);
  g_string_append(mail, behind);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail->str, mail->len, NULL);
  FUZZ_ASSERT(answer);
  for (guint i = 0; i < bounceparse_answer_get_n_recipients(answer); i++)
    FUZZ_ASSERT(
        bounceparse_recipient_get_string(bounceparse_answer_get_recipient(answer, i), BOUNCEPARSE_RECIPIENT_ADDRESS));
  g_string_free(mail, TRUE);
}

/* enqueue.c - bounceparse enqueue: a mail comes in on stdin and goes to a queue, for a worker to read
 *
 * For a mail system, which has the mail until this ends with 0: so everything that may pass is EX_TEMPFAIL. */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/mail.h"
#include "cli/queue.h"
#include "cli/setup.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <sysexits.h>

static const char help[] =
    N_("Usage: bounceparse enqueue --queue URI [OPTION]...\n"
       "Reads a mail on stdin and puts it on a queue of an AMQP broker (RabbitMQ), from which\n"
       "bounceparse worker takes it. Exit status: 0 once the broker has it on disk, 75 where it\n"
       "has not and the mail must be kept by the caller, 65 where there is no mail.\n"
       "\n"
       "  --queue URI            amqp://USER@HOST/VHOST, or amqps:// for TLS\n"
       "  --name NAME            of the queue (bounceparse)\n"
       "  --classic              where the queue has to be made: a classic one, not a quorum queue\n"
       "  --password-file FILE   its first line is the password, which is otherwise that in the\n"
       "                         environment as BOUNCEPARSE_AMQP_PASSWORD\n"
       "  --limit-message SIZE   larger mail is not taken: status 75 (64M)\n"
       "  --lang LANG            language of messages, such as en or de\n"
       "\n"
       "  --help, --version\n");

static int fail(const char *reason, int status) {
  cli_complain("-", reason);
  return status;
}

static int put(const CliOptions *options, const CliQueue *where, const CliMail *mail) {
  g_autoptr(GError) error = NULL;
  g_autoptr(BpQueue) queue = bp_queue_open(&where->options, &error);
  if (queue && bp_queue_put(queue, mail->bytes, mail->length, &error))
    return EX_OK;
  int status = cli_complain_queue(options, error);
  return status == EX_USAGE ? EX_USAGE : EX_TEMPFAIL;
}

int cli_enqueue(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  g_auto(CliQueue) queue = {0};
  g_auto(CliMail) mail = {0};
  gboolean more;
  int status;
  cli_end_with_a_status();
  if (!cli_begin(&options, CLI_ENQUEUE, help, argc, argv, &status))
    return status;
  if (!cli_queue_begin(&queue, &options, &status))
    return status == EX_USAGE ? EX_USAGE : EX_TEMPFAIL;
  if (!cli_mail_read(&mail, cli_message_limit(&options), &more))
    return fail(cli_errno_text(errno), EX_TEMPFAIL);
  if (more)
    return fail(_("larger than the limit: see --limit-message"), EX_TEMPFAIL);
  if (mail.length == 0)
    return fail(_("empty"), EX_DATAERR);
  return put(&options, &queue, &mail);
}

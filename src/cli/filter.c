/* filter.c - bounceparse filter: a mail comes in on stdin and goes out on stdout with X-Bounce fields on top
 *
 * No mail is lost or changed. This process holds the bytes and parses none of them; a child in a sandbox does, and
 * hands back the fields. Whatever becomes of the child, the mail goes out. */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/mail.h"
#include "cli/setup.h"
#include "output/block.h"
#include "worker/child.h"
#include "worker/sandbox.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* Bytes that are held whatever the limit: a "From " line and the fields in which forged ones are renamed. */
#define HELD_LEAST ((gsize)2 * BP_BLOCK_HEADER_MAX)

#define CHUNK (64 * 1024)

static const char help[] =
    N_("Usage: bounceparse filter [OPTION]...\n"
       "Reads a mail on stdin and writes it to stdout with X-Bounce fields on top; nothing else\n"
       "changes. For procmail, maildrop and Sieve. Exit status: 0, or 75 where reading or writing\n"
       "failed and the mail must be kept by the caller.\n"
       "\n"
       "  --patterns DIR         pattern files laid over the shipped ones (may be repeated)\n"
       "  --verp PATTERN         a VERP shape, with groups local and domain (may be repeated)\n"
       "  --limit-message SIZE   larger mail goes through unread (64M)\n"
       "  --limit NAME=VALUE     another limit: see bounceparse(1)\n"
       "  --no-sandbox           do not restrict the process that reads the mail\n"
       "\n"
       "  --help, --version\n");

/* ---- bytes in and out --------------------------------------------------------------------------------------- */

static gboolean pass_rest(void) {
  char buffer[CHUNK];
  for (;;) {
    ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && bp_try_again(STDIN_FILENO, POLLIN))
      continue;
    if (n < 0 || (n > 0 && !bp_write_all(STDOUT_FILENO, buffer, (gsize)n)))
      return FALSE;
    if (n == 0)
      return TRUE;
  }
}

/* ---- the child ---------------------------------------------------------------------------------------------- */

typedef struct {
  const CliOptions *options;
  const CliMail *mail;
} Work;

static void analyse(GString *out, gpointer data) {
  const Work *work = data;
  int status = 0;
  g_autoptr(BounceparseReader) reader = cli_reader_new(work->options, NULL, &status);
  if (!reader)
    return;
  if (!work->options->no_sandbox)
    bp_sandbox_enter(BP_SANDBOX_CHILD);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, work->mail->bytes, work->mail->length, NULL);
  if (answer)
    bp_block_append(answer, out);
}

/* The block for mail; empty where there is none, which is said on stderr unless the bytes are no mail at all. */
static GString *find_block(const CliOptions *options, const CliMail *mail) {
  Work work = {options, mail};
  const char *why = NULL;
  if (bp_begins_folded(mail->bytes, mail->length)) {
    cli_complain("-", _("begins with a folded line: passed on unread"));
    return g_string_new(NULL);
  }
  GString *block = bp_child_run(analyse, &work, BP_BLOCK_MAX, &why);
  if (block && block->len && !bp_block_valid(block->str, block->len)) {
    g_string_free(block, TRUE);
    block = NULL;
    why = N_("the analysis gave no valid fields");
  }
  if (block)
    return block;
  cli_complain("-", _(why));
  return g_string_new(NULL);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static gboolean send(const CliMail *mail, const GString *block) {
  g_autoptr(GString) head = g_string_new(NULL);
  gsize done = bp_block_put(block, mail->bytes, mail->length, head);
  return bp_write_all(STDOUT_FILENO, head->str, head->len) &&
         bp_write_all(STDOUT_FILENO, mail->bytes + done, mail->length - done);
}

static int fail(int error) {
  cli_complain("-", cli_errno_text(error));
  return EX_TEMPFAIL;
}

static int run(const CliOptions *options) {
  g_auto(CliMail) mail = {0};
  g_autoptr(GString) block = NULL;
  gboolean more;
  gsize limit = cli_message_limit(options);
  if (!cli_mail_read(&mail, MAX(limit, HELD_LEAST), &more))
    return fail(errno);
  if (mail.length > limit) {
    cli_complain("-", _("larger than the limit: passed on unread"));
    block = g_string_new(NULL);
  } else {
    block = find_block(options, &mail);
  }
  gboolean sent = send(&mail, block) && (!more || pass_rest()) && close(STDOUT_FILENO) == 0;
  return sent ? EX_OK : fail(errno);
}

int cli_filter(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  cli_end_with_a_status();
  if (!cli_begin(&options, CLI_FILTER, help, argc, argv, &status))
    return status;
  if (options.n_arguments > 0) {
    cli_complain_usage(options.arguments[0], _("filter takes no arguments: the mail comes on stdin"));
    return EX_USAGE;
  }
  return run(&options);
}

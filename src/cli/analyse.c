/* analyse.c - the main command: explains every bounce among its inputs */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/setup.h"
#include "worker/sandbox.h"

#include <glib/gi18n.h>
#include <sysexits.h>

static const char help[] =
    N_("Usage: bounceparse [OPTION]... [FILE|FOLDER]...\n"
       "Reads bounce messages and says for each recipient what failed, why, whose side the\n"
       "fault is on, whether it lasts, and what to do next. Without FILE it reads stdin.\n"
       "\n"
       "Output\n"
       "  --json                 one JSON object a message, one a line\n"
       "  --brief                without meanings, reasons and steps\n"
       "  --lang LANG            language of the texts, such as en or de\n"
       "  -q, --quiet            no output: exit status 0 if any message is a report, else 1\n"
       "  --kind LIST            with -q: only messages of these kinds\n"
       "  --cause LIST           with -q: only if a recipient has one of these causes\n"
       "  --category LIST        … one of these categories\n"
       "  --advice LIST          … one of these: remove, retry, fix, review\n"
       "\n"
       "Input\n"
       "  --mbox                 every file is an mbox\n"
       "  --recursive            the sub-folders of a Maildir too\n"
       "  --files-from FILE      FILE lists inputs, one a line or each ended by NUL\n"
       "  --jobs N               processes that read messages (1: this one)\n"
       "  --header NAME          show this header of the original (may be repeated)\n"
       "  --verp PATTERN         a VERP shape, with groups local and domain (may be repeated)\n"
       "  --patterns DIR         pattern files laid over the shipped ones (may be repeated)\n"
       "  --limit-message SIZE   bytes read of a message (64M)\n"
       "  --limit NAME=VALUE     another limit: see bounceparse(1)\n"
       "  --no-sandbox           do not restrict the process that reads mail\n"
       "\n"
       "  --help, --version\n"
       "\n"
       "Subcommands\n"
       "  bounceparse enqueue    puts a mail on a queue of a broker, for a worker\n"
       "  bounceparse explain    explains SMTP replies and codes\n"
       "  bounceparse filter     puts X-Bounce fields on top of a mail, for procmail and maildrop\n"
       "  bounceparse patterns   checks, tries and lists patterns\n"
       "  bounceparse scan       reads whole folders, into a database too\n"
       "  bounceparse summary    counts what scan kept, on the terminal or on a page\n"
       "  bounceparse suppress   prints the addresses to stop mailing, by what scan kept\n"
       "  bounceparse worker     takes mails from a queue, into a database or on to others\n");

typedef struct {
  const CliOptions *options;
  CliOutput output;
  gboolean yes;     /* an input was what was asked for */
  gboolean printed; /* something stands on stdout already */
  int error;        /* the error that outranks the others so far, or 0 */
} Run;

static void fail(Run *run, const BpInput *input, int code, const char *reason) {
  run->error = cli_worse(run->error, code);
  if (run->options->json && !run->options->quiet)
    cli_error_to_json(input, code, reason, run->output.text);
}

static gboolean take(const BpInput *input, const CliResult *result, gpointer data) {
  Run *run = data;
  g_autofree char *reason = NULL;
  int code = cli_complain_result(input, result, &reason);
  if (code)
    fail(run, input, code, reason);
  run->yes |= result->yes;
  if (result->text_length > 0) {
    if (run->printed && !run->options->json)
      g_string_append_c(run->output.text, '\n');
    cli_output_put(&run->output, result->text, result->text_length);
    run->printed = TRUE;
  }
  return cli_output_commit(&run->output);
}

static int run_inputs(const CliOptions *o, BounceparseReader *reader) {
  Run run = {.options = o};
  cli_output_begin(&run.output, NULL);
  run.output.style.brief = o->brief;
  CliReading reading = {
      .task = {.options = o,
               .reader = reader,
               .format = o->quiet ? CLI_FORMAT_NONE : o->json ? CLI_FORMAT_JSON : CLI_FORMAT_TEXT,
               .headings = o->n_arguments > 1 || o->files_from->len > 0,
               .style = run.output.style,
               .max_message = cli_message_limit(o)},
      .n_workers = o->jobs > 1 ? (guint)MIN(o->jobs, CLI_MOST_JOBS) : 0,
      .take = take,
      .data = &run,
  };
  if (reading.n_workers == 0 && !o->no_sandbox)
    bp_sandbox_enter(BP_SANDBOX_ANALYSE);
  cli_read_inputs(&reading);
  int error = cli_worse(run.error, cli_output_end(&run.output));
  return error ? error : run.yes ? 0 : 1;
}

/* FALSE, after a line on stderr, where the options make no sense together. */
static gboolean check(const CliOptions *o) {
  if (!o->quiet && (o->kind || o->cause || o->category || o->advice)) {
    cli_complain_usage(o->kind       ? "--kind"
                       : o->cause    ? "--cause"
                       : o->category ? "--category"
                                     : "--advice",
                       _("only together with --quiet"));
    return FALSE;
  }
  return cli_check_inputs(o);
}

int cli_analyse(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  if (!cli_begin(&options, CLI_ANALYSE, help, argc, argv, &status))
    return status;
  if (!check(&options))
    return EX_USAGE;
  g_autoptr(BounceparseReader) reader = cli_reader_new(&options, options.language, &status);
  if (!reader)
    return status;
  return run_inputs(&options, reader);
}

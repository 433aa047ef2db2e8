/* analyse.c - the main command: explains every bounce among its inputs */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/language.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "source/source.h"
#include "worker/sandbox.h"

#include <glib/gi18n.h>
#include <sysexits.h>
#include <unistd.h>

#define MESSAGE_LIMIT (64 * 1024 * 1024)

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
       "  bounceparse explain    explains SMTP replies and codes\n"
       "  bounceparse filter     puts X-Bounce fields on top of a mail, for procmail and maildrop\n"
       "  bounceparse patterns   checks, tries and lists patterns\n");

typedef struct {
  const CliOptions *options;
  BounceparseReader *reader;
  CliOutput output;
  gboolean yes;     /* an input was what was asked for */
  gboolean printed; /* something stands on stdout already */
  int error;        /* the error that outranks the others so far, or 0 */
} Run;

/* ---- the exit status ---------------------------------------------------------------------------------------- */

/* Of several errors the first of these is the exit status. */
static int worse(int a, int b) {
  static const int order[] = {EX_CONFIG, EX_CANTCREAT, EX_IOERR, EX_NOINPUT, EX_DATAERR};
  for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
    if (a == order[i] || b == order[i])
      return order[i];
  return 0;
}

/* TRUE where one recipient fulfils all conditions that were given. */
static gboolean any_recipient_holds(const CliOptions *o, const BounceparseAnswer *answer) {
  const BounceparseRecipient *r;
  for (guint i = 0; (r = bounceparse_answer_get_recipient(answer, i)); i++)
    if ((!o->cause || cli_list_holds(o->cause, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CAUSE))) &&
        (!o->category ||
         cli_list_holds(o->category, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CATEGORY))) &&
        (!o->advice || cli_list_holds(o->advice, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADVICE))))
      return TRUE;
  return FALSE;
}

static gboolean holds(const CliOptions *o, const BounceparseAnswer *answer) {
  gboolean kind =
      o->kind ? cli_list_holds(o->kind, bounceparse_answer_get_kind(answer)) : bounceparse_answer_is_report(answer);
  return kind && (!(o->cause || o->category || o->advice) || any_recipient_holds(o, answer));
}

/* ---- one input ---------------------------------------------------------------------------------------------- */

static void print_json(Run *run, const BpInput *input, const BounceparseAnswer *answer) {
  BounceparseJson how = {input->source, input->index, input->offset, run->options->brief};
  bounceparse_answer_to_json(answer, &how, run->output.text);
  g_string_append_c(run->output.text, '\n');
}

/* Where there are or may be several messages, each has a heading. */
static void print_text(Run *run, const BpInput *input, const BounceparseAnswer *answer) {
  const CliOptions *o = run->options;
  if (run->printed)
    g_string_append_c(run->output.text, '\n');
  if (o->n_arguments > 1 || o->files_from->len > 0 || input->found || input->index >= 0)
    bp_heading_to_text(input->source, input->index, &run->output.style, run->output.text);
  bp_answer_to_text(answer, &run->output.style, run->output.text);
  run->printed = TRUE;
}

static void fail(Run *run, const BpInput *input, int code, const char *reason) {
  cli_complain(input->source, reason);
  run->error = worse(run->error, code);
  if (!run->options->json || run->options->quiet)
    return;
  BounceparseJson how = {input->source, input->index, input->offset, run->options->brief};
  bounceparse_error_to_json(&how, code, reason, run->output.text);
  g_string_append_c(run->output.text, '\n');
}

static void read_input(Run *run, const BpInput *input) {
  if (input->code) {
    fail(run, input, input->code, cli_errno_text(input->error));
    return;
  }
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(run->reader, input->bytes, input->length, NULL);
  if (!answer) {
    const char *reason = input->length == 0 ? _("empty") : _("no mail: nothing like a header in its first 64 KiB");
    if (input->found)
      cli_complain(input->source, reason);
    else
      fail(run, input, EX_DATAERR, reason);
    return;
  }
  run->yes |= holds(run->options, answer);
  if (run->options->quiet)
    return;
  if (run->options->json)
    print_json(run, input, answer);
  else
    print_text(run, input, answer);
}

/* ---- all inputs --------------------------------------------------------------------------------------------- */

static BpInputs *open_inputs(const CliOptions *o) {
  gsize limit = o->limits[BOUNCEPARSE_LIMIT_MESSAGE];
  BpInputOptions options = {o->mbox, o->recursive, limit ? limit : MESSAGE_LIMIT};
  BpInputs *inputs = bp_inputs_new(&options);
  for (guint i = 0; i < o->n_arguments; i++)
    bp_inputs_add(inputs, o->arguments[i]);
  for (guint i = 0; i < o->files_from->len; i++)
    bp_inputs_add_list(inputs, g_ptr_array_index(o->files_from, i));
  if (o->n_arguments == 0 && o->files_from->len == 0)
    bp_inputs_add(inputs, "-");
  return inputs;
}

static int run_inputs(const CliOptions *o, BounceparseReader *reader) {
  Run run = {.options = o, .reader = reader};
  BpInput input;
  g_autoptr(BpInputs) inputs = open_inputs(o);
  cli_output_begin(&run.output);
  run.output.style.brief = o->brief;
  while (bp_inputs_next(inputs, &input)) {
    read_input(&run, &input);
    if (!cli_output_commit(&run.output))
      break;
  }
  int error = worse(run.error, cli_output_end(&run.output));
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
  if (o->n_arguments == 0 && o->files_from->len == 0 && isatty(STDIN_FILENO)) {
    cli_complain_usage(_("no input"), _("name a file or folder, or give a message on stdin"));
    return FALSE;
  }
  return TRUE;
}

int cli_analyse(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status = 0;
  if (!cli_options_parse(&options, CLI_ANALYSE, argc, argv))
    return EX_USAGE;
  const char *language = cli_language_begin(options.lang, !options.json);
  if (options.help)
    return cli_print_help(_(help));
  if (options.version)
    return cli_print_version();
  if (!check(&options))
    return EX_USAGE;
  g_autoptr(BounceparseReader) reader = cli_reader_new(&options, language, &status);
  if (!reader)
    return status;
  if (!options.no_sandbox)
    bp_sandbox_enter(BP_SANDBOX_ANALYSE);
  return run_inputs(&options, reader);
}

/* patterns.c - checks, tries and lists patterns */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "output/visible.h"
#include "worker/sandbox.h"

#include <glib/gi18n.h>
#include <sysexits.h>

static const char help[] =
    N_("Usage: bounceparse patterns check [DIR]\n"
       "       bounceparse patterns test REPLY...\n"
       "       bounceparse patterns list [--vendor LIST] [--cause LIST]\n"
       "check compiles all patterns (those of DIR laid over the shipped ones) and runs every example.\n"
       "test shows the rules that match a reply, first the one that wins and what decided for it.\n"
       "list shows all rules in order of precedence: id, vendor, cause, place.\n"
       "\n"
       "  --patterns DIR  pattern files laid over the shipped ones (may be repeated)\n"
       "  --lang LANG     language of the messages, such as en or de\n"
       "  --no-sandbox    do not restrict the process that reads patterns\n"
       "  --help, --version\n");

typedef struct {
  const CliOptions *options;
  CliOutput output;
  guint errors, warnings, rules;
} Run;

/* ---- check -------------------------------------------------------------------------------------------------- */

static void on_finding(BounceparseSeverity severity, const char *where, const char *text, gpointer data) {
  Run *run = data;
  GString *out = run->output.text;
  gboolean error = severity == BOUNCEPARSE_FINDING_ERROR;
  *(error ? &run->errors : &run->warnings) += 1;
  bp_append_visible(out, where, -1);
  g_string_append_printf(out, ": %s: ", error ? _("error") : _("warning"));
  bp_append_visible(out, text, -1);
  g_string_append_c(out, '\n');
  cli_output_commit(&run->output);
}

static int check(Run *run) {
  const CliOptions *o = run->options;
  guint failed = 0;
  if (o->n_arguments > 2) {
    cli_complain_usage(o->arguments[2], _("one folder only"));
    return EX_USAGE;
  }
  if (o->n_arguments == 2)
    g_ptr_array_add(o->patterns, o->arguments[1]);
  if (!cli_folders_exist(o->patterns))
    return EX_CONFIG;
  g_autoptr(BounceparseOptions) library = cli_library_options(o, NULL);
  guint n = bounceparse_patterns_check(library, on_finding, run, &failed);
  g_string_append_printf(run->output.text, _("%u examples and counter-examples, %u failed; %u errors, %u warnings\n"),
                         n, failed, run->errors, run->warnings);
  return run->errors > 0 || failed > 0 ? EX_CONFIG : 0;
}

/* ---- test and list ------------------------------------------------------------------------------------------ */

static void write_rule(GString *out, const char *id, const char *where, const char *vendor, const char *cause) {
  g_string_append_printf(out, "%s\t%s\t%s\t", id, vendor ? vendor : "-", cause ? cause : "-");
  bp_append_visible(out, where, -1);
}

static void on_match(const char *id, const char *where, const char *vendor, const char *cause, const char *decided,
                     gpointer data) {
  Run *run = data;
  run->rules++;
  write_rule(run->output.text, id, where, vendor, cause);
  if (decided)
    g_string_append_printf(run->output.text, "\t%s", decided);
  g_string_append_c(run->output.text, '\n');
}

static void on_rule(const char *id, const char *where, const char *vendor, const char *cause, const char *decided,
                    gpointer data) {
  Run *run = data;
  const CliOptions *o = run->options;
  if ((o->vendor && !cli_list_holds(o->vendor, vendor)) || (o->cause && !cli_list_holds(o->cause, cause)))
    return;
  run->rules++;
  write_rule(run->output.text, id, where, vendor, cause);
  g_string_append_c(run->output.text, '\n');
  cli_output_commit(&run->output);
}

static int test(Run *run) {
  int status = 0;
  if (run->options->n_arguments < 2) {
    cli_complain_usage("patterns test", _("a reply is missing"));
    return EX_USAGE;
  }
  g_autoptr(BounceparseReader) reader = cli_reader_new(run->options, NULL, &status);
  if (!reader)
    return status;
  g_autofree char *reply = g_strjoinv(" ", run->options->arguments + 1);
  bounceparse_reader_match(reader, reply, on_match, run);
  return run->rules > 0 ? 0 : 1;
}

static int list(Run *run) {
  int status = 0;
  if (run->options->n_arguments > 1) {
    cli_complain_usage(run->options->arguments[1], _("list takes options only"));
    return EX_USAGE;
  }
  g_autoptr(BounceparseReader) reader = cli_reader_new(run->options, NULL, &status);
  if (!reader)
    return status;
  bounceparse_reader_list(reader, on_rule, run);
  return run->rules > 0 ? 0 : 1;
}

static const struct {
  const char *name;
  int (*run)(Run *run);
} actions[] = {{"check", check}, {"test", test}, {"list", list}};

int cli_patterns(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  Run run = {.options = &options};
  if (!cli_begin(&options, CLI_PATTERNS, help, argc, argv, &status))
    return status;
  const char *name = options.n_arguments > 0 ? options.arguments[0] : NULL;
  for (gsize i = 0; name && i < G_N_ELEMENTS(actions); i++) {
    if (!g_str_equal(name, actions[i].name))
      continue;
    if (!options.no_sandbox)
      bp_sandbox_enter(BP_SANDBOX_PATTERNS);
    cli_output_begin(&run.output, NULL);
    status = actions[i].run(&run);
    int written = cli_output_end(&run.output);
    return written ? written : status;
  }
  cli_complain_usage(name ? name : "patterns",
                     name ? _("must be check, test or list") : _("check, test or list is missing"));
  return EX_USAGE;
}

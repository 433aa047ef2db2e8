/* summary.c - shows what the history holds: on the terminal, as JSON, as a page */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/scan.h"
#include "cli/setup.h"
#include "cli/store.h"
#include "output/page.h"
#include "output/summary.h"

#include <glib/gi18n.h>
#include <sysexits.h>

static const char help[] =
    N_("Usage: bounceparse summary [OPTION]... --db FILE\n"
       "       bounceparse summary [OPTION]... FILE|FOLDER...\n"
       "Counts the results in a database that bounceparse scan keeps, or those of messages that it\n"
       "reads: by kind of message, cause, category, advice, recipients' domain, receiving system,\n"
       "reporting host, block list and day.\n"
       "\n"
       "  --json          one JSON object\n"
       "  --html FILE     one page for a browser, with charts and examples; - is stdout\n"
       "  --since DATE    only what bounced on this day or later, YYYY-MM-DD in UTC\n"
       "  --until DATE    only what bounced on this day or earlier\n"
       "  --domain LIST   only recipients in these domains\n"
       "  --cause LIST    only recipients with these causes\n"
       "  --lang LANG     language of the texts, such as en or de\n"
       "  --patterns DIR  pattern files laid over the shipped ones (may be repeated)\n"
       "\n"
       "For FILE and FOLDER also --recursive, --mbox, --files-from, --jobs, --verp, --limit,\n"
       "--limit-message and --no-sandbox, as for bounceparse scan.\n"
       "\n"
       "  --help, --version\n");

static int print(const CliOptions *o, const BpSummary *summary) {
  CliOutput output;
  cli_output_begin(&output, NULL);
  if (o->json) {
    bp_summary_to_json(summary, output.text);
    g_string_append_c(output.text, '\n');
  } else {
    bp_summary_to_text(summary, &output.style, output.text);
  }
  return cli_output_end(&output);
}

static int write_page(const CliOptions *o, BounceparseReader *reader, const BpSummary *summary) {
  CliOutput output;
  if (!cli_output_begin(&output, o->html))
    return EX_CANTCREAT;
  bp_summary_to_page(summary, reader, output.text);
  return cli_output_end(&output);
}

static int show(const CliOptions *o, BounceparseReader *reader, BpStore *store) {
  const BpSummaryFilter filter = {.since = o->since, .until = o->until, .domains = o->domain, .causes = o->cause};
  g_autoptr(GError) error = NULL;
  g_autoptr(BpSummary) summary = bp_summary_new(store, &filter, o->html != NULL, &error);
  if (!summary)
    return cli_complain_store(o, error);
  int status = o->html ? write_page(o, reader, summary) : 0;
  return !status && (o->json || !o->html) ? print(o, summary) : status;
}

static int run(const CliOptions *o) {
  int status = 0, read = 0;
  g_autoptr(BounceparseReader) reader = cli_reader_new(o, o->language, &status);
  g_autoptr(BpStore) store = reader ? cli_open_store(o, FALSE, &status) : NULL;
  if (!store)
    return status;
  if (!o->db)
    read = cli_scan_into_store(o, reader, store);
  /* A run that a signal ended has nothing to show. */
  return read > 128 ? read : cli_worse(read, show(o, reader, store));
}

/* FALSE, after a line on stderr, where the options make no sense together. */
static gboolean check(const CliOptions *o) {
  gboolean inputs = o->n_arguments > 0 || o->files_from->len > 0;
  if (o->db && inputs) {
    cli_complain_usage(o->n_arguments > 0 ? o->arguments[0] : "--files-from", _("not together with --db"));
    return FALSE;
  }
  if (o->html && g_str_equal(o->html, "-") && o->json) {
    cli_complain_usage("--html -", _("not together with --json"));
    return FALSE;
  }
  return o->db || cli_check_inputs(o);
}

int cli_summary(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  if (!cli_begin(&options, CLI_SUMMARY, help, argc, argv, &status))
    return status;
  return check(&options) ? run(&options) : EX_USAGE;
}

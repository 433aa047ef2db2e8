/* suppress.c - the addresses to stop mailing, for whatever keeps the list */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/store.h"
#include "output/addresses.h"
#include "source/stream.h"
#include "store/brake.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sysexits.h>

#define HELD_BACK 1
#define SOFT 3
#define DAYS 14

static const char help[] =
    N_("Usage: bounceparse suppress --db FILE [OPTION]...\n"
       "Prints the addresses to stop mailing, by the history that bounceparse scan keeps in FILE:\n"
       "those that do not exist, whose owners complained, or that failed again and again.\n"
       "\n"
       "Which addresses\n"
       "  --soft N          those that failed for the time being on N different days (3; 0: none)\n"
       "  --days M          … of the last M days (14)\n"
       "  --delivered FILE  FILE lists addresses that were reached since, one a line: what failed\n"
       "                    before counts no more; remembered\n"
       "  --expire DAYS     what is older than DAYS does not count (it always does)\n"
       "\n"
       "Output\n"
       "  --format FORMAT   plain: one address a line; csv: with reasons; listmonk, mailman or\n"
       "                    postfix: as these programs take it\n"
       "  --output FILE     writes it to FILE, whole or not at all\n"
       "  --lang LANG       language of messages, such as en or de\n"
       "\n"
       "Caution: nothing is printed, and the exit status is 1, where too much is new at once\n"
       "  --list-size N     more than 2 % of a list of N addresses; without it, over 100 by one\n"
       "                    rule, of one domain or on one day, and over five times the median\n"
       "  --force           prints it all the same\n"
       "  --dry-run         does not record the list: what is new now is new the next time too\n"
       "\n"
       "  --help, --version\n");

static BpAddressesFormat format_of(const CliOptions *o) {
  return o->format ? bp_addresses_format(o->format) : BP_ADDRESSES_PLAIN;
}

static gint64 given(gint64 option, gint64 otherwise) {
  return option >= 0 ? option : otherwise;
}

/* ---- what was reached --------------------------------------------------------------------------------------- */

/* Longer lines, which come in pieces, are no addresses. */
static int read_delivered(BpSuppression *suppression, const char *path) {
  int fd = cli_open(path);
  if (fd < 0)
    return EX_NOINPUT;
  g_autoptr(BpStream) stream = bp_stream_new(fd);
  BpLine line;
  while (bp_stream_line(stream, &line))
    if (line.begins)
      bp_suppression_reached(suppression, line.bytes, line.length);
  int error = bp_stream_error(stream);
  if (error)
    cli_complain(path, cli_errno_text(error));
  return error == EISDIR ? EX_NOINPUT : error ? EX_IOERR : 0;
}

/* ---- the brake ---------------------------------------------------------------------------------------------- */

static void append_subject(GString *text, const BpBrake *brake) {
  g_autofree char *name = bp_brake_name(brake->kind, brake->examples[0]);
  switch (brake->kind) {
  case BP_BRAKE_LIST:
    g_string_append_printf(text, _("%u new addresses are over 2 %% of the list"), brake->n);
    return;
  case BP_BRAKE_RULE:
    g_string_append_printf(text, _("%u new addresses by the rule %s"), brake->n, name);
    break;
  case BP_BRAKE_DOMAIN:
    g_string_append_printf(text, _("%u new addresses at the domain %s"), brake->n, name);
    break;
  case BP_BRAKE_DAY:
    g_string_append_printf(text, _("%u new addresses of the day %s"), brake->n, name);
    break;
  case BP_N_BRAKES:
    return;
  }
  g_string_append(text, ", ");
  g_string_append_printf(text, _("where the median of a day is %g"), brake->median);
}

static void complain_brake(const BpBrake *brake) {
  g_autoptr(GString) text = g_string_new(NULL);
  append_subject(text, brake);
  for (guint i = 0; i < BP_BRAKE_EXAMPLES && brake->examples[i]; i++)
    g_string_append_printf(text, "%s%s", i == 0 ? ": " : ", ", brake->examples[i]->address);
  cli_complain(_("held back"), text->str);
}

static gboolean holds_back(const CliOptions *o, const BpSuppression *suppression, gint64 now) {
  BpBrake brakes[BP_N_BRAKES];
  guint n = o->force ? 0 : bp_brake(bp_suppression_list(suppression), o->list_size, now, brakes);
  for (guint i = 0; i < n; i++)
    complain_brake(&brakes[i]);
  return n > 0;
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

static int print(const CliOptions *o, const GPtrArray *list) {
  BpAddressesFormat format = format_of(o);
  CliOutput output;
  if (!cli_output_begin(&output, o->output))
    return EX_CANTCREAT;
  bp_addresses_begin(format, output.text);
  for (guint i = 0; i < list->len && !output.failed; i++) {
    const BpSuppressed *entry = g_ptr_array_index(list, i);
    if (!bp_addresses_append(format, entry, output.text))
      cli_complain(entry->address, _("left out: this format has no safe form for the address"));
    cli_output_commit(&output);
  }
  return cli_output_end(&output);
}

static int run(const CliOptions *o, BpStore *store) {
  g_autoptr(GError) error = NULL;
  BpSuppressRules rules = {.now = g_get_real_time() / G_USEC_PER_SEC,
                           .soft = given(o->soft, SOFT),
                           .days = given(o->days, DAYS),
                           .expire = o->expire};
  g_autoptr(BpSuppression) suppression = bp_suppression_new(&rules);
  int status = o->delivered ? read_delivered(suppression, o->delivered) : 0;
  if (status)
    return status;
  if (!bp_suppression_decide(suppression, store, &error))
    return cli_complain_store(o, error);
  if (holds_back(o, suppression, rules.now))
    return HELD_BACK;
  status = print(o, bp_suppression_list(suppression));
  if (status || o->dry_run || bp_suppression_record(suppression, store, &error))
    return status;
  return cli_complain_store(o, error);
}

/* FALSE, after a line on stderr, where the command line is wrong. */
static gboolean check(const CliOptions *o) {
  if (!o->db)
    cli_complain_usage("--db", _("a database is needed"));
  else if (format_of(o) == BP_N_ADDRESSES)
    cli_complain_usage("--format", _("only one format at a time"));
  else if (o->n_arguments > 0)
    cli_complain_usage(*o->arguments, _("takes options only"));
  else
    return TRUE;
  return FALSE;
}

int cli_suppress(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  if (!cli_begin(&options, CLI_SUPPRESS, help, argc, argv, &status))
    return status;
  if (!check(&options))
    return EX_USAGE;
  g_autoptr(BpStore) store = cli_open_store(&options, FALSE, &status);
  return store ? run(&options, store) : status;
}

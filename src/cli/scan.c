/* scan.c - reads whole folders: to a summary, to JSON lines or CSV, into a database */
#include "cli/scan.h"

#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/setup.h"
#include "cli/store.h"
#include "output/csv.h"
#include "output/summary.h"
#include "source/maildir.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sysexits.h>

#define DAY (24 * 60 * 60)
#define BATCH 500                     /* messages of a transaction at most */
#define BATCH_BYTES (4 * 1024 * 1024) /* of records, likewise */
#define TRIES 3                       /* of what a server that goes away interrupts */
#define BATCH_TIME G_USEC_PER_SEC     /* what is read is in the database after this time, or soon after */

static const char help[] =
    N_("Usage: bounceparse scan [OPTION]... [FILE|FOLDER]...\n"
       "Reads all messages of Maildirs, mboxes, folders and files, and says how many recipients\n"
       "failed and why. Exit status: 0 where every input was read, 130 after Ctrl-C.\n"
       "\n"
       "Output\n"
       "  --format FORMAT        text: a summary; jsonl: one JSON object a message, one a line;\n"
       "                         csv: one row a recipient\n"
       "  --output FILE          writes it to FILE, whole or not at all\n"
       "  --brief                jsonl without meanings, reasons and steps\n"
       "  --lang LANG            language of the texts, such as en or de\n"
       "\n"
       "History\n"
       "  --db FILE              keeps every result in the SQLite database FILE, or on the server of\n"
       "                         postgresql://HOST/NAME; a message that is there already is not\n"
       "                         counted twice\n"
       "  --forget DAYS          then deletes what bounced longer ago\n"
       "  --move-to FOLDER       moves each message that was read, once it is in the database, to\n"
       "                         another Maildir folder\n"
       "  --mark-seen            marks it as seen\n"
       "  --kind LIST            moves and marks only messages of these kinds\n"
       "\n"
       "Input\n"
       "  --recursive            the sub-folders of a Maildir too\n"
       "  --mbox                 every file is an mbox\n"
       "  --files-from FILE      FILE lists inputs, one a line or each ended by NUL\n"
       "  --jobs N               processes that read messages (as many as there are processors)\n"
       "  --header NAME          show this header of the original (may be repeated)\n"
       "  --verp PATTERN         a VERP shape, with groups local and domain (may be repeated)\n"
       "  --patterns DIR         pattern files laid over the shipped ones (may be repeated)\n"
       "  --limit-message SIZE   bytes read of a message (64M)\n"
       "  --limit NAME=VALUE     another limit: see bounceparse(1)\n"
       "  --no-sandbox           do not restrict the processes that read mail\n"
       "\n"
       "  --help, --version\n");

/* A message that is to be recorded, or known already, and then acted on. */
typedef struct {
  char *source;   /* where it is to be acted on; else NULL */
  GBytes *record; /* NULL: it is known */
  gint64 message; /* then its row */
} Kept;

typedef struct {
  const CliOptions *options;
  BpStore *store;   /* NULL: none is needed */
  CliOutput output; /* of jsonl and csv */
  CliProgress progress;
  CliReading reading;
  GPtrArray *kept; /* of Kept: read, and not in the database yet */
  gsize kept_bytes;
  gint64 kept_since;
  guint64 n_temporary;     /* messages in the temporary store */
  gboolean elsewhere_said; /* that what is not in a Maildir stays where it is */
  gboolean store_failed;   /* it takes nothing any more */
  int error;               /* the error that outranks the others so far, or 0 */
} Scan;

static volatile sig_atomic_t stop; /* the signal that ended the run; -1: an error did */

/* ---- the store ---------------------------------------------------------------------------------------------- */

static void kept_free(gpointer data) {
  Kept *kept = data;
  g_free(kept->source);
  g_clear_pointer(&kept->record, g_bytes_unref);
  g_free(kept);
}

/* In a temporary store each message counts, also one that is there twice. */
static void make_unique(Scan *scan, BpRecord *record) {
  scan->n_temporary++;
  memcpy(record->digest, &scan->n_temporary, sizeof scan->n_temporary);
}

static void collect_record(Scan *scan, GBytes *kept, GArray *records) {
  gsize length;
  const char *bytes = g_bytes_get_data(kept, &length);
  BpRecord record;
  if (!bp_record_read(&record, bytes, length))
    return; /* a worker gone astray: as if it had said nothing */
  if (!scan->options->db)
    make_unique(scan, &record);
  g_array_append_val(records, record);
}

static gboolean record_all(Scan *scan, GError **error) {
  g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(BpRecord));
  g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_array_set_clear_func(records, (GDestroyNotify)bp_record_clear);
  for (guint i = 0; i < scan->kept->len; i++) {
    const Kept *kept = g_ptr_array_index(scan->kept, i);
    if (kept->record)
      collect_record(scan, kept->record, records);
    else
      g_array_append_val(known, kept->message);
  }
  BpBatch batch = {.records = (const BpRecord *)(gconstpointer)records->data,
                   .n_records = records->len,
                   .known = (const gint64 *)(gconstpointer)known->data,
                   .n_known = known->len};
  return bp_store_add_batch(scan->store, &batch, error);
}

/* ---- acting on what was recorded ---------------------------------------------------------------------------- */

static void act(Scan *scan, const char *source) {
  const CliOptions *o = scan->options;
  if (!bp_is_maildir_message(source)) {
    if (!scan->elsewhere_said)
      cli_complain(source, _("not in a Maildir: it stays as it is, and so do others"));
    scan->elsewhere_said = TRUE;
    return;
  }
  if (bp_maildir_act(source, o->move_to, o->mark_seen) || errno == ENOENT)
    return;
  cli_complain(source, cli_errno_text(errno));
  scan->error = cli_worse(scan->error, EX_CANTCREAT);
}

/* Nothing is moved before it is recorded. FALSE where the database cannot take it. */
static gboolean flush(Scan *scan) {
  g_autoptr(GError) error = NULL;
  if (scan->kept->len == 0)
    return TRUE;
  if (!record_all(scan, &error)) {
    cli_progress_clear(&scan->progress);
    scan->error = cli_worse(scan->error, cli_complain_store(scan->options, error));
    g_ptr_array_set_size(scan->kept, 0);
    scan->store_failed = TRUE;
    return FALSE;
  }
  for (guint i = 0; i < scan->kept->len; i++) {
    const Kept *kept = g_ptr_array_index(scan->kept, i);
    if (kept->source)
      act(scan, kept->source);
  }
  g_ptr_array_set_size(scan->kept, 0);
  scan->kept_bytes = 0;
  return TRUE;
}

static gboolean keep(Scan *scan, const char *source, gboolean acted_on, GBytes *record, gint64 message) {
  const CliOptions *o = scan->options;
  Kept *kept = g_new0(Kept, 1);
  gint64 now = g_get_monotonic_time();
  *kept = (Kept){acted_on && (o->move_to || o->mark_seen) ? g_strdup(source) : NULL, record, message};
  if (scan->kept->len == 0)
    scan->kept_since = now;
  g_ptr_array_add(scan->kept, kept);
  scan->kept_bytes += record ? g_bytes_get_size(record) : 0;
  return (scan->kept->len < BATCH && scan->kept_bytes < BATCH_BYTES && now - scan->kept_since < BATCH_TIME) ||
         flush(scan);
}

/* ---- one input ---------------------------------------------------------------------------------------------- */

/* A file that is in the database need not be read again, unless its answer is to be printed. */
static gboolean skip(const BpInput *input, gpointer data) {
  Scan *scan = data;
  BpFileId id;
  if (!input->pending || input->index >= 0 || !bp_file_id(input->source, &id))
    return FALSE;
  gint64 message = bp_store_find_file(scan->store, &id);
  if (!message)
    return FALSE;
  cli_progress_step(&scan->progress, scan->reading.total);
  if (!keep(scan, input->source, TRUE, NULL, message))
    stop = -1;
  return TRUE;
}

static void fail(Scan *scan, const BpInput *input, int code, const char *reason) {
  scan->error = cli_worse(scan->error, code);
  if (scan->reading.task.format == CLI_FORMAT_JSON)
    cli_error_to_json(input, code, reason, scan->output.text);
}

static gboolean take(const BpInput *input, const CliResult *result, gpointer data) {
  Scan *scan = data;
  g_autofree char *reason = NULL;
  if (result->outcome != CLI_ANSWERED)
    cli_progress_clear(&scan->progress);
  int code = cli_complain_result(input, result, &reason);
  if (code)
    fail(scan, input, code, reason);
  cli_output_put(&scan->output, result->text, result->text_length);
  cli_progress_step(&scan->progress, scan->reading.total);
  if (scan->store && result->record_length > 0 &&
      !keep(scan, input->source, !scan->options->kind || result->yes,
            g_bytes_new(result->record, result->record_length), 0))
    return FALSE;
  return cli_output_commit(&scan->output);
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

static void on_signal(int number) {
  stop = number;
}

/* The first one ends the run in order, the second one at once. */
static void catch_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
    sigaction(signals[i], &action, NULL);
}

static void read_all(Scan *scan, BounceparseReader *reader, CliFormat format) {
  const CliOptions *o = scan->options;
  scan->kept = g_ptr_array_new_with_free_func(kept_free);
  cli_progress_begin(&scan->progress);
  scan->reading.task = (CliTask){.options = o,
                                 .reader = reader,
                                 .format = format,
                                 .record = scan->store != NULL,
                                 .digest = o->db != NULL,
                                 .max_message = cli_message_limit(o),
                                 .now = g_get_real_time() / G_USEC_PER_SEC};
  scan->reading.n_workers = (guint)CLAMP(o->jobs > 0 ? o->jobs : g_get_num_processors(), 1, CLI_MOST_JOBS);
  scan->reading.survey = scan->progress.shown;
  scan->reading.stop = &stop;
  scan->reading.skip = o->db && format == CLI_FORMAT_NONE && !o->kind ? skip : NULL;
  scan->reading.take = take;
  scan->reading.data = scan;
  catch_signals();
  cli_read_inputs(&scan->reading);
  cli_progress_clear(&scan->progress);
  flush(scan);
  g_ptr_array_unref(scan->kept);
}

int cli_scan_into_store(const CliOptions *options, BounceparseReader *reader, BpStore *store) {
  Scan scan = {.options = options, .store = store};
  scan.output.text = g_string_new(NULL);
  read_all(&scan, reader, CLI_FORMAT_NONE);
  g_string_free(scan.output.text, TRUE);
  return stop > 0 ? 128 + stop : scan.error;
}

/* A server may go away in the middle of what is done as a whole. TRUE where doing it again may help; else the error is
 * told. */
static gboolean may_try_again(Scan *scan, guint tries, const GError *error) {
  if (tries < TRIES && g_error_matches(error, BP_STORE_ERROR, BP_STORE_ERROR_RETRY))
    return TRUE;
  scan->error = cli_worse(scan->error, cli_complain_store(scan->options, error));
  return FALSE;
}

/* What this run read. */
static void summarise(Scan *scan) {
  const BpSummaryFilter filter = {.run_only = TRUE};
  for (guint tries = 1;; tries++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(BpSummary) summary = bp_summary_new(scan->store, &filter, FALSE, &error);
    if (summary)
      bp_summary_to_text(summary, &scan->output.style, scan->output.text);
    if (summary || !may_try_again(scan, tries, error))
      return;
  }
}

static void forget(Scan *scan) {
  gint64 now = g_get_real_time() / G_USEC_PER_SEC;
  for (guint tries = 1;; tries++) {
    g_autoptr(GError) error = NULL;
    if (bp_store_forget(scan->store, now - scan->options->forget * DAY, &error) || !may_try_again(scan, tries, error))
      return;
  }
}

static CliFormat format_of(const CliOptions *o) {
  if (!o->format || g_str_equal(o->format, "text"))
    return CLI_FORMAT_NONE;
  return g_str_equal(o->format, "csv") ? CLI_FORMAT_CSV : CLI_FORMAT_JSON;
}

static int run(Scan *scan, BounceparseReader *reader) {
  const CliOptions *o = scan->options;
  CliFormat format = format_of(o);
  if (!cli_output_begin(&scan->output, o->output))
    return EX_CANTCREAT;
  if (format == CLI_FORMAT_CSV)
    bp_csv_header(scan->output.text);
  read_all(scan, reader, format);
  if (format == CLI_FORMAT_NONE && !scan->store_failed)
    summarise(scan);
  if (stop <= 0 && o->forget > 0 && !scan->store_failed)
    forget(scan);
  if (stop)
    cli_output_abandon(&scan->output);
  int error = cli_worse(scan->error, cli_output_end(&scan->output));
  return stop > 0 ? 128 + stop : error;
}

/* FALSE, after a line on stderr, where the options make no sense together. */
static gboolean check(const CliOptions *o) {
  const char *needs_db = o->db           ? NULL
                         : o->forget > 0 ? "--forget"
                         : o->move_to    ? "--move-to"
                         : o->mark_seen  ? "--mark-seen"
                                         : NULL;
  if (needs_db) {
    cli_complain_usage(needs_db, _("only together with --db"));
    return FALSE;
  }
  if (o->kind && !o->move_to && !o->mark_seen) {
    cli_complain_usage("--kind", _("only together with --move-to or --mark-seen"));
    return FALSE;
  }
  return cli_check_inputs(o);
}

static gboolean prepare_target(Scan *scan) {
  const char *folder = scan->options->move_to;
  if (!folder || bp_maildir_make(folder, &scan->reading.passed))
    return TRUE;
  cli_complain(folder, cli_errno_text(errno));
  return FALSE;
}

int cli_scan(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  if (!cli_begin(&options, CLI_SCAN, help, argc, argv, &status))
    return status;
  if (!check(&options))
    return EX_USAGE;
  Scan scan = {.options = &options};
  g_autoptr(BounceparseReader) reader = cli_reader_new(&options, options.language, &status);
  if (!reader)
    return status;
  if (!prepare_target(&scan))
    return EX_CANTCREAT;
  if ((options.db || format_of(&options) == CLI_FORMAT_NONE) && !(scan.store = cli_open_store(&options, TRUE, &status)))
    return status;
  status = run(&scan, reader);
  g_clear_pointer(&scan.store, bp_store_close);
  return status;
}

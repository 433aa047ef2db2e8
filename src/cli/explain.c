/* explain.c - explains SMTP replies, reply codes and enhanced status codes */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "source/stream.h"
#include "worker/sandbox.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define LONGEST_REPLY (64 * 1024) /* far more than is looked at */

static const char help[] = N_("Usage: bounceparse explain [OPTION]... [REPLY]...\n"
                              "Explains an SMTP reply, a reply code, an enhanced status code, or what a mail program\n"
                              "shows of one. All arguments together are one reply; without any, stdin has one a line,\n"
                              "where lines 550-... belong to the 550 line that ends them.\n"
                              "\n"
                              "  --json          one JSON object a reply, one a line\n"
                              "  --brief         without meanings, reasons and steps\n"
                              "  --lang LANG     language of the texts, such as en or de\n"
                              "  --log FILE      explains the deliveries in a mail log (Postfix, Exim, Sendmail)\n"
                              "  --null          replies on stdin are ended by NUL; each gives one answer\n"
                              "  --patterns DIR  pattern files laid over the shipped ones (may be repeated)\n"
                              "  --no-sandbox    do not restrict the process that reads replies\n"
                              "  --help, --version\n");

typedef struct {
  const CliOptions *options;
  BounceparseReader *reader;
  CliOutput output;
  guint answered;
  gboolean passed_over; /* log lines were read, whether or not they tell of a delivery */
  gint64 now;           /* seconds since 1970 */
  GString *reply;       /* the lines so far of a reply of several */
} Run;

static void print(Run *run, const BounceparseAnswer *answer) {
  const BounceparseJson how = {run->options->log ? run->options->log : "-", -1, -1, run->options->brief};
  GString *out = run->output.text;
  if (run->options->json) {
    bounceparse_answer_to_json(answer, &how, out);
    g_string_append_c(out, '\n');
  } else {
    if (run->answered > 0)
      g_string_append_c(out, '\n');
    bp_answer_to_text(answer, &run->output.style, out);
  }
  run->answered++;
  cli_output_commit(&run->output);
}

static void answer(Run *run, const char *text, gsize length) {
  g_autoptr(BounceparseAnswer) explained = bounceparse_reader_explain(run->reader, text, (gssize)length);
  print(run, explained);
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

/* "550-…" (RFC 5321 section 4.2.1) */
static gboolean is_continued(const char *line, gsize length) {
  return length >= 4 && g_ascii_isdigit(line[0]) && g_ascii_isdigit(line[1]) && g_ascii_isdigit(line[2]) &&
         line[3] == '-';
}

/* TRUE where line goes on with the reply whose lines stand in run->reply. */
static gboolean belongs(const Run *run, const char *line, gsize length) {
  return length >= 3 && memcmp(run->reply->str, line, 3) == 0 && (length == 3 || line[3] == ' ' || line[3] == '-');
}

static void end_reply(Run *run) {
  if (run->reply->len > 0)
    answer(run, run->reply->str, run->reply->len);
  g_string_truncate(run->reply, 0);
}

static gboolean is_blank(const char *line, gsize length) {
  for (gsize i = 0; i < length; i++)
    if (!strchr(" \t\r", line[i]))
      return FALSE;
  return TRUE;
}

/* A line of a mail log gives an answer where it tells of a delivery that failed or was put off. */
static void take_log_line(Run *run, const char *line, gsize length) {
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain_log(run->reader, line, length, run->now);
  run->passed_over = TRUE;
  if (answer)
    print(run, answer);
}

static void take_line(Run *run, const char *line, gsize length) {
  if (run->reply->len == 0 && bounceparse_is_log_line(line, length)) {
    take_log_line(run, line, length);
    return;
  }
  if (run->reply->len > 0 && !belongs(run, line, length))
    end_reply(run);
  if (is_blank(line, length))
    return;
  if (run->reply->len > 0)
    g_string_append_c(run->reply, '\n');
  g_string_append_len(run->reply, line, (gssize)MIN(length, LONGEST_REPLY - MIN(LONGEST_REPLY, run->reply->len)));
  if (!is_continued(line, length))
    end_reply(run);
}

static void take_lines(Run *run, const char *text) {
  while (*text) {
    gsize length = strcspn(text, "\n");
    take_line(run, text, length);
    text += length + (text[length] == '\n');
  }
  end_reply(run);
}

/* ---- where replies come from -------------------------------------------------------------------------------- */

/* All arguments together are one reply. */
static void read_arguments(Run *run) {
  g_autofree char *text = g_strjoinv(" ", run->options->arguments);
  take_lines(run, text);
  if (run->answered == 0 && !run->passed_over)
    answer(run, "", 0);
}

/* A line or item of stdin that is longer than the buffer comes in pieces: its beginning is enough. */
static int read_stdin(Run *run) {
  g_autoptr(BpStream) stream = bp_stream_new(STDIN_FILENO);
  g_autoptr(GString) item = g_string_new(NULL);
  gboolean null = run->options->null, open = FALSE;
  BpLine line;
  if (null)
    bp_stream_set_delimiter(stream, '\0');
  while (!run->output.failed && bp_stream_line(stream, &line)) {
    gsize length = line.length - (line.ends ? 1 : 0);
    g_string_append_len(item, line.bytes, (gssize)MIN(length, LONGEST_REPLY - MIN(LONGEST_REPLY, item->len)));
    open = !line.ends;
    if (open)
      continue;
    (null ? answer : take_line)(run, item->str, item->len);
    g_string_truncate(item, 0);
  }
  if (open)
    (null ? answer : take_line)(run, item->str, item->len);
  end_reply(run);
  int error = bp_stream_error(stream);
  if (error)
    cli_complain("-", cli_errno_text(error));
  return error ? EX_IOERR : 0;
}

/* Lines that are no log lines are passed over. */
static int read_log(Run *run, int fd, const char *path) {
  g_autoptr(BpStream) stream = bp_stream_new(fd);
  BpLine line;
  run->passed_over = TRUE;
  while (!run->output.failed && bp_stream_line(stream, &line))
    if (line.begins && bounceparse_is_log_line(line.bytes, line.length))
      take_log_line(run, line.bytes, line.length);
  int error = bp_stream_error(stream);
  if (error)
    cli_complain(path, cli_errno_text(error));
  return error ? EX_IOERR : 0;
}

static int run_replies(const CliOptions *o, BounceparseReader *reader) {
  g_autoptr(GString) reply = g_string_new(NULL);
  Run run = {.options = o, .reader = reader, .reply = reply};
  int status = 0, log = o->log ? cli_open(o->log) : -1;
  if (o->log && log < 0)
    return EX_NOINPUT;
  if (!o->no_sandbox)
    bp_sandbox_enter(BP_SANDBOX_EXPLAIN);
  cli_output_begin(&run.output, NULL);
  run.output.style.brief = o->brief;
  run.now = g_get_real_time() / G_USEC_PER_SEC;
  if (o->log)
    status = read_log(&run, log, o->log);
  else if (o->n_arguments > 0)
    read_arguments(&run);
  else
    status = read_stdin(&run);
  if (status == 0 && run.answered == 0 && !run.passed_over && !o->null) {
    cli_complain("-", _("no reply to explain"));
    status = EX_DATAERR;
  }
  int written = cli_output_end(&run.output);
  return written ? written : status;
}

int cli_explain(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  int status;
  if (!cli_begin(&options, CLI_EXPLAIN, help, argc, argv, &status))
    return status;
  if (options.n_arguments == 0 && !options.log && isatty(STDIN_FILENO)) {
    cli_complain_usage(_("no input"), _("name a reply, or give replies on stdin"));
    return EX_USAGE;
  }
  g_autoptr(BounceparseReader) reader = cli_reader_new(&options, options.language, &status);
  return reader ? run_replies(&options, reader) : status;
}

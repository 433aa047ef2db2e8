/* metrics.c - what a worker has done so far, in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) */
#include "cli/metrics.h"

#include "cli/error.h"
#include "output/file.h"
#include "worker/child.h"

#include <errno.h>

#define INTERVAL (15 * G_USEC_PER_SEC)

static const char *const kinds[CLI_N_KINDS] = {"failure",   "delay",     "success", "auto-reply",
                                               "challenge", "complaint", "receipt", "other"};

void cli_metrics_count(CliMetrics *metrics, const char *kind) {
  for (guint i = 0; i < CLI_N_KINDS; i++)
    if (g_strcmp0(kind, kinds[i]) == 0)
      metrics->messages[i]++;
}

/* ---- the text ----------------------------------------------------------------------------------------------- */

static void begin(GString *out, const char *name, const char *type, const char *help) {
  g_string_append_printf(out, "# HELP bounceparse_%s %s\n# TYPE bounceparse_%s %s\n", name, help, name, type);
}

static void add(GString *out, const char *name, const char *labels, guint64 value) {
  g_string_append_printf(out, "bounceparse_%s%s %" G_GUINT64_FORMAT "\n", name, labels, value);
}

static void counter(GString *out, const char *name, const char *help, guint64 value) {
  begin(out, name, "counter", help);
  add(out, name, "", value);
}

static void gauge(GString *out, const char *name, const char *help, guint64 value) {
  begin(out, name, "gauge", help);
  add(out, name, "", value);
}

static void summary(GString *out, const char *name, const char *help, gint64 time, guint64 n) {
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(seconds, sizeof seconds, "%.6f", (double)time / G_USEC_PER_SEC);
  begin(out, name, "summary", help);
  g_string_append_printf(out, "bounceparse_%s_sum %s\n", name, seconds);
  g_string_append_printf(out, "bounceparse_%s_count %" G_GUINT64_FORMAT "\n", name, n);
}

static void write_text(const CliMetrics *m, GString *out) {
  begin(out, "messages_total", "counter", "Mails answered and acknowledged, by kind.");
  for (guint i = 0; i < CLI_N_KINDS; i++) {
    g_autofree char *label = g_strdup_printf("{kind=\"%s\"}", kinds[i]);
    add(out, "messages_total", label, m->messages[i]);
  }
  begin(out, "dead_letters_total", "counter", "Mails put on the queue of dead letters, by reason.");
  add(out, "dead_letters_total", "{reason=\"no-mail\"}", m->no_mail);
  add(out, "dead_letters_total", "{reason=\"analysis-lost\"}", m->lost);
  counter(out, "received_bytes_total", "Bytes of mails received from the queue.", m->bytes);
  counter(out, "redelivered_total", "Mails received that had been handed out before.", m->again);
  counter(out, "published_total", "Results published and confirmed.", m->published);
  counter(out, "reconnects_total", "Times that the connection to the broker was made again.", m->reconnects);
  summary(out, "analysis_seconds", "From a mail's arrival to its answer.", m->analysis_time, m->n_analysed);
  summary(out, "store_seconds", "What the store took for a batch.", m->store_time, m->n_stored);
  gauge(out, "in_hand", "Mails received and not acknowledged.", m->in_hand);
  gauge(out, "connected", "1 while there is a connection to the broker.", m->connected);
}

/* ---- the file ----------------------------------------------------------------------------------------------- */

static gboolean write_file(const char *path, const GString *text) {
  BpNewFile file;
  if (!bp_new_file_begin(&file, path))
    return FALSE;
  if (bp_write_all(file.fd, text->str, text->len))
    return bp_new_file_commit(&file);
  int error = errno;
  bp_new_file_abandon(&file);
  errno = error;
  return FALSE;
}

gboolean cli_metrics_write(CliMetrics *metrics) {
  g_autoptr(GString) text = g_string_new(NULL);
  if (!metrics->path)
    return TRUE;
  metrics->written = g_get_monotonic_time();
  write_text(metrics, text);
  gboolean failed = !write_file(metrics->path, text);
  if (failed && !metrics->failed)
    cli_complain(metrics->path, cli_errno_text(errno));
  metrics->failed = failed;
  return !failed;
}

void cli_metrics_tick(CliMetrics *metrics) {
  if (metrics->path && g_get_monotonic_time() - metrics->written >= INTERVAL)
    cli_metrics_write(metrics);
}

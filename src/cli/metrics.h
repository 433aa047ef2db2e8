/* metrics.h - what a worker has done so far, for Prometheus: a file as node exporter's textfile collector reads it */
#pragma once

#include <glib.h>

#define CLI_N_KINDS 8

/* Counts are those since the start. */
typedef struct {
  const char *path; /* NULL: nobody wants them */
  guint64 messages[CLI_N_KINDS];
  guint64 no_mail, lost; /* dead letters */
  guint64 bytes, again, published, reconnects;
  guint64 n_analysed, n_stored;     /* mails, and batches of them … */
  gint64 analysis_time, store_time; /* … and the microseconds that they took */
  guint in_hand;
  gboolean connected;
  gint64 written; /* when the file was */
  gboolean failed;
} CliMetrics;

/* An answer of this kind was given. */
void cli_metrics_count(CliMetrics *metrics, const char *kind);

/* Writes the file, where there is one, whole. FALSE, after a line on stderr the first time, where it cannot. */
gboolean cli_metrics_write(CliMetrics *metrics);

/* The same where the last time is some seconds ago. */
void cli_metrics_tick(CliMetrics *metrics);

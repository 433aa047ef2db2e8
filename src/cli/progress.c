/* progress.c - a line on a terminal that says how far a long run is */
#include "cli/progress.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#define EVERY (G_USEC_PER_SEC / 10)
#define WIDTH 24 /* of the bar */

void cli_progress_begin(CliProgress *progress) {
  *progress = (CliProgress){.shown = isatty(STDERR_FILENO), .begun = g_get_monotonic_time()};
}

void cli_progress_clear(CliProgress *progress) {
  if (progress->drawn)
    fputs("\r\x1b[K", stderr);
  progress->drawn = FALSE;
}

static void append_bar(guint64 done, guint64 total, GString *line) {
  guint filled = (guint)(MIN(done, total) * WIDTH / total);
  g_string_append_c(line, '[');
  for (guint i = 0; i < WIDTH; i++)
    g_string_append_c(line, i < filled ? '#' : ' ');
  g_string_append(line, "] ");
}

static char *duration(gint64 seconds) {
  int s = (int)(seconds % 60), m = (int)(seconds / 60 % 60), h = (int)(seconds / 3600);
  return h > 0 ? g_strdup_printf("%d:%02d:%02d", h, m, s) : g_strdup_printf("%d:%02d", m, s);
}

static void draw(CliProgress *progress, guint64 total, gint64 now) {
  g_autoptr(GString) line = g_string_new("\r");
  double seconds = (double)MAX(now - progress->begun, 1) / G_USEC_PER_SEC, rate = (double)progress->done / seconds;
  gboolean known = total >= progress->done;
  g_autofree char *done = g_strdup_printf("%" G_GUINT64_FORMAT, progress->done);
  if (known) {
    g_autofree char *all = g_strdup_printf("%" G_GUINT64_FORMAT, total);
    g_autofree char *left = duration((gint64)((double)(total - progress->done) / rate + 0.5));
    append_bar(progress->done, total, line);
    g_string_append_printf(line, _("%s of %s messages, %.0f/s, %s left"), done, all, rate, left);
  } else {
    g_string_append_printf(line, _("%s messages, %.0f/s"), done, rate);
  }
  g_string_append(line, "\x1b[K");
  fputs(line->str, stderr);
  progress->drawn = TRUE;
  progress->last = now;
}

void cli_progress_step(CliProgress *progress, guint64 total) {
  progress->done++;
  if (!progress->shown)
    return;
  gint64 now = g_get_monotonic_time();
  if (now - progress->last >= EVERY && now - progress->begun >= EVERY)
    draw(progress, total, now);
}

/* progress.h - a line on a terminal that says how far a long run is */
#pragma once

#include <glib.h>

typedef struct {
  gboolean shown;  /* stderr is a terminal */
  gboolean drawn;  /* the line stands there now */
  gint64 begun, last;
  guint64 done;
} CliProgress;

void cli_progress_begin(CliProgress *progress);

/* Another message is done, of total, 0 where that is not known: draws the line anew, now and then. */
void cli_progress_step(CliProgress *progress, guint64 total);

/* Takes the line away, so that something else can be written. */
void cli_progress_clear(CliProgress *progress);

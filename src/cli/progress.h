/* progress.h - a line on a terminal that says how far a long run is */
#pragma once

#include <glib.h>

typedef struct {
  gboolean shown;  /* stderr is a terminal */
  gboolean drawn;  /* the line stands there now */
  gint64 begun, last;
  guint64 done, total; /* total is 0 where it is not known */
} CliProgress;

void cli_progress_begin(CliProgress *progress);

/* Another message is done: draws the line anew, now and then. */
void cli_progress_step(CliProgress *progress);

/* Takes the line away, so that something else can be written. */
void cli_progress_clear(CliProgress *progress);

/* output.h - stdout, written in whole answers, and what the terminal behind it is like */
#pragma once

#include "output/text.h"

typedef struct {
  GString *text;     /* append to it, then call cli_output_commit() */
  BpTextStyle style; /* what suits the terminal; for a pipe or file 80 columns without colour */
  gboolean terminal;
  gboolean failed;
} CliOutput;

void cli_output_begin(CliOutput *output);

/* What was appended is whole: writes it out when there is enough of it, on a terminal at once. FALSE where nothing can
 * be written any more, which is said once on stderr. */
gboolean cli_output_commit(CliOutput *output);

/* Writes out the rest and frees it; returns 0, or EX_CANTCREAT where not everything was written. */
int cli_output_end(CliOutput *output);

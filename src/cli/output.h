/* output.h - stdout or a file, written in whole answers, and what the terminal behind it is like */
#pragma once

#include "output/file.h"

#include "output/text.h"

typedef struct {
  GString *text;     /* append to it, then call cli_output_commit() */
  BpTextStyle style; /* what suits the terminal; for a pipe or file 80 columns without colour */
  gboolean terminal;
  gboolean failed;
  int fd;
  const char *name; /* what is said to have failed */
  BpNewFile file;   /* fd is its, where path was given */
} CliOutput;

/* Begins to write to stdout, or to the file at path, which is written whole or not at all. FALSE, after a line on
 * stderr, where the file cannot be made. */
gboolean cli_output_begin(CliOutput *output, const char *path);

/* Appends a whole answer; a large one is written out at once, so that it is not held twice. */
void cli_output_put(CliOutput *output, const char *text, gsize length);

/* What was appended is whole: writes it out when there is enough of it, on a terminal at once. FALSE where nothing can
 * be written any more, which is said once on stderr. */
gboolean cli_output_commit(CliOutput *output);

/* What was written is not all there should be: a file stays as it was before. stdout keeps what is whole. */
void cli_output_abandon(CliOutput *output);

/* Writes out the rest and frees it; returns 0, or EX_CANTCREAT where not everything was written. */
int cli_output_end(CliOutput *output);

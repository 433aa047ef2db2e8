/* command.h - the subcommands, one file each */
#pragma once

#include "cli/options.h"

/* Runs a subcommand: argv[0] is its name. Returns the exit status. */
typedef int (*CliRun)(int argc, char **argv);

int cli_analyse(int argc, char **argv); /* the main command, which has no name */
int cli_enqueue(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_filter(int argc, char **argv);
int cli_patterns(int argc, char **argv);
int cli_scan(int argc, char **argv);
int cli_summary(int argc, char **argv);
int cli_suppress(int argc, char **argv);
int cli_worker(int argc, char **argv);

/* What every subcommand begins with: reads its options, decides on the language, and prints help, which is translated, or
 * the version where that is asked for. FALSE where that is all, with *status the exit status. */
gboolean cli_begin(CliOptions *options, CliCommand command, const char *help, int argc, char **argv, int *status);

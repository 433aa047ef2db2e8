/* command.h - the subcommands, one file each */
#pragma once

/* Runs a subcommand: argv[0] is its name. Returns the exit status. */
typedef int (*CliRun)(int argc, char **argv);

int cli_analyse(int argc, char **argv); /* the main command, which has no name */
int cli_explain(int argc, char **argv);
int cli_filter(int argc, char **argv);
int cli_patterns(int argc, char **argv);
int cli_scan(int argc, char **argv);
int cli_summary(int argc, char **argv);
int cli_suppress(int argc, char **argv);

/* Prints the version, or the help of a subcommand, which is translated; returns the exit status. */
int cli_print_version(void);
int cli_print_help(const char *help);

/* options.h - the command line, one table for all subcommands */
#pragma once

#include <bounceparse/bounceparse.h>

/* A bit for each subcommand that takes options. */
typedef enum {
  CLI_ANALYSE = 1 << 0,
  CLI_EXPLAIN = 1 << 1,
  CLI_PATTERNS = 1 << 2,
  CLI_FILTER = 1 << 3,
  CLI_SCAN = 1 << 4,
  CLI_SUMMARY = 1 << 5,
  CLI_SUPPRESS = 1 << 6,
  CLI_ENQUEUE = 1 << 7,
  CLI_WORKER = 1 << 8,
} CliCommand;

#define CLI_N_LIMITS (BOUNCEPARSE_LIMIT_TEXT + 1)

/* Strings and arguments belong to argv; absent ones are NULL, absent numbers -1. */
typedef struct {
  gboolean help, version;
  gboolean json, brief, quiet, mbox, recursive, null, no_sandbox;
  gboolean mark_seen, dry_run, force, classic;
  const char *lang;
  const char *language; /* in which the command speaks: see cli_begin() */
  GPtrArray *patterns, *headers, *verp, *files_from; /* of const char *: options that may be repeated */
  const char *kind, *cause, *category, *advice;      /* comma lists */
  const char *vendor, *domain;                       /* likewise */
  const char *log;                                   /* a mail log to explain */
  const char *db, *format, *output, *html, *move_to, *delivered;
  const char *queue, *name, *password_file, *publish, *metrics;
  gint64 since, until; /* seconds since 1970: the beginnings of the first day and of the one after the last */
  gint64 jobs, forget, soft, days, expire, list_size, prefetch;
  gsize limits[CLI_N_LIMITS]; /* 0 where not given */
  char **arguments;           /* what is no option, NULL-terminated */
  guint n_arguments;
} CliOptions;

/* Reads the options of a subcommand, whose name is argv[0]; argv is reordered. FALSE, after a line on stderr, where one
 * is wrong. */
gboolean cli_options_parse(CliOptions *options, CliCommand command, int argc, char **argv);
void cli_options_clear(CliOptions *options);

/* The index of the first argument that is neither an option nor its value; argc for none. */
int cli_options_first_argument(int argc, char **argv);

/* TRUE where list, NULL or separated by commas, holds name, NULL or not. */
gboolean cli_list_holds(const char *list, const char *name);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliOptions, cli_options_clear)

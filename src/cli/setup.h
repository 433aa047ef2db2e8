/* setup.h - from options and environment to a reader of the library */
#pragma once

#include "cli/options.h"

/* The library's options. Layers of patterns are those of the system, the user and BOUNCEPARSE_PATTERNS where they
 * exist, then those of --patterns. */
BounceparseOptions *cli_library_options(const CliOptions *options, const char *language);

/* A reader; NULL, after a line on stderr, with *status the exit status. */
BounceparseReader *cli_reader_new(const CliOptions *options, const char *language, int *status);

/* TRUE where every folder exists; else FALSE, after a line on stderr for the first that does not. */
gboolean cli_folders_exist(const GPtrArray *folders);

/* Bytes that are read of a message at most: --limit-message, or 64 MiB. */
gsize cli_message_limit(const CliOptions *options);

/* Opens the file at path for reading; "-" is stdin. -1, after a line on stderr, where it cannot. */
int cli_open(const char *path);

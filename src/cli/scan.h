/* scan.h - reads whole folders into the history */
#pragma once

#include "cli/options.h"
#include "store/store.h"

/* Reads what the options name into the store, by workers. Returns the exit status: 0 where every input was read. */
int cli_scan_into_store(const CliOptions *options, BounceparseReader *reader, BpStore *store);

/* Opens the database of --db, or a temporary one. NULL, after a line on stderr, with *status the exit status. */
BpStore *cli_open_store(const CliOptions *options, gboolean create, int *status);

/* Says on stderr what the store failed in; returns the exit status. */
int cli_complain_store(const CliOptions *options, const GError *error);

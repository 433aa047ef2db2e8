/* store.h - from options to a store, and what is said where it fails */
#pragma once

#include "cli/options.h"
#include "store/store.h"

/* Opens the database of --db, or a temporary one. NULL, after a line on stderr, with *status the exit status. */
BpStore *cli_open_store(const CliOptions *options, gboolean create, int *status);

/* Says on stderr what the store failed in; returns the exit status. */
int cli_complain_store(const CliOptions *options, const GError *error);

/* scan.h - reads whole folders into the history */
#pragma once

#include "cli/options.h"
#include "store/store.h"

/* Reads what the options name into the store, by workers. Returns the exit status: 0 where every input was read. */
int cli_scan_into_store(const CliOptions *options, BounceparseReader *reader, BpStore *store);

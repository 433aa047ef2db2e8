/* api.h - what the library's own files see of options and readers */
#pragma once

#include "bounceparse/bounceparse.h"
#include "pattern/patterns.h"

/* The folders given, NULL-terminated, owned by options. */
const char *const *bp_options_folders(const BounceparseOptions *options);

BpMatcher *bp_reader_matcher(BounceparseReader *reader);

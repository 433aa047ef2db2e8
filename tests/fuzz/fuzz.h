/* fuzz.h - what the fuzz targets share
 *
 * With libFuzzer (meson -Dfuzz=enabled, clang) each is a fuzzer; without, main() in replay.c runs it over the files it
 * is given. */
#pragma once

#include "bounceparse/bounceparse.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_ASSERT(what)                                                                                              \
  do {                                                                                                                 \
    if (!(what))                                                                                                       \
      abort();                                                                                                         \
  } while (0)

/* One input. */
void fuzz_one(const char *bytes, size_t length);

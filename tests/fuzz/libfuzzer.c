/* libfuzzer.c - the entry that libFuzzer calls */
#include "fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_one((const char *)data, size);
  return 0;
}

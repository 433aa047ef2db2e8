/* replay.c - runs a fuzz target over files, over each of them cut short, and over each with bytes changed in a fixed
 * way */
#include "fuzz.h"

#include <stdio.h>

static void run_file(const char *path) {
  g_autofree char *bytes = NULL;
  gsize length;
  if (!g_file_get_contents(path, &bytes, &length, NULL))
    return;
  g_autoptr(GRand) rand = g_rand_new_with_seed(1);
  fuzz_one(bytes, length);
  for (guint i = 0; length && i < 8; i++) {
    gsize cut = (gsize)g_rand_int_range(rand, 0, (gint32)MIN(length, G_MAXINT32));
    fuzz_one(bytes, cut);
    for (guint j = 0; j < 4; j++)
      bytes[g_rand_int_range(rand, 0, (gint32)MIN(length, G_MAXINT32))] = (char)g_rand_int_range(rand, 0, 256);
    fuzz_one(bytes, length);
  }
}

static void run_path(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  if (!dir) {
    run_file(path);
    return;
  }
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *below = g_build_filename(path, name, NULL);
    run_path(below);
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    run_path(argv[i]);
  return 0;
}

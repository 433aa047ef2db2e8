/* fixture.h - a small pattern set of the tests' own, laid over the shipped one, and readers over it */
#pragma once

#include "bounceparse/bounceparse.h"
#include "harness.h"

#include <glib/gstdio.h>

/* A folder with replies/test.conf holding text; free it with fixture_free(). */
static inline char *fixture_new(const char *text) {
  char *folder = g_dir_make_tmp("bounceparse-XXXXXX", NULL);
  g_autofree char *replies = g_build_filename(folder, "replies", NULL),
                  *file = g_build_filename(replies, "test.conf", NULL);
  ck_assert_int_eq(g_mkdir(replies, 0700), 0);
  ck_assert(g_file_set_contents(file, text, -1, NULL));
  return folder;
}

static inline void fixture_free(char *folder) {
  g_autofree char *replies = g_build_filename(folder, "replies", NULL),
                  *file = g_build_filename(replies, "test.conf", NULL);
  g_unlink(file);
  g_rmdir(replies);
  g_rmdir(folder);
  g_free(folder);
}

static inline BounceparseReader *fixture_reader(const char *folder, const char *language) {
  g_autoptr(BounceparseOptions) options = bounceparse_options_new();
  g_autoptr(GError) error = NULL;
  if (folder)
    bounceparse_options_add_patterns(options, folder);
  bounceparse_options_set_language(options, language);
  BounceparseReader *reader = bounceparse_reader_new(options, &error);
  ck_assert_msg(reader, "%s", error ? error->message : "");
  return reader;
}

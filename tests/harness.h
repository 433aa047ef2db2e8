/* harness.h - what the unit tests share: one suite a program, tables of rows, strings that may be NULL */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Runs the suite in this process: a crash is a failure of the program, and sanitizers see all of it. */
static inline int run_suite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline const char *shown(const char *text) {
  return text ? text : "(null)";
}

/* Fails with the row's name where the strings differ; NULL equals NULL only. */
#define assert_same(row, got, want)                                                                                    \
  ck_assert_msg(g_strcmp0((got), (want)) == 0, "%s: got \"%s\", want \"%s\"", (row), shown(got), shown(want))

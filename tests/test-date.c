/* test-date.c - dates of fields: what is read here is what GMime reads */
#include "harness.h"
#include "report/reading.h"

#include <gmime/gmime.h>

static gint64 by_gmime(const char *value) {
  g_autoptr(GDateTime) date = g_mime_utils_header_decode_date(value);
  return date ? g_date_time_to_unix(date) : BP_NO_TIME;
}

static const struct {
  const char *value;
  gint64 time;
} rows[] = {
    {"Mon, 23 Nov 2026 10:00:00 +0100", 1795424400},
    {"23 Nov 2026 09:00:00 +0000", 1795424400},
    {"Mon,  3 Nov 2025 09:00:00 -0330", 1762173000},
    {"Thu, 1 Jan 1970 00:00:00 +0000", 0},
    {"Thu, 29 Feb 2024 23:59:59 +1400 (LINT)", 1709200799},
    {"Sat, 31 Dec 2089 00:00:00 -1200", 3786868800},
    /* what GMime is left to */
    {"Mon, 23 Nov 2026 09:00 GMT", 1795424400},
    {"Thu, 1 Jan 1970 01:00:00 +0100", 0},
    {"no date", BP_NO_TIME},
    {"", BP_NO_TIME},
};

START_TEST(dates) {
  ck_assert_int_eq(bp_date_of(rows[_i].value), rows[_i].time);
}
END_TEST

/* Every day of 140 years, and every form that is nearly right. */
START_TEST(as_gmime_reads_them) {
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (guint i = 0; i < 140 * 12 * 31; i++) {
    g_autofree char *value =
        g_strdup_printf("%u %s %u %02u:%02u:%02u %c%02u%02u", i % 31 + 1, months[i / 31 % 12], 1970 + i / 31 / 12,
                        i % 24, i % 60, i * 7 % 60, i % 2 ? '+' : '-', i % 14, i % 4 * 15);
    ck_assert_msg(bp_date_of(value) == by_gmime(value), "%s", value);
  }
}
END_TEST

START_TEST(forms) {
  static const char *const values[] = {"Mon, 31 Feb 2026 10:00:00 +0100",
                                       "Mon, 23 Nov 2026 24:00:00 +0100",
                                       "Mon, 23 Nov 26 10:00:00 +0100",
                                       "Mon, 23 nov 2026 10:00:00 +0100",
                                       "Mon, 23 November 2026 10:00 +0100",
                                       "Mon, 023 Nov 2026 10:00:00 +0100",
                                       "Mon, 23 Nov 2026 10:00:00 EST",
                                       "Mon, 23 Nov 2026 10:00:60 +0100",
                                       "Mon, 23 Nov 2026 10:00:00",
                                       "Mon 23 Nov 2026 10:00:00 +0100",
                                       "Mon,23 Nov 2026 10:00:00 +0100",
                                       "Mon, 23 Nov 2026 1:00:00 +0100",
                                       "23-Nov-2026 10:00:00 +0100",
                                       "Mon, 23 Nov 2026 10:00:00 +01000",
                                       "Mon, 23 Nov 2026 10:00:00 +2460",
                                       "Mon, 23 Nov 2026 10:00:00+0100",
                                       "Mon, 23 Nov 2026  10:00:00 +0100 (CET)",
                                       "Mon, 23 Nov 2026 10:00:00 GMT",
                                       "Mon,  3 Nov 2025 10:00:00 UTC",
                                       "Mon, 23 Nov 2026 10:00:00 GMT+1",
                                       "Mon, 23 Nov 2026 10:00:00 GMT+0100",
                                       "Mon, 23 Nov 2026 10:00:00 UTC (x)",
                                       "Mon, 23 Nov 2026 10:00:00 gmt",
                                       "Mon, 23 Nov 2026 10:00:00 UTCX",
                                       "Mon,   3 Nov 2025 10:00:00 -0000"};
  for (guint i = 0; i < G_N_ELEMENTS(values); i++)
    ck_assert_msg(bp_date_of(values[i]) == by_gmime(values[i]), "%s", values[i]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("date");
  TCase *tcase = tcase_create("date");
  tcase_add_loop_test(tcase, dates, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, as_gmime_reads_them);
  tcase_add_test(tcase, forms);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}

/* test-json.c - the JSON writer: strings of any bytes, commas, dates; and the object of an input that cannot be read */
#include "bounceparse/bounceparse.h"
#include "harness.h"
#include "output/json-writer.h"
#include "report/report.h"

#define FFFD "\xef\xbf\xbd"

static const struct {
  const char *name, *value, *json;
} strings[] = {
    {"empty", "", "\"\""},
    {"plain", "550 5.1.1 User unknown", "\"550 5.1.1 User unknown\""},
    {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
    {"line ends and tab", "a\r\nb\tc", "\"a\\r\\nb\\tc\""},
    {"controls", "\x01\x1b[31m\x7f", "\"\\u0001\\u001b[31m\\u007f\""},
    {"umlauts as they are", "Zürich ß 日本 😀", "\"Zürich ß 日本 😀\""},
    {"C1 controls",
     "a\xc2\x9b"
     "31m",
     "\"a\\u009b31m\""},
    {"line separators",
     "a\xe2\x80\xa8"
     "b\xe2\x80\xa9",
     "\"a\\u2028b\\u2029\""},
    {"bidirectional overrides",
     "\xe2\x80\xae"
     "txt\xe2\x81\xa6",
     "\"\\u202etxt\\u2066\""},
    {"next to them nothing is escaped", "\xe2\x80\xa7\xe2\x80\xaf\xc2\xa0", "\"\xe2\x80\xa7\xe2\x80\xaf\xc2\xa0\""},
    {"ISO-8859-1", "Z\xfcrich", "\"Z" FFFD "rich\""},
    {"a character cut off", "a\xe2\x82", "\"a" FFFD FFFD "\""},
    {"a surrogate", "\xed\xa0\x80", "\"" FFFD FFFD FFFD "\""},
    {"an overlong form", "\xc0\xaf", "\"" FFFD FFFD "\""},
};

START_TEST(strings_are_escaped) {
  for (gsize i = 0; i < G_N_ELEMENTS(strings); i++) {
    g_autoptr(GString) out = g_string_new(NULL);
    bp_json_string(out, NULL, strings[i].value);
    assert_same(strings[i].name, out->str, strings[i].json);
    ck_assert_uint_eq(out->len, strlen(out->str));
  }
}
END_TEST

START_TEST(commas_stand_between_values) {
  g_autoptr(GString) out = g_string_new(NULL);
  bp_json_open(out, NULL, '{');
  bp_json_string(out, "a", "{");
  bp_json_string(out, "absent", NULL);
  bp_json_number(out, "b", -7);
  bp_json_open(out, "c", '[');
  bp_json_string(out, NULL, "[");
  bp_json_open(out, NULL, '{');
  bp_json_close(out, '}');
  bp_json_number(out, NULL, G_MAXINT64);
  bp_json_close(out, ']');
  bp_json_string(out, "d\"", "");
  bp_json_close(out, '}');
  const char *want = "{\"a\":\"{\",\"b\":-7,\"c\":[\"[\",{},9223372036854775807],\"d\\\"\":\"\"}";
  assert_same("object", out->str, want);
}
END_TEST

START_TEST(numbers) {
  static const gint64 values[] = {0, 9, 10, -1, 123456, G_MAXINT64, G_MININT64};
  for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *want = g_strdup_printf("%" G_GINT64_FORMAT, values[i]);
    bp_json_number(out, NULL, values[i]);
    assert_same("number", out->str, want);
  }
}
END_TEST

START_TEST(long_strings_fit) {
  g_autoptr(GString) out = g_string_new(NULL);
  g_autofree char *value = g_strnfill(100000, '\x01');
  bp_json_string(out, NULL, value);
  ck_assert_uint_eq(out->len, 2 + 6 * 100000);
  ck_assert_int_eq(out->str[out->len - 1], '"');
}
END_TEST

static const struct {
  const char *name;
  gint64 seconds;
  const char *json;
} times[] = {
    {"the epoch", 0, "\"t\":\"1970-01-01T00:00:00Z\""},
    {"before it", -1, "\"t\":\"1969-12-31T23:59:59Z\""},
    {"a leap day", 1709208000, "\"t\":\"2024-02-29T12:00:00Z\""},
    {"the first year", -62167219200, "\"t\":\"0000-01-01T00:00:00Z\""},
    {"the last second", 253402300799, "\"t\":\"9999-12-31T23:59:59Z\""},
    {"after it", 253402300800, ""},
    {"none", BP_NO_TIME, ""},
};

START_TEST(times_are_utc) {
  for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
    g_autoptr(GString) out = g_string_new(NULL);
    bp_json_time(out, "t", times[i].seconds);
    assert_same(times[i].name, out->str, times[i].json);
  }
}
END_TEST

static const struct {
  const char *name;
  BounceparseJson how;
  const char *json;
} failures[] = {
    {"a file",
     {"box", -1, -1, FALSE},
     "{\"v\":1,\"source\":\"box\",\"kind\":\"other\",\"recipients\":[],\"error\":{\"code\":65,\"text\":\"no mail\"}}"},
    {"in an mbox",
     {"box", 17, 123456, FALSE},
     "{\"v\":1,\"source\":\"box\",\"index\":17,\"offset\":123456,\"kind\":\"other\",\"recipients\":[],\"error\":{"
     "\"code\":65,\"text\":\"no mail\"}}"},
    {"a name that is not UTF-8",
     {"a b/%\xff.eml", -1, -1, FALSE},
     "{\"v\":1,\"source\":\"a b/%" FFFD ".eml\",\"source_bytes\":\"a%20b/"
     "%25%FF.eml\",\"kind\":\"other\",\"recipients\":[],\"error\":{\"code\":65,\"text\":\"no mail\"}}"},
};

START_TEST(an_unreadable_input_has_an_object) {
  for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
    g_autoptr(GString) out = g_string_new("before ");
    bounceparse_error_to_json(&failures[i].how, 65, "no mail", out);
    g_autofree char *want = g_strconcat("before ", failures[i].json, NULL);
    assert_same(failures[i].name, out->str, want);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("json");
  TCase *writer = tcase_create("json");
  tcase_add_test(writer, strings_are_escaped);
  tcase_add_test(writer, commas_stand_between_values);
  tcase_add_test(writer, numbers);
  tcase_add_test(writer, long_strings_fit);
  tcase_add_test(writer, times_are_utc);
  tcase_add_test(writer, an_unreadable_input_has_an_object);
  suite_add_tcase(suite, writer);
  return run_suite(suite);
}

/* test-content-type.c - Content-Type fields: what is read here is what GMime reads */
#include "harness.h"
#include "mail/content-type.h"

#include <gmime/gmime.h>

static const char *const values[] = {
    "text/plain",
    " Text/PLAIN ; charset=US-ASCII",
    "text/plain; charset=\"utf-8\"; format=flowed; delsp=yes",
    "text/plain; charset=utf-8;",
    "text/plain; charset=iso-8859-1; charset=utf-8",
    "text/plain; charset=\"\"",
    "text/plain; charset=",
    "text/plain; charset",
    "text/plain; charset = utf-8",
    "text/plain; charset=utf-8 (a comment)",
    "text/plain (a comment); charset=utf-8",
    "text/plain; charset=\"utf\\-8\"",
    "text/plain; charset=\"=?us-ascii?q?utf-8?=\"",
    "text/plain; charset*=us-ascii'en'utf-8",
    "text/plain; name*0=\"a\"; name*1=\"b\"; charset=utf-8",
    "text/plain; name=\"\xc3\xa4.txt\"; charset=utf-8",
    "text/plain; name=\"a;b charset=x.txt\"; charset=utf-8",
    "text/plain charset=utf-8",
    "text/plain, charset=utf-8",
    "text/plain;; charset=utf-8",
    "text / plain; charset=utf-8",
    "multipart/report; report-type=delivery-status; boundary=\"b1/example.net\"",
    "multipart/report; report-type=\"Delivery-Status\";\n\tboundary=\"----=_NextPart_000_0001.01\"",
    "multipart/mixed; boundary=----=_NextPart_000_0001.01",
    "multipart/mixed; boundary=\"with blanks\"",
    "multipart/mixed; boundary=\"ends with a blank \"",
    "multipart/mixed; boundary=\"open",
    "multipart/mixed; BOUNDARY=x; Report-Type=y",
    "multipart/mixed; boundary='quoted'",
    "message/delivery-status",
    "message/rfc822; x=\"y\"",
    "/",
    "text/",
    "/plain",
    "text/plain/more",
    "application/octet-stream; name=\"a.bin\"",
};

static void assert_as_gmime(const char *name, const char *value, const char *ours, const char *theirs) {
  ck_assert_msg(g_strcmp0(ours, theirs) == 0, "%s of %s: %s, GMime has %s", name, value, ours, theirs);
}

START_TEST(as_gmime_reads_them) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpContentType type;
  GMimeContentType *t = g_mime_content_type_parse(NULL, values[_i]);
  g_autofree char *mime = g_mime_content_type_get_mime_type(t), *lower = g_ascii_strdown(mime, -1);
  ck_assert(bp_content_type_parse(arena, values[_i], &type));
  assert_as_gmime("type", values[_i], type.type, lower);
  assert_as_gmime("boundary", values[_i], type.boundary, g_mime_content_type_get_parameter(t, "boundary"));
  assert_as_gmime("charset", values[_i], type.charset, g_mime_content_type_get_parameter(t, "charset"));
  const char *report_type = g_mime_content_type_get_parameter(t, "report-type");
  g_autofree char *report = report_type ? g_ascii_strdown(report_type, -1) : NULL;
  assert_as_gmime("report-type", values[_i], type.report_type, report);
  g_object_unref(t);
}
END_TEST

START_TEST(no_type) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpContentType type;
  ck_assert(!bp_content_type_parse(arena, "", &type));
  ck_assert(!bp_content_type_parse(arena, "text", &type));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("content-type");
  TCase *tcase = tcase_create("content-type");
  g_mime_init();
  tcase_add_loop_test(tcase, as_gmime_reads_them, 0, G_N_ELEMENTS(values));
  tcase_add_test(tcase, no_type);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}

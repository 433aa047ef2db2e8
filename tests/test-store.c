/* test-store.c - records as bytes, by what messages are known again, when they bounced, and the database */
#include "harness.h"
#include "store/digest.h"
#include "store/store.h"

#include <glib/gstdio.h>

#define BOUNCE                                                                                                         \
  "From: MAILER-DAEMON@mx.example.net\nTo: bob@example.net\nSubject: Undelivered Mail Returned to Sender\n"           \
  "Date: Mon, 23 Nov 2026 10:00:00 +0000\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" \
  "--b\n\nFailed.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"             \
  "Final-Recipient: rfc822; alice@Example.COM\nAction: failed\nStatus: 5.1.1\n"                                        \
  "Diagnostic-Code: smtp; 550 5.1.1 <alice@example.com>: User unknown\n\n--b--\n"

/* ---- records ------------------------------------------------------------------------------------------------ */

typedef struct {
  BounceparseReader *reader;
  BounceparseAnswer *answer;
  BpRecord record;
} Read;

static void read_begin(Read *read, const char *mail) {
  read->reader = bounceparse_reader_new(NULL, NULL);
  read->answer = bounceparse_reader_read(read->reader, mail, strlen(mail), NULL);
  ck_assert_ptr_nonnull(read->answer);
  bp_record_begin(&read->record, read->answer);
  bp_digest(mail, strlen(mail), read->record.digest);
  read->record.texts[BP_M_SOURCE] = "box/1.eml";
  read->record.numbers[BP_M_TIME] = read->record.numbers[BP_M_DATE];
}

static void read_end(Read *read) {
  bp_record_clear(&read->record);
  bounceparse_answer_free(read->answer);
  bounceparse_reader_free(read->reader);
}

START_TEST(test_record) {
  Read read;
  read_begin(&read, BOUNCE);
  g_autoptr(GString) bytes = g_string_new(NULL);
  g_auto(BpRecord) copy = {0};
  read.record.file = (BpFileId){1, 2, 3, 4};
  bp_record_write(&read.record, bytes);
  ck_assert(bp_record_read(&copy, bytes->str, bytes->len));
  ck_assert_pstr_eq(copy.texts[BP_M_KIND], "failure");
  ck_assert_pstr_eq(copy.texts[BP_M_SUBJECT], NULL);
  ck_assert_int_eq(copy.numbers[BP_M_TIME], 1795428000);
  ck_assert_int_eq(copy.numbers[BP_M_ARRIVAL_DATE], BOUNCEPARSE_NO_TIME);
  ck_assert_int_eq(copy.file.modified, 4);
  ck_assert_uint_eq(copy.n_recipients, 1);
  ck_assert_pstr_eq(copy.recipients[0].texts[BP_R_DOMAIN], "example.com");
  ck_assert_pstr_eq(copy.recipients[0].texts[BP_R_CAUSE], "user-unknown");
  read_end(&read);
}
END_TEST

/* Whatever a worker hands back is read within its bounds. */
START_TEST(test_broken_record) {
  Read read;
  read_begin(&read, BOUNCE);
  g_autoptr(GString) bytes = g_string_new(NULL);
  bp_record_write(&read.record, bytes);
  for (gsize length = 0; length < bytes->len; length++) {
    g_autofree char *cut = g_memdup2(bytes->str, MAX(length, 1));
    BpRecord record;
    ck_assert(!bp_record_read(&record, cut, length));
  }
  for (gsize at = BP_DIGEST_SIZE; at < bytes->len; at++) {
    g_autofree char *changed = g_memdup2(bytes->str, bytes->len);
    g_auto(BpRecord) record = {0};
    changed[at] = (char)0xee;
    bp_record_read(&record, changed, bytes->len);
  }
  read_end(&read);
}
END_TEST

/* ---- digests ------------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *a, *b;
  gboolean same;
} digests[] = {
    {"a From_ line", "Subject: x\n\ny\n", "From a@b Mon Nov 23 10:00:00 2026\nSubject: x\n\ny\n", TRUE},
    {"Status", "Subject: x\n\ny\n", "Subject: x\nStatus: RO\n\ny\n", TRUE},
    {"X-Status and more", "A: b\n\ny\n", "X-Status: A\nA: b\nX-UID : 12\nx-keywords: a\n  b\n\ny\n", TRUE},
    {"our fields", "A: b\n\ny\n", "X-Bounce-Kind: failure\nX-Bounce-Recipient: a\n b\nX-Old-Bounce-Kind: x\nA: b\n\ny\n",
     TRUE},
    {"CRLF", "A: b\r\n\r\ny\r\n", "X-Status: A\r\nA: b\r\n\r\ny\r\n", TRUE},
    {"a field of another name", "A: b\n\ny\n", "X-Statusx: A\nA: b\n\ny\n", FALSE},
    {"no field", "A: b\n\ny\n", "A: b\nStatus\n\ny\n", FALSE},
    {"in the body", "A: b\n\ny\n", "A: b\n\nStatus: x\ny\n", FALSE},
    {"another value", "A: b\n\ny\n", "A: c\n\ny\n", FALSE},
    {"a folded line of another field", "A: b\n\ny\n", "A: b\n Status: x\n\ny\n", FALSE},
    {"empty", "", "Status: x", TRUE},
};

START_TEST(test_digest) {
  guint8 a[BP_DIGEST_SIZE], b[BP_DIGEST_SIZE];
  bp_digest(digests[_i].a, strlen(digests[_i].a), a);
  bp_digest(digests[_i].b, strlen(digests[_i].b), b);
  ck_assert_msg((memcmp(a, b, sizeof a) == 0) == digests[_i].same, "%s", digests[_i].name);
}
END_TEST

#define NOW 1795500000
#define DAY 86400
#define NONE BOUNCEPARSE_NO_TIME

static const struct {
  const char *name, *source, *bytes;
  gint64 date, modified, want;
} times[] = {
    {"its date", "box/1.eml", "A: b\n", NOW - 5, NOW - 9, NOW - 5},
    {"a date in the far past", "box/1.eml", "A: b\n", 5, NOW - 9, 5},
    {"a date tomorrow", "box/1.eml", "A: b\n", NOW + DAY, NOW - 9, NOW + DAY},
    {"a date too far ahead", "box/1.eml", "A: b\n", NOW + DAY + 1, NOW - 9, NOW - 9},
    {"the name in a Maildir", "box/cur/1795400000.M1P2.host:2,S", "A: b\n", NONE, NOW - 9, 1795400000},
    {"a name like it elsewhere", "box/1795400000.M1P2.host", "A: b\n", NONE, NOW - 9, NOW - 9},
    {"a name without time", "box/cur/x.M1P2.host", "A: b\n", NONE, NOW - 9, NOW - 9},
    {"the From_ line", "box", "From a@b Mon Nov 23 10:00:00 2026\nA: b\n", NONE, NOW - 9, 1795428000},
    {"the From_ line with a day of one digit", "box", "From a Sun Nov  1 10:00:00 2026\nA: b\n", NONE, NONE, 1793527200},
    {"a From_ line ahead", "box", "From a@b Mon Nov 23 10:00:00 2037\nA: b\n", NONE, NOW - 9, NOW - 9},
    {"nothing", "-", "A: b\n", NONE, NONE, NOW},
};

START_TEST(test_time) {
  gint64 got = bp_bounce_time(times[_i].date, times[_i].source, times[_i].bytes, strlen(times[_i].bytes),
                              times[_i].modified, NOW);
  ck_assert_msg(got == times[_i].want, "%s: %" G_GINT64_FORMAT, times[_i].name, got);
}
END_TEST

/* ---- the database ------------------------------------------------------------------------------------------- */

static gboolean keep_number(const BpValue *row, guint n, gpointer data) {
  *(gint64 *)data = row[0].number;
  return FALSE;
}

static gint64 number(BpStore *store, const char *sql) {
  g_autoptr(GError) error = NULL;
  gint64 value = -1;
  gboolean done = bp_store_query(store, sql, NULL, 0, keep_number, &value, &error);
  ck_assert_msg(done, "%s", error ? error->message : "");
  return value;
}

static void add(BpStore *store, const BpBatch *batch) {
  g_autoptr(GError) error = NULL;
  gboolean done = bp_store_add_batch(store, batch, &error);
  ck_assert_msg(done, "%s", error ? error->message : "");
}

/* A message is there once, however often it is added, and its file is known again. */
static void check_store(const char *where) {
  Read read;
  g_autoptr(GError) error = NULL;
  BpFileId file = {1, 2, 3, 4}, other = {1, 2, 3, 5};
  read_begin(&read, BOUNCE);
  read.record.file = file;
  BpStore *store = bp_store_open(where, TRUE, &error);
  ck_assert_msg(store, "%s", error ? error->message : "");
  BpRecord twice[] = {read.record, read.record};
  add(store, &(BpBatch){.records = twice, .n_records = 2});
  add(store, &(BpBatch){.records = twice, .n_records = 1});
  gint64 message = number(store, "SELECT id FROM messages");
  ck_assert_int_eq(number(store, "SELECT count(*) FROM messages"), 1);
  ck_assert_int_eq(number(store, "SELECT count(*) FROM results WHERE cause = 'user-unknown' AND day = '2026-11-23'"), 1);
  ck_assert_int_eq(number(store, "SELECT count(*) FROM run"), 1);
  ck_assert_int_eq(bp_store_find_file(store, &file), message);
  ck_assert_int_eq(bp_store_find_file(store, &other), 0);
  if (where) {
    bp_store_close(store);
    store = bp_store_open(where, FALSE, &error);
    ck_assert_int_eq(number(store, "SELECT count(*) FROM run"), 0);
    add(store, &(BpBatch){.known = &message, .n_known = 1});
    ck_assert_int_eq(number(store, "SELECT message FROM run"), message);
    ck_assert_int_eq(bp_store_find_file(store, &file), message);
  }
  ck_assert(bp_store_forget(store, 1795428000, &error));
  ck_assert_int_eq(number(store, "SELECT count(*) FROM messages"), 1);
  ck_assert(bp_store_forget(store, 1795428001, &error));
  ck_assert_int_eq(number(store, "SELECT count(*) FROM messages"), 0);
  ck_assert_int_eq(number(store, "SELECT count(*) FROM recipients"), 0);
  ck_assert_int_eq(bp_store_find_file(store, &file), 0);
  bp_store_close(store);
  read_end(&read);
}

START_TEST(test_temporary) {
  check_store(NULL);
}
END_TEST

static void remove_database(const char *where) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    g_autofree char *path = g_strconcat(where, ends[i], NULL);
    g_unlink(path);
  }
}

START_TEST(test_file) {
  g_autofree char *folder = g_dir_make_tmp("bounceparse-XXXXXX", NULL), *where = g_build_filename(folder, "db", NULL);
  check_store(where);
  remove_database(where);
  g_rmdir(folder);
}
END_TEST

static const struct {
  const char *where, *want;
} names[] = {
    {"bounces.db", "bounces.db"},
    {"a@b?c", "a@b?c"},
    {"postgresql://db.example/mail", "postgresql://db.example/mail"},
    {"postgresql:///mail?host=/run&password=secret", "postgresql:///mail"},
    {"postgres://bob@db.example:5433/mail?sslmode=require", "postgres://db.example:5433/mail"},
    {"postgresql://bob:secret@db.example/mail", "postgresql://db.example/mail"},
    {"postgresql://bob:sec@ret/secret@db.example/mail", "postgresql://db.example/mail"},
    {"postgresql://bob:sec?ret@db.example/mail", "postgresql://"},
    {"postgresql://db.example/mail?password=sec@ret&x=y", "postgresql://"},
};

START_TEST(test_name) {
  g_autofree char *got = bp_store_name(names[_i].where);
  ck_assert_str_eq(got, names[_i].want);
}
END_TEST

/* What is no database of ours is left as it is. */
START_TEST(test_wrong_files) {
  g_autofree char *folder = g_dir_make_tmp("bounceparse-XXXXXX", NULL), *where = g_build_filename(folder, "db", NULL);
  g_autofree char *content = NULL;
  const char *text = "this is no database, but a text that is longer than the head of one: "
                     "0123456789 0123456789 0123456789 0123456789 0123456789\n";
  g_autoptr(GError) missing = NULL, wrong = NULL;
  ck_assert_ptr_null(bp_store_open(where, FALSE, &missing));
  ck_assert(g_error_matches(missing, BP_STORE_ERROR, BP_STORE_ERROR_OPEN));
  ck_assert(g_file_set_contents(where, text, -1, NULL));
  ck_assert_ptr_null(bp_store_open(where, TRUE, &wrong));
  ck_assert(g_error_matches(wrong, BP_STORE_ERROR, BP_STORE_ERROR_OPEN));
  ck_assert(g_file_get_contents(where, &content, NULL, NULL));
  ck_assert_str_eq(content, text);
  remove_database(where);
  g_rmdir(folder);
}
END_TEST

#define AT_ONCE 8

static gpointer open_and_close(gpointer path) {
  GError *error = NULL;
  BpStore *store = bp_store_open(path, TRUE, &error);
  g_clear_pointer(&store, bp_store_close);
  return error;
}

/* Workers that start together make the database together. */
START_TEST(test_made_by_several_at_once) {
  g_autofree char *folder = g_dir_make_tmp("bounceparse-XXXXXX", NULL);
  for (guint round = 0; round < 15; round++) {
    g_autofree char *path = g_strdup_printf("%s/%u.db", folder, round);
    GThread *threads[AT_ONCE];
    for (guint i = 0; i < AT_ONCE; i++)
      threads[i] = g_thread_new(NULL, open_and_close, path);
    for (guint i = 0; i < AT_ONCE; i++) {
      g_autoptr(GError) error = g_thread_join(threads[i]);
      ck_assert_msg(!error, "%s", error ? error->message : "");
    }
    g_unlink(path);
  }
  g_rmdir(folder);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store");
  TCase *tests = tcase_create("store");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_record);
  tcase_add_test(tests, test_broken_record);
  tcase_add_loop_test(tests, test_digest, 0, G_N_ELEMENTS(digests));
  tcase_add_loop_test(tests, test_time, 0, G_N_ELEMENTS(times));
  tcase_add_loop_test(tests, test_name, 0, G_N_ELEMENTS(names));
  tcase_add_test(tests, test_temporary);
  tcase_add_test(tests, test_file);
  tcase_add_test(tests, test_wrong_files);
  tcase_add_test(tests, test_made_by_several_at_once);
  return run_suite(suite);
}

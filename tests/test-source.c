/* test-source.c - where messages come from: files, mboxes, Maildirs, folders, lists, and what cannot be read */
#include "harness.h"
#include "source/source.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define MAIL "Subject: x\n\ny\n"

/* ---- a folder for each test --------------------------------------------------------------------------------- */

static char *root;

static void begin(void) {
  root = g_dir_make_tmp("bounceparse-XXXXXX", NULL);
  ck_assert_ptr_nonnull(root);
}

static void remove_tree(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
      remove_tree(child);
    else
      g_unlink(child);
  }
  if (dir)
    g_dir_close(dir);
  g_rmdir(path);
}

static void end(void) {
  remove_tree(root);
  g_clear_pointer(&root, g_free);
}

static char *at(const char *name) {
  return g_strconcat(root, "/", name, NULL);
}

/* A file below the root, with the folders on the way to it. */
static void put(const char *name, const char *text) {
  g_autofree char *path = at(name), *folder = g_path_get_dirname(path);
  ck_assert_int_eq(g_mkdir_with_parents(folder, 0700), 0);
  ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void put_folder(const char *name) {
  g_autofree char *path = at(name);
  ck_assert_int_eq(g_mkdir_with_parents(path, 0700), 0);
}

static void put_maildir(const char *name) {
  static const char *const folders[] = {"cur", "new", "tmp"};
  for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *folder = g_strconcat(name, "/", folders[i], NULL);
    put_folder(folder);
  }
}

/* All inputs of what is named, one a line: source without the root, index@offset in an mbox, code:errno of a failure.
 */
static char *walk(const BpInputOptions *options, const char *const *names, const char *list) {
  g_autoptr(BpInputs) inputs = bp_inputs_new(options);
  GString *out = g_string_new(NULL);
  BpInput input;
  for (; names && *names; names++) {
    g_autofree char *path = at(*names);
    bp_inputs_add(inputs, path);
  }
  if (list)
    bp_inputs_add_list(inputs, list);
  while (bp_inputs_next(inputs, &input)) {
    gboolean below = g_str_has_prefix(input.source, root);
    g_string_append(out, below ? input.source + strlen(root) + 1 : input.source);
    if (input.index >= 0)
      g_string_append_printf(out, " %d@%d", (int)input.index, (int)input.offset);
    if (input.code)
      g_string_append_printf(out, " %d:%d", input.code, input.error);
    g_string_append(out, input.found ? " found\n" : "\n");
  }
  return g_string_free(out, FALSE);
}

static const BpInputOptions plain = {.max_message = 1000}, as_mbox = {.mbox = TRUE, .max_message = 1000},
                            recursive = {.recursive = TRUE, .max_message = 1000};

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_walk(const char *row, const BpInputOptions *options, const char *const *names, const char *want) {
  g_autofree char *got = walk(options, names, NULL);
  assert_same(row, got, want);
}

/* ---- files -------------------------------------------------------------------------------------------------- */

START_TEST(files_are_messages_or_mboxes) {
  put("a.eml", "From a\n" MAIL);
  put("b", MAIL);
  put("box", "From a\n" MAIL);
  put("empty", "");
  assert_walk("an mbox begins with From_ and is no .eml", &plain, NAMES("a.eml", "b", "box", "empty"),
              "a.eml\nb\nbox 0@0\nempty\n");
  assert_walk("with --mbox every file is one", &as_mbox, NAMES("a.eml", "b", "empty"), "a.eml 0@0\nb 0@0\nempty 0@0\n");
}
END_TEST

START_TEST(failures_do_not_end_the_rest) {
  put("b", MAIL);
  g_autofree char *want = g_strdup_printf("none %d:%d\nb\n", EX_NOINPUT, ENOENT);
  assert_walk("missing", &plain, NAMES("none", "b"), want);
}
END_TEST

START_TEST(a_long_message_is_read_to_one_byte_over_the_limit) {
  g_autofree char *long_text = g_strnfill(200000, 'x');
  static const gsize limits[] = {10, 1000, 65536, 199999, 200000, 300000};
  put("long", long_text);
  for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
    BpInputOptions options = {.max_message = limits[i]};
    g_autoptr(BpInputs) inputs = bp_inputs_new(&options);
    g_autofree char *path = at("long");
    BpInput input;
    bp_inputs_add(inputs, path);
    ck_assert(bp_inputs_next(inputs, &input));
    ck_assert_uint_eq(input.length, MIN(limits[i] + 1, 200000));
    ck_assert(!bp_inputs_next(inputs, &input));
  }
}
END_TEST

/* ---- mboxes ------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *mbox;
  const char *messages[4];
} boxes[] = {
    {"two messages", "From a\nA: 1\n\nx\n\nFrom b\nB: 2\n\ny\n\n", {"From a\nA: 1\n\nx\n", "From b\nB: 2\n\ny\n"}},
    {"no empty line, no new message", "From a\nA: 1\n\nx\nFrom here on\n", {"From a\nA: 1\n\nx\nFrom here on\n"}},
    {"CRLF", "From a\r\nA: 1\r\n\r\nx\r\n\r\nFrom b\r\n\r\n", {"From a\r\nA: 1\r\n\r\nx\r\n", "From b\r\n"}},
    {"quoted lines",
     "From a\n\n>From x\n>>From y\n> From z\n>Fromage\n",
     {"From a\n\nFrom x\n>From y\n> From z\n>Fromage\n"}},
    {"a From_ line alone", "From a", {"From a"}},
    {"one empty line is the mbox's", "From a\n\nx\n\n\nFrom b\n", {"From a\n\nx\n\n", "From b\n"}},
    {"something before the first", "\nFrom a\n", {"\n", "From a\n"}},
};

START_TEST(mboxes_are_split) {
  for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
    g_autoptr(BpInputs) inputs = bp_inputs_new(&as_mbox);
    g_autofree char *path = at("box");
    BpInput input;
    guint n = 0;
    put("box", boxes[i].mbox);
    bp_inputs_add(inputs, path);
    for (; bp_inputs_next(inputs, &input); n++) {
      g_autofree char *got = g_strndup(input.bytes, input.length);
      ck_assert_uint_lt(n, G_N_ELEMENTS(boxes[i].messages));
      assert_same(boxes[i].name, got, boxes[i].messages[n]);
      ck_assert_int_eq(input.index, n);
      if (n == 0)
        ck_assert_int_eq(input.offset, 0);
      else
        ck_assert(g_str_has_prefix(boxes[i].mbox + input.offset, "From "));
    }
    ck_assert_msg(!boxes[i].messages[n], "%s: \"%s\" is missing", boxes[i].name, boxes[i].messages[n]);
  }
}
END_TEST

/* Messages whose edges fall on every place of the reading buffer. */
START_TEST(mboxes_of_any_size_are_split) {
  for (gsize size = 65500; size < 65560; size++) {
    g_autofree char *line = g_strnfill(size, 'x');
    g_autofree char *text = g_strconcat("From a\n\n", line, "\n\nFrom b\n\n", line, line, "\nFrom c\n\nFrom d\n", NULL);
    g_autoptr(BpInputs) inputs = bp_inputs_new(&plain);
    g_autofree char *path = at("box");
    BpInput input;
    put("box", text);
    bp_inputs_add(inputs, path);
    ck_assert(bp_inputs_next(inputs, &input) && input.offset == 0 && input.length == 1001);
    ck_assert(bp_inputs_next(inputs, &input) && input.offset == (gint64)size + 10 && input.length == 1001);
    ck_assert(bp_inputs_next(inputs, &input) && input.offset == (gint64)strlen(text) - 7 && input.length == 7);
    ck_assert(!bp_inputs_next(inputs, &input));
  }
}
END_TEST

/* ---- folders ------------------------------------------------------------------------------------------------ */

START_TEST(folders_are_walked_in_byte_order) {
  put("f/b", MAIL);
  put("f/B", MAIL);
  put("f/a.x", MAIL);
  put("f/a/z", MAIL);
  put("f/a-x", MAIL);
  put("f/.hidden", MAIL);
  put("f/.folder/x", MAIL);
  put("f/\xff", "From a\n" MAIL);
  put_folder("f/empty");
  const char *want = "f/B found\nf/a/z found\nf/a-x found\nf/a.x found\nf/b found\nf/\xff found\n";
  assert_walk("plain", &plain, NAMES("f"), want);
  assert_walk("a slash at the end is dropped", &plain, NAMES("f//"), want);
  assert_walk("a hidden folder that is named", &plain, NAMES("f/.folder"), "f/.folder/x found\n");
  assert_walk("a hidden file that is named", &plain, NAMES("f/.hidden"), "f/.hidden\n");
}
END_TEST

START_TEST(links_and_pipes_do_no_harm) {
  put("f/a", MAIL);
  g_autofree char *loop = at("f/loop"), *fifo = at("f/pipe"), *link = at("f/link"), *gone = at("f/gone");
  ck_assert_int_eq(symlink("..", loop), 0);
  ck_assert_int_eq(symlink("a", link), 0);
  ck_assert_int_eq(symlink("nowhere", gone), 0);
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  assert_walk("links and pipes", &plain, NAMES("f"), "f/a found\nf/link found\n");
}
END_TEST

START_TEST(maildirs_have_new_and_cur) {
  put_maildir("m");
  put("m/cur/2:2,S", MAIL);
  put("m/cur/.nfs1", MAIL);
  put("m/new/1", MAIL);
  put("m/tmp/0", MAIL);
  put("m/dovecot.index", MAIL);
  put("m/cur/sub/x", MAIL);
  put_maildir("m/.Sent");
  put("m/.Sent/new/3", MAIL);
  put("m/.git/config", MAIL);
  assert_walk("a Maildir", &plain, NAMES("m"), "m/cur/2:2,S found\nm/new/1 found\n");
  assert_walk("its sub-folders", &recursive, NAMES("m"), "m/.Sent/new/3 found\nm/cur/2:2,S found\nm/new/1 found\n");
  assert_walk("a sub-folder that is named", &plain, NAMES("m/.Sent"), "m/.Sent/new/3 found\n");
  assert_walk("one of its folders alone", &plain, NAMES("m/tmp"), "m/tmp/0 found\n");
}
END_TEST

START_TEST(a_maildir_in_a_folder_is_one) {
  put("f/0", MAIL);
  put_maildir("f/m");
  put("f/m/tmp/0", MAIL);
  put("f/m/new/1", MAIL);
  put("f/m/x", MAIL);
  assert_walk("nested", &plain, NAMES("f"), "f/0 found\nf/m/new/1 found\n");
}
END_TEST

START_TEST(a_folder_that_cannot_be_read_is_a_failure) {
  if (geteuid() == 0) /* may read everything */
    return;
  put("f/a/x", MAIL);
  put("f/b", MAIL);
  g_autofree char *folder = at("f/a"), *want = g_strdup_printf("f/a %d:%d found\nf/b found\n", EX_NOINPUT, EACCES);
  ck_assert_int_eq(chmod(folder, 0), 0);
  assert_walk("forbidden", &plain, NAMES("f"), want);
  ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

/* ---- lists -------------------------------------------------------------------------------------------------- */

static void assert_list(const char *row, const char *text, gsize length, const char *want) {
  g_autofree char *list = at("list");
  ck_assert(g_file_set_contents(list, text, (gssize)length, NULL));
  g_autofree char *got = walk(&plain, NULL, list);
  assert_same(row, got, want);
}

START_TEST(lists_name_inputs) {
  put("a", MAIL);
  put("b\nc", MAIL);
  ck_assert_int_eq(g_chdir(root), 0);
  assert_list("lines", "a\n\na", 4, "a\na\n");
  assert_list("each ended by NUL", "a\0b\nc\0", 6, "a\nb\nc\n");
  assert_list("the last one not ended", "a\0b\nc", 5, "a\nb\nc\n");
  assert_list("nothing", "", 0, "");
  ck_assert_int_eq(g_chdir("/"), 0);
}
END_TEST

START_TEST(a_missing_list_is_a_failure) {
  g_autofree char *list = at("none"), *got = walk(&plain, NULL, list),
                  *want = g_strdup_printf("none %d:%d\n", EX_NOINPUT, ENOENT);
  assert_same("missing", got, want);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("source");
  TCase *source = tcase_create("source");
  tcase_add_checked_fixture(source, begin, end);
  tcase_set_timeout(source, 60);
  tcase_add_test(source, files_are_messages_or_mboxes);
  tcase_add_test(source, failures_do_not_end_the_rest);
  tcase_add_test(source, a_long_message_is_read_to_one_byte_over_the_limit);
  tcase_add_test(source, mboxes_are_split);
  tcase_add_test(source, mboxes_of_any_size_are_split);
  tcase_add_test(source, folders_are_walked_in_byte_order);
  tcase_add_test(source, links_and_pipes_do_no_harm);
  tcase_add_test(source, maildirs_have_new_and_cur);
  tcase_add_test(source, a_maildir_in_a_folder_is_one);
  tcase_add_test(source, a_folder_that_cannot_be_read_is_a_failure);
  tcase_add_test(source, lists_name_inputs);
  tcase_add_test(source, a_missing_list_is_a_failure);
  suite_add_tcase(suite, source);
  return run_suite(suite);
}

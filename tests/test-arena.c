/* test-arena.c - memory that lives as long as one message's analysis */
#include "base/arena.h"

#include "harness.h"

static const struct {
  const char *name;
  gsize size;
} sizes[] = {
    {"nothing", 0},
    {"one byte", 1},
    {"an odd size", 77},
    {"a whole block", 16 * 1024},
    {"more than any block", 3 * 1024 * 1024},
};

START_TEST(allocations_are_zeroed_aligned_and_apart) {
  g_autoptr(BpArena) arena = bp_arena_new();
  gsize size = sizes[_i].size;
  char *before = bp_arena_strdup(arena, "before"), *taken = bp_arena_alloc(arena, size),
       *behind = bp_arena_strdup(arena, "behind");
  ck_assert_msg((guintptr)taken % 16 == 0, "%s: not aligned", sizes[_i].name);
  for (gsize i = 0; i < size; i++)
    ck_assert_msg(taken[i] == 0, "%s: byte %zu is not zero", sizes[_i].name, i);
  memset(taken, 'x', size);
  ck_assert_str_eq(before, "before");
  ck_assert_str_eq(behind, "behind");
}
END_TEST

START_TEST(many_small_ones_stay_as_they_are) {
  g_autoptr(BpArena) arena = bp_arena_new();
  char *texts[5000];
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    texts[i] = bp_arena_printf(arena, "text %u of %zu", i, G_N_ELEMENTS(texts));
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autofree char *want = g_strdup_printf("text %u of 5000", i);
    ck_assert_str_eq(texts[i], want);
  }
}
END_TEST

START_TEST(copies) {
  g_autoptr(BpArena) arena = bp_arena_new();
  ck_assert_str_eq(bp_arena_strndup(arena, "abcdef", 3), "abc");
  ck_assert_str_eq(bp_arena_strndup(arena, "abcdef", 0), "");
  ck_assert_str_eq(bp_arena_strdup(arena, "abc"), "abc");
  ck_assert_ptr_null(bp_arena_strdup(arena, NULL));
}
END_TEST

START_TEST(formatted_text_of_any_length) {
  g_autoptr(BpArena) arena = bp_arena_new();
  for (int length = 254; length < 259; length++)
    ck_assert_uint_eq(strlen(bp_arena_printf(arena, "%*s", length, "x")), (gsize)length);
  ck_assert_uint_eq(strlen(bp_arena_printf(arena, "%100000d", 1)), 100000);
}
END_TEST

START_TEST(nothing_to_free) {
  bp_arena_free(NULL);
  bp_arena_free(bp_arena_new());
}
END_TEST

int main(void) {
  Suite *suite = suite_create("arena");
  TCase *tests = tcase_create("arena");
  tcase_add_loop_test(tests, allocations_are_zeroed_aligned_and_apart, 0, G_N_ELEMENTS(sizes));
  tcase_add_test(tests, many_small_ones_stay_as_they_are);
  tcase_add_test(tests, copies);
  tcase_add_test(tests, formatted_text_of_any_length);
  tcase_add_test(tests, nothing_to_free);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}

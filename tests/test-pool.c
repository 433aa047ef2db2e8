/* test-pool.c - answers come back in order, whatever happens to the workers */
#include "harness.h"
#include "worker/pool.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

/* "die" dies, "hang" hangs, "slow" takes a while, "long" says much; anything else comes back as it is. */
static void work(const char *item, gsize length, GString *out, gpointer data) {
  if (length >= 3 && memcmp(item, "die", 3) == 0)
    raise(SIGKILL);
  if (length == 4 && memcmp(item, "hang", 4) == 0)
    for (;;)
      pause();
  if (length == 4 && memcmp(item, "slow", 4) == 0)
    g_usleep(100 * 1000);
  if (length == 4 && memcmp(item, "long", 4) == 0)
    g_string_set_size(out, out->len + 3000000);
  else
    g_string_append_len(out, item, (gssize)length);
}

/* The n-th of the items that a test puts: NULL behind the last. Free it with g_free(). */
typedef char *(*Item)(guint n);

static char *many(guint n) {
  return n < 5000 ? g_strdup_printf("item %u", n) : NULL;
}

static char *empty(guint n) {
  return n < 100 ? g_strdup("") : NULL;
}

static char *one(guint n) {
  return n < 1 ? g_strdup("alone") : NULL;
}

static char *none(guint n) {
  return NULL;
}

static char *deadly(guint n) {
  return n >= 500 ? NULL : n % 97 == 13 || n == 499 ? g_strdup("die") : g_strdup_printf("item %u", n);
}

static char *only_deadly(guint n) {
  return n < 20 ? g_strdup("die") : NULL;
}

static char *hanging(guint n) {
  return n >= 200 ? NULL : n == 50 || n == 51 ? g_strdup("hang") : g_strdup_printf("item %u", n);
}

static char *uneven(guint n) {
  return n >= 300 ? NULL : g_strdup(n % 100 == 7 ? "slow" : n % 50 == 3 ? "long" : "x");
}

static const struct {
  const char *name;
  Item item;
  guint want, want_lost;
} cases[] = {
    {"many", many, 5000, 0},         {"empty", empty, 100, 0},   {"one", one, 1, 0},        {"none", none, 0, 0},
    {"deadly", deadly, 500, 7},      {"only deadly", only_deadly, 20, 20}, {"hanging", hanging, 200, 2},
    {"uneven", uneven, 300, 0},
};

static gboolean is_lost(const char *item) {
  return g_str_equal(item, "die") || g_str_equal(item, "hang");
}

static void check_answer(const char *name, const char *item, const BpPoolAnswer *answer) {
  ck_assert_msg(answer->item_length == strlen(item) && memcmp(answer->item, item, strlen(item)) == 0, "%s: %s", name, item);
  ck_assert_msg((answer->bytes == NULL) == is_lost(item), "%s: %s", name, item);
  ck_assert_msg((answer->why == NULL) == !is_lost(item), "%s: %s", name, item);
  if (answer->bytes)
    ck_assert_uint_eq(answer->length, g_str_equal(item, "long") ? 3000000 : strlen(item));
}

static void run(guint n_workers, guint at) {
  BpPoolTask task = {.work = work, .patience = 1000};
  g_autoptr(BpPool) pool = bp_pool_new(n_workers, &task);
  BpPoolAnswer answer;
  guint put = 0, taken = 0, lost = 0;
  char *item = cases[at].item(0);
  for (;;) {
    while (item && bp_pool_has_room(pool)) {
      bp_pool_put(pool, item, strlen(item));
      g_free(item);
      item = cases[at].item(++put);
    }
    if (!bp_pool_take(pool, &answer))
      break;
    g_autofree char *want = cases[at].item(taken++);
    check_answer(cases[at].name, want, &answer);
    lost += answer.bytes == NULL;
  }
  ck_assert_msg(taken == cases[at].want && lost == cases[at].want_lost, "%s: %u taken, %u lost", cases[at].name, taken,
                lost);
}

START_TEST(test_one_worker) {
  run(1, _i);
}
END_TEST

START_TEST(test_three_workers) {
  run(3, _i);
}
END_TEST

START_TEST(test_stop) {
  BpPoolTask task = {.work = work, .stop = &stop};
  g_autoptr(BpPool) pool = bp_pool_new(2, &task);
  BpPoolAnswer answer;
  bp_pool_put(pool, "hang", 4);
  stop = 1;
  ck_assert(!bp_pool_take(pool, &answer));
  stop = 0;
}
END_TEST

START_TEST(test_poll) {
  BpPoolTask task = {.work = work};
  g_autoptr(BpPool) pool = bp_pool_new(2, &task);
  BpPoolAnswer answer;
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert(!bp_pool_poll(pool, ends[0], 1, &answer)); /* nothing to wait for */
  bp_pool_put(pool, "hang", 4);
  ck_assert_int_eq(write(ends[1], "x", 1), 1);
  ck_assert(!bp_pool_poll(pool, ends[0], 30 * 1000, &answer));
  bp_pool_put(pool, "a", 1);
  ck_assert(!bp_pool_poll(pool, -1, 100, &answer)); /* in order */
}
END_TEST

START_TEST(test_poll_answers) {
  BpPoolTask task = {.work = work};
  g_autoptr(BpPool) pool = bp_pool_new(2, &task);
  BpPoolAnswer answer;
  for (guint i = 0; i < 100; i++)
    bp_pool_put(pool, "die", i % 50 == 7 ? 3 : 2);
  for (guint i = 0; i < 100; i++) {
    while (!bp_pool_poll(pool, -1, 1000, &answer))
      ;
    ck_assert((answer.bytes == NULL) == (i % 50 == 7));
  }
  ck_assert(!bp_pool_poll(pool, -1, 0, &answer));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pool");
  TCase *tests = tcase_create("pool");
  suite_add_tcase(suite, tests);
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, test_one_worker, 0, G_N_ELEMENTS(cases));
  tcase_add_loop_test(tests, test_three_workers, 0, G_N_ELEMENTS(cases));
  tcase_add_test(tests, test_stop);
  tcase_add_test(tests, test_poll);
  tcase_add_test(tests, test_poll_answers);
  return run_suite(suite);
}

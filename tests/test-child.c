/* test-child.c - what a child process hands back, and that one that dies, hangs or says too much hands back nothing */
#include "harness.h"
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 1000

static void answers(GString *out, gpointer data) {
  g_string_append(out, data);
}

static void says_nothing(GString *out, gpointer data) {
}

static void says_the_most(GString *out, gpointer data) {
  for (guint i = 0; i < MOST; i++)
    g_string_append_c(out, 'x');
}

static void says_too_much(GString *out, gpointer data) {
  says_the_most(out, data);
  g_string_append_c(out, 'x');
}

static void says_without_end(GString *out, gpointer data) {
  for (guint i = 0; i < 10000; i++)
    says_the_most(out, data);
}

static void is_killed(GString *out, gpointer data) {
  says_the_most(out, data);
  raise(SIGKILL);
}

static void crashes(GString *out, gpointer data) {
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
}

static void gives_up(GString *out, gpointer data) {
  g_string_append(out, "half");
  _exit(0);
}

/* What it has written by itself, to the pipe that was opened last, is no whole answer. */
static void breaks_off(GString *out, gpointer data) {
  int fd = 20;
  while (fd > STDERR_FILENO && fcntl(fd, F_GETFL) < 0)
    fd--;
  _exit(write(fd, "half", 4) == 4 ? 1 : 2);
}

static void hangs(GString *out, gpointer data) {
  for (;;)
    pause();
}

static void hangs_without_its_pipe(GString *out, gpointer data) {
  for (int fd = STDERR_FILENO + 1; fd < 20; fd++)
    close(fd);
  hangs(out, data);
}

static void looks_for_the_mail(GString *out, gpointer data) {
  char byte;
  g_string_append(out, read(STDIN_FILENO, &byte, 1) == 0 && write(STDOUT_FILENO, "lost", 4) == 4 ? "none" : "mail");
}

static const struct {
  const char *name;
  BpChildFunc work;
  gssize length; /* of what is handed back, -1 for NULL */
} rows[] = {
    {"an answer", answers, 6},
    {"an empty answer", says_nothing, 0},
    {"the longest answer", says_the_most, MOST},
    {"too long an answer", says_too_much, -1},
    {"an answer without end", says_without_end, -1},
    {"killed", is_killed, -1},
    {"crashed", crashes, -1},
    {"ended before it answered", gives_up, 0},
    {"broke off", breaks_off, -1},
    {"hangs without its pipe", hangs_without_its_pipe, -1},
    {"hangs", hangs, -1},
    {"stdin and stdout are not the child's", looks_for_the_mail, 4},
};

START_TEST(handed_back) {
  const char *why = NULL;
  GString *out = bp_child_run(rows[_i].work, (gpointer) "answer", MOST, &why);
  ck_assert_msg(rows[_i].length < 0 ? !out && why : out && (gssize)out->len == rows[_i].length, "%s: %s", rows[_i].name,
                out ? out->str : "NULL");
  if (out)
    g_string_free(out, TRUE);
  ck_assert_msg(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "%s: a child is left", rows[_i].name);
}
END_TEST

/* ---- a system that refuses ---------------------------------------------------------------------------------- */

static int without_descriptors(void) {
  struct rlimit none = {3, 3};
  return setrlimit(RLIMIT_NOFILE, &none);
}

static int without_processes(void) {
  struct rlimit none = {0, 0};
  if (getuid() == 0 && setuid(65534) < 0) /* root has no such limit */
    return -1;
  return setrlimit(RLIMIT_NPROC, &none);
}

/* A caller that does not care for its children must not cost an answer. */
static int without_care(void) {
  return signal(SIGCHLD, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static const struct {
  const char *name;
  int (*begin)(void);
  gboolean answered;
} refusals[] = {
    {"no descriptors", without_descriptors, FALSE},
    {"no processes", without_processes, FALSE},
    {"SIGCHLD is ignored", without_care, TRUE},
};

START_TEST(refused) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    const char *why = NULL;
    if (refusals[_i].begin() < 0)
      _exit(2);
    GString *out = bp_child_run(answers, (gpointer) "answer", MOST, &why);
    _exit((out != NULL) == refusals[_i].answered ? 0 : 1);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %x", refusals[_i].name, status);
}
END_TEST

/* A descriptor that does not block is waited for. */
START_TEST(all_is_written) {
  int ends[2];
  static char bytes[300000];
  ck_assert_int_eq(pipe(ends), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  pid_t child = fork();
  if (child == 0) {
    gsize n = 0;
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], bytes, 1000)) > 0;)
      n += (gsize)got;
    _exit(n == sizeof bytes ? 0 : 1);
  }
  close(ends[0]);
  ck_assert(bp_write_all(ends[1], bytes, sizeof bytes));
  close(ends[1]);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("child");
  TCase *tcase = tcase_create("child");
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, handed_back, 0, G_N_ELEMENTS(rows));
  tcase_add_loop_test(tcase, refused, 0, G_N_ELEMENTS(refusals));
  tcase_add_test(tcase, all_is_written);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}

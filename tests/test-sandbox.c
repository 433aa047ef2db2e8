/* test-sandbox.c - the sandbox is in force: each process that enters it tries what it must not, and what it must */
#include "worker/sandbox.h"

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <iconv.h>
#include <linux/landlock.h>
#include <pcre2.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder, *file; /* a file that lies outside of every library */

static void make_folder(void) {
  folder = g_dir_make_tmp("bounceparse-XXXXXX", NULL);
  file = g_build_filename(folder, "file", NULL);
  ck_assert(g_file_set_contents(file, "text", -1, NULL));
}

static void remove_folder(void) {
  g_unlink(file);
  g_rmdir(folder);
  g_clear_pointer(&file, g_free);
  g_clear_pointer(&folder, g_free);
}

/* ---- what is forbidden -------------------------------------------------------------------------------------- */

static long closed(int fd) {
  return fd < 0 ? -1 : close(fd);
}

static long write_file(void) {
  return closed(open(file, O_WRONLY));
}
static long append_to_file(void) {
  return closed(open(file, O_RDWR | O_APPEND));
}
static long empty_file(void) {
  return closed(open(file, O_RDONLY | O_TRUNC));
}
static long empty_file_by_name(void) {
  return truncate(file, 0);
}
static long create_file(void) {
  g_autofree char *name = g_build_filename(folder, "new", NULL);
  return closed(open(name, O_WRONLY | O_CREAT, 0600));
}
static long create_file_elsewhere(void) {
  return closed(open("/usr/bounceparse-test", O_WRONLY | O_CREAT, 0600));
}
static long create_unnamed_file(void) {
  return closed(open(folder, O_WRONLY | O_TMPFILE, 0600));
}
static long make_folder_within(void) {
  g_autofree char *name = g_build_filename(folder, "new", NULL);
  return mkdir(name, 0700);
}
static long remove_file(void) {
  return unlink(file);
}
static long rename_file(void) {
  g_autofree char *name = g_build_filename(folder, "new", NULL);
  return rename(file, name);
}
static long link_file(void) {
  g_autofree char *name = g_build_filename(folder, "new", NULL);
  return symlink(file, name);
}
static long change_rights(void) {
  return chmod(file, 0777);
}
static long change_times(void) {
  return utimensat(AT_FDCWD, file, NULL, 0);
}
static long run_program(void) {
  return execl("/bin/sh", "sh", "-c", "exit 0", NULL);
}
static long start_process(void) {
  pid_t child = fork();
  if (child == 0)
    _exit(0);
  return child;
}
static void *nothing(void *data) {
  return data;
}
static long start_thread(void) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, nothing, NULL);
  if (errno == EAGAIN)
    errno = EPERM; /* glibc says so of any refusal */
  return errno ? -1 : 0;
}
static long internet(void) {
  return closed(socket(AF_INET, SOCK_STREAM, 0));
}
static long local_socket(void) {
  return closed(socket(AF_UNIX, SOCK_DGRAM, 0));
}
static long trace_parent(void) {
  return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}
static long signal_parent(void) {
  return kill(getppid(), 0);
}
static long type_into_terminal(void) {
  return ioctl(STDIN_FILENO, TIOCSTI, "x");
}
static long io_ring(void) {
  return syscall(SYS_io_uring_setup, 1, NULL);
}

static const struct {
  const char *name;
  long (*attempt)(void);
} forbidden[] = {
    {"write a file", write_file},
    {"append to a file", append_to_file},
    {"empty a file that is only read", empty_file},
    {"empty a file", empty_file_by_name},
    {"create a file", create_file},
    {"create a file where libraries lie", create_file_elsewhere},
    {"create a file without a name", create_unnamed_file},
    {"make a folder", make_folder_within},
    {"remove a file", remove_file},
    {"rename a file", rename_file},
    {"link a file", link_file},
    {"change the rights of a file", change_rights},
    {"change the times of a file", change_times},
    {"run a program", run_program},
    {"start a process", start_process},
    {"start a thread", start_thread},
    {"open an internet socket", internet},
    {"open a local socket", local_socket},
    {"trace another process", trace_parent},
    {"signal another process", signal_parent},
    {"type into the terminal", type_into_terminal},
    {"set up a ring of system calls", io_ring},
};

/* ---- what must work ----------------------------------------------------------------------------------------- */

static gboolean reads(const char *path) {
  char byte;
  int fd = open(path, O_RDONLY);
  gboolean ok = fd >= 0 && read(fd, &byte, 1) == 1;
  if (fd >= 0)
    close(fd);
  return ok;
}

/* Charset modules are loaded at their first use. */
static gboolean converts(void) {
  char in[] = "\x83\x65", out[8], *from = in, *to = out;
  size_t n_in = 2, n_out = sizeof out;
  iconv_t converter = iconv_open("UTF-8", "SHIFT_JIS");
  return converter != (iconv_t)-1 && iconv(converter, &from, &n_in, &to, &n_out) != (size_t)-1 &&
         memcmp(out, "\xe3\x83\x86", 3) == 0;
}

static gboolean matches(void) {
  int error;
  PCRE2_SIZE at;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR) "user (\\w+) unknown", PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
  int jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return (jit == 0 || jit == PCRE2_ERROR_JIT_BADOPTION) &&
         pcre2_match(code, (PCRE2_SPTR) "user bob unknown", 16, 0, 0, match, NULL) == 2;
}

static gboolean has_memory(void) {
  char *bytes = malloc(64 * 1024 * 1024);
  if (bytes)
    memset(bytes, 1, 64 * 1024 * 1024);
  free(bytes);
  return bytes != NULL;
}

static gboolean lists(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  return dir && g_dir_read_name(dir);
}

/* ---- the processes ------------------------------------------------------------------------------------------ */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED TRUE
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED TRUE
#endif
#endif
#ifndef SANITIZED
#define SANITIZED FALSE
#endif

static gboolean has_landlock(void) {
  return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* What goes on in a process of its own, that has entered profile: 0, or its own exit status where something is wrong,
 * said on stderr. */
static int attempt_all(BpSandboxProfile profile) {
  int wrong = 0;
  bp_sandbox_enter(profile);
  for (gsize i = 0; i < G_N_ELEMENTS(forbidden); i++) {
    errno = 0;
    long got = forbidden[i].attempt();
    if (got < 0 && (errno == EPERM || errno == EACCES))
      continue;
    fprintf(stderr, "profile %d may %s: %ld, %s\n", profile, forbidden[i].name, got, g_strerror(errno));
    wrong = 1;
  }
  return wrong;
}

static int need_all(BpSandboxProfile profile) {
  gboolean any_file = profile == BP_SANDBOX_ANALYSE || profile == BP_SANDBOX_PATTERNS;
  bp_sandbox_enter(profile);
  const struct {
    const char *name;
    gboolean holds;
  } rows[] = {
      {"converts a charset", converts()},
      {"matches a pattern", matches()},
      {"has memory", has_memory()},
      {"reads what libraries need", reads("/usr/share/zoneinfo/UTC") || reads("/usr/bin/env")},
      {"reads the file, or not", !has_landlock() || reads(file) == any_file},
      {"lists the folder, or not", !has_landlock() || lists(folder) == any_file},
      {"writes what is open", write(STDERR_FILENO, "", 0) == 0},
  };
  int wrong = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    if (!rows[i].holds) {
      fprintf(stderr, "profile %d: %s\n", profile, rows[i].name);
      wrong = 1;
    }
  return wrong;
}

static void assert_in_child(int (*body)(BpSandboxProfile), BpSandboxProfile profile) {
  int status;
  pid_t child = fork();
  if (child == 0)
    _exit(body(profile));
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x: see stderr", status);
}

START_TEST(forbids) {
  if (!SANITIZED) /* its runtime needs more: no seccomp there */
    assert_in_child(attempt_all, (BpSandboxProfile)_i);
}
END_TEST

START_TEST(lets_work) {
  assert_in_child(need_all, (BpSandboxProfile)_i);
}
END_TEST

/* Without the sandbox the attempts succeed, or fail for other reasons: the test can tell. */
START_TEST(attempts_are_real) {
  ck_assert_int_eq(write_file(), 0);
  ck_assert_int_eq(change_rights(), 0);
  ck_assert_int_eq(local_socket(), 0);
  ck_assert_int_eq(signal_parent(), 0);
  ck_assert_int_eq(start_thread(), 0);
  ck_assert(reads(file) && lists(folder));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sandbox");
  TCase *tcase = tcase_create("sandbox");
  tcase_add_checked_fixture(tcase, make_folder, remove_folder);
  tcase_add_loop_test(tcase, forbids, BP_SANDBOX_ANALYSE, BP_SANDBOX_CHILD + 1);
  tcase_add_loop_test(tcase, lets_work, BP_SANDBOX_ANALYSE, BP_SANDBOX_CHILD + 1);
  tcase_add_test(tcase, attempts_are_real);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}

/* sandbox.c - what a process that reads mail gives up before it does
 *
 * A library folder must stay readable: iconv loads its charset modules, and GMime and the HTML module are loaded, at
 * first use. glibc has no wrappers for Landlock. Executable memory stays allowed: PCRE2 compiles to it. */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* LeakSanitizer traces its own process, and looks at it in /proc. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static const char *const everything[] = {"/", NULL};
static const char *const libraries[] = {
#ifdef SANITIZED
    "/proc",
#endif
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.conf", BP_MODULE_DIR, BP_MODULE_BUILD_DIR, NULL};

static const struct {
  const char *const *files; /* what may be read, with all below it */
  gboolean output;          /* whether it is the program's own output that is written */
} profiles[] = {
    [BP_SANDBOX_ANALYSE] = {everything, TRUE},
    [BP_SANDBOX_EXPLAIN] = {libraries, TRUE},
    [BP_SANDBOX_PATTERNS] = {everything, TRUE},
    [BP_SANDBOX_CHILD] = {libraries, FALSE},
};

/* ---- files -------------------------------------------------------------------------------------------------- */

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* Everything that Landlock knew in its first version, and what the kernel's own version added. */
static guint64 handled_rights(int version) {
  guint64 rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
  if (version >= 2)
    rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3)
    rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
  return rights;
}

static void allow_reading(int ruleset, const char *path) {
  struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
                                                              LANDLOCK_ACCESS_FS_READ_DIR};
  rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return;
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 && errno == EINVAL) {
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE; /* a file, not a folder */
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close(rule.parent_fd);
}

static void restrict_files(BpSandboxProfile profile) {
  int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1)
    return;
  struct landlock_ruleset_attr attributes = {.handled_access_fs = handled_rights(version)};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0)
    return;
  for (const char *const *path = profiles[profile].files; *path; path++)
    allow_reading(ruleset, *path);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
    syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
}

/* ---- system calls ------------------------------------------------------------------------------------------- */

#ifdef SANITIZED
static void restrict_calls(BpSandboxProfile profile) {
}
#else

/* What every profile may: memory, time, its own end, and reading and writing what is open. */
static const int allowed[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mmap),
    SCMP_SYS(mmap2),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    /* what is open */
    SCMP_SYS(_llseek),
    SCMP_SYS(close),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(lseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pread64),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    /* what there is */
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(fstatat64),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(statfs),
    SCMP_SYS(statx),
    /* time, chance, the machine */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sysinfo),
    SCMP_SYS(time),
    SCMP_SYS(uname),
    /* oneself */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getpid),
    SCMP_SYS(getrusage),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sigreturn),
};

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)

static void allow(scmp_filter_ctx filter, int call) {
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

/* Calls that are harmless with some arguments only: opening to read, a signal to oneself, one's own limits, a look at
 * a terminal. */
static void allow_in_part(scmp_filter_ctx filter) {
  static const unsigned long looks[] = {TCGETS, TIOCGWINSZ, FIONREAD};
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, WRITING, O_RDONLY));
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, WRITING, O_RDONLY));
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0));
  for (gsize i = 0; i < G_N_ELEMENTS(looks); i++)
    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, looks[i]));
}

static void restrict_calls(BpSandboxProfile profile) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++)
    allow(filter, allowed[i]);
  allow_in_part(filter);
  if (profiles[profile].output) /* half a line goes where the disk is full */
    allow(filter, SCMP_SYS(ftruncate));
  seccomp_load(filter);
  seccomp_release(filter);
}
#endif

void bp_sandbox_enter(BpSandboxProfile profile) {
  restrict_files(profile);
  restrict_calls(profile);
}

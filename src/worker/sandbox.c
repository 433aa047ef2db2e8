/* sandbox.c - what a process that reads mail gives up before it does
 *
 * A library folder must stay readable: iconv loads its charset modules, and the HTML module its libraries, at first
 * use. glibc has no wrappers for Landlock. Executable memory stays allowed: PCRE2 compiles to it. */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- files -------------------------------------------------------------------------------------------------- */

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Everything that Landlock knew in its first version; later rights are added by the kernel's own version. */
static guint64 handled_rights(int version) {
  guint64 rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
#ifdef LANDLOCK_ACCESS_FS_REFER
  if (version >= 2)
    rights |= LANDLOCK_ACCESS_FS_REFER;
#endif
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
  if (version >= 3)
    rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
#endif
  return rights;
}

static void allow_reading(int ruleset, const char *path) {
  struct landlock_path_beneath_attr rule = {.allowed_access = READ};
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
  static const char *const everything[] = {"/", NULL};
  static const char *const libraries[] = {
      "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.conf", BP_MODULE_DIR, BP_MODULE_BUILD_DIR, NULL};
  int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1)
    return;
  struct landlock_ruleset_attr attributes = {.handled_access_fs = handled_rights(version)};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0)
    return;
  for (const char *const *path = profile == BP_SANDBOX_CHILD ? libraries : everything; *path; path++)
    allow_reading(ruleset, *path);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
    syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
}

/* ---- system calls ------------------------------------------------------------------------------------------- */

/* LeakSanitizer traces its own process. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static void restrict_calls(void) {
#ifdef SANITIZED
  return;
#else
  static const int denied[] = {
      SCMP_SYS(execve),
      SCMP_SYS(execveat),
      SCMP_SYS(fork),
      SCMP_SYS(vfork),
      SCMP_SYS(ptrace),
      SCMP_SYS(process_vm_readv),
      SCMP_SYS(process_vm_writev),
      SCMP_SYS(kill),
      SCMP_SYS(tkill),
      SCMP_SYS(socket),
      SCMP_SYS(socketpair),
      SCMP_SYS(connect),
      SCMP_SYS(bind),
      SCMP_SYS(listen),
      SCMP_SYS(accept),
      SCMP_SYS(accept4),
      SCMP_SYS(sendto),
      SCMP_SYS(sendmsg),
      SCMP_SYS(sendmmsg),
      SCMP_SYS(recvmsg),
      SCMP_SYS(mount),
      SCMP_SYS(umount2),
      SCMP_SYS(unshare),
      SCMP_SYS(setns),
      SCMP_SYS(chroot),
      SCMP_SYS(pivot_root),
      SCMP_SYS(bpf),
      SCMP_SYS(perf_event_open),
      SCMP_SYS(keyctl),
      SCMP_SYS(add_key),
      SCMP_SYS(request_key),
      SCMP_SYS(userfaultfd),
      SCMP_SYS(open_by_handle_at),
      SCMP_SYS(init_module),
      SCMP_SYS(finit_module),
      SCMP_SYS(kexec_load),
      SCMP_SYS(io_uring_setup),
      SCMP_SYS(reboot),
      SCMP_SYS(swapon),
      SCMP_SYS(personality),
  };
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter)
    return;
  for (guint i = 0; i < G_N_ELEMENTS(denied); i++)
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
  seccomp_load(filter);
  seccomp_release(filter);
#endif
}

void bp_sandbox_enter(BpSandboxProfile profile) {
  restrict_files(profile);
  restrict_calls();
}

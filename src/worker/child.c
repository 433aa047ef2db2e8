/* child.c - runs an analysis in a child process */
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean bp_try_again(int fd, short events) {
  struct pollfd ready = {.fd = fd, .events = events};
  return errno == EINTR || (errno == EAGAIN && (poll(&ready, 1, -1) > 0 || errno == EINTR));
}

gboolean bp_write_all(int fd, const char *bytes, gsize length) {
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0 && bp_try_again(fd, POLLOUT))
      continue;
    if (n <= 0)
      return FALSE;
    bytes += n;
    length -= (gsize)n;
  }
  return TRUE;
}

/* What stands on stdin and stdout is not the child's: the mail goes there. */
static void let_go(void) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
    if (nothing < 0 || dup2(nothing, fd) < 0)
      close(fd);
}

void bp_child_begin(pid_t parent) {
  struct rlimit no_core = {0, 0};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(1);
  setrlimit(RLIMIT_CORE, &no_core);
}

static void be_child(int fd, pid_t parent, BpChildFunc work, gpointer data) {
  bp_child_begin(parent);
  GString *out = g_string_new(NULL);
  let_go();
  work(out, data);
  _exit(bp_write_all(fd, out->str, out->len) ? 0 : 1);
}

/* Reads to the end; FALSE where the child takes too long or says too much. */
static gboolean listen_to(int fd, GString *out, gsize max, const char **why) {
  char buffer[16384];
  gint64 stop = g_get_monotonic_time() + BP_CHILD_TIME * 1000;
  for (;;) {
    gint64 left = (stop - g_get_monotonic_time()) / 1000;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int polled = poll(&ready, 1, (int)MAX(left, 0));
    if (polled < 0 && errno == EINTR)
      continue;
    if (polled <= 0) {
      *why = N_("the analysis took too long");
      return FALSE;
    }
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    if (out->len + (gsize)n > max) {
      *why = N_("the analysis said too much");
      return FALSE;
    }
    g_string_append_len(out, buffer, n);
  }
}

/* TRUE where the child ended by itself and well. */
static gboolean bury(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return FALSE;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

GString *bp_child_run(BpChildFunc work, gpointer data, gsize max, const char **why) {
  int ends[2];
  *why = N_("the analysis could not be started");
  if (pipe(ends) < 0)
    return NULL;
  signal(SIGCHLD, SIG_DFL); /* ignored by a parent, it would take away the child's status */
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    close(ends[0]);
    be_child(ends[1], parent, work, data);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return NULL;
  }
  g_autoptr(GString) out = g_string_new(NULL);
  *why = N_("the analysis broke off");
  gboolean heard = listen_to(ends[0], out, max, why);
  close(ends[0]);
  kill(child, SIGKILL); /* one that has said all ends already; nobody waits for one that does not */
  return bury(child) && heard ? g_steal_pointer(&out) : NULL;
}

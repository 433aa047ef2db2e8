/* notify.c - what a service tells systemd */
#include "cli/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One datagram to NOTIFY_SOCKET, a path, or with @ in front a name in the abstract namespace. */
void cli_notify(const char *state) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  const char *path = g_getenv("NOTIFY_SOCKET");
  gsize length = path ? strlen(path) : 0;
  int fd;
  if (length < 2 || length >= sizeof to.sun_path || (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
    return;
  memcpy(to.sun_path, path, length);
  if (*path == '@')
    to.sun_path[0] = '\0';
  sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
         (socklen_t)(G_STRUCT_OFFSET(struct sockaddr_un, sun_path) + length));
  close(fd);
}

/* Microseconds; 0 where this process is not watched. */
static gint64 watchdog_interval(void) {
  const char *interval = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
  if (!interval || (pid && g_ascii_strtoll(pid, NULL, 10) != getpid()))
    return 0;
  return g_ascii_strtoll(interval, NULL, 10) / 2;
}

void cli_notify_watchdog(void) {
  static gint64 interval = -1, last;
  gint64 now = g_get_monotonic_time();
  if (interval < 0)
    interval = watchdog_interval();
  if (interval == 0 || now - last < interval)
    return;
  cli_notify("WATCHDOG=1");
  last = now;
}

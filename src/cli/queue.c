/* queue.c - from options and environment to a queue */
#include "cli/queue.h"

#include "base/uri.h"
#include "cli/error.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sysexits.h>

#define NAME "bounceparse" /* of the queue, if no other is given */

static int complain_usage(const char *option, const char *reason) {
  cli_complain_usage(option, reason);
  return EX_USAGE;
}

static int check_options(const CliOptions *o) {
  if (o->n_arguments > 0)
    return complain_usage(o->arguments[0], _("takes no arguments"));
  if (!o->queue)
    return complain_usage("--queue", _("is needed here"));
  if (o->name && (strlen(o->name) > BP_QUEUE_NAME_MAX || !g_utf8_validate(o->name, -1, NULL)))
    return complain_usage("--name", _("must be UTF-8, of 250 bytes at most"));
  return 0;
}

/* The first line of the file; else the environment says it, or nobody. */
static gboolean read_password(CliQueue *queue, const CliOptions *o) {
  g_autoptr(GError) error = NULL;
  if (!o->password_file) {
    queue->password = g_strdup(g_getenv("BOUNCEPARSE_AMQP_PASSWORD"));
    return TRUE;
  }
  if (!g_file_get_contents(o->password_file, &queue->password, NULL, &error)) {
    cli_complain(o->password_file, error->message);
    return FALSE;
  }
  queue->password[strcspn(queue->password, "\r\n")] = '\0';
  return TRUE;
}

gboolean cli_queue_begin(CliQueue *queue, const CliOptions *o, int *status) {
  *status = check_options(o);
  if (*status)
    return FALSE;
  *status = EX_NOINPUT;
  if (!read_password(queue, o))
    return FALSE;
  queue->options = (BpQueueOptions){
      .uri = o->queue, .password = queue->password, .name = o->name ? o->name : NAME, .classic = o->classic};
  return TRUE;
}

void cli_queue_clear(CliQueue *queue) {
  g_clear_pointer(&queue->password, g_free);
}

int cli_complain_queue(const CliOptions *o, const GError *error) {
  g_autofree char *name = bp_uri_name(o->queue);
  cli_complain(name, error->message);
  switch ((BpQueueError)error->code) {
  case BP_QUEUE_ERROR_USAGE:
    return EX_USAGE;
  case BP_QUEUE_ERROR_REFUSED:
    return EX_NOINPUT;
  case BP_QUEUE_ERROR_RETRY:
    break;
  }
  return EX_TEMPFAIL;
}

/* queue.c - mails that wait on a broker: finds the backend and hands on to it */
#include "queue/queue.h"

#include "base/module.h"

#include <glib/gi18n.h>

struct BpQueue {
  const BpQueueBackend *backend;
  gpointer connection;
};

BpQueue *bp_queue_open(const BpQueueOptions *options, GError **error) {
  const BpQueueBackend *backend = bp_module_symbol("amqp", "bp_queue_backend");
  if (!backend)
    g_set_error(error, BP_QUEUE_ERROR, BP_QUEUE_ERROR_REFUSED,
                _("the module libbounceparse-%s.so was not built, or cannot be loaded"), "amqp");
  gpointer connection = backend ? backend->open(options, error) : NULL;
  if (!connection)
    return NULL;
  BpQueue *queue = g_new0(BpQueue, 1);
  *queue = (BpQueue){backend, connection};
  return queue;
}

void bp_queue_close(BpQueue *queue) {
  queue->backend->close(queue->connection);
  g_free(queue);
}

gboolean bp_queue_put(BpQueue *queue, const char *bytes, gsize length, GError **error) {
  return queue->backend->put(queue->connection, bytes, length, error);
}

gboolean bp_queue_consume(BpQueue *queue, const char *exchange, guint prefetch, GError **error) {
  return queue->backend->consume(queue->connection, exchange, prefetch, error);
}

gboolean bp_queue_cancel(BpQueue *queue, GError **error) {
  return queue->backend->cancel(queue->connection, error);
}

gboolean bp_queue_receive(BpQueue *queue, BpDelivery *delivery, GError **error) {
  return queue->backend->receive(queue->connection, delivery, error);
}

int bp_queue_fd(const BpQueue *queue) {
  return queue->backend->fd(queue->connection);
}

gboolean bp_queue_acknowledge(BpQueue *queue, guint64 tag, GError **error) {
  return queue->backend->acknowledge(queue->connection, tag, error);
}

gboolean bp_queue_publish(BpQueue *queue, const BpPublication *publications, guint n, GError **error) {
  return queue->backend->publish(queue->connection, publications, n, error);
}

/* amqp.c - mails go to a queue of a broker and come from it; the module libbounceparse-amqp
 *
 * All is on one channel, so everything that the broker sends goes through handle(): deliveries that come while
 * confirms are waited for are kept until they are asked for. */
#include "queue/amqp.h"

#include <amqp_framing.h>
#include <glib/gi18n.h>

#define CONSUMER "bounceparse" /* its tag, on the channel */
#define PERSISTENT 2           /* AMQP 0-9-1, basic: delivery-mode */

typedef struct {
  amqp_message_t message;
  guint64 tag;
  gboolean again;
} Delivered;

static void delivered_free(gpointer data) {
  Delivered *delivered = data;
  amqp_destroy_message(&delivered->message);
  g_free(delivered);
}

/* ---- what the broker sends ---------------------------------------------------------------------------------- */

static gboolean keep_delivery(BpAmqp *amqp, const amqp_basic_deliver_t *deliver, GError **error) {
  Delivered *delivered = g_new0(Delivered, 1);
  delivered->tag = deliver->delivery_tag;
  delivered->again = deliver->redelivered;
  if (!bp_amqp_check_reply(amqp_read_message(amqp->handle, BP_AMQP_CHANNEL, &delivered->message, 0), error)) {
    g_free(delivered);
    return FALSE;
  }
  g_queue_push_tail(&amqp->deliveries, delivered);
  return TRUE;
}

static gboolean drop_returned(BpAmqp *amqp, GError **error) {
  amqp_message_t message;
  if (!bp_amqp_check_reply(amqp_read_message(amqp->handle, BP_AMQP_CHANNEL, &message, 0), error))
    return FALSE;
  amqp_destroy_message(&message);
  amqp->returned = TRUE;
  return TRUE;
}

/* Tags count from 1 on the channel; several at once are all up to this one. */
static void confirm(BpAmqp *amqp, guint64 tag, gboolean several) {
  guint64 before = amqp->published - amqp->open->len; /* published before these */
  for (guint64 i = several ? before + 1 : tag; i <= tag; i++)
    if (i > before && i <= amqp->published && amqp->open->data[i - before - 1]) {
      amqp->open->data[i - before - 1] = 0;
      amqp->n_open--;
    }
}

static gboolean handle(BpAmqp *amqp, const amqp_method_t *method, GError **error) {
  switch (method->id) {
  case AMQP_BASIC_DELIVER_METHOD:
    return keep_delivery(amqp, method->decoded, error);
  case AMQP_BASIC_ACK_METHOD: {
    const amqp_basic_ack_t *ack = method->decoded;
    confirm(amqp, ack->delivery_tag, ack->multiple);
    return TRUE;
  }
  case AMQP_BASIC_NACK_METHOD: {
    const amqp_basic_nack_t *nack = method->decoded;
    confirm(amqp, nack->delivery_tag, nack->multiple);
    return amqp->refused = TRUE;
  }
  case AMQP_BASIC_RETURN_METHOD:
    return drop_returned(amqp, error);
  case AMQP_BASIC_CANCEL_METHOD:
    g_set_error_literal(error, BP_QUEUE_ERROR, BP_QUEUE_ERROR_RETRY, _("the queue has gone"));
    return FALSE;
  case AMQP_CHANNEL_CLOSE_METHOD:
  case AMQP_CONNECTION_CLOSE_METHOD:
    return bp_amqp_fail_closed(method, error);
  }
  return TRUE;
}

/* Handles what comes next. FALSE where nothing does until a time, or, with error, where that is an end. */
static gboolean handle_next(BpAmqp *amqp, gint64 until, GError **error) {
  amqp_frame_t frame;
  gint64 left = MAX(until - g_get_monotonic_time(), 0);
  struct timeval patience = {.tv_sec = left / G_USEC_PER_SEC, .tv_usec = left % G_USEC_PER_SEC};
  int status = amqp_simple_wait_frame_noblock(amqp->handle, &frame, &patience);
  if (status == AMQP_STATUS_TIMEOUT)
    return FALSE;
  gboolean handled = bp_amqp_check(status, error) &&
                     (frame.frame_type != AMQP_FRAME_METHOD || handle(amqp, &frame.payload.method, error));
  amqp_maybe_release_buffers(amqp->handle);
  return handled;
}

/* ---- publishing --------------------------------------------------------------------------------------------- */

static gboolean send(BpAmqp *amqp, const BpPublication *p, gboolean must_arrive, GError **error) {
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
                                        .delivery_mode = PERSISTENT,
                                        .content_type = amqp_cstring_bytes(p->type)};
  amqp_table_entry_t reason = bp_amqp_text("x-bounceparse-reason", p->reason ? p->reason : "");
  if (p->reason) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = (amqp_table_t){1, &reason};
  }
  if (p->id) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = amqp_cstring_bytes(p->id);
  }
  amqp_bytes_t body = {p->length, (void *)p->bytes};
  return bp_amqp_check(amqp_basic_publish(amqp->handle, BP_AMQP_CHANNEL,
                                          amqp_cstring_bytes(p->exchange ? p->exchange : amqp->dead),
                                          amqp_cstring_bytes(p->key), must_arrive, 0, &properties, body),
                       error);
}

/* All that is open must be confirmed; what was returned to us is confirmed too (RabbitMQ, publisher confirms). */
static gboolean wait_for_confirms(BpAmqp *amqp, GError **error) {
  gint64 until = g_get_monotonic_time() + BP_AMQP_PATIENCE * G_USEC_PER_SEC;
  GError *reason = NULL;
  while (amqp->n_open > 0 && handle_next(amqp, until, &reason))
    ;
  if (reason) {
    g_propagate_error(error, reason);
    return FALSE;
  }
  const char *why = amqp->n_open > 0 ? _("the broker does not confirm")
                    : amqp->refused  ? _("the broker does not take it")
                    : amqp->returned ? _("there is no queue for it")
                                     : NULL;
  if (why)
    g_set_error_literal(error, BP_QUEUE_ERROR, BP_QUEUE_ERROR_RETRY, why);
  return !why;
}

static gboolean publish_all(BpAmqp *amqp, const BpPublication *publications, guint n, GError **error) {
  const guint8 is_open = 1;
  g_byte_array_set_size(amqp->open, 0);
  amqp->n_open = 0;
  amqp->returned = amqp->refused = FALSE;
  for (guint i = 0; i < n; i++) {
    const BpPublication *p = &publications[i];
    if (!send(amqp, p, !p->exchange || !*p->exchange, error))
      return FALSE;
    g_byte_array_append(amqp->open, &is_open, 1);
    amqp->published++;
    amqp->n_open++;
  }
  return wait_for_confirms(amqp, error);
}

static gboolean publish(gpointer connection, const BpPublication *publications, guint n, GError **error) {
  return publish_all(connection, publications, n, error);
}

/* By the default exchange, to the queue of this name (AMQP 0-9-1, 3.1.3.1). It is made only where it proves to be
 * absent: so a mail that is put costs one way there and back. */
static gboolean put(gpointer connection, const char *bytes, gsize length, GError **error) {
  BpAmqp *amqp = connection;
  BpPublication mail = {.exchange = "", .key = amqp->name, .type = "message/rfc822", .bytes = bytes, .length = length};
  GError *reason = NULL;
  if (publish_all(amqp, &mail, 1, &reason))
    return TRUE;
  if (!amqp->returned) {
    g_propagate_error(error, reason);
    return FALSE;
  }
  g_error_free(reason);
  return bp_amqp_declare(amqp, error) && publish_all(amqp, &mail, 1, error);
}

/* ---- receiving ---------------------------------------------------------------------------------------------- */

static gboolean consume(gpointer connection, const char *exchange, guint prefetch, GError **error) {
  BpAmqp *amqp = connection;
  if (!bp_amqp_declare(amqp, error) || (exchange && !bp_amqp_declare_exchange(amqp, exchange, error)))
    return FALSE;
  amqp_basic_qos(amqp->handle, BP_AMQP_CHANNEL, 0, (guint16)prefetch, 0);
  if (!bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error))
    return FALSE;
  amqp_basic_consume(amqp->handle, BP_AMQP_CHANNEL, amqp_cstring_bytes(amqp->name), amqp_cstring_bytes(CONSUMER), 0, 0,
                     0, amqp_empty_table);
  return bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error);
}

static gboolean cancel(gpointer connection, GError **error) {
  BpAmqp *amqp = connection;
  amqp_basic_cancel(amqp->handle, BP_AMQP_CHANNEL, amqp_cstring_bytes(CONSUMER));
  return bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error);
}

static gboolean receive(gpointer connection, BpDelivery *delivery, GError **error) {
  BpAmqp *amqp = connection;
  GError *reason = NULL;
  *delivery = (BpDelivery){0};
  g_clear_pointer(&amqp->current, delivered_free);
  while (g_queue_is_empty(&amqp->deliveries) && handle_next(amqp, 0, &reason))
    ;
  if (reason) {
    g_propagate_error(error, reason);
    return FALSE;
  }
  const Delivered *next = amqp->current = g_queue_pop_head(&amqp->deliveries);
  if (next)
    *delivery = (BpDelivery){.bytes = next->message.body.bytes ? next->message.body.bytes : "",
                             .length = next->message.body.len,
                             .tag = next->tag,
                             .again = next->again};
  return TRUE;
}

static int fd(gconstpointer connection) {
  return amqp_get_sockfd(((const BpAmqp *)connection)->handle);
}

static gboolean acknowledge(gpointer connection, guint64 tag, GError **error) {
  return bp_amqp_check(amqp_basic_ack(((BpAmqp *)connection)->handle, BP_AMQP_CHANNEL, tag, 1), error);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void close_connection(gpointer connection) {
  BpAmqp *amqp = connection;
  bp_amqp_disconnect(amqp);
  g_clear_pointer(&amqp->current, delivered_free);
  g_queue_clear_full(&amqp->deliveries, delivered_free);
  g_byte_array_unref(amqp->open);
  g_free(amqp->name);
  g_free(amqp->dead);
  g_free(amqp);
}

static gpointer open_connection(const BpQueueOptions *options, GError **error) {
  BpAmqp *amqp = g_new0(BpAmqp, 1);
  amqp->name = g_strdup(options->name);
  amqp->dead = g_strconcat(options->name, ".dead", NULL);
  amqp->classic = options->classic;
  amqp->open = g_byte_array_new();
  g_queue_init(&amqp->deliveries);
  if (bp_amqp_connect(amqp, options, error))
    return amqp;
  close_connection(amqp);
  return NULL;
}

__attribute__((visibility("default"))) const BpQueueBackend bp_queue_backend = {
    .open = open_connection,
    .close = close_connection,
    .put = put,
    .consume = consume,
    .cancel = cancel,
    .receive = receive,
    .fd = fd,
    .acknowledge = acknowledge,
    .publish = publish,
};

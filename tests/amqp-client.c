/* amqp-client.c - what tests and measurements do with a broker: fill queues, look into them, empty them
 *
 *   amqp-client fill URI PASSWORD QUEUE FILE|FOLDER...   puts each file on the queue, many at a time
 *   amqp-client bind URI PASSWORD QUEUE EXCHANGE KEY     makes a queue and binds it
 *   amqp-client count URI PASSWORD QUEUE                 how many messages wait there; -1: there is no such queue
 *   amqp-client show URI PASSWORD QUEUE                  those that wait there, a line each, tabs between: routing key,
 *                                                        reason, id, type of content, delivery mode, bytes (base64)
 *   amqp-client drain URI PASSWORD QUEUE N PREFETCH      takes N and acknowledges them; says how many a second
 *   amqp-client delete URI PASSWORD QUEUE */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1000 /* messages that are not confirmed yet */

static amqp_connection_state_t handle;

static void die(const char *what) {
  g_printerr("amqp-client: %s\n", what);
  exit(1);
}

static void check(const char *what) {
  if (amqp_get_rpc_reply(handle).reply_type != AMQP_RESPONSE_NORMAL)
    die(what);
}

static void connect_to(char *uri, const char *password) {
  struct amqp_connection_info info;
  if (amqp_parse_url(uri, &info) != AMQP_STATUS_OK)
    die("no URI");
  handle = amqp_new_connection();
  if (amqp_socket_open(amqp_tcp_socket_new(handle), info.host, info.port) != AMQP_STATUS_OK)
    die("no connection");
  if (amqp_login(handle, info.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, info.user, password)
          .reply_type != AMQP_RESPONSE_NORMAL)
    die("login");
  amqp_channel_open(handle, 1);
  check("channel");
}

/* ---- fill --------------------------------------------------------------------------------------------------- */

static guint64 published, confirmed;

static void take_confirms(gboolean all) {
  while (confirmed < published && (all || published - confirmed >= WINDOW)) {
    amqp_frame_t frame;
    if (amqp_simple_wait_frame(handle, &frame) != AMQP_STATUS_OK)
      die("lost");
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
      die("not confirmed");
    const amqp_basic_ack_t *ack = frame.payload.method.decoded;
    confirmed = ack->multiple ? MAX(confirmed, ack->delivery_tag) : confirmed + 1;
    amqp_maybe_release_buffers(handle);
  }
}

static void put_file(const char *queue, const char *path) {
  g_autofree char *bytes = NULL;
  gsize length;
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
  if (!g_file_get_contents(path, &bytes, &length, NULL))
    die(path);
  take_confirms(FALSE);
  if (amqp_basic_publish(handle, 1, amqp_empty_bytes, amqp_cstring_bytes(queue), 0, 0, &properties,
                         (amqp_bytes_t){length, bytes}) != AMQP_STATUS_OK)
    die("publish");
  published++;
}

static void put(const char *queue, const char *path) {
  g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
  const char *name;
  if (!folder) {
    put_file(queue, path);
    return;
  }
  while ((name = g_dir_read_name(folder))) {
    g_autofree char *below = g_build_filename(path, name, NULL);
    put(queue, below);
  }
}

static void fill(const char *queue, char **paths) {
  amqp_confirm_select(handle, 1);
  check("confirms");
  for (; *paths; paths++)
    put(queue, *paths);
  take_confirms(TRUE);
}

/* ---- look --------------------------------------------------------------------------------------------------- */

static void bind_queue(const char *queue, const char *exchange, const char *key) {
  amqp_exchange_declare(handle, 1, amqp_cstring_bytes(exchange), amqp_cstring_bytes("topic"), 0, 1, 0, 0,
                        amqp_empty_table);
  check("exchange");
  amqp_queue_declare(handle, 1, amqp_cstring_bytes(queue), 0, 1, 0, 0, amqp_empty_table);
  check("queue");
  amqp_queue_bind(handle, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes(exchange), amqp_cstring_bytes(key),
                  amqp_empty_table);
  check("bind");
}

static void count(const char *queue) {
  const amqp_queue_declare_ok_t *ok =
      amqp_queue_declare(handle, 1, amqp_cstring_bytes(queue), 1, 0, 0, 0, amqp_empty_table);
  g_print("%d\n", ok ? (int)ok->message_count : -1);
}

static void print_bytes(amqp_bytes_t bytes) {
  g_print("%.*s\t", (int)bytes.len, bytes.bytes ? (const char *)bytes.bytes : "");
}

static void print(amqp_bytes_t key, const amqp_message_t *message) {
  const amqp_basic_properties_t *p = &message->properties;
  g_autofree char *body = g_base64_encode(message->body.bytes, message->body.len);
  amqp_bytes_t reason = amqp_empty_bytes;
  for (int i = 0; p->_flags & AMQP_BASIC_HEADERS_FLAG && i < p->headers.num_entries; i++)
    if (strncmp(p->headers.entries[i].key.bytes, "x-bounceparse-reason", p->headers.entries[i].key.len) == 0)
      reason = p->headers.entries[i].value.value.bytes;
  print_bytes(key);
  print_bytes(reason);
  print_bytes(p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG ? p->message_id : amqp_empty_bytes);
  print_bytes(p->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG ? p->content_type : amqp_empty_bytes);
  g_print("%d\t%s\n", p->_flags & AMQP_BASIC_DELIVERY_MODE_FLAG ? p->delivery_mode : 0, body);
}

/* They are put back when the connection ends. */
static void show(const char *queue) {
  for (;;) {
    amqp_message_t message;
    amqp_rpc_reply_t reply = amqp_basic_get(handle, 1, amqp_cstring_bytes(queue), 0);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
      die("get");
    if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD)
      return;
    const amqp_basic_get_ok_t *ok = reply.reply.decoded;
    g_autofree char *key = g_strndup(ok->routing_key.bytes, ok->routing_key.len);
    if (amqp_read_message(handle, 1, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
      die("message");
    print(amqp_cstring_bytes(key), &message);
    amqp_destroy_message(&message);
    amqp_maybe_release_buffers(handle);
  }
}

/* ---- drain -------------------------------------------------------------------------------------------------- */

static void drain(const char *queue, guint n, guint16 prefetch) {
  guint64 bytes = 0;
  gint64 since = g_get_monotonic_time();
  amqp_basic_qos(handle, 1, 0, prefetch, 0);
  check("qos");
  amqp_basic_consume(handle, 1, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  check("consume");
  for (guint i = 1; i <= n; i++) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(handle);
    if (amqp_consume_message(handle, &envelope, NULL, 0).reply_type != AMQP_RESPONSE_NORMAL)
      die("consume");
    bytes += envelope.message.body.len;
    if (i % MAX(prefetch / 2, 1) == 0 || i == n)
      amqp_basic_ack(handle, 1, envelope.delivery_tag, 1);
    amqp_destroy_envelope(&envelope);
  }
  double seconds = (double)(g_get_monotonic_time() - since) / G_USEC_PER_SEC;
  g_print("%u messages, %.1f MB, %.2f s, %.0f/s\n", n, (double)bytes / 1e6, seconds, n / seconds);
}

int main(int argc, char **argv) {
  if (argc < 5)
    die("usage: see its source");
  const char *what = argv[1], *queue = argv[4];
  connect_to(argv[2], argv[3]);
  if (g_str_equal(what, "fill"))
    fill(queue, argv + 5);
  else if (g_str_equal(what, "bind") && argc == 7)
    bind_queue(queue, argv[5], argv[6]);
  else if (g_str_equal(what, "count"))
    count(queue);
  else if (g_str_equal(what, "show"))
    show(queue);
  else if (g_str_equal(what, "drain") && argc == 7)
    drain(queue, (guint)atoi(argv[5]), (guint16)atoi(argv[6]));
  else if (g_str_equal(what, "delete"))
    amqp_queue_delete(handle, 1, amqp_cstring_bytes(queue), 0, 0);
  else
    die("usage: see its source");
  amqp_connection_close(handle, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(handle);
  return 0;
}

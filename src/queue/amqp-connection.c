/* amqp-connection.c - a connection to a broker, and what errors mean */
#include "queue/amqp.h"

#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#define GOODBYE 2 /* seconds */

/* ---- errors ------------------------------------------------------------------------------------------------- */

static const char *text_of(int status) {
  switch (status) {
  case AMQP_STATUS_TIMEOUT:
  case AMQP_STATUS_HEARTBEAT_TIMEOUT:
    return _("the broker does not answer");
  case AMQP_STATUS_SOCKET_ERROR:
  case AMQP_STATUS_SOCKET_CLOSED:
  case AMQP_STATUS_CONNECTION_CLOSED:
    return _("there is no connection to the broker");
  }
  return amqp_error_string2(status);
}

gboolean bp_amqp_check(int status, GError **error) {
  if (status == AMQP_STATUS_OK)
    return TRUE;
  gboolean untrusted = status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED || status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED;
  g_set_error_literal(error, BP_QUEUE_ERROR, untrusted ? BP_QUEUE_ERROR_REFUSED : BP_QUEUE_ERROR_RETRY,
                      text_of(status));
  return FALSE;
}

/* Those that do not go by themselves: AMQP 0-9-1, 1.2, and 530 of RabbitMQ for a virtual host that is not there. */
static gboolean is_refusal(int code) {
  return code == AMQP_ACCESS_REFUSED || code == AMQP_NOT_FOUND || code == AMQP_PRECONDITION_FAILED ||
         code == AMQP_NOT_ALLOWED;
}

gboolean bp_amqp_fail_closed(const amqp_method_t *method, GError **error) {
  int code = 0;
  amqp_bytes_t text = amqp_empty_bytes;
  if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
    const amqp_channel_close_t *close = method->decoded;
    code = close->reply_code;
    text = close->reply_text;
  } else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
    const amqp_connection_close_t *close = method->decoded;
    code = close->reply_code;
    text = close->reply_text;
  }
  g_autofree char *reason = g_utf8_make_valid(text.bytes ? text.bytes : "", (gssize)text.len);
  g_set_error_literal(error, BP_QUEUE_ERROR, is_refusal(code) ? BP_QUEUE_ERROR_REFUSED : BP_QUEUE_ERROR_RETRY,
                      *reason ? reason : _("there is no connection to the broker"));
  return FALSE;
}

gboolean bp_amqp_check_reply(amqp_rpc_reply_t reply, GError **error) {
  switch (reply.reply_type) {
  case AMQP_RESPONSE_NORMAL:
    return TRUE;
  case AMQP_RESPONSE_SERVER_EXCEPTION:
    return bp_amqp_fail_closed(&reply.reply, error);
  default:
    return bp_amqp_check(reply.library_error ? reply.library_error : AMQP_STATUS_CONNECTION_CLOSED, error);
  }
}

/* ---- where to ----------------------------------------------------------------------------------------------- */

/* FALSE where url, which is taken apart, is none, or holds a password: the library's own stands elsewhere. */
static gboolean read_url(char *url, struct amqp_connection_info *info, GError **error) {
  const char *end = url + strlen(url), *why = NULL;
  if (amqp_parse_url(url, info) != AMQP_STATUS_OK)
    why = _("no URI of a broker, which is amqp://USER@HOST/VHOST");
  else if (info->password >= url && info->password <= end)
    why = _("a password may not be on the command line, where others see it: BOUNCEPARSE_AMQP_PASSWORD or "
            "--password-file may give it");
  if (why)
    g_set_error_literal(error, BP_QUEUE_ERROR, BP_QUEUE_ERROR_USAGE, why);
  return !why;
}

/* ---- connecting --------------------------------------------------------------------------------------------- */

/* The broker must be who it says, by the certificates that the system trusts (or SSL_CERT_FILE, SSL_CERT_DIR). */
static amqp_socket_t *new_tls_socket(amqp_connection_state_t handle) {
  amqp_socket_t *tls = amqp_ssl_socket_new(handle);
  if (!tls)
    return NULL;
  SSL_CTX_set_default_verify_paths(amqp_ssl_socket_get_context(tls));
  amqp_ssl_socket_set_verify_peer(tls, TRUE);
  amqp_ssl_socket_set_verify_hostname(tls, TRUE);
  return tls;
}

/* A broker that has no room reads no more, and one that has vanished does not say so: a write to either gives up. */
static void limit_writes(amqp_connection_state_t handle) {
  int milliseconds = BP_AMQP_PATIENCE * 1000;
  setsockopt(amqp_get_sockfd(handle), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static gboolean open_socket(amqp_connection_state_t handle, const struct amqp_connection_info *info, GError **error) {
  struct timeval patience = {.tv_sec = BP_AMQP_PATIENCE};
  amqp_socket_t *a_socket = info->ssl ? new_tls_socket(handle) : amqp_tcp_socket_new(handle);
  if (!bp_amqp_check(a_socket ? amqp_socket_open_noblock(a_socket, info->host, info->port, &patience)
                              : AMQP_STATUS_NO_MEMORY,
                     error))
    return FALSE;
  limit_writes(handle);
  return TRUE;
}

amqp_table_entry_t bp_amqp_text(const char *key, const char *text) {
  amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key)};
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = amqp_cstring_bytes(text);
  return entry;
}

/* consumer_cancel_notify: the broker says when the queue has gone, or its node. */
static gboolean log_in(amqp_connection_state_t handle, const struct amqp_connection_info *info, const char *password,
                       GError **error) {
  g_autofree char *name = g_strdup_printf("bounceparse %s %d", g_get_host_name(), (int)getpid());
  amqp_table_entry_t can = {.key = amqp_cstring_bytes("consumer_cancel_notify"),
                            .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
  amqp_table_entry_t entries[] = {bp_amqp_text("connection_name", name), {.key = amqp_cstring_bytes("capabilities")}};
  entries[1].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[1].value.value.table = (amqp_table_t){1, &can};
  amqp_table_t properties = {G_N_ELEMENTS(entries), entries};
  return bp_amqp_check_reply(amqp_login_with_properties(handle, info->vhost, 0, AMQP_DEFAULT_FRAME_SIZE,
                                                        BP_AMQP_HEARTBEAT, &properties, AMQP_SASL_METHOD_PLAIN,
                                                        info->user, password ? password : info->password),
                             error);
}

static gboolean open_channel(amqp_connection_state_t handle, GError **error) {
  amqp_channel_open(handle, BP_AMQP_CHANNEL);
  if (!bp_amqp_check_reply(amqp_get_rpc_reply(handle), error))
    return FALSE;
  amqp_confirm_select(handle, BP_AMQP_CHANNEL);
  return bp_amqp_check_reply(amqp_get_rpc_reply(handle), error);
}

gboolean bp_amqp_connect(BpAmqp *amqp, const BpQueueOptions *options, GError **error) {
  struct timeval patience = {.tv_sec = BP_AMQP_PATIENCE};
  struct amqp_connection_info info;
  g_autofree char *url = g_strdup(options->uri);
  if (!read_url(url, &info, error))
    return FALSE;
  amqp->handle = amqp_new_connection();
  amqp_set_handshake_timeout(amqp->handle, &patience);
  amqp_set_rpc_timeout(amqp->handle, &patience);
  return open_socket(amqp->handle, &info, error) && log_in(amqp->handle, &info, options->password, error) &&
         open_channel(amqp->handle, error);
}

void bp_amqp_disconnect(BpAmqp *amqp) {
  struct timeval patience = {.tv_sec = GOODBYE};
  if (!amqp->handle)
    return;
  amqp_set_rpc_timeout(amqp->handle, &patience);
  if (amqp_get_sockfd(amqp->handle) >= 0)
    amqp_connection_close(amqp->handle, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(amqp->handle);
  amqp->handle = NULL;
}

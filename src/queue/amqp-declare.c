/* amqp-declare.c - queues and exchanges are made where there are none
 *
 * Those that are there are taken as they are: who made them by other rules knows why. */
#include "queue/amqp.h"

#include <amqp_framing.h>

typedef enum { QUEUE, EXCHANGE } Thing;

/* The broker closes the channel where there is no such thing (AMQP 0-9-1, 1.7.2.1: passive), so it is one of its own.
 */
static gboolean look_for(BpAmqp *amqp, Thing thing, const char *name, gboolean *there, GError **error) {
  amqp_connection_state_t handle = amqp->handle;
  amqp_channel_open(handle, BP_AMQP_LOOK_CHANNEL);
  if (!bp_amqp_check_reply(amqp_get_rpc_reply(handle), error))
    return FALSE;
  if (thing == QUEUE)
    amqp_queue_declare(handle, BP_AMQP_LOOK_CHANNEL, amqp_cstring_bytes(name), 1, 0, 0, 0, amqp_empty_table);
  else
    amqp_exchange_declare(handle, BP_AMQP_LOOK_CHANNEL, amqp_cstring_bytes(name), amqp_cstring_bytes("topic"), 1, 0, 0,
                          0, amqp_empty_table);
  amqp_rpc_reply_t reply = amqp_get_rpc_reply(handle);
  *there = reply.reply_type == AMQP_RESPONSE_NORMAL;
  if (*there)
    return bp_amqp_check_reply(amqp_channel_close(handle, BP_AMQP_LOOK_CHANNEL, AMQP_REPLY_SUCCESS), error);
  const amqp_channel_close_t *close = reply.reply.decoded;
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION || reply.reply.id != AMQP_CHANNEL_CLOSE_METHOD ||
      close->reply_code != AMQP_NOT_FOUND)
    return bp_amqp_check_reply(reply, error);
  amqp_channel_close_ok_t ok = {0};
  return bp_amqp_check(amqp_send_method(handle, BP_AMQP_LOOK_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok), error);
}

static gboolean declare_queue(BpAmqp *amqp, const char *name, const char *dead, GError **error) {
  gboolean there = FALSE;
  amqp_table_entry_t entries[] = {bp_amqp_text("x-queue-type", amqp->classic ? "classic" : "quorum"),
                                  bp_amqp_text("x-dead-letter-exchange", dead ? dead : "")};
  amqp_table_t arguments = {dead ? 2 : 1, entries};
  if (!look_for(amqp, QUEUE, name, &there, error))
    return FALSE;
  if (there)
    return TRUE;
  amqp_queue_declare(amqp->handle, BP_AMQP_CHANNEL, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
  return bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error);
}

static gboolean declare_exchange(BpAmqp *amqp, const char *name, const char *type, GError **error) {
  gboolean there = FALSE;
  if (!look_for(amqp, EXCHANGE, name, &there, error))
    return FALSE;
  if (there)
    return TRUE;
  amqp_exchange_declare(amqp->handle, BP_AMQP_CHANNEL, amqp_cstring_bytes(name), amqp_cstring_bytes(type), 0, 1, 0, 0,
                        amqp_empty_table);
  return bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error);
}

/* Bound each time: who made the two may not have come so far. */
gboolean bp_amqp_declare(BpAmqp *amqp, GError **error) {
  if (!declare_exchange(amqp, amqp->dead, "fanout", error) || !declare_queue(amqp, amqp->dead, NULL, error))
    return FALSE;
  amqp_queue_bind(amqp->handle, BP_AMQP_CHANNEL, amqp_cstring_bytes(amqp->dead), amqp_cstring_bytes(amqp->dead),
                  amqp_cstring_bytes(""), amqp_empty_table);
  return bp_amqp_check_reply(amqp_get_rpc_reply(amqp->handle), error) &&
         declare_queue(amqp, amqp->name, amqp->dead, error);
}

gboolean bp_amqp_declare_exchange(BpAmqp *amqp, const char *name, GError **error) {
  return declare_exchange(amqp, name, "topic", error);
}

/* amqp.h - the parts of the module libbounceparse-amqp: AMQP 0-9-1 with librabbitmq
 *
 * Functions that can fail set a GError of BP_QUEUE_ERROR. */
#pragma once

#include "queue/queue.h"

#include <amqp.h>

#define BP_AMQP_CHANNEL 1      /* on which all is done */
#define BP_AMQP_LOOK_CHANNEL 2 /* on which is looked whether something is there, which closes it where not */
#define BP_AMQP_PATIENCE 30    /* seconds that an answer may take */
#define BP_AMQP_HEARTBEAT 30   /* seconds; twice as long without a sign, and the broker is taken for dead */

typedef struct {
  amqp_connection_state_t handle;
  char *name, *dead; /* the queue, and that of dead letters with its exchange */
  gboolean classic;
  GQueue deliveries; /* received, and not handed out */
  gpointer current;  /* the one that is handed out */
  guint64 published; /* on the channel so far: the tag of the last one in confirms */
  GByteArray *open;  /* of what is being published, in order: 1 until it is confirmed */
  guint n_open;
  gboolean returned, refused; /* of what is being published, something was */
} BpAmqp;

/* ---- connecting: amqp-connection.c -------------------------------------------------------------------------- */

/* Connects and opens the channel, which confirms what is published. */
gboolean bp_amqp_connect(BpAmqp *amqp, const BpQueueOptions *options, GError **error);

/* Says goodbye, without waiting long for an answer. */
void bp_amqp_disconnect(BpAmqp *amqp);

/* Sets the error that a status is, AMQP_STATUS_OK for none: TRUE then. */
gboolean bp_amqp_check(int status, GError **error);

/* The same for the reply to what was called last. */
gboolean bp_amqp_check_reply(amqp_rpc_reply_t reply, GError **error);

/* The same for a method with which the broker closes the channel or the connection. FALSE. */
gboolean bp_amqp_fail_closed(const amqp_method_t *method, GError **error);

/* An entry of a table; the texts stay the caller's. */
amqp_table_entry_t bp_amqp_text(const char *key, const char *text);

/* ---- declaring: amqp-declare.c ------------------------------------------------------------------------------ */

/* Makes the queue and that of dead letters where there is none; what is there is taken as it is. */
gboolean bp_amqp_declare(BpAmqp *amqp, GError **error);

/* Likewise an exchange of the type topic. */
gboolean bp_amqp_declare_exchange(BpAmqp *amqp, const char *name, GError **error);

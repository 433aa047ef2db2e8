/* queue.h - mails that wait on a broker for whoever reads them
 *
 * A backend, in a module that is loaded when a queue is asked for, talks to the broker. What was put is safe once that
 * has returned TRUE; what was received stays the broker's until it is acknowledged, and is handed out again where the
 * connection ends before. With the queue NAME goes another, NAME.dead, behind an exchange of that name, for mails that
 * cannot be read.
 * Every function that can fail sets a GError of BP_QUEUE_ERROR; the connection is then of no more use. */
#pragma once

#include <glib.h>

#define BP_QUEUE_NAME_MAX 250 /* bytes of a name: 255 in AMQP 0-9-1, with ".dead" */

#define BP_QUEUE_ERROR (bp_queue_error_quark())
GQuark bp_queue_error_quark(void);

typedef enum {
  BP_QUEUE_ERROR_USAGE,   /* no URI of a broker, or a password in it: EX_USAGE */
  BP_QUEUE_ERROR_REFUSED, /* not allowed in, declared otherwise, or there is no module: EX_NOINPUT */
  BP_QUEUE_ERROR_RETRY    /* the broker is away, slow, or has no room: EX_TEMPFAIL */
} BpQueueError;

typedef struct {
  const char *uri;      /* amqp://USER@HOST:PORT/VHOST, or amqps:// */
  const char *password; /* NULL: the broker's usual one */
  const char *name;     /* of the queue */
  gboolean classic;     /* where it has to be made: not as a quorum queue */
} BpQueueOptions;

typedef struct BpQueue BpQueue;

/* Connects; no wait is longer than half a minute. options stay the caller's, and as they are. */
BpQueue *bp_queue_open(const BpQueueOptions *options, GError **error);
void bp_queue_close(BpQueue *queue);

/* Puts a mail on the queue, which is made where there is none. It is on the broker's disk once TRUE is returned. */
gboolean bp_queue_put(BpQueue *queue, const char *bytes, gsize length, GError **error);

/* Begins to receive, at most so many mails that are not acknowledged. What there is not yet is made: the queue, that of
 * dead letters, and exchange, where it is not NULL. */
gboolean bp_queue_consume(BpQueue *queue, const char *exchange, guint prefetch, GError **error);

/* The broker hands out nothing more; what was received can still be acknowledged. */
gboolean bp_queue_cancel(BpQueue *queue, GError **error);

/* Bytes stay until the next call. */
typedef struct {
  const char *bytes; /* NULL: nothing is there for now */
  gsize length;
  guint64 tag;
  gboolean again; /* it was handed out before */
} BpDelivery;

gboolean bp_queue_receive(BpQueue *queue, BpDelivery *delivery, GError **error);

/* What can be read from when something comes, once bp_queue_receive() has said that nothing is there. */
int bp_queue_fd(const BpQueue *queue);

/* All that was received up to a tag is the receiver's. */
gboolean bp_queue_acknowledge(BpQueue *queue, guint64 tag, GError **error);

typedef struct {
  const char *exchange; /* NULL: that of dead letters, from which it must reach a queue */
  const char *key;      /* routing key */
  const char *type;     /* of content */
  const char *id;       /* of the message; or NULL */
  const char *reason;   /* header x-bounceparse-reason; or NULL */
  const char *bytes;
  gsize length;
} BpPublication;

/* The broker has all of them, safe, once TRUE is returned. */
gboolean bp_queue_publish(BpQueue *queue, const BpPublication *publications, guint n, GError **error);

/* ---- backends ----------------------------------------------------------------------------------------------- */

/* What a module exports as bp_queue_backend. connection is what open returned. */
typedef struct {
  gpointer (*open)(const BpQueueOptions *options, GError **error);
  void (*close)(gpointer connection);
  gboolean (*put)(gpointer connection, const char *bytes, gsize length, GError **error);
  gboolean (*consume)(gpointer connection, const char *exchange, guint prefetch, GError **error);
  gboolean (*cancel)(gpointer connection, GError **error);
  gboolean (*receive)(gpointer connection, BpDelivery *delivery, GError **error);
  int (*fd)(gconstpointer connection);
  gboolean (*acknowledge)(gpointer connection, guint64 tag, GError **error);
  gboolean (*publish)(gpointer connection, const BpPublication *publications, guint n, GError **error);
} BpQueueBackend;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpQueue, bp_queue_close)

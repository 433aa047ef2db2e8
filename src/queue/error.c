/* error.c - the domain of the queue's errors, in the program and in the backend's module */
#include "queue/queue.h"

G_DEFINE_QUARK(bp - queue - error - quark, bp_queue_error)

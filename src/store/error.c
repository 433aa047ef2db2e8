/* error.c - the domain of the store's errors, in the program and in each backend's module */
#include "store/store.h"

G_DEFINE_QUARK(bp - store - error - quark, bp_store_error)

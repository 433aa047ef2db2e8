/* brake.h - whether a list of addresses grew so much at once that it should be looked at before it is used
 *
 * A mail system that for an hour calls all its users unknown must not empty a list. */
#pragma once

#include "store/suppress.h"

#define BP_BRAKE_EXAMPLES 3

typedef enum { BP_BRAKE_LIST, BP_BRAKE_RULE, BP_BRAKE_DOMAIN, BP_BRAKE_DAY, BP_N_BRAKES } BpBrakeKind;

/* A reason to hold back. */
typedef struct {
  BpBrakeKind kind;
  const BpSuppressed *examples[BP_BRAKE_EXAMPLES]; /* NULL behind the last; the first is of the rule, domain or day */
  guint n;                                         /* addresses that are not recorded */
  double median;                                   /* of all addresses on a day; 0 for the list */
} BpBrake;

/* Writes the reasons to hold back to brakes, the gravest of each kind, and returns how many there are. Where the size
 * of the list that is mailed to is known: over 2 % of it are new. Where it is not (-1): one rule, one domain or one day
 * has over 100 new addresses, and they are over five times what the median of the last 30 days would give for as many
 * days as they are of. An address is of the day of its latest evidence; days without any count as 0. */
guint bp_brake(const GPtrArray *list, gint64 list_size, gint64 now, BpBrake brakes[BP_N_BRAKES]);

/* The rule or cause, the domain, or the day (YYYY-MM-DD) that an address counts for; "" for the list. A new string. */
char *bp_brake_name(BpBrakeKind kind, const BpSuppressed *entry);

/* suppress.h - the addresses to stop mailing, by the history
 *
 * Evidence against an address is a recipient of the history that says so: a complaint (action complaint, advice
 * remove), a hard failure (action failed, advice remove), or a soft one (action failed, advice retry, by a cause that
 * is the recipient's or the domain's). One of the first two is enough; of the third it takes failures on several days.
 * A delivery clears an address of the failures before it, but not of complaints. */
#pragma once

#include "store/store.h"

/* What speaks against an address; of several the first is named. */
typedef enum { BP_WHY_COMPLAINT, BP_WHY_HARD, BP_WHY_SOFT, BP_N_WHYS } BpWhy;

extern const char *const bp_why_names[BP_N_WHYS];

typedef struct {
  gint64 now;    /* seconds since 1970 */
  gint64 soft;   /* days with a soft failure that are enough; 0: these do not count */
  gint64 days;   /* before now, in which they lie */
  gint64 expire; /* evidence older than these days does not count; -1: it always does */
} BpSuppressRules;

/* An address to stop mailing. Its strings belong to the suppression. */
typedef struct {
  const char *address;      /* with its domain in lower case */
  const char *cause, *rule; /* of its latest evidence; NULL where it has none */
  const char *domain;       /* that failed or complained, in lower case; NULL where there is none */
  const char *reason;       /* likewise of its latest evidence */
  gint64 since, last;       /* when the first and the latest of its evidence bounced */
  BpWhy why;
  gboolean recorded; /* it was in the list that was recorded last */
} BpSuppressed;

typedef struct BpSuppression BpSuppression;

BpSuppression *bp_suppression_new(const BpSuppressRules *rules);
void bp_suppression_free(BpSuppression *suppression);

/* The address of length bytes was reached: failures up to now do not count. To be called before it is decided. */
void bp_suppression_reached(BpSuppression *suppression, const char *address, gsize length);

/* Decides, once, by the history and the list recorded there, both as they stand at one moment. */
gboolean bp_suppression_decide(BpSuppression *suppression, BpStore *store, GError **error);

/* The addresses: of const BpSuppressed *, in the order of their bytes. */
const GPtrArray *bp_suppression_list(const BpSuppression *suppression);

/* Records the list in place of the one before, and the addresses that were reached; all or nothing. */
gboolean bp_suppression_record(const BpSuppression *suppression, BpStore *store, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpSuppression, bp_suppression_free)

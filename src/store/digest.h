/* digest.h - by what a message is known again, and when it bounced */
#pragma once

#include "store/record.h"

/* The SHA-256 of a message without what mail readers and filters change in it: a From_ line in front, and the header
 * fields Status, X-Status, X-UID, X-Keywords, X-Bounce-… and X-Old-Bounce-…. */
void bp_digest(const char *bytes, gsize length, guint8 digest[BP_DIGEST_SIZE]);

/* When a message bounced, in seconds since 1970: its date; where that is absent (BOUNCEPARSE_NO_TIME) or more than a
 * day ahead of now the time in the Maildir name that source ends with, that of the From_ line that bytes begin with,
 * modified (BOUNCEPARSE_NO_TIME: not known), or now, whichever is there first and not ahead either. */
gint64 bp_bounce_time(gint64 date, const char *source, const char *bytes, gsize length, gint64 modified, gint64 now);

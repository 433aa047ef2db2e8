/* record.h - what is kept of a message and its recipients: the answer as columns
 *
 * The same columns are the database's, and those of recipients the CSV's. A record goes from the worker that made
 * it to its parent as bytes. */
#pragma once

#include "source/file.h"

#include <bounceparse/bounceparse.h>

#define BP_DIGEST_SIZE 32 /* SHA-256 */

typedef enum {
  BP_M_KIND,
  BP_M_SOURCE,
  BP_M_REPORTER_HOST,
  BP_M_REPORTER_SOFTWARE,
  BP_M_LAYOUT,
  BP_M_MESSAGE_ID,
  BP_M_ORIGINAL_FROM,
  BP_M_ORIGINAL_TO,
  BP_M_SUBJECT,
  BP_M_ENVELOPE_ID,
  BP_M_ENVELOPE_FROM,
  BP_M_LIST_ID,
  BP_M_FEEDBACK_TYPE,
  BP_M_FEEDBACK_SOURCE_IP,
  BP_M_TRUNCATED, /* names joined by blanks */
  BP_M_N_TEXTS
} BpMessageText;

typedef enum {
  BP_M_TIME, /* when it bounced: see bp_bounce_time(); always there */
  BP_M_DATE,
  BP_M_ARRIVAL_DATE,
  BP_M_ORIGINAL_DATE,
  BP_M_INDEX, /* in an mbox */
  BP_M_OFFSET,
  BP_M_N_NUMBERS
} BpMessageNumber;

typedef enum {
  BP_R_ADDRESS,
  BP_R_ORIGINAL_ADDRESS,
  BP_R_DOMAIN, /* of address, lower case; NULL where it has none */
  BP_R_ACTION,
  BP_R_STATUS,
  BP_R_DSN_STATUS,
  BP_R_CODE,
  BP_R_COMMAND,
  BP_R_DIAGNOSTIC,
  BP_R_DIAGNOSTIC_TYPE,
  BP_R_REMOTE_HOST,
  BP_R_REMOTE_IP,
  BP_R_LOG_ID,
  BP_R_VENDOR,
  BP_R_RULE,
  BP_R_CAUSE,
  BP_R_CATEGORY,
  BP_R_PERMANENCE,
  BP_R_ADVICE,
  BP_R_REASON,
  BP_R_SUGGESTION,
  BP_R_SENDING_IP,
  BP_R_BLOCKLISTS, /* ids joined by blanks */
  BP_R_N_TEXTS
} BpRecipientText;

typedef enum { BP_R_RETRY_AFTER, BP_R_WILL_RETRY_UNTIL, BP_R_LAST_ATTEMPT, BP_R_N_NUMBERS } BpRecipientNumber;

/* Their names, in the order of the enums. */
extern const char *const bp_message_texts[BP_M_N_TEXTS], *const bp_message_numbers[BP_M_N_NUMBERS];
extern const char *const bp_recipient_texts[BP_R_N_TEXTS], *const bp_recipient_numbers[BP_R_N_NUMBERS];

/* Texts are UTF-8, NULL where absent; numbers are BOUNCEPARSE_NO_TIME where absent. */
typedef struct {
  const char *texts[BP_R_N_TEXTS];
  gint64 numbers[BP_R_N_NUMBERS];
} BpRecipientRecord;

typedef struct {
  guint8 digest[BP_DIGEST_SIZE]; /* see bp_digest() */
  BpFileId file; /* that the message is the whole content of; all 0 for none */
  const char *texts[BP_M_N_TEXTS];
  gint64 numbers[BP_M_N_NUMBERS];
  guint n_recipients;
  BpRecipientRecord *recipients;
  GStringChunk *strings; /* those that belong to the record, or NULL */
} BpRecord;

/* Fills the record from an answer, whose strings it uses: the answer must stay until bp_record_clear(). digest, file,
 * source, time, index and offset are the caller's to set. */
void bp_record_begin(BpRecord *record, const BounceparseAnswer *answer);
void bp_record_clear(BpRecord *record);

/* Appends the record as bytes, and reads it back; its strings then lie in bytes. FALSE where bytes are not the whole
 * of a record. */
void bp_record_write(const BpRecord *record, GString *out);
gboolean bp_record_read(BpRecord *record, const char *bytes, gsize length);

/* The day of a time, in UTC, as the database has it: "2026-11-23"; "" where it has none. Free it with g_free(). */
char *bp_day(gint64 time);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BpRecord, bp_record_clear)

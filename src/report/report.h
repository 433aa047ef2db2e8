/* report.h - what kind of message it is and what it says about each recipient
 *
 * No causes here: those are the verdict's. All strings live in the arena of the analysis or in the pattern set. */
#pragma once

#include "base/arena.h"
#include "mail/mail.h"
#include "pattern/patterns.h"

#define BP_NO_TIME G_MININT64 /* a date that is not stated */

typedef enum {
  BP_KIND_OTHER,
  BP_KIND_FAILURE,
  BP_KIND_DELAY,
  BP_KIND_SUCCESS,
  BP_KIND_AUTO_REPLY,
  BP_KIND_CHALLENGE,
  BP_KIND_COMPLAINT,
  BP_KIND_RECEIPT
} BpKind;

typedef enum {
  BP_ACTION_NONE, /* explain: a reply alone */
  BP_ACTION_FAILED,
  BP_ACTION_DELAYED,
  BP_ACTION_RELAYED,
  BP_ACTION_EXPANDED,
  BP_ACTION_DELIVERED,
  BP_ACTION_COMPLAINT,
  BP_ACTION_DISPLAYED,
  BP_ACTION_DELETED,
  BP_ACTION_DENIED
} BpAction;

typedef struct {
  const char *address;          /* "" where the report names none; never NULL */
  const char *original_address; /* NULL where not stated or the same */
  BpAction action;
  const char *status;     /* "5.1.1"; NULL where none is stated */
  const char *dsn_status; /* the Status field as it stands, or NULL */
  const char *comment;    /* what it says in brackets, or NULL */
  const char *code;       /* "550", or NULL */
  const char *command;    /* "RCPT TO", or NULL */
  const char *diagnostic; /* the decisive reply in one line, or NULL */
  const char *before;     /* what announces it where it was cut out of a sentence: "callback to a@b said:", or NULL */
  const char *diagnostic_type; /* "smtp", "x-unix" …, or NULL */
  const char *remote_host;     /* lower case, or NULL */
  const char *remote_ip;       /* or NULL */
  gboolean of_another;         /* the reply names another recipient of the report and says nothing of this one */
  gboolean of_some;            /* the reply is that on one of several, nobody knows whom */
  const char *log_id;          /* the reporting server's id of the delivery, or NULL */
  gint64 will_retry_until;     /* seconds since 1970, or BP_NO_TIME */
  gint64 last_attempt;         /* likewise */
} BpRecipient;

typedef struct {
  const char *name;
  const char *value;
} BpNamed;

/* The message that the report is about; NULL where not known. */
typedef struct {
  const char *message_id; /* without <> */
  const char *from;       /* bare address */
  const char *to;         /* bare address of the first */
  const char *subject;
  gint64 date;
  const char *envelope_id;
  const char *envelope_from;
  const char *list_id;
  BpNamed *headers; /* those asked for with --header, in the order asked for and found */
  guint n_headers;
} BpOriginal;

typedef struct {
  BpKind kind;
  gint64 date;               /* of the report itself */
  gint64 arrival_date;       /* of the original, per-message field */
  const char *reporter_host; /* Reporting-MTA, lower case, or NULL */
  gboolean by_sender;        /* reporter_host is the domain of From: whose replies it reports is not known by that */
  const char *reporter_software;
  gboolean hearsay;        /* only its words prove it: neither sender nor subject are a mail system's */
  const char *returned_to; /* bare address of To of the report itself, or NULL */
  const char *layout;      /* "dsn", "arf", "mdn", the id of a layout, "general"; NULL for other */
  BpOriginal original;
  const char *feedback_type; /* "abuse" …, or NULL */
  const char *feedback_source_ip;
  GPtrArray *recipients; /* of BpRecipient; owned by the report, its items by the arena */
  guint truncated;       /* a union of BpTruncated */
  GPtrArray *warnings;   /* of const char *, in the arena */
} BpReport;

typedef struct {
  BpMatcher *matcher;
  const BpLimits *limits;
  const char *const *headers; /* names asked for, NULL-terminated, or NULL */
  const char *const *verp; /* further VERP patterns (PCRE2, with (?<local> and (?<domain>, NULL-terminated, or NULL */
} BpReportOptions;

/* Reads mail. Never NULL. Free with bp_report_free() before arena. */
BpReport *bp_report_read(BpArena *arena, BpMail *mail, const BpReportOptions *options);
void bp_report_free(BpReport *report);

/* A recipient of whom only a reply is known: text, in one line, or the reply that it quotes as reports do. */
const BpRecipient *bp_recipient_of_reply(BpArena *arena, BpMatcher *matcher, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpReport, bp_report_free)

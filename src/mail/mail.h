/* mail.h - one message's bytes as a reader of bounces wants to see them
 *
 * Headers decoded, text in UTF-8 with LF line ends, status parts as groups of fields. All tolerance for broken
 * MIME, odd line ends and charsets, and all limits, live behind this header. It knows nothing of bounces. */
#pragma once

#include "base/arena.h"

#include <glib.h>

/* One header or status field: the name as written, the value unfolded (one line), RFC 2047 words decoded,
 * valid UTF-8, blanks at both ends gone. */
typedef struct {
  const char *name;
  const char *value;
} BpField;

/* A header block or one group of status fields, in the order written. */
typedef struct {
  BpField *fields;
  guint n_fields;
} BpFields;

typedef enum {
  BP_PART_TEXT,        /* text of any type but HTML */
  BP_PART_HTML,        /* text/html; its text is what a reader sees */
  BP_PART_STATUS,      /* message/delivery-status, message/global-delivery-status: groups (RFC 3464, 6533) */
  BP_PART_FEEDBACK,    /* message/feedback-report: groups (RFC 5965) */
  BP_PART_DISPOSITION, /* message/disposition-notification and its global form: groups (RFC 8098) */
  BP_PART_MESSAGE,     /* message/rfc822, message/global: headers; its own parts follow, one deeper */
  BP_PART_HEADERS,     /* text/rfc822-headers, message/global-headers, message/rfc822-headers: headers */
  BP_PART_OTHER        /* anything else: not decoded */
} BpPartKind;

typedef struct {
  BpPartKind kind;
  const char *type;        /* "text/plain", lower case; the type stated, not the type guessed */
  guint depth;             /* how many enclosing messages: 0 for parts of the message itself */
  int message;             /* index in parts of the enclosing BP_PART_MESSAGE, -1 at depth 0 */
  BpFields *groups;        /* STATUS, FEEDBACK, DISPOSITION: groups of fields, split at empty lines */
  guint n_groups;
  BpFields headers;        /* MESSAGE, HEADERS */
} BpPart;

/* What was over a limit, a bit each; the names are those of "truncated" in the JSON answer. */
typedef enum {
  BP_TRUNCATED_INPUT = 1 << 0,      /* the message ends in the middle (a boundary never closed, no end of header), or was longer than the limit */
  BP_TRUNCATED_HEADERS = 1 << 1,    /* header block, number of fields or a field too long */
  BP_TRUNCATED_PARTS = 1 << 2,
  BP_TRUNCATED_DEPTH = 1 << 3,
  BP_TRUNCATED_TEXT = 1 << 4,
  BP_TRUNCATED_RECIPIENTS = 1 << 5,
  BP_TRUNCATED_MATCHING = 1 << 6    /* the budget of matching work was used up */
} BpTruncated;

/* Limits, in bytes or counts. */
typedef struct {
  gsize message;      /* 64 MiB */
  gsize header_block; /* 256 KiB */
  guint fields;       /* 2,000 in one header block */
  gsize field;        /* 64 KiB */
  guint parts;        /* 1,000 */
  guint depth;        /* 64 multiparts or messages in one another */
  guint recipients;   /* 10,000 */
  gsize text;         /* 256 KiB a part */
} BpLimits;

extern const BpLimits bp_limits_default;

typedef struct BpMail BpMail;

/* Reads a message; line ends may be LF, CRLF or CR, a leading mbox "From " line is allowed. bytes must stay
 * until bp_mail_free() and are not changed. Returns NULL, with BOUNCEPARSE_ERROR_NOT_MAIL, where the
 * first 64 KiB hold nothing like a header field (empty or binary input). All that the functions below return
 * lives in arena or mail. */
BpMail *bp_mail_read(BpArena *arena, const char *bytes, gsize length, const BpLimits *limits, GError **error);
void bp_mail_free(BpMail *mail);

/* The message's own header. */
const BpFields *bp_mail_headers(const BpMail *mail);

/* The envelope sender and date of a leading "From " line, or NULL. */
const char *bp_mail_from_line(const BpMail *mail);

/* The Content-Type of the whole, lower case ("multipart/report"); "text/plain" where there is none. */
const char *bp_mail_type(const BpMail *mail);

/* The report-type parameter, lower case, or NULL. */
const char *bp_mail_report_type(const BpMail *mail);

/* All leaf parts and messages within, in order of appearance, those within a message after it. */
BpPart *bp_mail_parts(const BpMail *mail, guint *n_parts);

/* The text of a TEXT, HTML, STATUS, FEEDBACK, DISPOSITION or HEADERS part in UTF-8 with LF line ends, NUL-terminated,
 * decoded at first call. Never NULL: "" for other kinds. length may be NULL. TEXT and HTML are cut at the limit for text; parts of
 * fields may be longer, so that all recipients fit; all parts together have a limit of 32 texts. */
const char *bp_mail_text(BpMail *mail, BpPart *part, gsize *length);

/* A union of BpTruncated. */
guint bp_mail_truncated(const BpMail *mail);

/* The value of the first field called name (caseless), or NULL. */
const char *bp_fields_get(const BpFields *fields, const char *name);

/* The same, starting at field *at; *at is set behind the one found: for repeated fields. */
const char *bp_fields_next(const BpFields *fields, const char *name, guint *at);

/* Splits text (UTF-8, LF) into groups of fields at empty lines, unfolding continued lines. Lines that are no fields are
 * passed over. For status parts, and for headers that are pasted as text. Returns the groups in arena. */
BpFields *bp_fields_parse(BpArena *arena, const char *text, gsize length, const BpLimits *limits, guint *n_groups);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpMail, bp_mail_free)

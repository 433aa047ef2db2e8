/* bounceparse.h - reads bounce messages and says why the mail failed and what to do next
 *
 *     g_autoptr(GError) error = NULL;
 *     g_autoptr(BounceparseReader) reader = bounceparse_reader_new (NULL, &error);
 *     g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read (reader, bytes, length, &error);
 *     for (guint i = 0; answer && i < bounceparse_answer_get_n_recipients (answer); i++) {
 *       const BounceparseRecipient *r = bounceparse_answer_get_recipient (answer, i);
 *       printf ("%s: %s\n", bounceparse_recipient_get_string (r, BOUNCEPARSE_RECIPIENT_ADDRESS),
 *               bounceparse_recipient_get_string (r, BOUNCEPARSE_RECIPIENT_CAUSE));
 *     }
 *
 * The library prints nothing, never exits, reads no configuration and no environment. Strings are UTF-8. A reader and
 * its answers belong to one thread; several threads may each have a reader. A function that fails returns NULL
 * or FALSE and sets its GError. Functions that are given NULL where an object must stand warn as GLib does. */
#pragma once

#include <bounceparse/version.h>
#include <glib.h>

G_BEGIN_DECLS

#define BOUNCEPARSE_API __attribute__((visibility("default")))

/* ---- errors ------------------------------------------------------------------------------------------------- */

#define BOUNCEPARSE_ERROR (bounceparse_error_quark())

typedef enum {
  BOUNCEPARSE_ERROR_NOT_MAIL, /* nothing like a mail header in the first 64 KiB */
  BOUNCEPARSE_ERROR_PATTERN,  /* a pattern file is wrong: the message names file, line and column */
  BOUNCEPARSE_ERROR_OPTION,   /* an option's value cannot be used: the message says which and why */
  BOUNCEPARSE_ERROR_MODULE    /* a part of the library that is loaded when it is needed is not installed */
} BounceparseError;

BOUNCEPARSE_API GQuark bounceparse_error_quark(void);

/* ---- options ------------------------------------------------------------------------------------------------ */

typedef struct BounceparseOptions BounceparseOptions;

typedef enum {
  BOUNCEPARSE_LIMIT_MESSAGE,      /* bytes of a message: 64 MiB */
  BOUNCEPARSE_LIMIT_HEADER_BLOCK, /* bytes of a header block: 256 KiB */
  BOUNCEPARSE_LIMIT_FIELDS,       /* fields of a header block: 2,000 */
  BOUNCEPARSE_LIMIT_FIELD,        /* bytes of a field: 64 KiB */
  BOUNCEPARSE_LIMIT_PARTS,        /* MIME parts: 1,000 */
  BOUNCEPARSE_LIMIT_DEPTH,        /* nesting: 64 */
  BOUNCEPARSE_LIMIT_RECIPIENTS,   /* 10,000 */
  BOUNCEPARSE_LIMIT_TEXT          /* bytes of text of a part: 256 KiB */
} BounceparseLimit;

/* Options with their defaults: English, the shipped pattern set, the limits above. Free with
 * bounceparse_options_free(). */
BOUNCEPARSE_API BounceparseOptions *bounceparse_options_new(void);
BOUNCEPARSE_API void bounceparse_options_free(BounceparseOptions *options);

/* The language of title, meaning, reason and steps: "en", "de" or "de_DE.UTF-8"; one that the pattern set lacks is
 * English. */
BOUNCEPARSE_API void bounceparse_options_set_language(BounceparseOptions *options, const char *language);

/* A folder of pattern files that is laid over the shipped set; later ones over earlier ones. */
BOUNCEPARSE_API void bounceparse_options_add_patterns(BounceparseOptions *options, const char *folder);

/* A header field of the original message that the answer should hold. */
BOUNCEPARSE_API void bounceparse_options_add_header(BounceparseOptions *options, const char *name);

/* A VERP shape: a PCRE2 pattern with groups named local and domain, matched on the return path. */
BOUNCEPARSE_API void bounceparse_options_add_verp(BounceparseOptions *options, const char *pattern);

BOUNCEPARSE_API void bounceparse_options_set_limit(BounceparseOptions *options, BounceparseLimit limit, gsize value);

/* ---- reading ------------------------------------------------------------------------------------------------ */

typedef struct BounceparseReader BounceparseReader;
typedef struct BounceparseAnswer BounceparseAnswer;
typedef struct BounceparseRecipient BounceparseRecipient;

/* A reader for many messages; options are copied and may be NULL. Fails with
 * BOUNCEPARSE_ERROR_PATTERN, BOUNCEPARSE_ERROR_OPTION or BOUNCEPARSE_ERROR_MODULE. */
BOUNCEPARSE_API BounceparseReader *bounceparse_reader_new(const BounceparseOptions *options, GError **error);
BOUNCEPARSE_API void bounceparse_reader_free(BounceparseReader *reader);

/* Reads one message (RFC 5322, any line ends, a "From " line in front allowed). bytes are not kept. Fails
 * with BOUNCEPARSE_ERROR_NOT_MAIL. The answer is the caller's, and must not outlive the reader. */
BOUNCEPARSE_API BounceparseAnswer *bounceparse_reader_read(BounceparseReader *reader, const char *bytes, gsize length,
                                                           GError **error);

/* Explains one SMTP reply, reply code or enhanced status code, or what a mail client shows of it. length may be -1.
 * Never NULL; the answer has one recipient, without address and action. */
BOUNCEPARSE_API BounceparseAnswer *bounceparse_reader_explain(BounceparseReader *reader, const char *text,
                                                              gssize length);

/* Explains a cause ("user-unknown") by itself: the answer's one recipient, without address, action and reply, has its
 * category, permanence, advice, title, meaning, reason and steps. NULL where the pattern set has no such cause. */
BOUNCEPARSE_API BounceparseAnswer *bounceparse_reader_explain_cause(BounceparseReader *reader, const char *cause);

/* TRUE where a line begins like one of a mail log: with the time as syslog, RFC 3339 or Exim write it. */
BOUNCEPARSE_API gboolean bounceparse_is_log_line(const char *line, gsize length);

/* Explains a line of a mail log (Postfix, Exim, Sendmail) that tells of a failed or delayed delivery. now, in seconds
 * since 1970, gives the year that syslog leaves out. NULL where the line tells of no such delivery; else as for a
 * reply, and the recipient has address, action, log id, remote host and time where the line has them. A line of
 * Sendmail's may name several recipients. */
BOUNCEPARSE_API BounceparseAnswer *bounceparse_reader_explain_log(BounceparseReader *reader, const char *line,
                                                                  gsize length, gint64 now);

BOUNCEPARSE_API void bounceparse_answer_free(BounceparseAnswer *answer);

/* ---- answers ------------------------------------------------------------------------------------------------ */

/* "failure", "delay", "success", "auto-reply", "challenge", "complaint", "receipt" or "other". */
BOUNCEPARSE_API const char *bounceparse_answer_get_kind(const BounceparseAnswer *answer);

/* TRUE for a failure, delay, success, complaint or receipt. */
BOUNCEPARSE_API gboolean bounceparse_answer_is_report(const BounceparseAnswer *answer);

typedef enum {
  BOUNCEPARSE_ANSWER_LANGUAGE, /* of the texts */
  BOUNCEPARSE_ANSWER_REPORTER_HOST,
  BOUNCEPARSE_ANSWER_REPORTER_SOFTWARE,
  BOUNCEPARSE_ANSWER_LAYOUT,
  BOUNCEPARSE_ANSWER_MESSAGE_ID, /* of the original, without <> */
  BOUNCEPARSE_ANSWER_FROM,       /* of the original, likewise all below */
  BOUNCEPARSE_ANSWER_TO,
  BOUNCEPARSE_ANSWER_SUBJECT,
  BOUNCEPARSE_ANSWER_ENVELOPE_ID,
  BOUNCEPARSE_ANSWER_ENVELOPE_FROM,
  BOUNCEPARSE_ANSWER_LIST_ID,
  BOUNCEPARSE_ANSWER_FEEDBACK_TYPE,
  BOUNCEPARSE_ANSWER_FEEDBACK_SOURCE_IP
} BounceparseAnswerString;

/* NULL where the message does not state it. */
BOUNCEPARSE_API const char *bounceparse_answer_get_string(const BounceparseAnswer *answer,
                                                          BounceparseAnswerString which);

/* A date that is not stated. */
#define BOUNCEPARSE_NO_TIME G_MININT64

typedef enum {
  BOUNCEPARSE_ANSWER_DATE,         /* of the report */
  BOUNCEPARSE_ANSWER_ARRIVAL_DATE, /* when the reporting server took the original */
  BOUNCEPARSE_ANSWER_ORIGINAL_DATE
} BounceparseAnswerTime;

/* Seconds since 1970 in UTC, or BOUNCEPARSE_NO_TIME. */
BOUNCEPARSE_API gint64 bounceparse_answer_get_time(const BounceparseAnswer *answer, BounceparseAnswerTime which);

/* The n-th warning, NULL behind the last. */
BOUNCEPARSE_API const char *bounceparse_answer_get_warning(const BounceparseAnswer *answer, guint n);

/* The name of the n-th limit that cut the message ("input", "headers", …), NULL behind the last. */
BOUNCEPARSE_API const char *bounceparse_answer_get_truncated(const BounceparseAnswer *answer, guint n);

/* The n-th header asked for with bounceparse_options_add_header(); value is set. NULL behind the last. */
BOUNCEPARSE_API const char *bounceparse_answer_get_header(const BounceparseAnswer *answer, guint n, const char **value);

BOUNCEPARSE_API guint bounceparse_answer_get_n_recipients(const BounceparseAnswer *answer);

/* The n-th recipient, in order of first appearance; NULL behind the last. It lives as long as the answer. */
BOUNCEPARSE_API const BounceparseRecipient *bounceparse_answer_get_recipient(const BounceparseAnswer *answer, guint n);

/* ---- recipients --------------------------------------------------------------------------------------------- */

typedef enum {
  BOUNCEPARSE_RECIPIENT_ADDRESS, /* never NULL; "" where the report names none */
  BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS,
  BOUNCEPARSE_RECIPIENT_ACTION,
  BOUNCEPARSE_RECIPIENT_STATUS,
  BOUNCEPARSE_RECIPIENT_STATUS_NAME,
  BOUNCEPARSE_RECIPIENT_STATUS_TEXT,
  BOUNCEPARSE_RECIPIENT_DSN_STATUS,
  BOUNCEPARSE_RECIPIENT_CODE,
  BOUNCEPARSE_RECIPIENT_CODE_NAME,
  BOUNCEPARSE_RECIPIENT_CODE_TEXT,
  BOUNCEPARSE_RECIPIENT_CODE_DIGIT_1,
  BOUNCEPARSE_RECIPIENT_CODE_DIGIT_2,
  BOUNCEPARSE_RECIPIENT_CODE_DIGIT_3,
  BOUNCEPARSE_RECIPIENT_COMMAND,
  BOUNCEPARSE_RECIPIENT_DIAGNOSTIC,
  BOUNCEPARSE_RECIPIENT_DIAGNOSTIC_TYPE,
  BOUNCEPARSE_RECIPIENT_REMOTE_HOST,
  BOUNCEPARSE_RECIPIENT_REMOTE_IP,
  BOUNCEPARSE_RECIPIENT_LOG_ID,
  BOUNCEPARSE_RECIPIENT_VENDOR,
  BOUNCEPARSE_RECIPIENT_RULE,
  BOUNCEPARSE_RECIPIENT_CAUSE,
  BOUNCEPARSE_RECIPIENT_CATEGORY,
  BOUNCEPARSE_RECIPIENT_PERMANENCE,
  BOUNCEPARSE_RECIPIENT_ADVICE,
  BOUNCEPARSE_RECIPIENT_REASON,
  BOUNCEPARSE_RECIPIENT_SUGGESTION,
  BOUNCEPARSE_RECIPIENT_TITLE,
  BOUNCEPARSE_RECIPIENT_MEANING
} BounceparseRecipientString;

/* NULL where it is not stated or does not apply. */
BOUNCEPARSE_API const char *bounceparse_recipient_get_string(const BounceparseRecipient *recipient,
                                                             BounceparseRecipientString which);

typedef enum { BOUNCEPARSE_RECIPIENT_WILL_RETRY_UNTIL, BOUNCEPARSE_RECIPIENT_LAST_ATTEMPT } BounceparseRecipientTime;

/* Seconds since 1970 in UTC, or BOUNCEPARSE_NO_TIME. */
BOUNCEPARSE_API gint64 bounceparse_recipient_get_time(const BounceparseRecipient *recipient,
                                                      BounceparseRecipientTime which);

/* The n-th step; for_admin (may be NULL) is TRUE where it is the administrator's of the sending side. NULL behind
 * the last. */
BOUNCEPARSE_API const char *bounceparse_recipient_get_step(const BounceparseRecipient *recipient, guint n,
                                                           gboolean *for_admin);

/* The n-th fact of the reply ("sending_ip", "retry_after" …): its name; value is set. NULL behind the last. */
BOUNCEPARSE_API const char *bounceparse_recipient_get_fact(const BounceparseRecipient *recipient, guint n,
                                                           const char **value);

/* The n-th page to read, NULL behind the last. */
BOUNCEPARSE_API const char *bounceparse_recipient_get_reference(const BounceparseRecipient *recipient, guint n);

typedef enum {
  BOUNCEPARSE_BLOCKLIST_ID,
  BOUNCEPARSE_BLOCKLIST_NAME,
  BOUNCEPARSE_BLOCKLIST_STATUS, /* active, closed, merged, unsure */
  BOUNCEPARSE_BLOCKLIST_LOOKUP,
  BOUNCEPARSE_BLOCKLIST_REMOVAL,
  BOUNCEPARSE_BLOCKLIST_NOTE
} BounceparseBlocklistString;

BOUNCEPARSE_API guint bounceparse_recipient_get_n_blocklists(const BounceparseRecipient *recipient);

/* A string of the n-th block list that the reply names, or NULL. */
BOUNCEPARSE_API const char *bounceparse_recipient_get_blocklist(const BounceparseRecipient *recipient, guint n,
                                                                BounceparseBlocklistString which);

/* ---- output ------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *source; /* may hold any bytes; never NULL */
  gint64 index;       /* in an mbox, from 0; -1 leaves it out */
  gint64 offset;      /* of its From_ line in bytes; -1 leaves it out */
  gboolean brief;     /* leave out title, meaning, steps, reason and the meanings of codes */
} BounceparseJson;

/* Appends the answer as one JSON object without a line end (schema/bounceparse-1.json). For an answer of
 * bounceparse_reader_explain() the object is one recipient's; of several, as a line of a log may name, each has its
 * own, on a line of its own. */
BOUNCEPARSE_API void bounceparse_answer_to_json(const BounceparseAnswer *answer, const BounceparseJson *how,
                                                GString *out);

/* Appends the object that stands for an input that could not be read; code is one of sysexits.h. */
BOUNCEPARSE_API void bounceparse_error_to_json(const BounceparseJson *how, int code, const char *text, GString *out);

/* ---- pattern sets ------------------------------------------------------------------------------------------- */

typedef enum { BOUNCEPARSE_FINDING_ERROR, BOUNCEPARSE_FINDING_WARNING } BounceparseSeverity;

/* Called for each finding; where is "file:line" or "file:line:column". */
typedef void (*BounceparseFinding)(BounceparseSeverity severity, const char *where, const char *text, gpointer data);

/* Checks the pattern set that options give (NULL: the shipped one): forms, regular expressions, every example and
 * counter-example, rules that cannot win, names that stand in vain in over=, patterns slow on hostile text. Returns
 * the number of examples and counters run, and sets *n_failed (may be NULL) to those that did not hold. */
BOUNCEPARSE_API guint bounceparse_patterns_check(const BounceparseOptions *options, BounceparseFinding finding,
                                                 gpointer data, guint *n_failed);

/* Called for each rule. decided is, for the rule that wins, the step of the order that decided ("only match", "over",
 * …), NULL for others. Where the words of a reply together decide, the first call is for these: id and decided are
 * "words". */
typedef void (*BounceparseRuleVisitor)(const char *id, const char *where, const char *vendor, const char *cause,
                                       const char *decided, gpointer data);

/* Visits the rules that match a reply, the winner first. */
BOUNCEPARSE_API void bounceparse_reader_match(BounceparseReader *reader, const char *reply,
                                              BounceparseRuleVisitor visitor, gpointer data);

/* Visits all rules in order of precedence. */
BOUNCEPARSE_API void bounceparse_reader_list(BounceparseReader *reader, BounceparseRuleVisitor visitor, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BounceparseOptions, bounceparse_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BounceparseReader, bounceparse_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BounceparseAnswer, bounceparse_answer_free)

G_END_DECLS

/* reading.h - what the readers of one message share: the mail, the report that grows, and the notification's text */
#pragma once

#include "pattern/reader.h"
#include "report/reply.h"
#include "report/report.h"

#define BP_WRAPPED 56  /* bytes: a line so long may go on on the next */
#define BP_OPENING 600 /* bytes of a text in which one who is no mail system says what it is about */
#define BP_IN_TEXT (-2)

/* By the sender's address: it is one; there is none, and the text may be masked if it has none either; it is masked. */
typedef enum { BP_MASKS_NOTHING, BP_MASKS_ALL_IF_ANY, BP_MASKS_ALL } BpMasks;

typedef struct {
  BpArena *arena;
  BpMail *mail;
  const BpReportOptions *options;
  BpMatcher *matcher;
  const BpTables *tables;
  BpReport *report;
  const BpFields *headers; /* of the message that is read: the mail itself, or one that it wraps */
  int mail_system;         /* whether its sender is called as mail systems are; -1 until that is asked for */
  BpMasks masks;           /* whether addresses in it are such as archives show them */
  const char *mask;        /* what stands for "@" in its sender's, or NULL */
  int message;             /* the part that holds it, -1 for the mail itself, BP_IN_TEXT where it is pasted */
  const char *text;        /* the notification: UTF-8, up to where the returned message begins */
  gsize length;
  const char *pasted; /* the returned message where it stands as text, or NULL */
  gsize pasted_length;
  gboolean for_several;      /* the returned message has more than one recipient in To and Cc */
  gboolean taken_for_bounce; /* who hands the message on takes it for a bounce */
  gboolean complement;       /* recipients are known: the text only adds to them */
  GPtrArray *strangers;      /* addresses that are no recipients: sender, reporter */
  const char *list_owner;    /* who may look after a list whose post came back, or NULL */
  GHashTable *known;         /* recipients by address, once there are many; else NULL */
  gsize reply_bytes;         /* of all diagnostics so far */
  GArray *fits;              /* of BpFit: the layouts and kinds that it fits, NULL until they are asked for */
} BpReading;

/* The parts of the message that is read, one after the other, from *at on; NULL behind the last. Those of messages
 * within it are passed over. */
BpPart *bp_next_part(BpReading *r, guint *at);

/* The recipient called address, added where it is new; a failed one stays failed. An address with no "@" may be one. */
BpRecipient *bp_recipient_add(BpReading *r, const char *address, BpAction action);

/* The recipient called address, or NULL. */
BpRecipient *bp_recipient_find(const BpReading *r, const char *address);

/* TRUE where address cannot be a failed recipient: the sender's, the reporting system's own. */
gboolean bp_is_stranger(const BpReading *r, const char *address);

/* TRUE where a text names the recipient. */
gboolean bp_names(const BpRecipient *recipient, const char *text);

/* TRUE where a text names another recipient of the report and not this one. */
gboolean bp_names_another(BpReading *r, const BpRecipient *recipient, const char *text);

/* Failure before delay before success, by the actions of the recipients. */
BpKind bp_kind_of_actions(const BpReport *report);

/* A named group of the matcher's last successful run on text, in one line of at most max bytes; NULL where it is not
 * set or empty. */
const char *bp_captured(BpArena *arena, const BpMatcher *matcher, const char *text, const char *name, gsize max);

/* What a text says of a recipient: fills what is absent, and decides status and code as the design has it: the reply's,
 * else that of the text around it, else the Status field. */
void bp_recipient_reply(BpReading *r, BpRecipient *recipient, const char *text, gsize length);

/* What announces the recipient's reply, in front of what is known to; its last words where there are many. */
void bp_recipient_announced(BpReading *r, BpRecipient *recipient, const char *text, gsize length);

/* TRUE where text is a reply of a server without words: "550 5.1.1". */
gboolean bp_reply_is_wordless(const char *text);

/* TRUE where text is the first lines of a reply, "550-…", without its last, "550 …". */
gboolean bp_reply_is_cut(const char *text);

/* The same with a reply that is parsed, which several recipients may share. */
void bp_recipient_take_reply(BpReading *r, BpRecipient *recipient, const BpReply *reply);

/* Host, IP address and SMTP command as the text around a reply tells them; fills what is absent. */
void bp_recipient_context(BpReading *r, BpRecipient *recipient, const char *text, gsize length);

/* "dns; mx.example.com (192.0.2.1)": host in lower case and IP address; either may stay as it is. */
void bp_host_of(BpArena *arena, const char *value, const char **host, const char **ip);

/* The SMTP command that words stand for ("end of data": "DATA"), or NULL. */
const char *bp_command_of(const char *stated);

/* Seconds since 1970 of an RFC 5322 date, or BP_NO_TIME. */
gint64 bp_date_of(const char *value);

/* ---- phrases.c --------------------------------------------------------------------------------------------- */

/* TRUE where a pattern of a domain matches in text, which may be NULL. */
gboolean bp_any_phrase(BpReading *r, BpMatchDomain domain, const char *text);

/* The same in the notification's text or its subject. */
gboolean bp_tells_of(BpReading *r, BpMatchDomain domain);

/* TRUE where words of a text or the subject stand for a mail: a parcel may be undeliverable, too. */
gboolean bp_speaks_of_mail(BpReading *r, const char *text);

/* ---- the readers -------------------------------------------------------------------------------------------- */

/* Each returns TRUE where the message is of its kind, and sets kind and layout of the report. */
gboolean bp_read_dsn(BpReading *r);            /* RFC 3464, 6533 */
gboolean bp_read_pasted_dsn(BpReading *r);     /* the same fields in running text */
gboolean bp_read_arf(BpReading *r);            /* RFC 5965 */
gboolean bp_read_mdn(BpReading *r);            /* RFC 8098 */
gboolean bp_read_layouts(BpReading *r);        /* patterns/layouts */
gboolean bp_read_general(BpReading *r);        /* what every bounce has in common */
gboolean bp_read_kinds_first(BpReading *r);    /* what is no report though it may quote one: patterns/kinds.conf */
gboolean bp_read_kinds(BpReading *r);          /* auto-replies and their kin: patterns/kinds.conf */
gboolean bp_read_auto_submitted(BpReading *r); /* RFC 3834 */

/* Where the report is of one recipient whom only the text names: adds what the fields of RFC 3464 tell of it. */
void bp_fill_from_status(BpReading *r);

/* What the returned message tells of itself: fills report->original. */
void bp_read_original(BpReading *r);

/* TRUE where the returned message was written by who reads the report, as From and To have it. */
gboolean bp_is_of_reader(const BpReading *r);

/* What the notification says of a returned message that neither a part nor its text holds: fills report->original. */
void bp_read_stated(BpReading *r);

/* The recipient that the return path was made for (VERP); NULL for none. */
const char *bp_verp_recipient(BpReading *r);

/* Takes the notification's text from its parts, and from that a returned message that is pasted below it. */
void bp_find_text(BpReading *r);

/* The text of a part, in which addresses that an archive masked are mail addresses again. */
const char *bp_text_of(BpReading *r, BpPart *part, gsize *length);

/* The same with a text that is at hand. */
void bp_set_text(BpReading *r, const char *text, gsize length);

/* The header of a message that is pasted as text, and its body; NULL where what is pasted does not begin with one. */
const BpFields *bp_pasted_header(BpReading *r, const char **body);

/* TRUE where a layout that fits has the key: "wraps", the bounce is a message that this one holds; "refuses", the text
 * of a disposition notification refuses the message; "one-reply", all are given the reply on one. */
gboolean bp_layout_says(BpReading *r, const char *key);

/* TRUE where the message says that it is a multipart/report of a delivery (RFC 6522), whatever its parts say. */
gboolean bp_is_delivery_report(const BpReading *r);

/* TRUE where the message looks like one that a mail system wrote of a delivery: by its type, sender, subject and words.
 */
gboolean bp_is_bounce(BpReading *r);

/* TRUE where a person hands a report on, the parts of which were attached one by one. */
gboolean bp_hands_report_on(BpReading *r);

/* The same of a receipt, which a person's mail program also writes by itself. */
gboolean bp_hands_receipt_on(BpReading *r);

/* TRUE where a delivery status may tell of this message's own purpose. */
gboolean bp_may_hold_dsn(BpReading *r);

/* TRUE where a list hands the message out that no mail system wrote: what it quotes is not its own. */
gboolean bp_is_handed_out(BpReading *r);

/* TRUE where a layout that is known by its text alone may be that of this message, and not of one that it quotes. */
gboolean bp_layout_may_tell(BpReading *r);

typedef enum {
  BP_TELLS_NOTHING,
  BP_TELLS_BY_REPLY, /* where one sentence calls it the reader's mail, says whom it was for and that it failed, or words
                      * say whom a mail did not reach and a server's reply stands with them */
  BP_TELLS_BY_SENTENCE, /* also where the subject has words of failure and one sentence, or rows, say who it was */
  BP_TELLS_BY_OPENING,  /* also where the text begins with the failure and names its recipients below */
  BP_TELLS_BY_SUBJECT,  /* also where the subject is that of a bounce and the text names a failed recipient */
} BpTells;

/* What proves that a message tells of a delivery that bp_is_bounce() finds no mail system in. */
BpTells bp_may_tell_of_mail(BpReading *r);

/* TRUE where words say that something was not sent, and not that it may be so. */
gboolean bp_says_undone(BpReading *r, const char *text);

/* The bare address of From; "" for none. */
const char *bp_sender(const BpReading *r);

/* TRUE where the subject tells that something was not sent: "The automatic reply could not be sent". */
gboolean bp_subject_tells_of_undone(BpReading *r);

/* TRUE where a mail system wrote it that takes no answers: by its name and the return path. */
gboolean bp_is_of_daemon(BpReading *r);

/* The same by the postmaster's address. */
gboolean bp_is_of_postmaster(BpReading *r);

/* TRUE where it says that it is one in every way: sender, path, subject and words. */
gboolean bp_is_plain_bounce(BpReading *r);

/* One whose sender and subject are those of a bounce and whose text does not gainsay them. */
gboolean bp_calls_itself_bounce(BpReading *r);

/* TRUE where a list manager or a scanner may hand on a message that it holds. */
gboolean bp_may_wrap(BpReading *r);

/* TRUE where a program says that it wrote the mail of its own accord (RFC 3834 section 5), such as a help desk, with
 * the subject of a bounce. */
gboolean bp_is_generated(BpReading *r);

/* TRUE where the message gives the reader's own message back, which it holds, with words of failure. */
gboolean bp_gives_back(BpReading *r);

/* TRUE where a list manager wrote it itself, to an owner or a member: it names the list (RFC 2919) and is no post. */
gboolean bp_is_of_list_manager(BpReading *r);

/* TRUE where a bounce in which no recipient is found is one all the same. */
gboolean bp_may_name_nobody(BpReading *r);

/* TRUE where a mail system tells of the failure in a subject of its own, which may name the recipient. */
gboolean bp_is_told_by_subject(BpReading *r);

/* TRUE where a program wrote the message: a mail system, a list manager, a scanner. */
gboolean bp_from_machine(BpReading *r);

/* TRUE where the sender answers a mail, hands one on or writes to a list, as a postmaster may do. */
gboolean bp_may_be_person(BpReading *r);

/* TRUE where the mail is one that a list hands out to its subscribers. */
gboolean bp_is_post(BpReading *r);

/* TRUE where a person may have written of an automatic reply, and no program says that it wrote the mail. */
gboolean bp_may_be_by_hand(BpReading *r);

/* The subject, without the tag that a list set before it where a mail system wrote to the list; or NULL. */
const char *bp_subject(BpReading *r);

/* ---- conditions of layouts and kinds ------------------------------------------------------------------------ */

/* A group that the message fits, and in how many of the four keys. */
typedef struct {
  guint32 group;
  guint keys;
} BpFit;

/* The next group of a file kind that the message fits, from *at on; NULL behind the last. It fits where for each key of
 * from, subject, header and body that the group has, one of its patterns matches. Those with more keys come first. */
const BpGroupRecord *bp_recognise(BpReading *r, BpFileKind file_kind, guint *at);

/* Forgets what was recognised: the text has changed. */
void bp_recognise_anew(BpReading *r);

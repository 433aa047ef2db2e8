/* lines.h - the lines of a notification's text, and what is said of a recipient on them
 *
 * An array of BpLine stands for the text of a reading, in its order. */
#pragma once

#include "report/reading.h"

#define BP_LOOK (4 * BP_REPLY_MAX) /* bytes of a paragraph or reply that are looked at */
#define BP_REACH 12                /* lines behind an address in which its reply is looked for */

typedef struct {
  gsize at, length;
  gboolean failure; /* has words that say that delivery failed */
  gboolean code;    /* has a reply code or a status */
  gboolean smtp;    /* has a reply code */
  gboolean recipient, not_recipient;
  gboolean named;   /* has words that announce the very address: "your mail to bob@example.com" */
  gboolean whom;    /* the same without a word of whose mail it is: "could not be delivered to bob@example.com" */
  gboolean target;  /* has words that call the address the one that the mail was handed on to */
  gboolean reason;  /* has words behind which the reason is told */
  gboolean success; /* has words that say that delivery succeeded */
  gboolean comment; /* holds an address and, in brackets, a reason */
  gboolean listed;  /* begins with an address, one of a list perhaps */
  gboolean row;     /* … and tells a reason behind it */
  guint heading;    /* of that list: 1 and the number of its line, 0 for none */
  gsize elsewhere;  /* 1 and where an address stands whose sentence tells of another that no mail reached; 0 for none */
  gsize told, told_end; /* where the addresses stand whose sentence tells that no mail reached them; equal for none */
} BpLine;

/* The first lines of the text, as many as are looked at. */
void bp_lines_split(const BpReading *r, GArray *lines);

/* Sets the member at offset, a gboolean, of the lines in which patterns of a domain match. Returns how many matches
 * there are. */
guint bp_lines_mark(BpReading *r, GArray *lines, BpMatchDomain domain, gsize offset);

/* The same, of the sentences of a text as bp_lines_unwrap() makes it. */
guint bp_lines_mark_sentences(BpReading *r, GArray *lines, const char *text, BpMatchDomain domain, gsize offset);

/* The text of the reading, as long as it is, where a line that was wrapped goes on behind a blank. Free it. */
char *bp_lines_unwrap(const BpReading *r, GArray *lines);

/* Marks the lines with the addresses of sentences that tell, by whatever words, that no mail reached them; sentences is
 * the text as bp_lines_unwrap() makes it. Returns how many there are. */
guint bp_lines_mark_undone(BpReading *r, GArray *lines, const char *sentences);

/* TRUE where it told so of the address at offset from. */
gboolean bp_is_told(const BpLine *line, gsize from);

/* TRUE where the words of a text between an address, or the beginning of its sentence, and the one at offset from say
 * that this is another's: "from". */
gboolean bp_is_anothers(BpReading *r, const char *text, gsize behind, gsize from);

/* ". Please", "! Your": where a sentence ends, and one begins, at p. */
gboolean bp_begins_sentence(const char *text, const char *p);

/* "Error code: too large (552 5.3.4)" */
gboolean bp_line_states_status(const BpReading *r, const BpLine *line);

/* Marks the lines with a reply code or a status. */
void bp_lines_mark_codes(BpReading *r, GArray *lines);

/* The bytes of a label that blanks or dots part from its value, "Recipient   " or "Reply .... ", 0 for none. */
gsize bp_column_label(const char *text, gsize length);

/* "Undeliverable address: bob@example.com" names the recipient and gives no reason. */
gboolean bp_line_is_label(const BpReading *r, const BpLine *line, const char *address);

/* "Contact's address: bob@example.com", whatever the label says. */
gboolean bp_line_is_any_label(const BpReading *r, const BpLine *line, const char *address);

/* Where the line ends, without the blanks at its end. */
gsize bp_line_end(const BpReading *r, const BpLine *line);

gboolean bp_line_ends_with_colon(const BpReading *r, const BpLine *line);

/* The bytes of "1." or "12)" at the beginning of text, as in a list; 0 for none. */
gsize bp_list_number(const char *text);

/* TRUE where a reply code or a status stands between two offsets of the text. */
gboolean bp_states_code(const BpReading *r, gsize from, gsize to);

/* TRUE where the failure is told above line n: what stands there may be whom to ask. */
gboolean bp_lines_tell_before(GArray *lines, guint n);

/* "----- Transcript of session follows -----" and other lines that part a text. */
gboolean bp_line_is_rule(const BpReading *r, const BpLine *line);

/* "Recipient: <bob@example.com>" below a reply is not a part of it: "your host is blocked" is said of nobody's mailbox.
 */
gboolean bp_line_names_recipient(const BpReading *r, const BpLine *line);

/* TRUE where a colon, such as CJK texts have too, ends at offset end of the text. */
gboolean bp_colon_before(const char *text, gsize end);

/* The line that a recipient's reply begins in: the first with a code, else one that says that it tells the reason, else
 * the first with words of failure, which are not those of label. FALSE where there is none from first up to limit. */
gboolean bp_lines_find_reply(GArray *lines, guint first, guint limit, guint label, guint *found);

/* Gives the recipient, whose address stands in line at_line, the reply that is told below it, above limit, or before.
 */
void bp_lines_read_reply(BpReading *r, GArray *lines, guint at_line, const char *address, guint limit,
                         BpRecipient *recipient);

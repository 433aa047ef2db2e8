/* mentions.h - the addresses that a notification's text mentions
 *
 * An array of BpMention stands for them in their order; lines are those of the text, marked (see lines.h). */
#pragma once

#include "report/lines.h"

#define BP_ENOUGH 3 /* points that make a recipient */
#define BP_RECORD 6 /* fields of a record in which the one of the reply is looked for */
#define BP_ALONE 2  /* the same of the only address that may be one */

typedef struct {
  const char *address;
  guint line;
  gsize from; /* where it stands in the text */
  int points;
  gboolean alone;   /* on its line, without a reason behind it */
  gboolean mailbox; /* so with a name before it */
  gboolean first;   /* on its line */
  gboolean replied; /* within a reply, behind its code or the word that tells the reason */
  gboolean header;  /* in the header of the message that failed, as the text repeats it */
} BpMention;

/* Finds those that may be a recipient's, and marks the lines that are rows or entries of a list. */
void bp_mentions_find(BpReading *r, GArray *lines, GArray *mentions);

/* Gives those enough points that only the whole makes recipients: rows of a table of failures, labels with a reason
 * below. */
void bp_mentions_complete(BpReading *r, GArray *lines, GArray *mentions);

/* "E-mail:  bob@example.com", a field with the only address of a text that has told of the failure above. */
gboolean bp_is_only_label(BpReading *r, GArray *lines, GArray *mentions, guint n);

gboolean bp_named_by_subject(const BpReading *r, const char *address);

/* ---- proof.c ------------------------------------------------------------------------------------------------ */

/* TRUE where the text itself proves that a mail failed, whoever wrote it; told where it has words of that. */
gboolean bp_mentions_prove(BpReading *r, GArray *lines, GArray *mentions, BpTells tells, gboolean told);

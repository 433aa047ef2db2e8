/* words.h - what all the words of a reply together speak for
 *
 * A rule knows a wording; where no rule fits, or one that fits too much, the single words still tell a lot. Each has a
 * weight for each cause, learned when the library is built (learn.c) from replies whose cause is known: those in
 * patterns/words/ and the examples of all rules. */
#pragma once

#include "pattern/tables.h"

#define BP_WORDS_MAX 255        /* features that are looked at; sums of weights stay within 16 bits */
#define BP_WORD_CAUSES_MAX 64   /* causes that words may speak for */
#define BP_WORD_WEIGHT_ONE 16   /* a weight of 1 */
#define BP_WORD_WEIGHT_BIAS 128 /* weights are kept as bytes, with this added */

/* What of a reply is weighed: each word's first six letters, each four letters in a row, reply code and status; in
 * scripts without blanks, each two letters. A feature is a number made of what it stands for. */
typedef struct {
  guint32 ids[BP_WORDS_MAX];
  guint n;
  guint n_words;    /* different words, or pairs of letters in scripts without blanks */
  guint32 seen[32]; /* a bit for some features that are there */
} BpWords;

/* The features of a reply: words without leading code and status (UTF-8, length bytes); code and class are 0 where the
 * reply has none. Words with "@" and names reserved for documentation (RFC 2606) say nothing and are passed over. */
void bp_words_read(const char *words, gsize length, guint code, guint class, guint subject, guint detail, BpWords *w);

/* How much a reply speaks for each cause, in units of 1 / BP_WORD_WEIGHT_ONE, before it is divided by the square root
 * of n. */
typedef struct {
  gint32 of[BP_WORD_CAUSES_MAX]; /* by column: t->word_causes tells which cause */
  guint n;                       /* features that have weights */
} BpWeights;

void bp_words_weigh(const BpTables *t, const BpWords *w, BpWeights *weights);

/* The row of weights of a feature; NULL for one that was not learned. */
const guint32 *bp_word_row(const BpTables *t, guint32 id);

/* How many numbers a row of weights takes: four weights each. */
static inline guint32 bp_word_row_length(guint32 n_causes) {
  return (n_causes + 3) / 4;
}

/* Hashes are filed by their first bits. */
#define BP_WORD_BUCKET_BITS 12

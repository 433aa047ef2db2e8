/* words.h - eight bytes of a text at a time */
#pragma once

#include <glib.h>
#include <string.h>

/* A word of eight times the same byte. */
#define BP_EACH_BYTE(c) (G_GUINT64_CONSTANT(0x0101010101010101) * (guchar)(c))

static inline guint64 bp_word_at(const char *p) {
  guint64 word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* Its highest bits tell of a byte c: one is set where the word holds c, and none where it does not and all its bytes
 * are ASCII. (A byte below n borrows from its highest bit when n is subtracted.) */
static inline guint64 bp_word_holds(guint64 word, char c) {
  return (word ^ BP_EACH_BYTE(c)) - BP_EACH_BYTE(1);
}

/* TRUE where one of the eight bytes is no printable US-ASCII. A borrow from the byte before can only add a false alarm.
 */
static inline gboolean bp_word_is_special(guint64 word) {
  return ((word | (word - BP_EACH_BYTE(' ')) | bp_word_holds(word, 0x7f)) & BP_EACH_BYTE(0x80)) != 0;
}

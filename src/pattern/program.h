/* program.h - a pattern as a program that finds its matches
 *
 * PCRE2's interpreter takes three times as long as these programs, and its machine code has to be made anew in each
 * process, which the few hundred texts of a small folder do not pay for. A program answers as PCRE2 does: it tries the
 * same ways in the same order. It is made of 32-bit numbers that refer to nothing outside, so that the shipped ones
 * stand in read-only memory. */
#pragma once

#include <glib.h>

/* The program of a pattern that PCRE2 compiles, an array of guint32; NULL where the pattern has something that programs
 * cannot do. Free it with g_array_unref(). */
GArray *bp_program_build(const char *pattern);

/* Room for running programs, and where the last match stands. */
typedef struct BpRun BpRun;

BpRun *bp_run_new(void);
void bp_run_free(BpRun *run);

/* Finds the first match in text (valid UTF-8) that begins between byte start, where a character begins, and byte last.
 * Takes the work it was from *budget; without a match it ends where one place took too much of it, or where the budget
 * is spent. */
gboolean bp_run_search(BpRun *run, const guint32 *program, const char *text, gsize length, gsize start, gsize last,
                       gint64 *budget);

/* TRUE where the last search ended at a place that took too much. */
gboolean bp_run_gave_up(const BpRun *run);

/* Where the whole match of the last search stands, which found one. */
void bp_run_span(const BpRun *run, gsize *from, gsize *to);

/* A named group of it; FALSE where it is not set. */
gboolean bp_run_group(const BpRun *run, const char *name, gsize *from, gsize *to);

/* ---- what stands in a program ------------------------------------------------------------------------------- */

/* Its beginning: flags and number of places kept, with what a match begins; names, sets
 * and the code follow. */
#define BP_PROGRAM_FLAGS 0
#define BP_PROGRAM_PLACES 1
#define BP_PROGRAM_FIRST 2  /* mask of what a match begins with … */
#define BP_PROGRAM_SECOND 3 /* … and of its second byte */
#define BP_PROGRAM_SETS                                                                                                \
  4                       /* offset: before the sets stand the names, each with the number of its group and its words  \
                           */
#define BP_PROGRAM_CODE 5 /* offset */
#define BP_PROGRAM_HEAD 6

enum { BP_PROGRAM_AT_LINE = 1, BP_PROGRAM_AT_TEXT = 2, BP_PROGRAM_AT_WORD = 4, BP_PROGRAM_EMPTY = 8 };

/* An instruction is a word: what to do, and above its low eight bits a number. Offsets count words from the program's
 * beginning. A mask has a bit for each class of bytes, see bp_byte_class(). */
typedef enum {
  BP_OP_DONE,
  BP_OP_TEXT,   /* so many bytes follow, in lower case */
  BP_OP_EXACT,  /* the same, as they stand */
  BP_OP_SET,    /* the set at an offset */
  BP_OP_GREEDY, /* repeats of the set at an offset; min, max, mask of what may follow; likewise the next two */
  BP_OP_LAZY,
  BP_OP_POSSESSIVE,
  BP_OP_CHOICE, /* one of n: n masks (BP_CHOICE_FEW at most) or for each class the bits of those it may begin; n
                   offsets */
  BP_OP_JUMP,   /* to an offset */
  BP_OP_SAVE,   /* keeps the place in so many-th */
  BP_OP_LOOK,   /* 1: must not; offset behind */
  BP_OP_BEHIND, /* 1: must not; offset behind, n, and n times: characters, offset */
  BP_OP_ATOMIC, /* offset behind */
  BP_OP_LINE_BEGIN,
  BP_OP_LINE_END,
  BP_OP_WORD_EDGE,
  BP_OP_NO_WORD_EDGE,
  BP_OP_TEXT_BEGIN,
  BP_OP_TEXT_END
} BpOp;

#define BP_REPEAT_WORDS 4 /* of BP_OP_GREEDY and its like */
#define BP_CHOICE_FEW 6
#define BP_CHOICE_MOST 32

/* A set: a bit for each of ASCII, then twice the number of ranges, plus one where it is inverted; first and last. */
#define BP_SET_RANGES 4

/* Both cases of a letter are one class, as are the bytes beyond ASCII. The classes of what words are made of are the
 * first ones. */
#define BP_WORD_CLASSES ((1u << 27) - 1)
static inline guint bp_byte_class(guint8 byte) {
  if (byte >= 0x80)
    return 31;
  if (g_ascii_isalpha(byte))
    return (byte | 0x20u) - 'a';
  if (g_ascii_isdigit(byte) || byte == '_')
    return 26;
  switch (byte) {
  case ' ':
  case '\t':
    return 27;
  case '\n':
  case '\r':
    return 28;
  case '<':
  case '(':
  case '[':
  case '"':
  case ':':
    return 29;
  default:
    return 30;
  }
}

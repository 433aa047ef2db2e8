/* regex.h - a pattern read into a tree
 *
 * The syntax is PCRE2's (pcre2pattern(3)), as far as pattern files use it: without back references, conditions,
 * recursion and Unicode properties. Patterns are caseless, "^" and "$" stand at lines, as BP_PCRE2_OPTIONS says. */
#pragma once

#include "base/arena.h"

/* Characters: a bit for each of ASCII; beyond it those in the ranges, or where inverted all others. */
typedef struct {
  guint32 ascii[4];
  gboolean inverted;
  guint32 first, n; /* of the tree's ranges */
} BpCharset;

typedef enum {
  BP_REGEX_TEXT,     /* characters, one after the other */
  BP_REGEX_SET,      /* a character of a set */
  BP_REGEX_SEQUENCE, /* of its parts; without parts nothing */
  BP_REGEX_CHOICE,   /* one of its parts, the first that fits */
  BP_REGEX_REPEAT,   /* its part so many times */
  BP_REGEX_CAPTURE,  /* its part, as a named group */
  BP_REGEX_ATOMIC,   /* its part, without trying another way */
  BP_REGEX_LOOK,     /* a place before or behind which its part stands, or does not */
  BP_REGEX_PLACE     /* a place: one of ^ $ b B A z */
} BpRegexKind;

typedef enum { BP_REPEAT_GREEDY, BP_REPEAT_LAZY, BP_REPEAT_POSSESSIVE } BpRepeatMode;

#define BP_REPEAT_MAX G_MAXUINT32 /* without limit */

typedef struct BpRegex BpRegex;
struct BpRegex {
  BpRegexKind kind;
  BpRegex *part, *last, *next; /* its first part and last one; the next one of the parts that it belongs to */
  guint32 text, length;        /* bytes of the tree's text; where caseless, its ASCII is in lower case, and nothing
                                  else has a case */
  gboolean exact;              /* the text is not caseless */
  BpCharset set;
  gunichar letter; /* whose cases the set is, or 0 */
  guint32 min, max;
  BpRepeatMode mode;
  const char *name;
  gboolean behind, negative;
  char place;
  guint32 mark; /* of whoever walks the tree: 0 at first */
};

/* A whole pattern, and what its nodes refer to. */
typedef struct {
  BpArena *arena;
  GString *text;
  GArray *ranges; /* of gunichar: first and last of each */
  GArray *bars;   /* of gsize: where "|" stands in the pattern between alternatives of the whole */
  BpRegex *root;
} BpRegexTree;

/* The tree of a pattern that PCRE2 compiles; NULL where it has a syntax that is not read here. */
BpRegexTree *bp_regex_read(const char *pattern);
void bp_regex_free(BpRegexTree *tree);

/* How many characters a match has, where that is always the same; else -1. */
int bp_regex_length(const BpRegexTree *tree, const BpRegex *node);

/* TRUE where a match may be empty. */
gboolean bp_regex_may_be_empty(const BpRegex *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpRegexTree, bp_regex_free)

/* literal.h - the bytes that every match of a pattern must contain */
#pragma once

#include "pattern/span.h"

/* Texts are searched folded: A-Z in lower case, letters beyond ASCII by g_unichar_tolower(). */
#define BP_LITERAL_MIN 3 /* bytes; shorter ones find too much */

/* Folds length bytes of valid UTF-8 at text. The result is NUL-terminated; free it with g_free(). */
char *bp_literal_fold(const char *text, gsize length, gsize *folded_length);

/* The same, into a string that is used again and again. TRUE where each character is as long as before. */
gboolean bp_literal_fold_into(GString *folded, const char *text, gsize length);

#define BP_LITERAL_SETS 6 /* sets of a clause at most */

/* Folded literals (char *), of which a match contains one, or has it beside it. */
typedef struct {
  GPtrArray *literals;
  gboolean before; /* one may stand before the match */
  BpSpan behind;   /* else so many bytes behind the match's beginning it begins */
} BpLiteralSet;

/* Frees one, and its literals where its array does. */
void bp_literal_set_free(gpointer set);

/* What each match of a pattern must contain, as clauses: one for each of its alternatives. A clause is an array of
 * BpLiteralSet: a text that the alternative matches contains a literal of every one. NULL where an alternative
 * guarantees no literal of BP_LITERAL_MIN bytes, and for a tree that is NULL. Free it with g_ptr_array_unref(). */
GPtrArray *bp_literals_of(const BpRegexTree *tree);

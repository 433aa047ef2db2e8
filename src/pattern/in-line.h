/* in-line.h - can a match of a pattern go beyond a line of the text? */
#pragma once

#include "pattern/regex.h"

/* TRUE where neither a match of the pattern nor what it looks at before or behind holds a newline, and where it does
 * not ask for the end of the whole text: then it matches in a line cut out of a text as it does in the text. FALSE for
 * a tree that is NULL. */
gboolean bp_stays_in_line(const BpRegexTree *tree);

/* letter.h - which letters are one another's case, as PCRE2 sees it */
#pragma once

#include <glib.h>

#define BP_LETTER_CASES 8

/* All that c stands for where case does not count, itself first. Returns how many. */
guint bp_letter_cases(gunichar c, gunichar cases[BP_LETTER_CASES]);

/* The case, beyond ASCII, of s and k; c itself for others. */
gunichar bp_letter_beyond(gunichar c);

/* The next character behind c that may have another case. */
gunichar bp_letter_next(gunichar c);

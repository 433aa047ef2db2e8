/* learn.h - the weights of words, learned from replies whose cause is known */
#pragma once

#include "pattern/source.h"
#include "pattern/tables.h"

/* Adds to t, which was built of source, the weights of words: from the replies in its words/ and the examples of its
 * rules. The same files give the same weights on every machine with IEEE 754 numbers. */
void bp_learn_words(BpTables *t, const BpSource *source);

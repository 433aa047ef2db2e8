/* index.h - which patterns can match a text at all, told by the literals in it */
#pragma once

#include "pattern/tables.h"

/* Adds literals, buckets and the lists of matchers without a literal to tables made by bp_tables_build(). */
void bp_index_build(BpTables *tables, gsize text_length);

/* Sets in candidates (a bit a matcher of the domain, counted from its first; the caller's, zeroed) those of whose
 * clauses one has a literal of each set in folded (see bp_literal_fold()), and those that have none. seen is room to
 * work in: an array of bytes that is cleared when resized. */
void bp_index_search(const BpTables *tables, BpMatchDomain domain, const char *folded, gsize length, GArray *seen,
                     guint64 *candidates);

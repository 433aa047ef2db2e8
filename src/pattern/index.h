/* index.h - which patterns can match a text at all, told by the literals in it */
#pragma once

#include "pattern/source.h"
#include "pattern/tables.h"

/* Adds literals, clauses and the lists of matchers without a literal to tables made by bp_tables_build() of source. */
void bp_index_build(BpTables *tables, gsize text_length, const BpSource *source);

/* What a search finds, and the room that it needs; one may be used for many searches. */
typedef struct BpHits {
  guint64 *matchers; /* those of the domain that may match, counted from its first: a bit each … */
  guint64 *words;    /* … a bit for each word of those that is not 0 … */
  guint32 n_words;
  guint32 *found; /* … and their numbers in rising order */
  guint32 n_found;
  guint32 *first;      /* of each of them: where a match may begin first … */
  guint32 *last;       /* … and last; BP_ANY: anywhere */
  struct BpSeen *seen; /* what was found of literals and clauses */
} BpHits;

/* For searches in the domains from one to another. */
void bp_hits_init(BpHits *hits, const BpTables *tables, BpMatchDomain from, BpMatchDomain to);
void bp_hits_clear(BpHits *hits);

/* The places in folded (see bp_literal_fold()) where a literal of a domain of text may stand, guint32 in rising order:
 * they are found once, for all searches in the same text. */
void bp_index_find_places(const BpTables *tables, const char *folded, gsize length, GArray *places);

/* Finds the matchers of a domain of whose clauses one has a literal of each set in folded, and those that have none.
 * places are those of bp_index_find_places(), of this text or one that goes on behind it; NULL for domains that are not
 * of text. Behind folded's length bytes another eight can be read. */
void bp_index_search(const BpTables *tables, BpMatchDomain domain, const char *folded, gsize length,
                     const GArray *places, BpHits *hits);

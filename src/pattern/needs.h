/* needs.h - what a text must contain for a pattern to match it, in memory and in tables */
#pragma once

#include "pattern/tables.h"

typedef struct {
  GPtrArray *clauses; /* see bp_literals_of(); NULL where nothing is sure */
  gboolean in_line;   /* see bp_stays_in_line() */
} BpNeeds;

/* Those of a pattern; all of these are freed with bp_needs_free(). */
BpNeeds *bp_needs_of(const char *pattern);

/* Those that stand in a set's table of them at at, which is not 0. Literals are the set's. */
BpNeeds *bp_needs_read(const BpTables *tables, guint32 at);

/* Appends them to such a table; places has where each literal stands in the set's text. */
void bp_needs_write(const BpNeeds *needs, GHashTable *places, GArray *table);

void bp_needs_free(BpNeeds *needs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpNeeds, bp_needs_free)

/* facts.h - what a reply states besides its cause: addresses, lists, waiting times, pages */
#pragma once

#include "verdict/verdict.h"

/* Adds the named groups of the matcher's last successful run on words; a fact that stands already stays. */
void bp_facts_take(BpArena *arena, BpMatcher *matcher, const char *words, GArray *facts);

/* Adds what the fact patterns of phrases.conf find in words. */
void bp_facts_find(BpArena *arena, BpMatcher *matcher, const char *words, gsize length, GArray *facts);

/* The value of a fact, or NULL. */
const char *bp_fact_value(const GArray *facts, const char *name);

/* Adds the block lists that words name, in order of their place in words. */
void bp_blocklists_find(BpArena *arena, BpMatcher *matcher, const char *words, gsize length, guint lang,
                        const GArray *facts, GArray *listings);

/* Fills {field} and {field|words for when it is empty} in a template; NULL where a field without such words has no value,
 * so that what uses it is left out. */
typedef const char *(*BpFieldFunc)(const char *name, gpointer data);
const char *bp_fill(BpArena *arena, const char *template, BpFieldFunc field, gpointer data);

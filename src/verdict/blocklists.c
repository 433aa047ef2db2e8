/* blocklists.c - the block lists that a reply names */
#include "verdict/facts.h"

typedef struct {
  guint32 list;
  gsize at;
} Found;

static int compare_places(gconstpointer a, gconstpointer b) {
  const Found *x = a, *y = b;
  return x->at < y->at ? -1 : x->at > y->at;
}

static void add_found(GArray *found, guint32 list, gsize at) {
  for (guint i = 0; i < found->len; i++) {
    Found *f = &g_array_index(found, Found, i);
    if (f->list == list) {
      f->at = MIN(f->at, at);
      return;
    }
  }
  Found f = {list, at};
  g_array_append_val(found, f);
}

/* TRUE where another list that was found says the same more exactly. */
static gboolean overruled(const BpTables *t, const GArray *found, guint32 list) {
  for (guint i = 0; i < found->len; i++) {
    BpRange over = t->blocklists[g_array_index(found, Found, i).list].over;
    for (guint32 j = 0; j < over.n; j++)
      if (t->numbers[over.first + j] == list)
        return TRUE;
  }
  return FALSE;
}

static const char *fact_field(const char *name, gpointer facts) {
  return bp_fact_value(facts, name);
}

static BpListing listing(BpArena *arena, const BpTables *t, guint32 list, guint lang, const GArray *facts) {
  const BpBlocklistRecord *r = &t->blocklists[list];
  return (BpListing){
      .id = BP_STR(t, r->id),
      .name = bp_text(t, r->name, lang),
      .kind = bp_string(t, r->kind),
      .status = bp_string(t, r->status),
      .lookup = bp_fill(arena, bp_string(t, r->lookup), fact_field, (gpointer)(guintptr)facts),
      .removal = bp_fill(arena, bp_string(t, r->removal), fact_field, (gpointer)(guintptr)facts),
      .note = bp_text(t, r->note, lang),
  };
}

void bp_blocklists_find(BpArena *arena, BpMatcher *m, const char *words, gsize length, guint lang, const GArray *facts,
                        GArray *listings) {
  const BpTables *t = bp_matcher_tables(m);
  BpCandidates candidates = bp_matcher_candidates(m, BP_MATCH_BLOCKLIST, words, length);
  g_autoptr(GArray) found = NULL;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    gsize from, to;
    if (!bp_candidates_run(m, &candidates, n))
      continue;
    if (!found)
      found = g_array_new(FALSE, FALSE, sizeof(Found));
    bp_matcher_span(m, &from, &to);
    add_found(found, t->matchers[n].owner, from);
  }
  if (!found)
    return;
  g_array_sort(found, compare_places);
  for (guint i = 0; i < found->len; i++) {
    guint32 list = g_array_index(found, Found, i).list;
    if (overruled(t, found, list))
      continue;
    BpListing l = listing(arena, t, list, lang, facts);
    g_array_append_val(listings, l);
  }
}

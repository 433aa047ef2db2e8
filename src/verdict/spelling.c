/* spelling.c - words that replies write otherwise than rules do */
#include "verdict/spelling.h"

#include <string.h>

typedef struct {
  gsize from, to;
  const char *right;
} Slip;

static int compare(gconstpointer a, gconstpointer b) {
  const Slip *x = a, *y = b;
  return x->from < y->from ? -1 : x->from > y->from;
}

/* Where slips stand, of Slip; NULL where there is none. */
static GArray *find_slips(BpMatcher *m, BpMatchDomain which, const BpReply *reply) {
  const BpTables *t = bp_matcher_tables(m);
  GArray *slips = NULL;
  BpCandidates candidates = bp_matcher_candidates(m, which, reply->words, reply->length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    const char *slip = BP_STR(t, t->entries[t->matchers[n].owner].value);
    Slip found = {0, 0, strchr(slip, ':') + 2};
    while (bp_candidates_run_in(m, &candidates, n, found.to, reply->length)) {
      bp_matcher_span(m, &found.from, &found.to);
      slips = slips ? slips : g_array_new(FALSE, FALSE, sizeof(Slip));
      g_array_append_val(slips, found);
    }
  }
  return slips;
}

gboolean bp_spelling_mend(BpArena *arena, BpMatcher *m, BpMatchDomain which, BpReply *reply) {
  g_autoptr(GArray) slips = find_slips(m, which, reply);
  if (!slips)
    return FALSE;
  g_array_sort(slips, compare);
  g_autoptr(GString) mended = g_string_sized_new(reply->length + 64);
  gsize kept = 0;
  for (guint i = 0; i < slips->len; i++) {
    const Slip *slip = &g_array_index(slips, Slip, i);
    if (slip->from < kept)
      continue;
    g_string_append_len(mended, reply->words + kept, (gssize)(slip->from - kept));
    g_string_append(mended, slip->right);
    kept = slip->to;
  }
  g_string_append(mended, reply->words + kept);
  reply->own = reply->own ? mended->len - (reply->length - reply->own) : 0;
  reply->length = mended->len;
  reply->words = bp_arena_strndup(arena, mended->str, mended->len);
  return TRUE;
}

gboolean bp_spelling_write_out(BpArena *arena, BpMatcher *m, BpReply *reply, BpRuleQuery *query,
                               BpCandidates *candidates) {
  if (!strchr(query->words, '\''))
    return FALSE;
  gboolean changed = bp_spelling_mend(arena, m, BP_MATCH_CONTRACTION, reply);
  query->words = reply->words;
  query->length = reply->length;
  *candidates = bp_matcher_candidates(m, BP_MATCH_REPLY, query->words, query->length);
  return changed;
}

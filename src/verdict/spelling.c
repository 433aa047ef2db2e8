/* spelling.c - words that replies often misspell, put right before patterns see them */
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
static GArray *find_slips(BpMatcher *m, const BpReply *reply) {
  const BpTables *t = bp_matcher_tables(m);
  GArray *slips = NULL;
  BpCandidates candidates = bp_matcher_candidates(m, BP_MATCH_SLIP, reply->words, reply->length);
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

void bp_spelling_mend(BpArena *arena, BpMatcher *m, BpReply *reply) {
  g_autoptr(GArray) slips = find_slips(m, reply);
  if (!slips)
    return;
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
}

/* TRUE for the end of "isn't" at p. */
static gboolean is_contracted(const char *text, const char *p) {
  return p > text && g_ascii_strncasecmp(p, "n't", 3) == 0 && g_ascii_isalpha(p[-1]) && !g_ascii_isalnum(p[3]);
}

gboolean bp_spelling_write_out(BpArena *arena, BpReply *reply) {
  const char *first = strchr(reply->words, '\'');
  while (first && !(first > reply->words && is_contracted(reply->words, first - 1)))
    first = strchr(first + 1, '\'');
  if (!first)
    return FALSE;
  g_autoptr(GString) full = g_string_sized_new(reply->length + 16);
  for (const char *p = reply->words; *p;) {
    if (!is_contracted(reply->words, p)) {
      g_string_append_c(full, *p++);
      continue;
    }
    /* ca(n't), wo(n't); is( n't) */
    if (full->len > 1 && g_ascii_strcasecmp(full->str + full->len - 2, "ca") == 0)
      g_string_append(full, "nnot");
    else if (full->len > 1 && g_ascii_strcasecmp(full->str + full->len - 2, "wo") == 0)
      g_string_overwrite(full, full->len - 1, "ill not");
    else
      g_string_append(full, " not");
    p += 3;
  }
  reply->own = reply->own ? full->len - (reply->length - reply->own) : 0;
  reply->length = full->len;
  reply->words = bp_arena_strndup(arena, full->str, full->len);
  return TRUE;
}

/* spelling.c - words that replies often misspell, put right before patterns see them
 *
 * Only whole words, and none that is part of an address, a name or a URL. */
#include "verdict/spelling.h"

#include "pattern/reader.h"

#include <string.h>

/* What a word may not stand next to: it is then part of something that is no word. */
#define NO_WORD_BEFORE "@./=&?%#-_+'"
#define NO_WORD_BEHIND "@/=&%-_+'"

static gboolean ends_word(const char *p) {
  return !*p || (!g_ascii_isalnum(*p) && (guchar)*p < 0x80 && !strchr(NO_WORD_BEHIND, *p) &&
                 !(*p == '.' && g_ascii_isalnum(p[1])));
}

static gboolean begins_word(const char *text, const char *p) {
  return g_ascii_isalpha(*p) &&
         (p == text || (!g_ascii_isalnum(p[-1]) && (guchar)p[-1] < 0x80 && !strchr(NO_WORD_BEFORE, p[-1])));
}

/* How what stands at p compares with a slip; *length is that of the slip. */
static int compare(const char *p, const char *slip, gsize *length) {
  gsize i = 0;
  while (slip[i] != ':' && g_ascii_tolower(p[i]) == slip[i])
    i++;
  *length = i;
  if (slip[i] == ':' && ends_word(p + i))
    return 0;
  return (guchar)g_ascii_tolower(p[i]) < (guchar)slip[i] ? -1 : 1;
}

/* What is right for the slip at p; NULL where none is there. */
static const char *right_for(const BpTables *t, const BpGroupRecord *group, const char *p, gsize *length) {
  guint32 low = 0, high = group->entries.n;
  while (low < high) {
    guint32 middle = low + (high - low) / 2;
    const char *slip = BP_STR(t, t->entries[group->entries.first + middle].value);
    int order = compare(p, slip, length);
    if (order == 0)
      return slip + *length + 2;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

static void mend_by(BpArena *arena, const BpTables *t, const BpGroupRecord *group, BpReply *reply) {
  g_autoptr(GString) mended = NULL;
  const char *kept = reply->words;
  for (const char *p = reply->words; *p; p++) {
    gsize length;
    const char *right = begins_word(reply->words, p) ? right_for(t, group, p, &length) : NULL;
    if (!right)
      continue;
    mended = mended ? mended : g_string_sized_new(reply->length + 64);
    g_string_append_len(mended, kept, p - kept);
    g_string_append(mended, right);
    kept = p + length;
    p = kept - 1;
  }
  if (!mended)
    return;
  g_string_append(mended, kept);
  reply->own = reply->own == reply->length ? mended->len : reply->own;
  reply->length = mended->len;
  reply->words = bp_arena_strndup(arena, mended->str, mended->len);
}

void bp_spelling_mend(BpArena *arena, const BpTables *t, BpReply *reply) {
  for (guint32 i = 0; i < t->n_groups; i++) {
    const BpGroupRecord *group = &t->groups[i];
    if (group->kind == BP_FILE_PHRASES && group->entries.n &&
        g_str_equal(BP_STR(t, t->entries[group->entries.first].key), "slip"))
      mend_by(arena, t, group, reply);
  }
}

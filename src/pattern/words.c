/* words.c - what all the words of a reply together speak for */
#include "pattern/words.h"

#include <string.h>

#define STEM_LETTERS 6        /* the first letters of a word: its stem, more or less */
#define FIRST_UNSPACED 0x2e80 /* scripts from here on are written without blanks between words */

/* What a feature is made of. */
enum { OF_ALL = 1, OF_CODE, OF_CLASS, OF_STATUS, OF_STEM, OF_TWO, OF_FOUR };

static guint32 mix(guint32 hash, guint32 value) {
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

/* TRUE for a feature that is there; the filter spares most searches. */
static gboolean is_there(BpWords *w, guint32 id) {
  guint32 *bits = &w->seen[id / 32 % G_N_ELEMENTS(w->seen)], bit = 1u << id % 32;
  gboolean seen = *bits & bit;
  *bits |= bit;
  for (guint i = 0; seen && i < w->n; i++)
    if (w->ids[i] == id)
      return TRUE;
  return FALSE;
}

static void add(BpWords *w, guint32 id) {
  if (w->n < BP_WORDS_MAX && !is_there(w, id))
    w->ids[w->n++] = id;
}

static void add_word(BpWords *w, guint32 id) {
  guint before = w->n;
  add(w, id);
  w->n_words += w->n > before;
}

/* TRUE for an address, and for a name under those that are reserved for documentation. */
static gboolean says_nothing(const char *word, gsize length) {
  return memchr(word, '@', length) || (memchr(word, '.', length - 1) && g_strstr_len(word, (gssize)length, "example."));
}

/* TRUE for what looks like the name of a host: it weighs, but it is no word that a server said. */
static gboolean is_name(const char *word, gsize length) {
  const char *dot = length > 2 ? memchr(word + 1, '.', length - 2) : NULL;
  return dot && g_ascii_isalnum(dot[-1]) && g_ascii_isalnum(dot[1]);
}

/* One run of letters. */
static const char *read_letters(BpWords *w, const char *p, const char *end) {
  guint32 stem = 0, last[3] = {0};
  guint n = 0;
  for (; p < end; p = g_utf8_next_char(p)) {
    gunichar c = (guchar)*p < 0x80 ? (gunichar)g_ascii_tolower(*p) : g_unichar_tolower(g_utf8_get_char(p));
    if (c < 0x80 ? !g_ascii_isalpha((char)c) : !g_unichar_isalpha(c))
      break;
    n++;
    if (c >= FIRST_UNSPACED && last[2])
      add_word(w, mix(mix(OF_TWO, last[2]), c));
    else if (c < FIRST_UNSPACED && n > 3)
      add(w, mix(mix(mix(mix(OF_FOUR, last[0]), last[1]), last[2]), c));
    stem = c < FIRST_UNSPACED && n <= STEM_LETTERS ? mix(stem ? stem : OF_STEM, c) : stem;
    last[0] = last[1];
    last[1] = last[2];
    last[2] = c;
  }
  if (stem && n > 1)
    add_word(w, stem);
  return p;
}

static void add_codes(BpWords *w, guint code, guint class, guint subject, guint detail) {
  add(w, mix(OF_ALL, 0));
  add(w, mix(OF_CODE, code));
  add(w, mix(OF_CLASS, code / 100));
  add(w, mix(OF_STATUS, class ? subject << 16 | detail : BP_ANY));
}

void bp_words_read(const char *words, gsize length, guint code, guint class, guint subject, guint detail, BpWords *w) {
  const char *end = words + length;
  w->n = w->n_words = 0;
  memset(w->seen, 0, sizeof w->seen);
  add_codes(w, code, class, subject, detail);
  for (const char *p = words; p < end && w->n < BP_WORDS_MAX;) {
    const char *blank = memchr(p, ' ', (gsize)(end - p)), *stop = blank ? blank : end;
    gboolean name = is_name(p, (gsize)(stop - p));
    guint n_words = w->n_words;
    while (p < stop && !says_nothing(p, (gsize)(stop - p))) {
      const char *next = read_letters(w, p, stop);
      p = next > p ? next : g_utf8_next_char(p);
    }
    if (name)
      w->n_words = n_words;
    p = stop + 1;
  }
}

static inline const guint32 *bucket_of(const BpTables *t, guint32 id) {
  return &t->word_buckets[id >> (32 - BP_WORD_BUCKET_BITS)];
}

const guint32 *bp_word_row(const BpTables *t, guint32 id) {
  if (t->n_word_ids == 0)
    return NULL;
  const guint32 *bucket = bucket_of(t, id);
  for (guint32 i = bucket[0]; i < bucket[1]; i++)
    if (t->word_ids[i] == id)
      return t->word_weights + (gsize)i * bp_word_row_length(t->n_word_causes);
  return NULL;
}

/* The rows of all features that have one. The tables are larger than the nearest caches: what is needed next is asked
 * for before it is. */
static guint find_rows(const BpTables *t, const BpWords *w, const guint32 **rows) {
  guint n = 0;
  if (t->n_word_ids == 0)
    return 0;
  for (guint i = 0; i < w->n; i++)
    __builtin_prefetch(bucket_of(t, w->ids[i]));
  for (guint i = 0; i < w->n; i++)
    __builtin_prefetch(&t->word_ids[*bucket_of(t, w->ids[i])]);
  for (guint i = 0; i < w->n; i++) {
    const guint32 *row = bp_word_row(t, w->ids[i]);
    if (!row)
      continue;
    __builtin_prefetch(row);
    __builtin_prefetch(row + bp_word_row_length(t->n_word_causes) - 1);
    rows[n++] = row;
  }
  return n;
}

/* Adds four bytes at once, in two numbers of two halves each. */
static void add_row(const guint32 *row, guint32 length, guint32 *even, guint32 *odd) {
  for (guint32 i = 0; i < length; i++) {
    even[i] += row[i] & 0x00ff00ff;
    odd[i] += row[i] >> 8 & 0x00ff00ff;
  }
}

void bp_words_weigh(const BpTables *t, const BpWords *w, BpWeights *weights) {
  guint32 even[BP_WORD_CAUSES_MAX / 4] = {0}, odd[BP_WORD_CAUSES_MAX / 4] = {0};
  guint32 length = bp_word_row_length(t->n_word_causes);
  const guint32 *rows[BP_WORDS_MAX];
  weights->n = find_rows(t, w, rows);
  for (guint i = 0; i < weights->n; i++)
    add_row(rows[i], length, even, odd);
  for (guint32 i = 0; i < t->n_word_causes; i++) {
    guint32 halves = i % 2 ? odd[i / 4] : even[i / 4];
    weights->of[i] = (gint32)(i % 4 < 2 ? halves & 0xffff : halves >> 16) - (gint32)(BP_WORD_WEIGHT_BIAS * weights->n);
  }
}

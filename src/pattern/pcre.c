/* pcre.c - a pattern that PCRE2 runs
 *
 * PCRE2's match limit starts anew at each position of the text and so bounds no time: what a run takes is timed and
 * charged. Long texts are searched window by window, so that no single run takes much longer than the budget. */
#include "pattern/pcre.h"

#include "pattern/build.h"

#include <pcre2.h>
#include <time.h>

#define MATCH_LIMIT 10000  /* PCRE2's, for each position */
#define STEP_TIME 20       /* nanoseconds that a step of the budget stands for */
#define WINDOW (16 * 1024) /* bytes in which a match must lie that begins in their first half */

struct BpPcre {
  pcre2_code *code;
  pcre2_match_data *data;
  pcre2_match_context *context;
  gboolean gave_up;
};

BpPcre *bp_pcre_new(const char *pattern) {
  int failed;
  PCRE2_SIZE at;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, BP_PCRE2_OPTIONS, &failed, &at, NULL);
  if (!code)
    return NULL;
  BpPcre *p = g_new0(BpPcre, 1);
  p->code = code;
  p->data = pcre2_match_data_create_from_pattern(code, NULL);
  p->context = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(p->context, MATCH_LIMIT);
  return p;
}

void bp_pcre_free(BpPcre *p) {
  if (!p)
    return;
  pcre2_code_free(p->code);
  pcre2_match_data_free(p->data);
  pcre2_match_context_free(p->context);
  g_free(p);
}

static gint64 now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * G_GINT64_CONSTANT(1000000000) + t.tv_nsec;
}

/* Searches once, and charges it. */
static gboolean search(BpPcre *p, const char *text, gsize length, gsize start, guint32 options, gint64 *budget) {
  gint64 before = now();
  int found = pcre2_match(p->code, (PCRE2_SPTR)text, length, start, options | PCRE2_NO_UTF_CHECK, p->data, p->context);
  *budget -= (now() - before) / STEP_TIME + 1;
  p->gave_up = found == PCRE2_ERROR_MATCHLIMIT;
  return found >= 0;
}

/* The beginning of the character that text has at at. */
static gsize char_begin(const char *text, gsize at) {
  while (at > 0 && ((guchar)text[at] & 0xc0) == 0x80)
    at--;
  return at;
}

gboolean bp_pcre_search(BpPcre *p, const char *text, gsize length, gsize start, gint64 *budget) {
  while (length - start > WINDOW) {
    gsize end = char_begin(text, start + WINDOW), next = char_begin(text, start + WINDOW / 2);
    if (search(p, text, end, start, PCRE2_NOTEOL, budget) && pcre2_get_ovector_pointer(p->data)[0] < next)
      return TRUE;
    if (*budget <= 0)
      return FALSE;
    start = next;
  }
  return search(p, text, length, start, 0, budget);
}

gboolean bp_pcre_gave_up(const BpPcre *p) {
  return p->gave_up;
}

void bp_pcre_span(const BpPcre *p, gsize *from, gsize *to) {
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);
  *from = at[0];
  *to = at[1];
}

gboolean bp_pcre_group(const BpPcre *p, const char *name, gsize *from, gsize *to) {
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);
  PCRE2_SPTR first, last;
  int size = pcre2_substring_nametable_scan(p->code, (PCRE2_SPTR)name, &first, &last);
  if (size < 0)
    return FALSE;
  for (PCRE2_SPTR entry = first; entry <= last; entry += size) {
    guint n = (guint)entry[0] << 8 | entry[1];
    if (at[2 * n] == PCRE2_UNSET)
      continue;
    *from = at[2 * n];
    *to = at[2 * n + 1];
    return TRUE;
  }
  return FALSE;
}

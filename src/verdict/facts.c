/* facts.c - what a reply states besides its cause */
#include "verdict/facts.h"

#include "pattern/build.h"

#include <string.h>

const char *bp_fact_value(const GArray *facts, const char *name) {
  for (guint i = 0; i < facts->len; i++)
    if (g_str_equal(g_array_index(facts, BpFact, i).name, name))
      return g_array_index(facts, BpFact, i).value;
  return NULL;
}

/* Seconds, minutes or hours as they stand: "300"; "00:05:00", the last of which are seconds; a word stands for one. */
static gint64 stated_number(const char *value, gint64 unit) {
  gint64 sum = 0;
  if (!g_ascii_isdigit(*value))
    return unit;
  for (const char *part = value; part; part = strchr(part, ':')) {
    part += *part == ':';
    sum = sum * (part > value ? 60 : 1) + (gint64)MIN(g_ascii_strtoull(part, NULL, 10), G_MAXUINT32);
  }
  return sum * unit;
}

/* retry_after in its three units is one fact in seconds: "2 min 30 s" has two of them. FALSE where name is none. */
static gboolean add_waiting_time(const char *name, const char *value, gint64 *seconds) {
  static const struct {
    const char *name;
    gint64 seconds;
  } units[] = {{"retry_after", 1}, {"retry_after_minutes", 60}, {"retry_after_hours", 3600}};
  for (guint i = 0; i < G_N_ELEMENTS(units); i++)
    if (g_str_equal(name, units[i].name)) {
      *seconds = MAX(*seconds, 0) + stated_number(value, units[i].seconds);
      return TRUE;
    }
  return FALSE;
}

static void add_fact(const char *name, const char *value, gint64 number, GArray *facts) {
  BpFact fact = {.name = name, .value = value, .number = number};
  if (!bp_fact_value(facts, fact.name))
    g_array_append_val(facts, fact);
}

void bp_facts_take(BpArena *arena, BpMatcher *m, const char *words, GArray *facts) {
  gint64 seconds = -1;
  for (const char *const *name = bp_fact_names; *name; name++) {
    gsize from, to;
    if (!bp_matcher_group(m, *name, &from, &to) || from == to)
      continue;
    while (to > from + 1 && strchr(".,;:)>]\"'", words[to - 1]))
      to--;
    const char *value = bp_arena_strndup(arena, words + from, to - from);
    if (!add_waiting_time(*name, value, &seconds))
      add_fact(*name, value, -1, facts);
  }
  if (seconds >= 0)
    add_fact("retry_after", bp_arena_printf(arena, "%" G_GINT64_FORMAT, seconds), seconds, facts);
}

void bp_facts_find(BpArena *arena, BpMatcher *m, const char *words, gsize length, GArray *facts) {
  BpCandidates candidates = bp_matcher_candidates(m, BP_MATCH_FACT, words, length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(m, &candidates, n))
      bp_facts_take(arena, m, words, facts);
}

const char *bp_fill(BpArena *arena, const char *template, BpFieldFunc field, gpointer data) {
  if (!template || !strchr(template, '{'))
    return template;
  g_autoptr(GString) out = g_string_new(NULL);
  for (const char *p = template; *p;) {
    const char *end = *p == '{' ? strchr(p, '}') : NULL;
    if (!end) {
      g_string_append_c(out, *p++);
      continue;
    }
    g_autofree char *name = g_strndup(p + 1, (gsize)(end - p) - 1);
    char *otherwise = strchr(name, '|');
    if (otherwise)
      *otherwise++ = '\0';
    const char *value = field(name, data);
    if (!value || !*value)
      value = otherwise;
    if (!value)
      return NULL;
    g_string_append(out, value);
    p = end + 1;
  }
  return bp_arena_strndup(arena, out->str, out->len);
}

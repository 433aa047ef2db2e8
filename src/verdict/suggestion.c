/* suggestion.c - a near miss of a well-known mail domain
 *
 * phrases.conf lists the well-known domains in the group mail-domains and, in other-domains, lesser ones that exist and
 * look like a slip. One slip makes a near miss: a letter too many, missing, wrong or two swapped; of short names fewer
 * do. */
#include "verdict/suggestion.h"

#include "pattern/reader.h"

#include <string.h>

#define DOMAIN_MAX 64
/* Nearly every slip in a name as short as "web" or "live" is the name of somebody else. */
#define SHORT_NAME 4

/* TRUE where a and b differ by one slip (Damerau and Levenshtein's distance 1). */
static gboolean one_slip(const char *a, gsize n, const char *b, gsize m) {
  if (n > m)
    return one_slip(b, m, a, n);
  if (m - n > 1)
    return FALSE;
  gsize i = 0;
  while (i < n && a[i] == b[i])
    i++;
  if (n < m)
    return memcmp(a + i, b + i + 1, n - i) == 0;
  if (i + 1 < n && a[i] == b[i + 1] && a[i + 1] == b[i] && memcmp(a + i + 2, b + i + 2, n - i - 2) == 0)
    return TRUE;
  return i < n && memcmp(a + i + 1, b + i + 1, n - i - 1) == 0;
}

/* Of the slips in a short name, those that hardly make another name: two letters swapped, one typed twice, any behind
 * the first dot. */
static gboolean convincing(const char *domain, gsize n, const char *known, gsize m) {
  gsize name = strcspn(known, "."), i = 0;
  if (name > SHORT_NAME)
    return TRUE;
  while (i < n && i < m && domain[i] == known[i])
    i++;
  if (i > name)
    return TRUE;
  gboolean swapped = n == m && i + 1 < n && domain[i] == known[i + 1] && domain[i + 1] == known[i];
  return swapped || (n == m + 1 && i > 0 && domain[i] == domain[i - 1]);
}

typedef struct {
  const BpTables *tables;
  const char *domain;
  gsize length;
  const char *near;
  gsize near_length;
  gboolean wrong_letter; /* the slip of near is a wrong letter: "gmx.ne" is rather gmx.net than gmx.de */
  gboolean known;
} Search;

/* TRUE where two names of one length that are one slip apart differ in a single letter. */
static gboolean differ_in_a_letter(const char *a, const char *b, gsize n) {
  guint letters = 0;
  for (gsize i = 0; i < n; i++)
    letters += a[i] != b[i];
  return letters == 1;
}

static void look_at(Search *s, const char *known, gsize length, gboolean well_known) {
  if (length == s->length && memcmp(known, s->domain, length) == 0)
    s->known = TRUE;
  else if (well_known && (!s->near || s->wrong_letter) && one_slip(s->domain, s->length, known, length) &&
           convincing(s->domain, s->length, known, length)) {
    gboolean wrong_letter = length == s->length && differ_in_a_letter(s->domain, known, length);
    if (s->near && wrong_letter)
      return;
    s->near = known;
    s->near_length = length;
    s->wrong_letter = wrong_letter;
  }
}

/* The domains of a line, which stand a blank apart. */
static void look_in_line(Search *s, const char *line, gboolean well_known) {
  const char *end = line + strlen(line), *next;
  for (; line < end && !s->known; line = next + 1) {
    next = memchr(line, ' ', (gsize)(end - line));
    next = next ? next : end;
    look_at(s, line, (gsize)(next - line), well_known);
  }
}

/* TRUE where a wrong letter behind the last dot makes another country's domain: most likely somebody has it. */
static gboolean is_of_another_country(const Search *s) {
  const char *end = strrchr(s->domain, '.'), *other = NULL;
  if (!s->wrong_letter || !end || memcmp(s->domain, s->near, (gsize)(end - s->domain)) != 0)
    return FALSE;
  for (guint32 i = 0; i < s->tables->n_groups && !other; i++)
    if (s->tables->groups[i].kind == BP_FILE_PHRASES &&
        g_str_equal(BP_STR(s->tables, s->tables->groups[i].id), "country-domains"))
      other = bp_group_value(s->tables, &s->tables->groups[i], "domain");
  Search countries = {.tables = s->tables, .domain = end + 1, .length = strlen(end + 1)};
  if (other)
    look_in_line(&countries, other, FALSE);
  return countries.known;
}

static void look_in(Search *s, const BpGroupRecord *group) {
  const BpTables *t = s->tables;
  if (group->kind != BP_FILE_PHRASES)
    return;
  gboolean well_known = g_str_equal(BP_STR(t, group->id), "mail-domains");
  if (!well_known && !g_str_equal(BP_STR(t, group->id), "other-domains"))
    return;
  for (guint32 i = 0; i < group->entries.n; i++)
    look_in_line(s, BP_STR(t, t->entries[group->entries.first + i].value), well_known);
}

const char *bp_suggest(BpArena *arena, const BpTables *t, const char *address) {
  const char *at = address ? strrchr(address, '@') : NULL;
  if (!at || strlen(at + 1) < 4 || strlen(at + 1) > DOMAIN_MAX)
    return NULL;
  g_autofree char *domain = g_ascii_strdown(at + 1, -1);
  Search s = {.tables = t, .domain = domain, .length = strlen(domain)};
  for (guint32 i = 0; i < t->n_groups && !s.known; i++)
    look_in(&s, &t->groups[i]);
  if (s.known || !s.near || is_of_another_country(&s))
    return NULL;
  return bp_arena_printf(arena, "%.*s@%.*s", (int)(at - address), address, (int)s.near_length, s.near);
}

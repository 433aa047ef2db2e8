/* recognise.c - which layouts or kinds a message fits */
#include "report/reading.h"

#include <string.h>

typedef struct {
  guint32 matched; /* a bit a domain, from BP_MATCH_FROM on */
} Seen;

static guint32 bit(guint domain) {
  return 1u << (domain - BP_MATCH_FROM);
}

/* The domains in which a group has patterns, and how many. */
static guint32 wanted(const BpTables *t, const BpGroupRecord *group, guint *n) {
  static const char *const keys[] = {"from", "subject", "header", "body"};
  guint32 bits = 0;
  for (guint32 i = 0; i < group->entries.n; i++)
    for (guint k = 0; k < G_N_ELEMENTS(keys); k++)
      if (g_str_equal(BP_STR(t, t->entries[group->entries.first + i].key), keys[k]))
        bits |= bit(BP_MATCH_FROM + k);
  *n = (guint)__builtin_popcount(bits);
  return bits;
}

/* TRUE where the group can still fit: those of its domains that were looked at before this one have matched. */
static gboolean may_fit(const BpReading *r, guint32 group, guint domain, guint32 matched) {
  guint n;
  guint32 before = wanted(r->tables, &r->tables->groups[group], &n) & (bit(domain) - 1);
  return (matched & before) == before;
}

static void look(BpReading *r, guint domain, const char *text, gsize length, Seen *seen) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, (BpMatchDomain)domain, text, length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    guint32 group = r->tables->matchers[n].owner;
    Seen *s = &seen[group];
    if (!(s->matched & bit(domain)) && may_fit(r, group, domain, s->matched) &&
        bp_matcher_run(r->matcher, n, text, length, 0))
      s->matched |= bit(domain);
  }
}

/* All header fields as lines "Name: value", which is what header= patterns see. */
static char *header_lines(const BpReading *r, gsize *length) {
  const BpFields *headers = r->headers;
  GString *lines = g_string_sized_new(1024);
  for (guint i = 0; i < headers->n_fields; i++) {
    g_string_append(lines, headers->fields[i].name);
    g_string_append(lines, ": ");
    g_string_append(lines, headers->fields[i].value);
    g_string_append_c(lines, '\n');
  }
  *length = lines->len;
  return g_string_free(lines, FALSE);
}

static int compare_fits(gconstpointer a, gconstpointer b) {
  const BpFit *x = a, *y = b;
  if (x->keys != y->keys)
    return x->keys > y->keys ? -1 : 1;
  return x->group < y->group ? -1 : x->group > y->group;
}

static GArray *find_fits(BpReading *r) {
  const BpFields *headers = r->headers;
  const char *from = bp_fields_get(headers, "From"), *subject = bp_fields_get(headers, "Subject");
  g_autofree Seen *seen = g_new0(Seen, r->tables->n_groups + 1);
  gsize length;
  g_autofree char *lines = header_lines(r, &length);
  look(r, BP_MATCH_FROM, from ? from : "", from ? strlen(from) : 0, seen);
  look(r, BP_MATCH_SUBJECT, subject ? subject : "", subject ? strlen(subject) : 0, seen);
  look(r, BP_MATCH_HEADER, lines, length, seen);
  look(r, BP_MATCH_BODY, r->text, r->length, seen);
  GArray *fits = g_array_new(FALSE, FALSE, sizeof(BpFit));
  for (guint32 i = 0; i < r->tables->n_groups; i++) {
    BpFit fit = {i, 0};
    if (!seen[i].matched)
      continue;
    guint32 bits = wanted(r->tables, &r->tables->groups[i], &fit.keys);
    if ((seen[i].matched & bits) == bits)
      g_array_append_val(fits, fit);
  }
  g_array_sort(fits, compare_fits);
  return fits;
}

const BpGroupRecord *bp_recognise(BpReading *r, BpFileKind file_kind, guint *at) {
  if (!r->fits)
    r->fits = find_fits(r);
  while (*at < r->fits->len) {
    const BpGroupRecord *group = &r->tables->groups[g_array_index(r->fits, BpFit, (*at)++).group];
    if (group->kind == file_kind)
      return group;
  }
  return NULL;
}

void bp_recognise_anew(BpReading *r) {
  g_clear_pointer(&r->fits, g_array_unref);
}

/* recognise.c - which layouts or kinds a message fits */
#include "report/reading.h"

#include <string.h>

#define OPENING 600 /* bytes of a text in which an automatic reply says what it is … */
#define LONG 4096   /* … and of one that is longer than any */

/* TRUE where the group can still fit: those of its domains that were looked at before this one have matched. */
static gboolean may_fit(const BpGroupRecord *group, guint domain, guint32 matched) {
  guint32 before = group->recognised_by & (BP_RECOGNISE(domain) - 1);
  return (matched & before) == before;
}

/* Who writes much may mention automatic replies too. */
static gboolean comes_too_late(const BpReading *r, const BpGroupRecord *group) {
  gsize start, end;
  const char *kind = group->kind == BP_FILE_KINDS ? bp_group_value(r->tables, group, "kind") : NULL;
  bp_matcher_span(r->matcher, &start, &end);
  return kind && g_str_equal(kind, "auto-reply") && (start > OPENING || r->length > LONG);
}

/* Adds the domain to matched, bits BP_RECOGNISE(domain) of each group, where one of the group's patterns matches. */
static void look(BpReading *r, guint domain, const char *text, gsize length, guint32 *matched) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, (BpMatchDomain)domain, text, length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    guint32 group = r->tables->matchers[n].owner;
    if (!(matched[group] & BP_RECOGNISE(domain)) && may_fit(&r->tables->groups[group], domain, matched[group]) &&
        bp_candidates_run(r->matcher, &candidates, n) &&
        !(domain == BP_MATCH_BODY && comes_too_late(r, &r->tables->groups[group])))
      matched[group] |= BP_RECOGNISE(domain);
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
  const char *from = bp_fields_get(headers, "From"), *subject = bp_subject(r);
  g_autofree guint32 *matched = g_new0(guint32, r->tables->n_groups + 1);
  gsize length;
  g_autofree char *lines = header_lines(r, &length);
  look(r, BP_MATCH_FROM, from ? from : "", from ? strlen(from) : 0, matched);
  look(r, BP_MATCH_SUBJECT, subject ? subject : "", subject ? strlen(subject) : 0, matched);
  look(r, BP_MATCH_HEADER, lines, length, matched);
  look(r, BP_MATCH_BODY, r->text, r->length, matched);
  GArray *fits = g_array_new(FALSE, FALSE, sizeof(BpFit));
  for (guint32 i = 0; i < r->tables->n_groups; i++) {
    guint32 bits = r->tables->groups[i].recognised_by;
    if (!matched[i] || (matched[i] & bits) != bits)
      continue;
    BpFit fit = {i, (guint)__builtin_popcount(bits)};
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

/* brake.c - whether a list of addresses grew so much at once that it should be looked at before it is used */
#include "store/brake.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define WINDOW 30 /* days of the median */
#define FEW 100   /* new addresses that never hold back */
#define TIMES 5   /* the median */
#define SHARE 50  /* one in so many of the list */

/* Addresses of one rule, domain or day. */
typedef struct {
  guint n, days; /* new ones, and the days that they are of */
  gint64 last_day;
  guint daily[WINDOW]; /* all, today's first */
  const BpSuppressed *examples[BP_BRAKE_EXAMPLES];
} Group;

static gint64 day_of(gint64 time) {
  return time / DAY - (time % DAY < 0);
}

/* "" where it counts for none. */
static const char *name_of(BpBrakeKind kind, const BpSuppressed *e) {
  const char *name = kind == BP_BRAKE_DOMAIN ? e->domain
                     : kind != BP_BRAKE_RULE ? NULL
                     : e->rule               ? e->rule
                     : e->cause              ? e->cause
                                             : bp_why_names[e->why];
  return name ? name : "";
}

char *bp_brake_name(BpBrakeKind kind, const BpSuppressed *e) {
  return kind == BP_BRAKE_DAY ? bp_day(e->last) : g_strdup(name_of(kind, e));
}

static int compare(gconstpointer a, gconstpointer b, gpointer kind) {
  const BpSuppressed *one = *(const BpSuppressed *const *)a, *other = *(const BpSuppressed *const *)b;
  int names = strcmp(name_of(GPOINTER_TO_INT(kind), one), name_of(GPOINTER_TO_INT(kind), other));
  gint64 days = day_of(one->last) - day_of(other->last);
  return names ? names : days ? (days < 0 ? -1 : 1) : strcmp(one->address, other->address);
}

static gboolean is_same_group(BpBrakeKind kind, const BpSuppressed *a, const BpSuppressed *b) {
  return strcmp(name_of(kind, a), name_of(kind, b)) == 0 &&
         (kind != BP_BRAKE_DAY || day_of(a->last) == day_of(b->last));
}

/* ---- a group ------------------------------------------------------------------------------------------------ */

static void count_daily(const BpSuppressed *e, gint64 now, guint daily[WINDOW]) {
  gint64 age = day_of(now) - day_of(e->last);
  if (age >= 0 && age < WINDOW)
    daily[age]++;
}

/* Addresses come by their days. */
static void add_new(Group *group, const BpSuppressed *e) {
  if (group->n < BP_BRAKE_EXAMPLES)
    group->examples[group->n] = e;
  if (group->n == 0 || day_of(e->last) != group->last_day)
    group->days++;
  group->last_day = day_of(e->last);
  group->n++;
}

static int compare_numbers(gconstpointer a, gconstpointer b) {
  guint one = *(const guint *)a, other = *(const guint *)b;
  return one < other ? -1 : one > other;
}

static double median(const guint daily[WINDOW]) {
  guint sorted[WINDOW];
  memcpy(sorted, daily, sizeof sorted);
  qsort(sorted, WINDOW, sizeof *sorted, compare_numbers);
  return (sorted[WINDOW / 2 - 1] + sorted[WINDOW / 2]) / 2.0;
}

static void judge(const Group *group, BpBrakeKind kind, const guint daily[WINDOW], BpBrake *gravest) {
  if (group->n <= FEW || group->n <= gravest->n)
    return;
  double of_a_day = median(daily);
  if (group->n <= TIMES * of_a_day * group->days)
    return;
  *gravest = (BpBrake){.kind = kind, .n = group->n, .median = of_a_day};
  memcpy(gravest->examples, group->examples, sizeof group->examples);
}

/* ---- the brake ---------------------------------------------------------------------------------------------- */

static void judge_groups(GPtrArray *list, BpBrakeKind kind, gint64 now, BpBrake *gravest) {
  guint all[WINDOW] = {0}, end;
  g_ptr_array_sort_with_data(list, compare, GINT_TO_POINTER(kind));
  for (guint i = 0; i < list->len; i++)
    count_daily(g_ptr_array_index(list, i), now, all);
  for (guint begin = 0; begin < list->len; begin = end) {
    const BpSuppressed *first = g_ptr_array_index(list, begin);
    Group group = {0};
    for (end = begin; end < list->len && is_same_group(kind, first, g_ptr_array_index(list, end)); end++) {
      const BpSuppressed *e = g_ptr_array_index(list, end);
      count_daily(e, now, group.daily);
      if (!e->recorded)
        add_new(&group, e);
    }
    if (kind == BP_BRAKE_DAY || *name_of(kind, first))
      judge(&group, kind, kind == BP_BRAKE_DAY ? all : group.daily, gravest);
  }
}

static void judge_list(const GPtrArray *list, gint64 size, BpBrake *gravest) {
  Group group = {0};
  for (guint i = 0; i < list->len; i++) {
    const BpSuppressed *e = g_ptr_array_index(list, i);
    if (!e->recorded)
      add_new(&group, e);
  }
  if ((gint64)group.n * SHARE <= size)
    return;
  *gravest = (BpBrake){.kind = BP_BRAKE_LIST, .n = group.n};
  memcpy(gravest->examples, group.examples, sizeof group.examples);
}

guint bp_brake(const GPtrArray *list, gint64 list_size, gint64 now, BpBrake brakes[BP_N_BRAKES]) {
  guint n = 0;
  brakes[0].n = 0;
  if (list_size >= 0) {
    judge_list(list, list_size, &brakes[0]);
    return brakes[0].n > 0;
  }
  g_autoptr(GPtrArray) sorted = g_ptr_array_copy((GPtrArray *)list, NULL, NULL);
  for (BpBrakeKind kind = BP_BRAKE_RULE; kind < BP_N_BRAKES; kind++) {
    brakes[n].n = 0;
    judge_groups(sorted, kind, now, &brakes[n]);
    if (brakes[n].n > 0)
      n++;
  }
  return n;
}

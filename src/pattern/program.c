/* program.c - runs programs: the ways still to be tried wait on a stack */
#include "pattern/program.h"

#include <string.h>

#define STEPS_MAX 10000         /* ways that may be taken up again for one place of a text */
#define STACK_MAX (1024 * 1024) /* ways that may wait at a time */
#define BYTES_A_STEP 16         /* looking at so many bytes is work like a step */
#define KEPT G_MAXUINT32        /* no way, but a place that was kept before */

/* A way to be tried: where it goes on depends on the instruction at. */
typedef struct {
  guint32 at;
  guint32 rest; /* of a choice: its further ways; of a repeat: how often it may still be; of KEPT: which place */
  const guint8 *from, *to;
} Way;

struct BpRun {
  const guint32 *program;
  const guint8 *text, *end;
  Way *ways; /* that wait: the first top of them */
  guint32 top, room;
  guint32 steps;
  const guint8 **places;
  guint32 places_room;
  gint64 bytes; /* looked at in repeats */
};

static guint8 lower[256], class_of[256];
static gboolean word[256];

static void make_tables(void) {
  for (guint i = 0; i < 256; i++) {
    lower[i] = (guint8)(i < 0x80 ? (guint8)g_ascii_tolower((char)i) : i);
    class_of[i] = (guint8)bp_byte_class((guint8)i);
    word[i] = i < 0x80 && (g_ascii_isalnum(i) || i == '_');
  }
}

BpRun *bp_run_new(void) {
  static gsize made;
  if (g_once_init_enter(&made)) {
    make_tables();
    g_once_init_leave(&made, 1);
  }
  return g_new0(BpRun, 1);
}

void bp_run_free(BpRun *run) {
  g_free(run->ways);
  g_free(run->places);
  g_free(run);
}

/* ---- characters --------------------------------------------------------------------------------------------- */

static const guint8 *next_char(const guint8 *p) {
  return p + g_utf8_skip[*p];
}

static const guint8 *char_before(const guint8 *p) {
  do
    p--;
  while ((*p & 0xc0) == 0x80);
  return p;
}

static gboolean is_beyond_in(const guint32 *set, const guint8 *p) {
  guint32 n = set[BP_SET_RANGES] & ~1u;
  gboolean inverted = set[BP_SET_RANGES] & 1;
  if (n == 0)
    return inverted;
  gunichar c = g_utf8_get_char((const char *)p);
  for (const guint32 *range = set + BP_SET_RANGES + 1; n > 0; n -= 2, range += 2)
    if (c >= range[0] && c <= range[1])
      return !inverted;
  return inverted;
}

/* What stands at p, before the end, is ASCII and of the set. */
static inline gboolean is_ascii_in(const guint32 *set, const guint8 *p) {
  return *p < 0x80 && (set[*p / 32] >> (*p % 32) & 1);
}

/* A character of the set stands at p, before the end. */
static inline gboolean is_in(const guint32 *set, const guint8 *p) {
  return is_ascii_in(set, p) || (*p >= 0x80 && is_beyond_in(set, p));
}

/* As match_text(), for texts in which letters stand that have their other case in ASCII: long s and the Kelvin sign. */
static const guint8 *match_long(const char *text, guint32 length, const guint8 *p, const guint8 *end) {
  for (; length > 0; length--, text++) {
    if (p == end)
      return NULL;
    if (lower[*p] == (guint8)*text)
      p++;
    else if (*text == 's' && end - p >= 2 && p[0] == 0xc5 && p[1] == 0xbf)
      p += 2;
    else if (*text == 'k' && end - p >= 3 && p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa)
      p += 3;
    else
      return NULL;
  }
  return p;
}

/* Where text, in lower case, ends that stands at p; NULL where it does not. */
static inline const guint8 *match_text(const char *text, guint32 length, const guint8 *p, const guint8 *end) {
  if ((gsize)(end - p) < length)
    return NULL;
  for (guint32 i = 0; i < length; i++)
    if (lower[p[i]] != (guint8)text[i])
      return p[i] == 0xc5 || p[i] == 0xe2 ? match_long(text, length, p, end) : NULL;
  return p + length;
}

static inline gboolean at_word_edge(const BpRun *r, const guint8 *p) {
  return (p > r->text && word[p[-1]]) != (p < r->end && word[*p]);
}

/* ---- ways --------------------------------------------------------------------------------------------------- */

static gboolean make_room(BpRun *r) {
  if (r->room >= STACK_MAX)
    return FALSE;
  r->room = MAX(64, r->room * 2);
  r->ways = g_renew(Way, r->ways, r->room);
  return TRUE;
}

static inline gboolean push(BpRun *r, Way way) {
  if (r->top == r->room && !make_room(r))
    return FALSE;
  r->ways[r->top++] = way;
  return TRUE;
}

static inline gboolean may_follow(const BpRun *r, guint32 mask, const guint8 *p) {
  return p == r->end || mask >> class_of[*p] & 1;
}

/* The ways of a choice, of which each is a bit, that what stands at p allows. */
static inline guint32 ways_at(const BpRun *r, const guint32 *choice, const guint8 *p) {
  guint32 n = *choice >> 8, ways = 0, all = G_MAXUINT32 >> (BP_CHOICE_MOST - n);
  if (p == r->end)
    return all;
  guint class = class_of[*p];
  if (n > BP_CHOICE_FEW)
    return choice[1 + class];
  for (guint32 i = 0; i < n; i++)
    ways |= (choice[1 + i] >> class & 1) << i;
  return ways;
}

static inline guint32 way_of(const guint32 *choice, guint32 ways) {
  guint32 n = *choice >> 8;
  return choice[1 + (n > BP_CHOICE_FEW ? 32 : n) + (guint32)__builtin_ctz(ways)];
}

/* Behind the characters of a set from p on, most times. */
static inline const guint8 *pass_over(BpRun *r, const guint32 *set, guint32 most, const guint8 *p) {
  const guint8 *from = p, *stop = most < (gsize)(r->end - p) ? p + most : r->end;
  /* Where there is only ASCII, each byte is one. */
  while (p < stop && is_ascii_in(set, p))
    p++;
  most -= (guint32)(p - from);
  for (; most > 0 && p < r->end && *p >= 0x80 && is_in(set, p); most--) {
    p = next_char(p);
    for (; most > 1 && p < r->end && is_ascii_in(set, p); most--)
      p++;
  }
  r->bytes += p - from;
  return p;
}

/* Behind exactly n characters of a set; NULL where there are fewer. */
static inline const guint8 *pass_exactly(const BpRun *r, const guint32 *set, guint32 n, const guint8 *p) {
  for (; n > 0; n--) {
    if (p == r->end || !is_in(set, p))
      return NULL;
    p = next_char(p);
  }
  return p;
}

/* The last place between from and p where mask allows to go on; NULL where there is none. */
static inline const guint8 *go_back(const BpRun *r, guint32 mask, const guint8 *from, const guint8 *p) {
  while (!may_follow(r, mask, p)) {
    if (p == from)
      return NULL;
    p = char_before(p);
  }
  return p;
}

/* Gives up the ways above base, but not what was kept on the one that was found. */
static void drop_ways(BpRun *r, guint32 base) {
  guint32 top = base;
  for (guint32 i = base; i < r->top; i++)
    if (r->ways[i].at == KEPT)
      r->ways[top++] = r->ways[i];
  r->top = top;
}

static const guint8 *execute(BpRun *r, guint32 at, const guint8 *p);

/* TRUE where what is looked for ends at p. */
static gboolean is_behind(BpRun *r, const guint32 *look, const guint8 *p) {
  for (guint32 i = 0; i < look[2]; i++) {
    guint32 chars = look[3 + 2 * i], at = look[4 + 2 * i];
    const guint8 *from = p;
    for (; chars > 0 && from > r->text; chars--)
      from = char_before(from);
    if (chars == 0 && execute(r, at, from))
      return TRUE;
  }
  return FALSE;
}

/* ---- instructions: each is TRUE where it can go on from *p ---------------------------------------------------- */

static inline gboolean do_text(const BpRun *r, const guint32 *op, const guint8 **p) {
  *p = match_text((const char *)(op + 1), *op >> 8, *p, r->end);
  return *p != NULL;
}

static inline gboolean do_exact(const BpRun *r, const guint32 *op, const guint8 **p) {
  guint32 length = *op >> 8;
  if ((gsize)(r->end - *p) < length || memcmp(op + 1, *p, length) != 0)
    return FALSE;
  *p += length;
  return TRUE;
}

static inline gboolean do_set(const BpRun *r, const guint32 *op, const guint8 **p) {
  if (*p == r->end || !is_in(r->program + (*op >> 8), *p))
    return FALSE;
  *p = next_char(*p);
  return TRUE;
}

/* Takes all it can, back to where mask allows to go on. */
static inline gboolean do_greedy(BpRun *r, const guint32 *op, const guint8 **p) {
  const guint32 *set = r->program + (*op >> 8);
  const guint8 *enough = pass_exactly(r, set, op[1], *p);
  *p = enough ? go_back(r, op[3], enough, pass_over(r, set, op[2] - op[1], enough)) : NULL;
  return *p && (*p == enough || push(r, (Way){(guint32)(op - r->program), 0, enough, *p}));
}

static gboolean do_greedy_again(BpRun *r, Way *way, const guint32 *op, const guint8 **p) {
  *p = way->to > way->from ? go_back(r, op[3], way->from, char_before(way->to)) : NULL;
  if (*p && *p > way->from)
    way->to = *p;
  else
    r->top--;
  return *p != NULL;
}

static inline gboolean do_possessive(BpRun *r, const guint32 *op, const guint8 **p) {
  const guint32 *set = r->program + (*op >> 8);
  *p = pass_exactly(r, set, op[1], *p);
  if (*p)
    *p = pass_over(r, set, op[2] - op[1], *p);
  return *p != NULL;
}

/* Takes what it must. */
static inline gboolean do_lazy(BpRun *r, const guint32 *op, const guint8 **p) {
  *p = pass_exactly(r, r->program + (*op >> 8), op[1], *p);
  return *p && (op[2] == op[1] || push(r, (Way){(guint32)(op - r->program), op[2] - op[1], *p, *p})) &&
         may_follow(r, op[3], *p);
}

/* Takes more, up to where mask allows to go on. */
static gboolean do_lazy_again(BpRun *r, Way *way, const guint32 *op, const guint8 **p) {
  const guint32 *set = r->program + (*op >> 8);
  const guint8 *to = way->from;
  for (; way->rest > 0 && to < r->end && is_in(set, to); way->rest--) {
    to = next_char(to);
    if (!may_follow(r, op[3], to))
      continue;
    r->bytes += to - way->from;
    way->rest--;
    way->from = *p = to;
    return TRUE;
  }
  r->bytes += to - way->from;
  r->top--;
  return FALSE;
}

/* Where the first way of a choice goes on; 0 where what stands at p allows none. */
static inline guint32 do_choice(BpRun *r, const guint32 *op, const guint8 *p) {
  guint32 ways = ways_at(r, op, p), others = ways & (ways - 1);
  if (!ways || (others && !push(r, (Way){(guint32)(op - r->program), others, p, p})))
    return 0;
  return way_of(op, ways);
}

static guint32 do_choice_again(BpRun *r, Way *way, const guint32 *op, const guint8 **p) {
  guint32 ways = way->rest;
  *p = way->from;
  way->rest = ways & (ways - 1);
  if (!way->rest)
    r->top--;
  return way_of(op, ways);
}

static inline gboolean do_save(BpRun *r, const guint32 *op, const guint8 *p) {
  guint32 place = *op >> 8;
  if (!push(r, (Way){KEPT, place, r->places[place], NULL}))
    return FALSE;
  r->places[place] = p;
  return TRUE;
}

static gboolean do_look(BpRun *r, const guint32 *op, const guint8 *p) {
  gboolean seen =
      (*op & 0xff) == BP_OP_BEHIND ? is_behind(r, op, p) : execute(r, (guint32)(op - r->program) + 2, p) != NULL;
  r->bytes += BYTES_A_STEP;
  return seen != (gboolean)(*op >> 8) && r->steps <= STEPS_MAX;
}

static inline gboolean do_place(const BpRun *r, guint32 op, const guint8 *p) {
  switch (op & 0xff) {
  case BP_OP_LINE_BEGIN:
    return p == r->text || (p < r->end && p[-1] == '\n');
  case BP_OP_LINE_END:
    return p == r->end || *p == '\n';
  case BP_OP_WORD_EDGE:
    return at_word_edge(r, p);
  case BP_OP_NO_WORD_EDGE:
    return !at_word_edge(r, p);
  case BP_OP_TEXT_BEGIN:
    return p == r->text;
  default:
    return p == r->end;
  }
}

/* ---- running them ------------------------------------------------------------------------------------------- */

/* Takes up the way that waits last above base: where it goes on, 0 where there is none or enough was tried. */
static guint32 take_up(BpRun *r, guint32 base, const guint8 **p) {
  while (r->top > base) {
    Way *way = &r->ways[r->top - 1];
    const guint32 *op = r->program + way->at;
    if (way->at == KEPT) {
      r->places[way->rest] = way->from;
      r->top--;
      continue;
    }
    if (++r->steps > STEPS_MAX)
      return 0;
    guint32 next = way->at + BP_REPEAT_WORDS;
    if ((*op & 0xff) == BP_OP_CHOICE)
      return do_choice_again(r, way, op, p);
    if ((*op & 0xff) == BP_OP_GREEDY ? do_greedy_again(r, way, op, p) : do_lazy_again(r, way, op, p))
      return next;
  }
  return 0;
}

/* Runs the code at from p on; returns where the match ends, NULL where there is none. */
static const guint8 *execute(BpRun *r, guint32 at, const guint8 *p) {
  guint32 base = r->top;
  for (;;) {
    const guint32 *op = r->program + at;
    gboolean good = TRUE;
    switch (*op & 0xff) {
    case BP_OP_DONE:
      drop_ways(r, base);
      return p;
    case BP_OP_TEXT:
      good = do_text(r, op, &p);
      at += 1 + ((*op >> 8) + 3) / 4;
      break;
    case BP_OP_EXACT:
      good = do_exact(r, op, &p);
      at += 1 + ((*op >> 8) + 3) / 4;
      break;
    case BP_OP_SET:
      good = do_set(r, op, &p);
      at++;
      break;
    case BP_OP_GREEDY:
      good = do_greedy(r, op, &p);
      at += BP_REPEAT_WORDS;
      break;
    case BP_OP_LAZY:
      good = do_lazy(r, op, &p);
      at += BP_REPEAT_WORDS;
      break;
    case BP_OP_POSSESSIVE:
      good = do_possessive(r, op, &p);
      at += BP_REPEAT_WORDS;
      break;
    case BP_OP_CHOICE:
      at = do_choice(r, op, p);
      good = at != 0;
      break;
    case BP_OP_JUMP:
      at = *op >> 8;
      break;
    case BP_OP_SAVE:
      good = do_save(r, op, p);
      at++;
      break;
    case BP_OP_LOOK:
    case BP_OP_BEHIND:
      good = do_look(r, op, p);
      at = op[1];
      break;
    case BP_OP_ATOMIC:
      p = execute(r, at + 2, p);
      good = p != NULL;
      at = op[1];
      break;
    default:
      good = do_place(r, *op, p);
      at++;
      break;
    }
    if (!good && !(at = take_up(r, base, &p)))
      return NULL;
  }
}

/* ---- the search --------------------------------------------------------------------------------------------- */

/* Where a line begins, from p to last; NULL where there is none any more. */
static const guint8 *find_line(const BpRun *r, const guint8 *p, const guint8 *last) {
  if (p == r->text || p[-1] == '\n')
    return p;
  const guint8 *newline = memchr(p, '\n', (gsize)(last - p));
  return newline && newline + 1 < r->end ? newline + 1 : NULL;
}

/* What stands at p, before the end, is what a match may begin with, of which the first byte is known. */
static inline gboolean may_start(const BpRun *r, guint32 second, const guint8 *p) {
  return (p + 1 == r->end || may_follow(r, second, p + 1)) && (*p & 0xc0) != 0x80 &&
         !(r->program[BP_PROGRAM_FLAGS] & BP_PROGRAM_AT_WORD && p > r->text && word[p[-1]]);
}

/* The first place from p to last where a match may begin, NULL where there is none. */
static const guint8 *find_start(const BpRun *r, const guint8 *p, const guint8 *last) {
  const guint32 *head = r->program;
  guint32 flags = head[BP_PROGRAM_FLAGS], first = head[BP_PROGRAM_FIRST], second = head[BP_PROGRAM_SECOND];
  if (flags & BP_PROGRAM_AT_TEXT && p != r->text)
    return NULL;
  const guint8 *stop = MIN(last + 1, r->end);
  for (; p <= last; p++) {
    if (flags & BP_PROGRAM_AT_LINE && !(p = find_line(r, p, last)))
      return NULL;
    if (flags & BP_PROGRAM_EMPTY)
      return p;
    while (p < stop && !(first >> class_of[*p] & 1) && !(flags & BP_PROGRAM_AT_LINE))
      p++;
    if (p == stop)
      return NULL;
    if (first >> class_of[*p] & 1 && may_start(r, second, p))
      return p;
  }
  return NULL;
}

static void prepare(BpRun *r, const guint32 *program, const char *text, gsize length) {
  guint32 places = program[BP_PROGRAM_PLACES];
  r->program = program;
  r->text = (const guint8 *)text;
  r->end = r->text + length;
  r->bytes = 0;
  if (places > r->places_room) {
    r->places_room = places;
    r->places = g_renew(const guint8 *, r->places, places);
  }
}

gboolean bp_run_search(BpRun *r, const guint32 *program, const char *text, gsize length, gsize start, gsize last,
                       gint64 *budget) {
  prepare(r, program, text, length);
  r->steps = 0;
  const guint8 *p = r->text + start, *from = p, *end = NULL, *stop = r->text + last;
  while (!end && *budget > 0 && (p = find_start(r, p, stop))) {
    r->top = r->steps = 0;
    memset(r->places, 0, program[BP_PROGRAM_PLACES] * sizeof *r->places);
    end = execute(r, program[BP_PROGRAM_CODE], p);
    *budget -= r->steps + 1 + r->bytes / BYTES_A_STEP;
    r->bytes %= BYTES_A_STEP;
    if (r->steps > STEPS_MAX)
      return FALSE;
    if (!end)
      p = p < r->end ? next_char(p) : p + 1;
  }
  *budget -= ((p ? p : stop) - from) / BYTES_A_STEP / 4;
  r->places[0] = p;
  r->places[1] = end;
  return end != NULL;
}

gboolean bp_run_gave_up(const BpRun *r) {
  return r->steps > STEPS_MAX;
}

void bp_run_span(const BpRun *r, gsize *from, gsize *to) {
  *from = (gsize)(r->places[0] - r->text);
  *to = (gsize)(r->places[1] - r->text);
}

gboolean bp_run_group(const BpRun *r, const char *name, gsize *from, gsize *to) {
  const guint32 *names = r->program + BP_PROGRAM_HEAD, *end = r->program + r->program[BP_PROGRAM_SETS];
  for (; names < end; names += 2 + names[1]) {
    const guint8 *const *place = r->places + 2 + 2 * names[0];
    if (!place[0] || !place[1] || strcmp((const char *)(names + 2), name) != 0)
      continue;
    *from = (gsize)(place[0] - r->text);
    *to = (gsize)(place[1] - r->text);
    return TRUE;
  }
  return FALSE;
}

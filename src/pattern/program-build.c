/* program-build.c - writes the program of a pattern
 *
 * At each place where there are several ways the program holds the bytes with which each of them can go on, so that it
 * tries those only that the text allows. */
#include "pattern/letter.h"
#include "pattern/program.h"
#include "pattern/regex.h"

#include <string.h>

#define COPIES_MAX 64           /* of what is repeated, one behind the other */
#define WORDS_MAX (1024 * 1024) /* less than an offset can hold */

/* Classes of bytes that something may begin with, see bp_byte_class(). */
typedef guint32 Mask;
#define ANY_CLASS G_MAXUINT32

typedef struct {
  const BpRegexTree *tree;
  GArray *words;
  GArray *sets; /* where the sets stand: many are the same */
  guint32 names;
  gboolean failed;
} Writer;

/* ---- with what a node begins -------------------------------------------------------------------------------- */

static Mask class_of(gunichar c) {
  return 1u << bp_byte_class(c < 0x80 ? (guint8)c : 0x80);
}

static Mask mask_of_set(const BpCharset *set) {
  Mask mask = set->inverted || set->n ? class_of(0x80) : 0;
  for (guint c = 0; c < 0x80; c++)
    if (set->ascii[c / 32] >> (c % 32) & 1)
      mask |= class_of(c);
  return mask;
}

/* The class of a byte of a text, in each case. */
static Mask class_in_text(const Writer *w, const BpRegex *text, guint32 i) {
  guint8 byte = (guint8)w->tree->text->str[text->text + i];
  return class_of(byte) | (text->exact ? 0 : class_of(bp_letter_beyond(byte)));
}

static Mask first_of(const Writer *w, const BpRegex *n, Mask behind);

/* With what the parts of a sequence, from one on, begin. */
static Mask first_of_rest(const Writer *w, const BpRegex *part, Mask behind) {
  if (!part)
    return behind;
  return bp_regex_may_be_empty(part) ? first_of(w, part, first_of_rest(w, part->next, behind))
                                     : first_of(w, part, behind);
}

/* With what n, and where it may be empty what stands behind it, begins. */
static Mask first_of(const Writer *w, const BpRegex *n, Mask behind) {
  Mask mask = 0;
  switch (n->kind) {
  case BP_REGEX_TEXT:
    return class_in_text(w, n, 0);
  case BP_REGEX_SET:
    return mask_of_set(&n->set);
  case BP_REGEX_SEQUENCE:
    return first_of_rest(w, n->part, behind);
  case BP_REGEX_CHOICE:
    for (const BpRegex *part = n->part; part; part = part->next)
      mask |= first_of(w, part, behind);
    return mask;
  case BP_REGEX_REPEAT:
    return (n->max > 0 ? first_of(w, n->part, behind) : 0) | (n->min == 0 ? behind : 0);
  case BP_REGEX_CAPTURE:
  case BP_REGEX_ATOMIC:
    return first_of(w, n->part, behind);
  default:
    return behind;
  }
}

/* With what the second byte of all that n matches begins; ANY_CLASS where that is not told by texts. */
static Mask second_of(const Writer *w, const BpRegex *n) {
  Mask mask = 0;
  const BpRegex *part = n->part;
  switch (n->kind) {
  case BP_REGEX_TEXT:
    /* A first byte whose other case is beyond ASCII may have another byte of that behind it. */
    return n->length < 2 ? ANY_CLASS : class_in_text(w, n, 1) | (class_in_text(w, n, 0) & class_of(0x80));
  case BP_REGEX_CHOICE:
    for (; part; part = part->next)
      mask |= second_of(w, part);
    return mask;
  case BP_REGEX_SEQUENCE:
    while (part && (part->kind == BP_REGEX_PLACE || part->kind == BP_REGEX_LOOK))
      part = part->next;
    return part ? second_of(w, part) : ANY_CLASS;
  case BP_REGEX_CAPTURE:
  case BP_REGEX_ATOMIC:
    return second_of(w, part);
  default:
    return ANY_CLASS;
  }
}

/* ---- words -------------------------------------------------------------------------------------------------- */

static guint32 put(Writer *w, guint32 word) {
  if (w->words->len >= WORDS_MAX)
    w->failed = TRUE;
  else
    g_array_append_val(w->words, word);
  return w->words->len - 1;
}

static guint32 put_op(Writer *w, BpOp op, guint32 number) {
  return put(w, (guint32)op | number << 8);
}

/* Sets the word at a place to where the next one will stand. */
static void point_here(Writer *w, guint32 at) {
  g_array_index(w->words, guint32, at) = w->words->len;
}

static void put_bytes(Writer *w, const char *bytes, gsize length) {
  for (gsize i = 0; i < length; i += 4) {
    guint32 word = 0;
    memcpy(&word, bytes + i, MIN(4, length - i));
    put(w, word);
  }
}

static gboolean same_words(const Writer *w, guint32 a, guint32 b, guint32 n) {
  const guint32 *words = &g_array_index(w->words, guint32, 0);
  return memcmp(words + a, words + b, n * sizeof *words) == 0;
}

/* ---- sets: they stand before the code, each once ------------------------------------------------------------ */

static gboolean is_one_char(const Writer *w, const BpRegex *n) {
  return n->kind == BP_REGEX_SET || (n->kind == BP_REGEX_TEXT && bp_regex_length(w->tree, n) == 1);
}

/* A set of ASCII and n ranges as words; returns where it stands, which is where another one like it stands already. */
static guint32 put_set(Writer *w, const guint32 ascii[4], gboolean inverted, const gunichar *ranges, guint32 n) {
  guint32 at = w->words->len, all = BP_SET_RANGES + 1 + 2 * n;
  for (guint i = 0; i < 4; i++)
    put(w, ascii[i]);
  put(w, 2 * n | (inverted ? 1 : 0));
  for (guint i = 0; i < 2 * n; i++)
    put(w, ranges[i]);
  for (guint i = 0; i < w->sets->len && !w->failed; i++) {
    guint32 other = g_array_index(w->sets, guint32, i);
    if (other + all <= at && same_words(w, other, at, all)) {
      g_array_set_size(w->words, at);
      return other;
    }
  }
  g_array_append_val(w->sets, at);
  return at;
}

/* The character of a text, in each case, as a set. */
static guint32 put_char(Writer *w, const BpRegex *n) {
  gunichar cases[BP_LETTER_CASES] = {g_utf8_get_char(w->tree->text->str + n->text)}, ranges[2 * BP_LETTER_CASES];
  guint n_cases = n->exact ? 1 : bp_letter_cases(cases[0], cases), n_ranges = 0;
  guint32 ascii[4] = {0};
  for (guint i = 0; i < n_cases; i++) {
    if (cases[i] < 0x80) {
      ascii[cases[i] / 32] |= 1u << (cases[i] % 32);
    } else {
      ranges[2 * n_ranges] = ranges[2 * n_ranges + 1] = cases[i];
      n_ranges++;
    }
  }
  return put_set(w, ascii, FALSE, ranges, n_ranges);
}

/* Writes the sets of a node and its parts, which are marked with where they stand. */
static void put_sets(Writer *w, BpRegex *n) {
  if (n->kind == BP_REGEX_SET)
    n->mark = put_set(w, n->set.ascii, n->set.inverted, &g_array_index(w->tree->ranges, gunichar, 2 * n->set.first),
                      n->set.n);
  else if (n->kind == BP_REGEX_REPEAT && n->part->kind == BP_REGEX_TEXT && is_one_char(w, n->part))
    n->part->mark = put_char(w, n->part);
  for (BpRegex *part = n->part; part; part = part->next)
    put_sets(w, part);
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static void write_node(Writer *w, const BpRegex *n, Mask behind);

static void write_sequence(Writer *w, const BpRegex *n, Mask behind) {
  for (const BpRegex *part = n->part; part; part = part->next)
    write_node(w, part, first_of_rest(w, part->next, behind));
}

/* The head of a choice of n ways that begin so; returns where their offsets stand. */
static guint32 put_choice(Writer *w, const Mask *first, guint n) {
  guint32 classes[32] = {0};
  for (guint i = 0; i < n; i++)
    for (Mask rest = first[i]; rest; rest &= rest - 1)
      classes[__builtin_ctz(rest)] |= 1u << i;
  put_op(w, BP_OP_CHOICE, n);
  for (guint i = 0; i < (n > BP_CHOICE_FEW ? G_N_ELEMENTS(classes) : n); i++)
    put(w, n > BP_CHOICE_FEW ? classes[i] : first[i]);
  guint32 offsets = w->words->len;
  for (guint i = 0; i < n; i++)
    put(w, 0);
  return offsets;
}

/* The ways of a choice, from one on: where there are too many, the last one is a choice of the others. */
static void write_ways(Writer *w, const BpRegex *way, Mask behind) {
  Mask first[BP_CHOICE_MOST] = {0};
  guint n = 0, own;
  for (const BpRegex *part = way; part; part = part->next, n++)
    first[MIN(n, BP_CHOICE_MOST - 1)] |= first_of(w, part, behind);
  own = n > BP_CHOICE_MOST ? BP_CHOICE_MOST - 1 : n;
  n = MIN(n, BP_CHOICE_MOST);
  guint32 offsets = put_choice(w, first, n), ends[BP_CHOICE_MOST];
  for (guint i = 0; i < n && !w->failed; i++) {
    point_here(w, offsets + i);
    if (i < own)
      write_node(w, way, behind);
    else
      write_ways(w, way, behind);
    way = way->next;
    ends[i] = put_op(w, BP_OP_JUMP, 0);
  }
  for (guint i = 0; i < n && !w->failed; i++)
    g_array_index(w->words, guint32, ends[i]) |= w->words->len << 8;
}

/* A choice between what is repeated, behind which the caller goes on, and nothing; returns where the offset of nothing
 * stands. */
static guint32 put_option(Writer *w, const BpRegex *repeat, Mask inner, Mask behind) {
  gboolean lazy = repeat->mode == BP_REPEAT_LAZY;
  Mask first[2] = {lazy ? behind : inner, lazy ? inner : behind};
  guint32 offsets = put_choice(w, first, 2);
  point_here(w, offsets + (lazy ? 1 : 0));
  return offsets + (lazy ? 0 : 1);
}

static void write_repeated_char(Writer *w, const BpRegex *n, Mask behind) {
  static const BpOp ops[] = {
      [BP_REPEAT_GREEDY] = BP_OP_GREEDY, [BP_REPEAT_LAZY] = BP_OP_LAZY, [BP_REPEAT_POSSESSIVE] = BP_OP_POSSESSIVE};
  put_op(w, ops[n->mode], n->part->mark);
  put(w, n->min);
  put(w, n->max);
  put(w, behind);
}

static void write_loop(Writer *w, const BpRegex *n, Mask behind) {
  Mask inner = first_of(w, n->part, behind);
  guint32 loop = w->words->len, option = put_option(w, n, inner, behind);
  write_node(w, n->part, inner | behind);
  put_op(w, BP_OP_JUMP, loop);
  point_here(w, option);
}

/* n as often as it must stand, then as often as it may. */
static void write_copies(Writer *w, const BpRegex *n, Mask behind) {
  gboolean endless = n->max == BP_REPEAT_MAX;
  guint32 more = endless ? 0 : n->max - n->min, options[COPIES_MAX];
  Mask again = first_of(w, n->part, behind) | behind;
  if (n->min > COPIES_MAX || more > COPIES_MAX || (endless && bp_regex_may_be_empty(n->part))) {
    w->failed = TRUE;
    return;
  }
  for (guint32 i = 0; i < n->min; i++)
    write_node(w, n->part, again);
  if (endless)
    write_loop(w, n, behind);
  for (guint32 i = 0; i < more && !w->failed; i++) {
    options[i] = put_option(w, n, first_of(w, n->part, again), behind);
    write_node(w, n->part, again);
  }
  for (guint32 i = 0; i < more && !w->failed; i++)
    point_here(w, options[i]);
}

/* What runs by itself, up to BP_OP_DONE. */
static void write_apart(Writer *w, const BpRegex *n) {
  write_node(w, n, ANY_CLASS);
  put_op(w, BP_OP_DONE, 0);
}

static void write_ahead(Writer *w, const BpRegex *n) {
  put_op(w, BP_OP_LOOK, n->negative ? 1 : 0);
  guint32 end = put(w, 0);
  write_apart(w, n->part);
  point_here(w, end);
}

static void write_behind(Writer *w, const BpRegex *n) {
  const BpRegex *way = n->part->kind == BP_REGEX_CHOICE ? n->part->part : n->part;
  guint32 ways = 0;
  for (const BpRegex *other = way; other; other = other->next)
    ways++;
  put_op(w, BP_OP_BEHIND, n->negative ? 1 : 0);
  guint32 end = put(w, 0), table = put(w, ways) + 1;
  for (guint i = 0; i < 2 * ways; i++)
    put(w, 0);
  for (guint32 at = table; way && !w->failed; way = way->next, at += 2) {
    int length = bp_regex_length(w->tree, way);
    g_array_index(w->words, guint32, at) = (guint32)length;
    point_here(w, at + 1);
    write_apart(w, way);
    w->failed = w->failed || length < 0;
  }
  point_here(w, end);
}

static void write_atomic(Writer *w, const BpRegex *n) {
  put_op(w, BP_OP_ATOMIC, 0);
  guint32 end = put(w, 0);
  write_apart(w, n);
  point_here(w, end);
}

static void write_repeat(Writer *w, const BpRegex *n, Mask behind) {
  BpRegex greedy = *n;
  greedy.mode = BP_REPEAT_GREEDY;
  if (is_one_char(w, n->part))
    write_repeated_char(w, n, behind);
  else if (n->mode == BP_REPEAT_POSSESSIVE)
    write_atomic(w, &greedy);
  else
    write_copies(w, n, behind);
}

/* Each copy of a group that is repeated is the same group. */
static void write_capture(Writer *w, const BpRegex *n, Mask behind) {
  put_op(w, BP_OP_SAVE, 2 + n->mark * 2);
  write_node(w, n->part, behind);
  put_op(w, BP_OP_SAVE, 2 + n->mark * 2 + 1);
}

static void write_place(Writer *w, char place) {
  static const struct {
    char place;
    BpOp op;
  } ops[] = {{'^', BP_OP_LINE_BEGIN},   {'$', BP_OP_LINE_END},   {'b', BP_OP_WORD_EDGE},
             {'B', BP_OP_NO_WORD_EDGE}, {'A', BP_OP_TEXT_BEGIN}, {'z', BP_OP_TEXT_END}};
  for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
    if (ops[i].place == place)
      put_op(w, ops[i].op, 0);
}

static void write_node(Writer *w, const BpRegex *n, Mask behind) {
  if (w->failed)
    return;
  switch (n->kind) {
  case BP_REGEX_TEXT:
    put_op(w, n->exact ? BP_OP_EXACT : BP_OP_TEXT, n->length);
    put_bytes(w, w->tree->text->str + n->text, n->length);
    break;
  case BP_REGEX_SET:
    put_op(w, BP_OP_SET, n->mark);
    break;
  case BP_REGEX_SEQUENCE:
    write_sequence(w, n, behind);
    break;
  case BP_REGEX_CHOICE:
    write_ways(w, n->part, behind);
    break;
  case BP_REGEX_REPEAT:
    write_repeat(w, n, behind);
    break;
  case BP_REGEX_CAPTURE:
    write_capture(w, n, behind);
    break;
  case BP_REGEX_ATOMIC:
    write_atomic(w, n->part);
    break;
  case BP_REGEX_LOOK:
    if (n->behind)
      write_behind(w, n);
    else
      write_ahead(w, n);
    break;
  case BP_REGEX_PLACE:
    write_place(w, n->place);
    break;
  }
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

/* The place that a match must begin at, or 0. */
static char first_place(const BpRegex *n) {
  if (n->kind == BP_REGEX_PLACE)
    return n->place;
  if (n->kind != BP_REGEX_SEQUENCE && n->kind != BP_REGEX_CAPTURE && n->kind != BP_REGEX_CHOICE)
    return 0;
  char place = n->part ? first_place(n->part) : 0;
  for (const BpRegex *way = n->part; n->kind == BP_REGEX_CHOICE && way; way = way->next)
    if (first_place(way) != place)
      return 0;
  return place;
}

static guint32 flags_of(const BpRegex *root, Mask first) {
  char place = first_place(root);
  return (place == '^' ? BP_PROGRAM_AT_LINE : 0) | (place == 'A' ? BP_PROGRAM_AT_TEXT : 0) |
         (place == 'b' && !(first & ~BP_WORD_CLASSES) ? BP_PROGRAM_AT_WORD : 0) |
         (bp_regex_may_be_empty(root) ? BP_PROGRAM_EMPTY : 0);
}

/* Numbers the groups, and writes their names. */
static void put_names(Writer *w, BpRegex *n) {
  if (n->kind == BP_REGEX_CAPTURE) {
    n->mark = w->names++;
    put(w, n->mark);
    put(w, (guint32)strlen(n->name) / 4 + 1);
    put_bytes(w, n->name, strlen(n->name) + 1);
  }
  for (BpRegex *part = n->part; part; part = part->next)
    put_names(w, part);
}

static void write_head(Writer *w, BpRegex *root) {
  Mask first = first_of(w, root, 0);
  put(w, flags_of(root, first));
  put(w, 0);
  put(w, first);
  put(w, second_of(w, root));
  put(w, 0);
  put(w, 0);
  put_names(w, root);
  g_array_index(w->words, guint32, BP_PROGRAM_PLACES) = 2 + 2 * w->names;
  point_here(w, BP_PROGRAM_SETS);
  put_sets(w, root);
  point_here(w, BP_PROGRAM_CODE);
}

GArray *bp_program_build(const char *pattern) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(pattern);
  if (!tree)
    return NULL;
  Writer w = {.tree = tree,
              .words = g_array_sized_new(FALSE, FALSE, sizeof(guint32), 64),
              .sets = g_array_new(FALSE, FALSE, sizeof(guint32))};
  write_head(&w, tree->root);
  write_node(&w, tree->root, ANY_CLASS);
  put_op(&w, BP_OP_DONE, 0);
  g_array_unref(w.sets);
  if (!w.failed)
    return w.words;
  g_array_unref(w.words);
  return NULL;
}

/* program-build.c - writes the program of a pattern
 *
 * At each place where there are several ways the program holds the bytes with which each of them can go on, so that it
 * tries those only that the text allows. */
#include "pattern/program.h"
#include "pattern/regex.h"

#include <string.h>

#define LONG_S 0x17f /* the letters beyond ASCII whose other case is in it */
#define KELVIN 0x212a

#define COPIES_MAX 64           /* of what is repeated, one behind the other */
#define WORDS_MAX (1024 * 1024) /* less than an offset can hold */

/* The bytes something may begin with. */
typedef struct {
  guint32 bits[8];
} Bytes;

typedef struct {
  GArray *words;
  GPtrArray *names;   /* the nodes of groups, in their order */
  GArray *sets;       /* where the sets stand … */
  GHashTable *set_of; /* … and the node with one to where it stands: many are the same */
  gboolean failed;
} Writer;

static const BpRegex *part(const BpRegex *n, guint i) {
  return g_ptr_array_index(n->parts, i);
}

/* ---- with what a node begins -------------------------------------------------------------------------------- */

static void add_byte(Bytes *bytes, guint8 byte) {
  bytes->bits[byte / 32] |= 1u << (byte % 32);
}

static Bytes anything(void) {
  Bytes bytes;
  memset(&bytes, 0xff, sizeof bytes);
  return bytes;
}

static void add_bytes(Bytes *bytes, const Bytes *more) {
  for (guint i = 0; i < G_N_ELEMENTS(bytes->bits); i++)
    bytes->bits[i] |= more->bits[i];
}

/* The first bytes of the characters from first to last, none of which is ASCII. */
static void add_leading(Bytes *bytes, gunichar first, gunichar last) {
  char a[6], b[6];
  g_unichar_to_utf8(first, a);
  g_unichar_to_utf8(last, b);
  for (guint byte = (guint8)a[0]; byte <= (guint8)b[0]; byte++)
    add_byte(bytes, (guint8)byte);
}

static Bytes bytes_of_set(const BpCharset *set) {
  Bytes bytes = {{0}};
  memcpy(bytes.bits, set->ascii, sizeof set->ascii);
  if (set->inverted)
    add_leading(&bytes, 0x80, 0x10ffff);
  else
    for (guint i = 0; set->ranges && i < set->ranges->len; i += 2)
      add_leading(&bytes, g_array_index(set->ranges, gunichar, i), g_array_index(set->ranges, gunichar, i + 1));
  return bytes;
}

static Bytes bytes_of_text(const BpRegex *n) {
  Bytes bytes = {{0}};
  char first = n->text->str[0];
  add_byte(&bytes, (guint8)first);
  if (!n->exact && g_ascii_isalpha(first))
    add_byte(&bytes, (guint8)g_ascii_toupper(first));
  if (!n->exact && first == 's')
    add_leading(&bytes, LONG_S, LONG_S);
  if (!n->exact && first == 'k')
    add_leading(&bytes, KELVIN, KELVIN);
  return bytes;
}

/* The bytes that n and what stands behind it may begin with. */
static Bytes first_of(const BpRegex *n, Bytes behind) {
  Bytes bytes = {{0}};
  switch (n->kind) {
  case BP_REGEX_TEXT:
    return bytes_of_text(n);
  case BP_REGEX_SET:
    return bytes_of_set(&n->set);
  case BP_REGEX_SEQUENCE:
    for (guint i = n->parts->len; i-- > 0;)
      behind = first_of(part(n, i), behind);
    return behind;
  case BP_REGEX_CHOICE:
    for (guint i = 0; i < n->parts->len; i++) {
      Bytes more = first_of(part(n, i), behind);
      add_bytes(&bytes, &more);
    }
    return bytes;
  case BP_REGEX_REPEAT:
    if (n->max > 0)
      bytes = first_of(part(n, 0), behind);
    if (n->min == 0)
      add_bytes(&bytes, &behind);
    return bytes;
  case BP_REGEX_CAPTURE:
  case BP_REGEX_ATOMIC:
    return first_of(part(n, 0), behind);
  default:
    return behind;
  }
}

static guint32 mask_of(const Bytes *bytes) {
  guint32 mask = 0;
  for (guint byte = 0; byte < 256; byte++)
    if (bytes->bits[byte / 32] >> (byte % 32) & 1)
      mask |= 1u << bp_byte_class((guint8)byte);
  return mask;
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

static gboolean is_one_char(const BpRegex *n) {
  return (n->kind == BP_REGEX_SET || n->kind == BP_REGEX_TEXT) && bp_regex_length(n) == 1;
}

/* The character of a text, in each case, as a set whose ranges are put into room. */
static BpCharset set_of_char(const BpRegex *n, GArray *room) {
  BpCharset set = {{0}, FALSE, room};
  gunichar c = g_utf8_get_char(n->text->str), all[3] = {c, c, c};
  if (!n->exact && c < 0x80)
    all[1] = (gunichar)g_ascii_toupper((char)c);
  if (!n->exact && (c == 's' || c == 'k'))
    all[2] = c == 's' ? LONG_S : KELVIN;
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    if (all[i] < 0x80) {
      set.ascii[all[i] / 32] |= 1u << (all[i] % 32);
    } else {
      g_array_append_val(room, all[i]);
      g_array_append_val(room, all[i]);
    }
  }
  return set;
}

/* A set as words; returns where it stands, which is where another one like it stands already. */
static guint32 put_set(Writer *w, const BpCharset *set) {
  guint32 n = set->ranges ? set->ranges->len : 0, at = w->words->len, all = BP_SET_RANGES + 1 + n;
  for (guint i = 0; i < G_N_ELEMENTS(set->ascii); i++)
    put(w, set->ascii[i]);
  put(w, n | (set->inverted ? 1 : 0));
  for (guint i = 0; i < n; i++)
    put(w, g_array_index(set->ranges, gunichar, i));
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

/* Writes the sets of a node and its parts, in their order. */
static void put_sets(Writer *w, const BpRegex *n) {
  const BpRegex *repeated = n->kind == BP_REGEX_REPEAT ? part(n, 0) : NULL;
  if (n->kind == BP_REGEX_SET) {
    g_hash_table_insert(w->set_of, (gpointer)(guintptr)n, GUINT_TO_POINTER(put_set(w, &n->set)));
  } else if (repeated && repeated->kind == BP_REGEX_TEXT && is_one_char(repeated)) {
    g_autoptr(GArray) room = g_array_new(FALSE, FALSE, sizeof(gunichar));
    BpCharset set = set_of_char(repeated, room);
    g_hash_table_insert(w->set_of, (gpointer)(guintptr)repeated, GUINT_TO_POINTER(put_set(w, &set)));
  }
  for (guint i = 0; n->parts && i < n->parts->len; i++)
    put_sets(w, part(n, i));
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static void write_node(Writer *w, const BpRegex *n, Bytes behind);

static void write_sequence(Writer *w, const BpRegex *n, Bytes behind) {
  for (guint i = 0; i < n->parts->len; i++) {
    Bytes next = behind;
    for (guint j = n->parts->len; j-- > i + 1;)
      next = first_of(part(n, j), next);
    write_node(w, part(n, i), next);
  }
}

/* The head of a choice of n ways of such first bytes; returns where their offsets stand. */
static guint32 put_choice(Writer *w, const Bytes *first, guint n) {
  guint32 masks[BP_CHOICE_MOST], classes[32] = {0};
  for (guint i = 0; i < n; i++) {
    masks[i] = mask_of(&first[i]);
    for (guint c = 0; c < G_N_ELEMENTS(classes); c++)
      classes[c] |= (masks[i] >> c & 1) << i;
  }
  put_op(w, BP_OP_CHOICE, n);
  for (guint i = 0; i < (n > BP_CHOICE_FEW ? G_N_ELEMENTS(classes) : n); i++)
    put(w, n > BP_CHOICE_FEW ? classes[i] : masks[i]);
  guint32 offsets = w->words->len;
  for (guint i = 0; i < n; i++)
    put(w, 0);
  return offsets;
}

/* The n-th and all further ways of a choice. */
static void write_ways(Writer *w, const BpRegex *choice, guint from, Bytes behind) {
  guint n = choice->parts->len - from, own = n > BP_CHOICE_MOST ? BP_CHOICE_MOST - 1 : n, all = MIN(n, own + 1);
  Bytes first[BP_CHOICE_MOST] = {{{0}}};
  for (guint i = 0; i < n; i++) {
    Bytes bytes = first_of(part(choice, from + i), behind);
    add_bytes(&first[MIN(i, own)], &bytes);
  }
  guint32 offsets = put_choice(w, first, all), ends[BP_CHOICE_MOST];
  for (guint i = 0; i < all && !w->failed; i++) {
    point_here(w, offsets + i);
    if (i < own)
      write_node(w, part(choice, from + i), behind);
    else
      write_ways(w, choice, from + own, behind);
    ends[i] = put_op(w, BP_OP_JUMP, 0);
  }
  for (guint i = 0; i < all && !w->failed; i++)
    g_array_index(w->words, guint32, ends[i]) |= w->words->len << 8;
}

/* A choice between n, behind which the caller goes on, and nothing; returns where the offset of nothing stands. */
static guint32 put_option(Writer *w, const BpRegex *repeat, Bytes inner, Bytes behind) {
  gboolean lazy = repeat->mode == BP_REPEAT_LAZY;
  Bytes first[2] = {lazy ? behind : inner, lazy ? inner : behind};
  guint32 offsets = put_choice(w, first, 2);
  point_here(w, offsets + (lazy ? 1 : 0));
  return offsets + (lazy ? 0 : 1);
}

static guint32 set_at(const Writer *w, const BpRegex *n) {
  return GPOINTER_TO_UINT(g_hash_table_lookup(w->set_of, n));
}

static void write_repeated_char(Writer *w, const BpRegex *n, Bytes behind) {
  static const BpOp ops[] = {
      [BP_REPEAT_GREEDY] = BP_OP_GREEDY, [BP_REPEAT_LAZY] = BP_OP_LAZY, [BP_REPEAT_POSSESSIVE] = BP_OP_POSSESSIVE};
  put_op(w, ops[n->mode], set_at(w, part(n, 0)));
  put(w, n->min);
  put(w, n->max);
  put(w, mask_of(&behind));
}

/* n as often as it must stand, then as often as it may. */
static void write_copies(Writer *w, const BpRegex *n, Bytes behind) {
  const BpRegex *inner = part(n, 0);
  gboolean endless = n->max == BP_REPEAT_MAX;
  guint32 more = endless ? 0 : n->max - n->min, options[COPIES_MAX];
  if (n->min > COPIES_MAX || more > COPIES_MAX || (endless && bp_regex_may_be_empty(inner))) {
    w->failed = TRUE;
    return;
  }
  Bytes again = first_of(inner, behind);
  add_bytes(&again, &behind);
  for (guint32 i = 0; i < n->min; i++)
    write_node(w, inner, again);
  if (endless) {
    guint32 loop = w->words->len, option = put_option(w, n, first_of(inner, behind), behind);
    write_node(w, inner, again);
    put_op(w, BP_OP_JUMP, loop);
    point_here(w, option);
    return;
  }
  for (guint32 i = 0; i < more && !w->failed; i++) {
    options[i] = put_option(w, n, first_of(inner, again), behind);
    write_node(w, inner, again);
  }
  for (guint32 i = 0; i < more && !w->failed; i++)
    point_here(w, options[i]);
}

/* What runs by itself, up to BP_OP_DONE. */
static void write_apart(Writer *w, const BpRegex *n) {
  write_node(w, n, anything());
  put_op(w, BP_OP_DONE, 0);
}

static void write_ahead(Writer *w, const BpRegex *n) {
  put_op(w, BP_OP_LOOK, n->negative ? 1 : 0);
  guint32 end = put(w, 0);
  write_apart(w, part(n, 0));
  point_here(w, end);
}

static void write_behind(Writer *w, const BpRegex *n) {
  const BpRegex *what = part(n, 0);
  guint ways = what->kind == BP_REGEX_CHOICE ? what->parts->len : 1;
  put_op(w, BP_OP_BEHIND, n->negative ? 1 : 0);
  guint32 end = put(w, 0), table;
  put(w, ways);
  table = w->words->len;
  for (guint i = 0; i < 2 * ways; i++)
    put(w, 0);
  for (guint i = 0; i < ways && !w->failed; i++) {
    const BpRegex *way = what->kind == BP_REGEX_CHOICE ? part(what, i) : what;
    int length = bp_regex_length(way);
    g_array_index(w->words, guint32, table + 2 * i) = (guint32)length;
    point_here(w, table + 2 * i + 1);
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

static void write_repeat(Writer *w, const BpRegex *n, Bytes behind) {
  BpRegex greedy = *n;
  greedy.mode = BP_REPEAT_GREEDY;
  if (is_one_char(part(n, 0)))
    write_repeated_char(w, n, behind);
  else if (n->mode == BP_REPEAT_POSSESSIVE)
    write_atomic(w, &greedy);
  else
    write_copies(w, n, behind);
}

/* Each copy of a group that is repeated is the same group. */
static guint32 number_of(const Writer *w, const BpRegex *capture) {
  guint32 number = 0;
  g_ptr_array_find(w->names, capture, &number);
  return number;
}

static void write_capture(Writer *w, const BpRegex *n, Bytes behind) {
  guint32 number = number_of(w, n);
  put_op(w, BP_OP_SAVE, 2 + number * 2);
  write_node(w, part(n, 0), behind);
  put_op(w, BP_OP_SAVE, 2 + number * 2 + 1);
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

static void write_node(Writer *w, const BpRegex *n, Bytes behind) {
  if (w->failed)
    return;
  switch (n->kind) {
  case BP_REGEX_TEXT:
    put_op(w, n->exact ? BP_OP_EXACT : BP_OP_TEXT, (guint32)n->text->len);
    put_bytes(w, n->text->str, n->text->len);
    break;
  case BP_REGEX_SET:
    put_op(w, BP_OP_SET, set_at(w, n));
    break;
  case BP_REGEX_SEQUENCE:
    write_sequence(w, n, behind);
    break;
  case BP_REGEX_CHOICE:
    write_ways(w, n, 0, behind);
    break;
  case BP_REGEX_REPEAT:
    write_repeat(w, n, behind);
    break;
  case BP_REGEX_CAPTURE:
    write_capture(w, n, behind);
    break;
  case BP_REGEX_ATOMIC:
    write_atomic(w, part(n, 0));
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
  if (n->kind == BP_REGEX_SEQUENCE || n->kind == BP_REGEX_CAPTURE)
    return n->parts->len ? first_place(part(n, 0)) : 0;
  if (n->kind != BP_REGEX_CHOICE)
    return 0;
  char place = first_place(part(n, 0));
  for (guint i = 1; i < n->parts->len; i++)
    if (first_place(part(n, i)) != place)
      return 0;
  return place;
}

static gboolean are_of_words(const Bytes *bytes) {
  for (guint byte = 0; byte < 256; byte++)
    if (bytes->bits[byte / 32] >> (byte % 32) & 1 && !(byte < 0x80 && (g_ascii_isalnum(byte) || byte == '_')))
      return FALSE;
  return TRUE;
}

static guint32 flags_of(const BpRegex *root, const Bytes *first) {
  char place = first_place(root);
  return (place == '^' ? BP_PROGRAM_AT_LINE : 0) | (place == 'A' ? BP_PROGRAM_AT_TEXT : 0) |
         (place == 'b' && are_of_words(first) ? BP_PROGRAM_AT_WORD : 0) |
         (bp_regex_may_be_empty(root) ? BP_PROGRAM_EMPTY : 0);
}

static void find_names(Writer *w, const BpRegex *n) {
  if (n->kind == BP_REGEX_CAPTURE)
    g_ptr_array_add(w->names, (gpointer)(guintptr)n);
  for (guint i = 0; n->parts && i < n->parts->len; i++)
    find_names(w, part(n, i));
}

static void write_head(Writer *w, const BpRegex *root) {
  Bytes first = first_of(root, (Bytes){{0}});
  find_names(w, root);
  put(w, flags_of(root, &first));
  put(w, 2 + 2 * w->names->len);
  for (guint i = 0; i < G_N_ELEMENTS(first.bits); i++)
    put(w, first.bits[i]);
  put(w, 0);
  put(w, 0);
  for (guint i = 0; i < w->names->len; i++) {
    const char *name = ((const BpRegex *)g_ptr_array_index(w->names, i))->name;
    put(w, i);
    put(w, (guint32)strlen(name) / 4 + 1);
    put_bytes(w, name, strlen(name) + 1);
  }
  point_here(w, BP_PROGRAM_SETS);
  put_sets(w, root);
  point_here(w, BP_PROGRAM_CODE);
}

GArray *bp_program_build(const char *pattern) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(pattern);
  if (!tree)
    return NULL;
  Writer w = {.words = g_array_new(FALSE, FALSE, sizeof(guint32)),
              .names = g_ptr_array_new(),
              .sets = g_array_new(FALSE, FALSE, sizeof(guint32)),
              .set_of = g_hash_table_new(NULL, NULL)};
  write_head(&w, tree->root);
  write_node(&w, tree->root, anything());
  put_op(&w, BP_OP_DONE, 0);
  g_ptr_array_unref(w.names);
  g_array_unref(w.sets);
  g_hash_table_unref(w.set_of);
  if (!w.failed)
    return w.words;
  g_array_unref(w.words);
  return NULL;
}

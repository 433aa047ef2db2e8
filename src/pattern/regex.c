/* regex.c - a pattern read into a tree (pcre2pattern(3))
 *
 * What is not understood makes the whole pattern unread: PCRE2 runs it then. */
#include "pattern/regex.h"

#include "pattern/letter.h"

#include <string.h>

#define DEPTH_MAX 60
#define REPEAT_LIMIT 65535 /* higher numbers are not read */

typedef struct {
  BpRegexTree *tree;
  const char *pattern, *p;
  guint depth;
  gboolean exact; /* letters stand for themselves only */
  gboolean failed;
} Reader;

static gpointer fail(Reader *r) {
  r->failed = TRUE;
  return NULL;
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static BpRegex *new_node(Reader *r, BpRegexKind kind) {
  BpRegex *n = bp_arena_alloc(r->tree->arena, sizeof *n);
  n->kind = kind;
  return n;
}

static void add_part(BpRegex *n, BpRegex *part) {
  if (n->last)
    n->last->next = part;
  else
    n->part = part;
  n->last = part;
}

/* A node is worth no more than its part where that is the only one. */
static BpRegex *only_part(BpRegex *n) {
  return n->part && !n->part->next ? n->part : n;
}

/* ---- characters --------------------------------------------------------------------------------------------- */

static void add_range(Reader *r, BpCharset *set, gunichar first, gunichar last) {
  for (gunichar c = first; c <= last && c < 0x80; c++)
    set->ascii[c / 32] |= 1u << (c % 32);
  if (last < 0x80)
    return;
  if (set->n++ == 0)
    set->first = r->tree->ranges->len / 2;
  first = MAX(first, 0x80);
  g_array_append_val(r->tree->ranges, first);
  g_array_append_val(r->tree->ranges, last);
}

/* Adds what stands in a class, with its other cases. */
static void add_chars(Reader *r, BpCharset *set, gunichar first, gunichar last) {
  add_range(r, set, first, last);
  for (gunichar c = first; c <= last && !r->exact; c = bp_letter_next(c)) {
    gunichar all[BP_LETTER_CASES];
    guint n = bp_letter_cases(c, all);
    for (guint i = 1; i < n; i++)
      if (all[i] < first || all[i] > last)
        add_range(r, set, all[i], all[i]);
  }
}

/* Adds what \d, \w, \s and their opposites stand for: only ASCII has such. FALSE for other letters. */
static gboolean add_type(BpCharset *set, char type) {
  gboolean opposite = g_ascii_isupper(type);
  char what = g_ascii_tolower(type);
  if (!strchr("dws", what))
    return FALSE;
  for (guint c = 0; c < 0x80; c++) {
    gboolean in = what == 'd'   ? g_ascii_isdigit(c)
                  : what == 'w' ? g_ascii_isalnum(c) || c == '_'
                                : c == ' ' || (c >= '\t' && c <= '\r');
    if (in != opposite)
      set->ascii[c / 32] |= 1u << (c % 32);
  }
  set->inverted = set->inverted || opposite;
  return TRUE;
}

static void invert(BpCharset *set) {
  for (guint i = 0; i < G_N_ELEMENTS(set->ascii); i++)
    set->ascii[i] = ~set->ascii[i];
  set->inverted = !set->inverted;
}

/* ---- escapes ------------------------------------------------------------------------------------------------ */

static gunichar read_hex(Reader *r) {
  char *end;
  gboolean braced = *r->p == '{';
  char digits[9] = "";
  gsize n = strspn(r->p + braced, "0123456789abcdefABCDEF");
  n = braced ? n : MIN(n, 2);
  memcpy(digits, r->p + braced, MIN(n, 8));
  gunichar c = (gunichar)strtoul(digits, &end, 16);
  r->p += n + braced;
  if (n == 0 || n > 6 || (braced && *r->p++ != '}'))
    fail(r);
  return c;
}

/* A character written with a backslash, behind which r stands; TRUE in *known where it is one. */
static gunichar read_escaped(Reader *r, gboolean *known) {
  static const char letters[] = "tnrfea", codes[] = "\t\n\r\f\x1b\a";
  char c = *r->p;
  const char *letter = c ? strchr(letters, c) : NULL;
  *known = TRUE;
  if (c && (guchar)c < 0x80 && !g_ascii_isalnum(c)) {
    r->p++;
    return (guchar)c;
  }
  if (letter) {
    r->p++;
    return (guchar)codes[letter - letters];
  }
  if (c == 'x') {
    r->p++;
    return read_hex(r);
  }
  *known = FALSE;
  return 0;
}

/* ---- classes ------------------------------------------------------------------------------------------------ */

/* A character of a class, or with *type a letter such as w. */
static gunichar read_class_item(Reader *r, char *type) {
  gboolean known;
  *type = 0;
  if (*r->p != '\\') {
    gunichar c = g_utf8_get_char(r->p);
    if (c == '[' && strchr(":.=", r->p[1]))
      fail(r);
    r->p = g_utf8_next_char(r->p);
    return c;
  }
  r->p++;
  gunichar c = read_escaped(r, &known);
  if (known)
    return c;
  if (*r->p == 'b') {
    r->p++;
    return '\b';
  }
  *type = *r->p;
  if (*r->p)
    r->p++;
  return 0;
}

static void read_class_part(Reader *r, BpCharset *set) {
  char type, last_type;
  gunichar first = read_class_item(r, &type), last = first;
  if (type) {
    if (!add_type(set, type))
      fail(r);
    return;
  }
  if (*r->p == '-' && r->p[1] && r->p[1] != ']') {
    r->p++;
    last = read_class_item(r, &last_type);
    if (last_type || last < first)
      fail(r);
  }
  if (!r->failed)
    add_chars(r, set, first, last);
}

/* At "[". */
static BpRegex *read_class(Reader *r) {
  BpRegex *n = new_node(r, BP_REGEX_SET);
  gboolean negated = *++r->p == '^';
  r->p += negated;
  for (gboolean first = TRUE; !r->failed && *r->p && (*r->p != ']' || first); first = FALSE)
    read_class_part(r, &n->set);
  if (*r->p != ']')
    return fail(r);
  r->p++;
  if (n->set.inverted)
    n->set.n = 0;
  if (negated)
    invert(&n->set);
  return n;
}

/* ---- one thing after the other ------------------------------------------------------------------------------ */

static BpRegex *new_char(Reader *r, gunichar c) {
  gunichar all[BP_LETTER_CASES];
  gboolean cased = c >= 0x80 && !r->exact && bp_letter_cases(c, all) > 1;
  BpRegex *n = new_node(r, cased ? BP_REGEX_SET : BP_REGEX_TEXT);
  if (cased) {
    n->letter = c;
    add_chars(r, &n->set, c, c);
    return n;
  }
  n->exact = r->exact;
  n->text = (guint32)r->tree->text->len;
  g_string_append_unichar(r->tree->text, c < 0x80 && !r->exact ? (gunichar)g_ascii_tolower((char)c) : c);
  n->length = (guint32)r->tree->text->len - n->text;
  return n;
}

/* Adds n to a sequence: characters that follow each other become one text. */
static void append(BpRegex *sequence, BpRegex *n) {
  BpRegex *last = sequence->last;
  if (last && last->kind == BP_REGEX_TEXT && n->kind == BP_REGEX_TEXT && last->exact == n->exact &&
      last->text + last->length == n->text)
    last->length += n->length;
  else
    add_part(sequence, n);
}

static gboolean is_repeated(const char *behind) {
  return *behind && strchr("?*+{", *behind) != NULL;
}

static BpRegex *new_place(Reader *r, char place) {
  BpRegex *n = new_node(r, BP_REGEX_PLACE);
  n->place = place;
  return n;
}

static BpRegex *new_type(Reader *r, char type) {
  BpRegex *n = new_node(r, BP_REGEX_SET);
  return add_type(&n->set, type) ? n : fail(r);
}

/* Behind "\Q": all up to "\E" as it stands, which nothing repeats. */
static BpRegex *read_quoted(Reader *r) {
  const char *end = strstr(r->p, "\\E");
  BpRegex *sequence = new_node(r, BP_REGEX_SEQUENCE);
  if (!end || is_repeated(end + 2))
    return fail(r);
  while (r->p < end) {
    append(sequence, new_char(r, g_utf8_get_char(r->p)));
    r->p = g_utf8_next_char(r->p);
  }
  r->p = end + 2;
  return only_part(sequence);
}

/* At "\". */
static BpRegex *read_escape(Reader *r) {
  gboolean known;
  char c = *++r->p;
  gunichar escaped = read_escaped(r, &known);
  if (known)
    return new_char(r, escaped);
  if (!c)
    return fail(r);
  r->p++;
  if (c == 'Q')
    return read_quoted(r);
  return strchr("bBAz", c) ? new_place(r, c) : new_type(r, c);
}

static BpRegex *read_any(Reader *r) {
  BpRegex *n = new_node(r, BP_REGEX_SET);
  add_range(r, &n->set, '\n', '\n');
  invert(&n->set);
  r->p++;
  return n;
}

static BpRegex *read_choice(Reader *r);

/* At "<" of "(?<name>". */
static BpRegex *open_capture(Reader *r) {
  const char *name = ++r->p;
  while (g_ascii_isalnum(*r->p) || *r->p == '_')
    r->p++;
  if (r->p == name || *r->p != '>')
    return fail(r);
  BpRegex *n = new_node(r, BP_REGEX_CAPTURE);
  n->name = bp_arena_strndup(r->tree->arena, name, (gsize)(r->p++ - name));
  return n;
}

/* The node that "(" opens, still without its part; NULL for a plain group. */
static BpRegex *open_group(Reader *r) {
  static const struct {
    const char *mark;
    BpRegexKind kind;
    gboolean behind, negative;
  } marks[] = {{"?=", BP_REGEX_LOOK, FALSE, FALSE},
               {"?!", BP_REGEX_LOOK, FALSE, TRUE},
               {"?<=", BP_REGEX_LOOK, TRUE, FALSE},
               {"?<!", BP_REGEX_LOOK, TRUE, TRUE},
               {"?>", BP_REGEX_ATOMIC, FALSE, FALSE}};
  for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
    if (g_str_has_prefix(r->p, marks[i].mark)) {
      BpRegex *n = new_node(r, marks[i].kind);
      n->behind = marks[i].behind;
      n->negative = marks[i].negative;
      r->p += strlen(marks[i].mark);
      return n;
    }
  if (*r->p == '*')
    return fail(r);
  if (*r->p != '?')
    return NULL;
  r->p++;
  if (*r->p == '<')
    return open_capture(r);
  if (g_str_has_prefix(r->p, "-i:"))
    r->exact = TRUE;
  else if (*r->p != ':')
    return fail(r);
  r->p = strchr(r->p, ':') + 1;
  return NULL;
}

/* At "(". */
static BpRegex *read_group(Reader *r) {
  gboolean exact = r->exact;
  r->p++;
  BpRegex *n = open_group(r), *part = r->failed ? NULL : read_choice(r);
  r->exact = exact;
  if (!part || *r->p != ')')
    return fail(r);
  r->p++;
  if (!n)
    return part;
  add_part(n, part);
  return n;
}

/* Characters up to the next one that is not plain ASCII, or that something behind it repeats. */
static BpRegex *read_text(Reader *r) {
  gunichar c = g_utf8_get_char(r->p);
  r->p = g_utf8_next_char(r->p);
  BpRegex *n = new_char(r, c);
  if (n->kind != BP_REGEX_TEXT || is_repeated(r->p))
    return n;
  for (; *r->p && (guchar)*r->p < 0x80 && !strchr("\\^$.[|()?*+{", *r->p) && !is_repeated(r->p + 1); r->p++) {
    g_string_append_c(r->tree->text, r->exact ? *r->p : g_ascii_tolower(*r->p));
    n->length++;
  }
  return n;
}

static BpRegex *read_item(Reader *r) {
  switch (*r->p) {
  case '^':
  case '$':
    return new_place(r, *r->p++);
  case '.':
    return read_any(r);
  case '[':
    return read_class(r);
  case '(':
    return read_group(r);
  case '\\':
    return read_escape(r);
  default:
    return read_text(r);
  }
}

/* A number of a quantifier; what stands there is one or nothing. */
static guint32 read_number(Reader *r, guint32 otherwise) {
  if (!g_ascii_isdigit(*r->p))
    return otherwise;
  guint64 n = g_ascii_strtoull(r->p, NULL, 10);
  r->p += strspn(r->p, "0123456789");
  if (n > REPEAT_LIMIT)
    fail(r);
  return (guint32)MIN(n, REPEAT_LIMIT);
}

/* {n}, {n,} and {n,m}. */
static gboolean is_counted(const char *p) {
  if (*p++ != '{' || !g_ascii_isdigit(*p))
    return FALSE;
  p += strspn(p, "0123456789");
  if (*p == ',')
    p += 1 + strspn(p + 1, "0123456789");
  return *p == '}';
}

/* What only some versions of PCRE2 take for a quantifier: {,m} and blanks between braces. */
static gboolean is_dubious(const char *p) {
  return *p == '{' && p[1] && strchr(" ,\t0123456789", p[1]) && !is_counted(p);
}

/* Puts the quantifier that stands here, if there is one, around n. */
static BpRegex *read_quantifier(Reader *r, BpRegex *n) {
  guint32 min = 0, max = BP_REPEAT_MAX;
  if (is_dubious(r->p))
    return fail(r);
  if (is_counted(r->p)) {
    r->p++;
    max = min = read_number(r, 0);
    if (*r->p == ',') {
      r->p++;
      max = read_number(r, BP_REPEAT_MAX);
    }
  } else if (*r->p && strchr("?*+", *r->p)) {
    min = *r->p == '+';
    max = *r->p == '?' ? 1 : BP_REPEAT_MAX;
  } else {
    return n;
  }
  r->p++;
  BpRegex *repeat = new_node(r, BP_REGEX_REPEAT);
  add_part(repeat, n);
  repeat->min = min;
  repeat->max = max;
  repeat->mode = *r->p == '?' ? BP_REPEAT_LAZY : *r->p == '+' ? BP_REPEAT_POSSESSIVE : BP_REPEAT_GREEDY;
  r->p += repeat->mode != BP_REPEAT_GREEDY;
  if (n->kind == BP_REGEX_PLACE || min > max || strchr("?*+", *r->p ? *r->p : '.') || is_counted(r->p))
    return fail(r);
  return repeat;
}

static BpRegex *read_sequence(Reader *r) {
  BpRegex *sequence = new_node(r, BP_REGEX_SEQUENCE);
  while (!r->failed && *r->p && *r->p != '|' && *r->p != ')') {
    BpRegex *item = read_item(r), *n = item ? read_quantifier(r, item) : NULL;
    if (n)
      append(sequence, n);
  }
  return only_part(sequence);
}

static BpRegex *read_choice(Reader *r) {
  if (r->depth == DEPTH_MAX)
    return fail(r);
  r->depth++;
  BpRegex *choice = new_node(r, BP_REGEX_CHOICE);
  add_part(choice, read_sequence(r));
  while (!r->failed && *r->p == '|') {
    gsize bar = (gsize)(r->p++ - r->pattern);
    if (r->depth == 1)
      g_array_append_val(r->tree->bars, bar);
    add_part(choice, read_sequence(r));
  }
  r->depth--;
  return only_part(choice);
}

BpRegexTree *bp_regex_read(const char *pattern) {
  g_autoptr(BpRegexTree) tree = g_new0(BpRegexTree, 1);
  tree->arena = bp_arena_new();
  tree->text = g_string_new(NULL);
  tree->ranges = g_array_sized_new(FALSE, FALSE, sizeof(gunichar), 8);
  tree->bars = g_array_new(FALSE, FALSE, sizeof(gsize));
  Reader r = {.tree = tree, .pattern = pattern, .p = pattern};
  tree->root = read_choice(&r);
  return r.failed || *r.p ? NULL : g_steal_pointer(&tree);
}

void bp_regex_free(BpRegexTree *tree) {
  g_array_unref(tree->bars);
  g_array_unref(tree->ranges);
  g_string_free(tree->text, TRUE);
  bp_arena_free(tree->arena);
  g_free(tree);
}

/* ---- what is known of a node -------------------------------------------------------------------------------- */

static int length_of_all(const BpRegexTree *tree, const BpRegex *n) {
  int sum = 0;
  for (const BpRegex *part = n->part; part; part = part->next) {
    int length = bp_regex_length(tree, part);
    if (length < 0)
      return -1;
    sum += length;
  }
  return sum;
}

static int length_of_each(const BpRegexTree *tree, const BpRegex *n) {
  int length = bp_regex_length(tree, n->part);
  for (const BpRegex *part = n->part->next; part; part = part->next)
    if (bp_regex_length(tree, part) != length)
      return -1;
  return length;
}

int bp_regex_length(const BpRegexTree *tree, const BpRegex *n) {
  switch (n->kind) {
  case BP_REGEX_TEXT:
    return (int)g_utf8_strlen(tree->text->str + n->text, (gssize)n->length);
  case BP_REGEX_SET:
    return 1;
  case BP_REGEX_SEQUENCE:
    return length_of_all(tree, n);
  case BP_REGEX_CHOICE:
    return length_of_each(tree, n);
  case BP_REGEX_REPEAT: {
    int length = bp_regex_length(tree, n->part);
    return n->min != n->max || length < 0 ? -1 : length * (int)n->min;
  }
  case BP_REGEX_CAPTURE:
  case BP_REGEX_ATOMIC:
    return bp_regex_length(tree, n->part);
  default:
    return 0;
  }
}

gboolean bp_regex_may_be_empty(const BpRegex *n) {
  gboolean any = n->kind == BP_REGEX_CHOICE;
  switch (n->kind) {
  case BP_REGEX_TEXT:
  case BP_REGEX_SET:
    return FALSE;
  case BP_REGEX_LOOK:
  case BP_REGEX_PLACE:
    return TRUE;
  case BP_REGEX_REPEAT:
    return n->min == 0 || bp_regex_may_be_empty(n->part);
  default:
    for (const BpRegex *part = n->part; part; part = part->next)
      if (bp_regex_may_be_empty(part) == any)
        return any;
    return !any;
  }
}

/* literal.c - the bytes that every match of a pattern must contain */
#include "pattern/literal.h"

#include "base/words.h"

#include <string.h>

/* Eight bytes of ASCII with A-Z in lower case: no byte carries into the next. */
static guint64 fold_word(guint64 word) {
  guint64 from_a = word + BP_EACH_BYTE(0x80 - 'A'), behind_z = word + BP_EACH_BYTE(0x7f - 'Z');
  return word | ((from_a ^ behind_z) & BP_EACH_BYTE(0x80)) >> 2;
}

/* Folds the ASCII that text begins with, up to about the first other character; returns how much. */
static gsize fold_ascii(const char *text, gsize length, char *out) {
  gsize n = 0;
  for (guint64 word; n + sizeof word <= length; n += sizeof word) {
    word = bp_word_at(text + n);
    if (word & BP_EACH_BYTE(0x80))
      return n;
    word = fold_word(word);
    memcpy(out + n, &word, sizeof word);
  }
  for (; n < length && (guchar)text[n] < 0x80; n++)
    out[n] = g_ascii_tolower(text[n]);
  return n;
}

gboolean bp_literal_fold_into(GString *folded, const char *text, gsize length) {
  const char *end = text + length;
  gboolean as_long = TRUE;
  g_string_set_size(folded, length);
  gsize n = fold_ascii(text, length, folded->str);
  g_string_truncate(folded, n);
  for (const char *p = text + n; p < end;) {
    if ((guchar)*p < 0x80) {
      g_string_append_c(folded, g_ascii_tolower(*p++));
      continue;
    }
    g_string_append_unichar(folded, g_unichar_tolower(g_utf8_get_char(p)));
    p = g_utf8_next_char(p);
    as_long = as_long && folded->len == (gsize)(p - text);
  }
  return as_long;
}

char *bp_literal_fold(const char *text, gsize length, gsize *folded_length) {
  GString *folded = g_string_new(NULL);
  bp_literal_fold_into(folded, text, length);
  if (folded_length)
    *folded_length = folded->len;
  return g_string_free(folded, FALSE);
}

/* What one branch guarantees: a literal of each set; and the run of literal characters being read. */
typedef struct {
  GPtrArray *sets; /* of BpLiteralSet */
  BpSpan at;       /* how much was read of it */
  GString *run;
  BpSpan run_at; /* where the run begins */
} Branch;

static BpLiteralSet *new_set(BpSpan behind) {
  BpLiteralSet *set = g_new(BpLiteralSet, 1);
  *set = (BpLiteralSet){g_ptr_array_new_with_free_func(g_free), FALSE, behind};
  return set;
}

void bp_literal_set_free(gpointer set) {
  g_ptr_array_unref(((BpLiteralSet *)set)->literals);
  g_free(set);
}

static guint score(const BpLiteralSet *set) {
  gsize shortest = G_MAXSIZE;
  for (guint i = 0; i < set->literals->len; i++)
    shortest = MIN(shortest, strlen(g_ptr_array_index(set->literals, i)));
  return set->literals->len == 0 || shortest < BP_LITERAL_MIN
             ? 0
             : (guint)MIN(shortest, 24) * 4 - MIN(set->literals->len, 11);
}

/* Takes set. */
static void offer(Branch *branch, BpLiteralSet *set) {
  if (set && score(set) > 0)
    g_ptr_array_add(branch->sets, set);
  else if (set)
    bp_literal_set_free(set);
}

static void end_run(Branch *branch) {
  if (branch->run->len >= BP_LITERAL_MIN) {
    BpLiteralSet *set = new_set(branch->run_at);
    g_ptr_array_add(set->literals, bp_literal_fold(branch->run->str, branch->run->len, NULL));
    offer(branch, set);
  }
  g_string_truncate(branch->run, 0);
}

static void free_array(gpointer array) {
  g_ptr_array_unref(array);
}

static int compare_sets(gconstpointer a, gconstpointer b) {
  guint x = score(*(BpLiteralSet *const *)a), y = score(*(BpLiteralSet *const *)b);
  return x > y ? -1 : x < y;
}

static GPtrArray *sets_of(const BpRegexTree *tree, const BpRegex *n);

/* Adds the literals of one set to another. Takes set. */
static BpLiteralSet *join(BpLiteralSet *all, BpLiteralSet *set) {
  if (!all)
    return set;
  g_ptr_array_extend_and_steal(all->literals, g_steal_pointer(&set->literals));
  all->before |= set->before;
  all->behind = bp_span_join(all->behind, set->behind);
  g_free(set);
  return all;
}

/* The best set of each way, all together; NULL where a way guarantees nothing. */
static BpLiteralSet *join_ways(const BpRegexTree *tree, const BpRegex *choice) {
  BpLiteralSet *all = NULL;
  for (const BpRegex *way = choice->part; way; way = way->next) {
    g_autoptr(GPtrArray) sets = sets_of(tree, way);
    if (sets->len == 0) {
      if (all)
        bp_literal_set_free(all);
      return NULL;
    }
    g_ptr_array_sort(sets, compare_sets);
    all = join(all, g_ptr_array_steal_index(sets, 0));
  }
  return all;
}

/* Takes a set of a part, which begins where the branch was read to. */
static void offer_of_part(Branch *branch, BpLiteralSet *set) {
  if (set)
    set->behind = bp_span_add(set->behind, branch->at);
  offer(branch, set);
}

static void take_node(Branch *branch, const BpRegexTree *tree, const BpRegex *n);

static void take_sets_of(Branch *branch, const BpRegexTree *tree, const BpRegex *n, gboolean before) {
  g_autoptr(GPtrArray) sets = sets_of(tree, n);
  while (sets->len) {
    BpLiteralSet *set = g_ptr_array_steal_index(sets, sets->len - 1);
    set->before |= before;
    offer_of_part(branch, set);
  }
}

/* What is repeated stands there once at least, with other things between its repeats. */
static void take_repeat(Branch *branch, const BpRegexTree *tree, const BpRegex *n) {
  BpSpan behind = bp_span_add(branch->at, bp_span_of(tree, n));
  if (n->min > 0 && n->part->kind == BP_REGEX_TEXT)
    take_node(branch, tree, n->part);
  end_run(branch);
  if (n->min > 0 && n->part->kind != BP_REGEX_TEXT)
    take_sets_of(branch, tree, n->part, FALSE);
  branch->at = behind;
}

static void take_letters(Branch *branch, const BpRegexTree *tree, const BpRegex *n) {
  if (branch->run->len == 0)
    branch->run_at = branch->at;
  if (n->kind == BP_REGEX_TEXT)
    g_string_append_len(branch->run, tree->text->str + n->text, (gssize)n->length);
  else
    g_string_append_unichar(branch->run, n->letter);
}

static void take_node(Branch *branch, const BpRegexTree *tree, const BpRegex *n) {
  switch (n->kind) {
  case BP_REGEX_TEXT:
    take_letters(branch, tree, n);
    break;
  case BP_REGEX_SET:
    if (n->letter)
      take_letters(branch, tree, n);
    else
      end_run(branch);
    break;
  case BP_REGEX_REPEAT:
    take_repeat(branch, tree, n);
    return;
  case BP_REGEX_CHOICE:
    end_run(branch);
    offer_of_part(branch, join_ways(tree, n));
    break;
  case BP_REGEX_LOOK:
    /* What must be seen stands in the text too, beside what is matched. */
    if (!n->negative)
      take_sets_of(branch, tree, n->part, n->behind);
    break;
  default:
    for (const BpRegex *part = n->part; part; part = part->next)
      take_node(branch, tree, part);
    return;
  }
  branch->at = bp_span_add(branch->at, bp_span_of(tree, n));
}

/* The sets that a node guarantees, and where behind its beginning. */
static GPtrArray *sets_of(const BpRegexTree *tree, const BpRegex *n) {
  Branch branch = {.sets = g_ptr_array_new_with_free_func(bp_literal_set_free), .run = g_string_new(NULL)};
  take_node(&branch, tree, n);
  end_run(&branch);
  g_string_free(branch.run, TRUE);
  return branch.sets;
}

GPtrArray *bp_literals_of(const BpRegexTree *tree) {
  if (!tree)
    return NULL;
  g_autoptr(GPtrArray) clauses = g_ptr_array_new_with_free_func(free_array);
  const BpRegex *way = tree->root->kind == BP_REGEX_CHOICE ? tree->root->part : tree->root;
  for (; way; way = way->next) {
    GPtrArray *sets = sets_of(tree, way);
    g_ptr_array_sort(sets, compare_sets);
    if (sets->len > BP_LITERAL_SETS)
      g_ptr_array_set_size(sets, BP_LITERAL_SETS);
    g_ptr_array_add(clauses, sets);
    if (sets->len == 0)
      return NULL;
  }
  return g_steal_pointer(&clauses);
}

/* literal.c - the bytes that every match of a pattern must contain
 *
 * A walk over the pattern's text that is right for the PCRE2 syntax pattern files use, and careful elsewhere: what it
 * does not understand ends the literal at hand, so that a literal found is never wrong, only shorter than it might be.
 */
#include "pattern/literal.h"

#include "base/words.h"

#include <string.h>

#define DEPTH_MAX 32

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

void bp_literal_fold_into(GString *folded, const char *text, gsize length) {
  const char *end = text + length;
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
  }
}

char *bp_literal_fold(const char *text, gsize length, gsize *folded_length) {
  GString *folded = g_string_new(NULL);
  bp_literal_fold_into(folded, text, length);
  if (folded_length)
    *folded_length = folded->len;
  return g_string_free(folded, FALSE);
}

typedef struct {
  const char *p;
  guint depth;
  gboolean too_deep; /* nothing is known of the pattern */
} Walk;

/* What one branch guarantees: a literal of each set; and the run of literal characters being read. */
typedef struct {
  GPtrArray *sets; /* of GPtrArray of char * */
  GString *run;
} Branch;

static guint score(const GPtrArray *set) {
  gsize shortest = G_MAXSIZE;
  for (guint i = 0; i < set->len; i++)
    shortest = MIN(shortest, strlen(g_ptr_array_index(set, i)));
  return set->len == 0 || shortest < BP_LITERAL_MIN ? 0 : (guint)MIN(shortest, 24) * 4 - MIN(set->len, 11);
}

/* Takes set. */
static void offer(Branch *branch, GPtrArray *set) {
  if (set && score(set) > 0)
    g_ptr_array_add(branch->sets, set);
  else if (set)
    g_ptr_array_unref(set);
}

static void end_run(Branch *branch) {
  if (branch->run->len >= BP_LITERAL_MIN) {
    GPtrArray *set = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(set, bp_literal_fold(branch->run->str, branch->run->len, NULL));
    offer(branch, set);
  }
  g_string_truncate(branch->run, 0);
}

/* Passes over a quantifier; TRUE where it allows nothing at all. */
static gboolean read_quantifier(Walk *w) {
  gboolean optional = FALSE;
  if (*w->p == '?' || *w->p == '*' || *w->p == '+') {
    optional = *w->p != '+';
    w->p++;
  } else if (*w->p == '{' && g_ascii_isdigit(w->p[1])) {
    optional = strtoul(w->p + 1, NULL, 10) == 0;
    w->p = strchr(w->p, '}') ? strchr(w->p, '}') + 1 : w->p + strlen(w->p);
  } else {
    return FALSE;
  }
  if (*w->p == '?' || *w->p == '+')
    w->p++;
  return optional;
}

static void take_char(Walk *w, Branch *branch, gunichar c) {
  const char *before = w->p;
  if (read_quantifier(w)) {
    end_run(branch);
    return;
  }
  g_string_append_unichar(branch->run, c);
  if (w->p != before)
    end_run(branch);
}

static void skip_class(Walk *w) {
  w->p++;
  if (*w->p == '^')
    w->p++;
  if (*w->p == ']')
    w->p++;
  while (*w->p && *w->p != ']') {
    if (*w->p == '\\' && w->p[1])
      w->p++;
    else if (*w->p == '[' && w->p[1] == ':' && strstr(w->p, ":]"))
      w->p = strstr(w->p, ":]") + 1;
    w->p++;
  }
  if (*w->p)
    w->p++;
}

static void take_class(Walk *w, Branch *branch) {
  skip_class(w);
  read_quantifier(w);
  end_run(branch);
}

static void take_quoted(Walk *w, Branch *branch) {
  const char *end = strstr(w->p, "\\E");
  if (!end)
    end = w->p + strlen(w->p);
  g_string_append_len(branch->run, w->p, end - w->p);
  w->p = *end ? end + 2 : end;
}

static void take_escape(Walk *w, Branch *branch) {
  char c = *++w->p;
  if (!c)
    return;
  w->p++;
  if (c == 'Q') {
    take_quoted(w, branch);
  } else if (c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z' || c == 'G') {
    return;
  } else if (c == 't') {
    take_char(w, branch, '\t');
  } else if (!g_ascii_isalnum(c)) {
    take_char(w, branch, (gunichar)(guchar)c);
  } else {
    if (strchr("pPxkgo", c) && *w->p == '{')
      w->p = strchr(w->p, '}') ? strchr(w->p, '}') + 1 : w->p + strlen(w->p);
    else if (c == 'x')
      w->p += strspn(w->p, "0123456789abcdefABCDEF");
    read_quantifier(w);
    end_run(branch);
  }
}

static GPtrArray *read_group(Walk *w);

/* What kind of group "(" at w->p opens, behind which it goes. */
typedef enum { GROUP_PLAIN, GROUP_MUST_SEE, GROUP_MUST_NOT_SEE, GROUP_COMMENT } GroupKind;

static GroupKind open_group(Walk *w) {
  static const struct {
    const char *mark;
    GroupKind kind;
  } marks[] = {{"=", GROUP_MUST_SEE},      {"<=", GROUP_MUST_SEE}, {"!", GROUP_MUST_NOT_SEE},
               {"<!", GROUP_MUST_NOT_SEE}, {">", GROUP_PLAIN},     {"|", GROUP_PLAIN}};
  if (*++w->p != '?')
    return GROUP_PLAIN;
  w->p++;
  for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
    if (g_str_has_prefix(w->p, marks[i].mark)) {
      w->p += strlen(marks[i].mark);
      return marks[i].kind;
    }
  char end = *w->p == '#' ? ')' : '>';
  if (*w->p == '#' || *w->p == '<') {
    w->p = strchr(w->p, end) ? strchr(w->p, end) + 1 : w->p + strlen(w->p);
    return end == ')' ? GROUP_COMMENT : GROUP_PLAIN;
  }
  w->p += strspn(w->p, "imnsxJU^-");
  w->p += *w->p == ':';
  return GROUP_PLAIN;
}

/* At "(": a group that takes part in the match, or one that looks around: what it must see stands in the text too. */
static void take_group(Walk *w, Branch *branch) {
  GroupKind kind = open_group(w);
  if (kind == GROUP_COMMENT)
    return;
  g_autoptr(GPtrArray) sets = read_group(w);
  if (*w->p == ')')
    w->p++;
  gboolean optional = read_quantifier(w);
  if (kind == GROUP_PLAIN)
    end_run(branch);
  while (!optional && kind != GROUP_MUST_NOT_SEE && sets->len)
    offer(branch, g_ptr_array_steal_index(sets, sets->len - 1));
}

static void free_array(gpointer array) {
  g_ptr_array_unref(array);
}

/* The sets of one branch, up to "|", ")" or the end. */
static GPtrArray *read_branch(Walk *w) {
  Branch branch = {g_ptr_array_new_with_free_func(free_array), g_string_new(NULL)};
  while (*w->p && *w->p != '|' && *w->p != ')') {
    if (*w->p == '(') {
      take_group(w, &branch);
    } else if (*w->p == '[') {
      take_class(w, &branch);
    } else if (*w->p == '\\') {
      take_escape(w, &branch);
    } else if (*w->p == '.') {
      w->p++;
      read_quantifier(w);
      end_run(&branch);
    } else if (*w->p == '^' || *w->p == '$') {
      w->p++;
    } else {
      gunichar c = g_utf8_get_char(w->p);
      w->p = g_utf8_next_char(w->p);
      take_char(w, &branch, c);
    }
  }
  end_run(&branch);
  g_string_free(branch.run, TRUE);
  return branch.sets;
}

static int compare_sets(gconstpointer a, gconstpointer b) {
  guint x = score(*(GPtrArray *const *)a), y = score(*(GPtrArray *const *)b);
  return x > y ? -1 : x < y;
}

/* The best set of each branch, all together; NULL where a branch guarantees nothing. */
static GPtrArray *join_branches(const GPtrArray *branches) {
  GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < branches->len; i++) {
    GPtrArray *sets = g_ptr_array_index(branches, i);
    if (sets->len == 0) {
      g_ptr_array_unref(all);
      return NULL;
    }
    g_ptr_array_sort(sets, compare_sets);
    g_ptr_array_extend_and_steal(all, g_ptr_array_steal_index(sets, 0));
  }
  return all;
}

/* What a group up to ")" or the end guarantees: all sets of its only branch, or one for all branches together. */
static GPtrArray *read_group(Walk *w) {
  g_autoptr(GPtrArray) branches = g_ptr_array_new_with_free_func(free_array);
  if (w->depth == DEPTH_MAX) {
    w->too_deep = TRUE;
    w->p += strlen(w->p);
    return g_ptr_array_new_with_free_func(free_array);
  }
  w->depth++;
  g_ptr_array_add(branches, read_branch(w));
  for (; *w->p == '|'; g_ptr_array_add(branches, read_branch(w)))
    w->p++;
  w->depth--;
  if (branches->len == 1)
    return g_ptr_array_steal_index(branches, 0);
  GPtrArray *sets = g_ptr_array_new_with_free_func(free_array), *all = join_branches(branches);
  if (all)
    g_ptr_array_add(sets, all);
  return sets;
}

GPtrArray *bp_literals_of(const char *pattern) {
  Walk w = {.p = pattern};
  g_autoptr(GPtrArray) clauses = g_ptr_array_new_with_free_func(free_array);
  for (;;) {
    GPtrArray *sets = read_branch(&w);
    g_ptr_array_sort(sets, compare_sets);
    if (sets->len > BP_LITERAL_SETS)
      g_ptr_array_set_size(sets, BP_LITERAL_SETS);
    g_ptr_array_add(clauses, sets);
    if (sets->len == 0 || *w.p == ')' || w.too_deep)
      return NULL;
    if (*w.p != '|')
      return g_steal_pointer(&clauses);
    w.p++;
  }
}

/* What stands at p as one thing: an escape, a quotation, a class, or a character. */
static gsize item_length(const char *p) {
  if (p[0] == '\\' && p[1] == 'Q') {
    const char *end = strstr(p, "\\E");
    return end ? (gsize)(end - p) + 2 : strlen(p);
  }
  if (p[0] == '\\')
    return p[1] ? 2 : 1;
  if (p[0] == '[') {
    Walk w = {.p = p};
    skip_class(&w);
    return (gsize)(w.p - p);
  }
  return 1;
}

GPtrArray *bp_alternatives_of(const char *pattern) {
  GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
  const char *start = pattern, *p = pattern;
  for (guint depth = 0; *p; p += item_length(p)) {
    if (*p == '(')
      depth++;
    else if (*p == ')' && depth > 0)
      depth--;
    else if (*p == '|' && depth == 0) {
      g_ptr_array_add(all, g_strndup(start, (gsize)(p - start)));
      start = p + 1;
    }
  }
  g_ptr_array_add(all, g_strdup(start));
  return all;
}

/* builder.h - a pattern set that is being built: what the files build*.c share */
#pragma once

#include "pattern/source.h"
#include "pattern/tables.h"

typedef struct {
  const BpSource *source;
  GString *text;
  GHashTable *strings; /* string to offset */
  GArray *tables[32];  /* by order in BP_TABLES */
  guint n_langs;
  GPtrArray *errors;
  GArray *matchers[BP_N_MATCH]; /* of BpDraft */
} BpBuilder;

/* A matcher before its place is known. */
typedef struct {
  BpMatcherRecord record;
  const BpPlacedGroup *placed;
  gsize entry;    /* entry to be told its index + 1, or 0 */
  guint32 number; /* likewise the number */
} BpDraft;

enum {
#define X(name, type) TABLE_##name,
  BP_TABLES(X)
#undef X
      N_TABLES
};

#define BP_APPEND(b, name, record) g_array_append_vals((b)->tables[TABLE_##name], &(record), 1)
#define BP_COUNT(b, name) ((b)->tables[TABLE_##name]->len)

/* ---- builder.c ---------------------------------------------------------------------------------------------- */

/* Adds an error, which names the file and the line. */
void bp_complain(BpBuilder *b, const BpPlacedGroup *placed, guint line, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Where a string stands; 0 for "" and NULL. */
BpString bp_intern(BpBuilder *b, const char *string);

/* Appends a value to numbers, and to a range of them to which none of others was appended since. */
void bp_put_number(BpBuilder *b, BpRange *range, guint32 value);

/* ---- build-text.c ------------------------------------------------------------------------------------------- */

/* Numbers the languages of all texts, English first. */
void bp_find_languages(BpBuilder *b);

/* A new text without words in any language. */
BpText bp_new_text(BpBuilder *b);

/* The values of key in all languages; 0 where there is none. */
BpText bp_read_text(BpBuilder *b, const BpPlacedGroup *placed, const char *key);

/* The steps for a plain sender, then those for administrators. */
BpRange bp_read_steps(BpBuilder *b, const BpPlacedGroup *placed);

/* ---- build-value.c ------------------------------------------------------------------------------------------ */

BpString bp_read_value(BpBuilder *b, const BpPlacedGroup *placed, const char *key);
guint32 bp_read_true(BpBuilder *b, const BpPlacedGroup *placed, const char *key);
guint32 bp_read_cause(BpBuilder *b, const BpPlacedGroup *placed, gboolean required); /* index, or BP_ANY */

/* The index of a group among those of its kind; BP_ANY for none. */
guint32 bp_find_group(const BpBuilder *b, BpFileKind kind, const char *id);

/* Calls f for each blank-separated word of each value of key. */
typedef void (*BpWordFunc)(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word,
                           gpointer data);
void bp_each_word(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpWordFunc f, gpointer data);

/* The same of the head of the group's file. */
void bp_each_word_of_head(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpWordFunc f, gpointer data);

/* FALSE where text is no such condition. */
gboolean bp_read_code(const char *text, BpCondition *c);
gboolean bp_read_status(const char *text, BpCondition *c);

/* Each adds a word to the BpRange at data. */
void bp_add_code(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);
void bp_add_status(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);
void bp_add_vendor(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);
void bp_add_over(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);

/* The same for a BpRuleRecord, which may be over an advice too. */
void bp_add_rule_over(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data);

/* bp_rules_find() looks a number up by halves. */
void bp_sort_numbers(BpBuilder *b, BpRange range);

/* ---- build-matcher.c ---------------------------------------------------------------------------------------- */

/* Adds the matchers of a pattern, NULL for a rule without one; entry is told the number of the first, unless 0. */
void bp_add_matcher(BpBuilder *b, const BpPlacedGroup *placed, guint line, BpMatchDomain domain, guint32 owner,
                    const char *pattern, gsize entry);

/* Those of each value of key. */
void bp_add_matchers(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpMatchDomain domain, guint32 owner);

/* Puts the matchers of all domains in their order, once all are there. */
void bp_order_domains(BpBuilder *b);

gboolean bp_is_listed(const char *const *list, const char *name);

/* ---- build-group.c ------------------------------------------------------------------------------------------ */

/* Builds a group, whatever its kind. */
void bp_build_placed(BpBuilder *b, const BpPlacedGroup *placed);

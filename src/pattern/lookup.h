/* lookup.h - what is looked up in the tables of a pattern set */
#pragma once

#include "pattern/tables.h"

/* A string of the set, "" for 0. */
#define BP_STR(tables, offset) ((tables)->text + (offset))

/* The same, NULL for 0. */
static inline const char *bp_string(const BpTables *t, BpString offset) {
  return offset ? t->text + offset : NULL;
}

/* The index of a language ("de", "de_AT.UTF-8"); that of English where the set has no such language. */
guint bp_language(const BpTables *t, const char *lang);

/* A translatable text, in English where the language lacks it; NULL where there is none. */
const char *bp_text(const BpTables *t, BpText text, guint lang);

/* The groups of one kind of file as a range of tables->groups are found by walking; an entry's value by its key: */
const char *bp_group_value(const BpTables *t, const BpGroupRecord *group, const char *key);

/* The index of the cause called id, BP_ANY where there is none. */
guint32 bp_find_cause(const BpTables *t, const char *id);

/* The vendor whose hosts end like host, BP_ANY for none; host may be NULL. */
guint32 bp_find_host(const BpTables *t, const char *host);

/* The record of a reply code (550) or status, the most exact one; NULL where none is known. */
const BpCodeRecord *bp_find_code(const BpTables *t, guint code);
const BpCodeRecord *bp_find_status(const BpTables *t, guint class, guint subject, guint detail);

/* What the digit at position (1 to 3) of a reply code says, or NULL. */
const BpCodeRecord *bp_find_digit(const BpTables *t, guint position, guint digit);

gboolean bp_condition_holds(const BpCondition *condition, guint32 a, guint32 b, guint32 c);

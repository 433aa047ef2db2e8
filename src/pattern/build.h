/* build.h - from the groups of pattern files to tables */
#pragma once

#include "pattern/source.h"
#include "pattern/tables.h"

/* The tables of what source holds; everything they point to is theirs. Where something is wrong (a bad pattern, an
 * unknown cause, vendor or field), NULL with BOUNCEPARSE_ERROR_PATTERN, naming file and line of the first; all of them
 * are added to errors (of char *, "file:line: text"; may be NULL). Free with bp_tables_free(). */
BpTables *bp_tables_build(const BpSource *source, GPtrArray *errors, GError **error);
void bp_tables_free(BpTables *tables);

/* The facts a reply may yield, NULL-terminated: "sending_ip", "list" … */
extern const char *const bp_fact_names[];

/* How patterns are compiled everywhere. */
#define BP_PCRE2_OPTIONS                                                                                               \
  (PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_DUPNAMES | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpTables, bp_tables_free)

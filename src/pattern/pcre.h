/* pcre.h - a pattern that PCRE2 runs, because it has something that programs (program.h) cannot do */
#pragma once

#include <glib.h>

typedef struct BpPcre BpPcre;

/* The pattern; NULL where PCRE2 does not compile it. */
BpPcre *bp_pcre_new(const char *pattern);
void bp_pcre_free(BpPcre *pcre);

/* As bp_run_search(), bp_run_gave_up(), bp_run_span() and bp_run_group(). */
gboolean bp_pcre_search(BpPcre *pcre, const char *text, gsize length, gsize start, gint64 *budget);
gboolean bp_pcre_gave_up(const BpPcre *pcre);
void bp_pcre_span(const BpPcre *pcre, gsize *from, gsize *to);
gboolean bp_pcre_group(const BpPcre *pcre, const char *name, gsize *from, gsize *to);

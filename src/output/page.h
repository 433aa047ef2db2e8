/* page.h - a summary of the history as one HTML page that stands by itself */
#pragma once

#include "store/summary.h"

/* Appends the page. It needs no network, and runs nothing but its own script, which sorts tables: what comes from mail is
 * escaped, and a Content-Security-Policy names the script by its digest. The summary must have details. Titles and
 * advice are those of reader, in its language; labels in the language that gettext is set to. */
void bp_summary_to_page(const BpSummary *summary, BounceparseReader *reader, GString *out);

/* summary.h - a summary of the history for a terminal, and as JSON */
#pragma once

#include "output/text.h"
#include "store/summary.h"

/* Appends tables of the most frequent causes, domains and more, with bars where there is room. Nothing that comes from
 * mail can act on a terminal. Labels are in the language that gettext is set to. */
void bp_summary_to_text(const BpSummary *summary, const BpTextStyle *style, GString *out);

/* Appends one JSON object without a line end: "messages", "recipients", and "by_kind", "by_cause" and so on, objects of
 * name and number. */
void bp_summary_to_json(const BpSummary *summary, GString *out);

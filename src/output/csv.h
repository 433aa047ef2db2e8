/* csv.h - recipients as rows of CSV (RFC 4180) */
#pragma once

#include "store/record.h"

/* Appends a value, quoted where it must be; NULL is empty. */
void bp_csv_value(GString *out, const char *value);

/* Appends the names of the columns, and a row for each recipient of a record. Dates are RFC 3339 in UTC. */
void bp_csv_header(GString *out);
void bp_record_to_csv(const BpRecord *record, GString *out);

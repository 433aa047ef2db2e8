/* compiled.h - patterns as PCRE2 has compiled them */
#pragma once

#include "pattern/tables.h"

#include <pcre2.h>

/* Compiles every pattern of the tables and keeps the result in them, for whoever writes them down. */
void bp_compiled_add(BpTables *tables);

/* The code of the n-th matcher, compiled here where the tables do not hold it or another PCRE2 made it; NULL where that
 * fails. Free with pcre2_code_free(). room is for use by one thread at a time. */
pcre2_code *bp_compiled_code(const BpTables *tables, guint32 n, GByteArray *room);

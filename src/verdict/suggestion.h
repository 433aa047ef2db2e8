/* suggestion.h - a near miss of a well-known mail domain */
#pragma once

#include "base/arena.h"
#include "pattern/patterns.h"

/* For alice@gmial.com "alice@gmail.com"; NULL where the domain is known itself or nothing is near. */
const char *bp_suggest(BpArena *arena, const BpTables *tables, const char *address);

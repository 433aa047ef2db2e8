/* kind.h - what a part is, by its Content-Type */
#pragma once

#include "mail/mail.h"

/* The kind of a leaf or message of type/subtype, any case. Multiparts have none: ask before. */
BpPartKind bp_part_kind(const char *type, const char *subtype);

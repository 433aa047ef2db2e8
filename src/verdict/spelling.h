/* spelling.h - words that replies often misspell, put right before patterns see them */
#pragma once

#include "pattern/patterns.h"
#include "report/reply.h"

/* "550 user doesnt exsist" becomes "user doesn't exist" in reply->words; reply->text stays as it is. The slips stand in
 * phrases.conf. */
void bp_spelling_mend(BpArena *arena, BpMatcher *matcher, BpReply *reply);

/* "isn't" becomes "is not" and "can't" "cannot" in reply->words, for rules that know but that form; FALSE where nothing
 * was to change. */
gboolean bp_spelling_write_out(BpArena *arena, BpReply *reply);

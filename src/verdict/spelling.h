/* spelling.h - words that replies write otherwise than rules do */
#pragma once

#include "pattern/patterns.h"
#include "report/reply.h"

/* Puts misspelt words right (BP_MATCH_SLIP: "doesnt exsist" becomes "doesn't exist"), or writes contractions out
 * (BP_MATCH_CONTRACTION: "isn't" becomes "is not"), in reply->words; reply->text stays as it is. FALSE where nothing was
 * to change. Both are listed in phrases.conf. */
gboolean bp_spelling_mend(BpArena *arena, BpMatcher *matcher, BpMatchDomain which, BpReply *reply);

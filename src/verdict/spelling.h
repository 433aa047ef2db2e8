/* spelling.h - words that replies write otherwise than rules do */
#pragma once

#include "pattern/rules.h"
#include "report/reply.h"

/* Puts misspelt words right (BP_MATCH_SLIP: "doesnt exsist" becomes "doesn't exist"), or writes contractions out
 * (BP_MATCH_CONTRACTION: "isn't" becomes "is not"), in reply->words; reply->text stays as it is. FALSE where nothing
 * was to change. Both are listed in phrases.conf. */
gboolean bp_spelling_mend(BpArena *arena, BpMatcher *matcher, BpMatchDomain which, BpReply *reply);

/* Writes contractions out in a reply and the query about it. Where it may have some the search for them takes the room
 * of the reply's candidates, so these are asked for again. FALSE where nothing was to change. */
gboolean bp_spelling_write_out(BpArena *arena, BpMatcher *matcher, BpReply *reply, BpRuleQuery *query,
                               BpCandidates *candidates);

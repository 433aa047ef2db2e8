/* answer.h - what is known of one message: report and verdicts together, behind the public BounceparseAnswer */
#pragma once

#include "bounceparse/bounceparse.h"
#include "report/report.h"
#include "verdict/verdict.h"

struct BounceparseRecipient {
  const BpRecipient *report;
  const BpVerdict *verdict;
};

struct BounceparseAnswer {
  BpArena *arena;
  BpReport *report;
  BounceparseRecipient *recipients; /* as many as report->recipients */
  const char *lang;
  const char *explained; /* the text given to bounceparse_reader_explain(), one line, valid UTF-8; NULL for a message */
};

/* Names as they stand in JSON, headers and conditions; NULL for BP_ACTION_NONE. */
const char *bp_kind_name(BpKind kind);
const char *bp_action_name(BpAction action);

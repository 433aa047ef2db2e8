/* structure.h - the parts of a message and the messages within, in order of appearance, and where their bodies stand */
#pragma once

#include "mail/mail.h"
#include "mail/text.h"

typedef struct {
  BpPart part; /* kind, type and place; the headers of a message */
  BpBody body; /* of a leaf, within the message's bytes; empty for a message */
} BpEntity;

typedef struct {
  BpFields headers;        /* the message's own */
  const char *type;        /* see bp_mail_type() */
  const char *report_type; /* see bp_mail_report_type() */
  GArray *entities;        /* of BpEntity */
  guint truncated;         /* of BpTruncated */
} BpStructure;

/* Walks once over the message, which begins with its header, and keeps the limits: there are no more fields, parts and
 * levels than they allow. Strings and fields live in arena. Clear structure with bp_structure_clear(). */
void bp_structure_read(BpStructure *structure, BpArena *arena, const char *bytes, gsize length, const BpLimits *limits);
void bp_structure_clear(BpStructure *structure);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BpStructure, bp_structure_clear)

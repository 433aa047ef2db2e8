/* header-block.h - the header at a place of a message, as far as the limits allow */
#pragma once

#include "mail/boundary.h"
#include "mail/mail.h"

/* A field as it stands in the message, cut to its limit. */
typedef struct {
  const char *name;
  gsize name_length;
  const char *value;
  gsize value_length;
} BpRawField;

typedef struct {
  BpArena *arena;
  const BpLimits *limits;
  BpBoundaries *boundaries;
  const char *end;   /* of the message */
  GArray *fields;    /* of BpRawField: those of the header read last */
  const char *start; /* where it begins … */
  const char *stop;  /* … and ends: at the empty line, a boundary or the end of the message */
  gsize bytes;       /* it has so far */
  gsize fields_left; /* for all headers together */
  gsize bytes_left;
  guint truncated;
} BpHeaderBlock;

void bp_header_block_init(BpHeaderBlock *block, BpArena *arena, const BpLimits *limits, BpBoundaries *boundaries,
                          const char *end);
void bp_header_block_clear(BpHeaderBlock *block);

/* Reads the header at *at, that of a message or of a part; *at is then its body, or the boundary that ends it. FALSE
 * where the message ends first. */
gboolean bp_header_block_read(BpHeaderBlock *block, const char **at, gboolean of_message);

/* The last field called name, which is the one that counts; NULL for none. */
const BpRawField *bp_header_block_find(const BpHeaderBlock *block, const char *name);

/* Its value as it stands, or NULL; the caller's. */
char *bp_header_block_value(const BpHeaderBlock *block, const char *name);

/* All fields; charset (may be NULL) is what raw 8-bit bytes are in. */
BpFields bp_header_block_fields(const BpHeaderBlock *block, const char *charset);

/* structure.c - walks from header to body and from boundary to boundary (RFC 2045, 2046)
 *
 * GMime would make a tree of objects of all that it meets: 7 MB of a million parts become 1.4 GB, 25 MB of header lines
 * 2.5 GB, and it says of no limit that it was reached. Most messages do not come near, but their tree, which is read
 * once and thrown away, takes a third of all time. So the walk is here; GMime tells what words and transfer
 * encodings mean. */
#include "mail/structure.h"

#include "mail/boundary.h"
#include "mail/charset.h"
#include "mail/content-type.h"
#include "mail/header-block.h"
#include "mail/kind.h"
#include "mail/line.h"

const BpLimits bp_limits_default = {
    .message = 64 * 1024 * 1024,
    .header_block = 256 * 1024,
    .fields = 2000,
    .field = 64 * 1024,
    .parts = 1000,
    .depth = 64,
    .recipients = 10000,
    .text = 256 * 1024,
};

#define BODY_TEXTS 32           /* a body that is read may be as long as so many texts: transfer encoding, markup */
#define BODY_UNREAD (64 * 1024) /* bytes kept of a body that nobody reads: attachments */
#define BOUNDARY_MAX 998        /* bytes; RFC 2046 section 5.1.1 has 70, a line 998 */
#define FALSE_BOUNDARIES 200000 /* lines that look like one and are none: each is compared with all open ones */

typedef enum { BODY_LEAF, BODY_MULTIPART, BODY_MESSAGE, BODY_IGNORED } Body;

/* The entity whose body comes next. */
typedef struct {
  Body body;
  int multipart; /* its place among the open ones; -1 where it is none that was opened */
  BpEntity entity;
} Next;

typedef struct {
  BpArena *arena;
  const BpLimits *limits;
  BpStructure *structure;
  BpBoundaries boundaries;
  BpHeaderBlock block; /* the header read last */
  const char *start, *at, *end;
  guint depth; /* of the entity at hand: how many multiparts and messages it stands in */
  int message; /* that it is a part of, -1 for the message itself */
  guint parts; /* so far, with messages within */
} Walk;

/* ---- entities ----------------------------------------------------------------------------------------------- */

static BpEntity *entity_at(const Walk *w, int n) {
  return &g_array_index(w->structure->entities, BpEntity, n);
}

static void add_entity(Walk *w, BpEntity *entity) {
  entity->part.message = w->message;
  entity->part.depth = w->message < 0 ? 0 : entity_at(w, w->message)->part.depth + 1;
  g_array_append_vals(w->structure->entities, entity, 1);
}

/* Goes into a message within, whose header comes next. */
static void enter_message(Walk *w, BpEntity *entity) {
  entity->part.kind = BP_PART_MESSAGE;
  entity->body = (BpBody){.bytes = ""};
  add_entity(w, entity);
  w->message = (int)w->structure->entities->len - 1;
  w->depth++;
}

/* The charset that raw 8-bit bytes of a header may be in: that of the body. */
static const char *header_charset(const Walk *w, const BpEntity *entity) {
  const BpHeaderBlock *b = &w->block;
  return bp_is_ascii(b->start, b->stop - b->start) ? NULL : entity->body.charset;
}

static void take_headers(Walk *w, const BpEntity *entity) {
  BpFields fields = bp_header_block_fields(&w->block, header_charset(w, entity));
  *(w->message < 0 ? &w->structure->headers : &entity_at(w, w->message)->part.headers) = fields;
}

/* ---- what a header announces -------------------------------------------------------------------------------- */

static BpEncoding encoding_of(const BpHeaderBlock *b) {
  g_autofree char *value = bp_header_block_value(b, "Content-Transfer-Encoding");
  return bp_encoding_of(value);
}

/* Archives and gateways lose the type of a multipart, or call it text; its parts are there all the same. */
static gboolean read_lost_type(const Walk *w, BpContentType *type) {
  g_autofree char *boundary = bp_boundary_begin(w->at, w->end);
  if (!boundary || !bp_content_type_parse(w->arena, "multipart/mixed", type))
    return FALSE;
  type->boundary = bp_arena_strdup(w->arena, boundary);
  return TRUE;
}

/* The Content-Type of the entity; FALSE where it has none, or one that is none. */
static gboolean read_type(const Walk *w, gboolean of_message, BpContentType *type) {
  const BpMultipart *parent = of_message ? NULL : bp_boundaries_innermost(&w->boundaries);
  g_autofree char *value = bp_header_block_value(&w->block, "Content-Type");
  if (!value && parent && parent->digest)
    return bp_content_type_parse(w->arena, "message/rfc822", type);
  gboolean named = value && bp_content_type_parse(w->arena, value, type);
  if (of_message && (!named || g_str_equal(type->type, "text/plain")) && read_lost_type(w, type))
    return TRUE;
  return named;
}

static void take_type(Walk *w, const BpContentType *type, Next *next) {
  BpEntity *entity = &next->entity;
  entity->part.type = type->type;
  entity->part.kind = bp_part_kind(type->media, type->sub);
  entity->body.charset = type->charset;
  if (g_str_equal(type->media, "multipart"))
    next->body = BODY_MULTIPART;
  else if (entity->part.kind == BP_PART_MESSAGE && entity->body.encoding == BP_ENCODING_NONE)
    next->body = BODY_MESSAGE;
  if (!w->structure->type)
    w->structure->report_type = type->report_type;
}

/* Opens the multipart that a header announces. What follows is its preamble. */
static void open_multipart(Walk *w, const BpContentType *type, Next *next) {
  BpMultipart multipart = {.boundary = type->boundary ? g_strdup(type->boundary) : bp_boundary_guess(w->at, w->end),
                           .depth = w->depth,
                           .message = w->message,
                           .digest = g_str_equal(type->type, "multipart/digest")};
  if (!multipart.boundary)
    return; /* it is one text */
  multipart.length = strlen(multipart.boundary);
  if (multipart.length > BOUNDARY_MAX) {
    w->structure->truncated |= BP_TRUNCATED_HEADERS;
    next->body = BODY_LEAF;
    g_free(multipart.boundary);
    return;
  }
  next->multipart = (int)w->boundaries.open->len;
  bp_boundaries_open(&w->boundaries, &multipart);
}

/* What is over a limit, or has no type, is text. */
static void take_for_text(Next *next) {
  next->body = BODY_LEAF;
  next->entity.part.type = "text/plain";
  next->entity.part.kind = BP_PART_TEXT;
}

static gboolean is_over_limit(Walk *w, Body body) {
  guint over = 0;
  if (body >= BODY_MULTIPART && w->depth >= w->limits->depth)
    over = BP_TRUNCATED_DEPTH;
  else if (body == BODY_MESSAGE && ++w->parts > w->limits->parts)
    over = BP_TRUNCATED_PARTS;
  w->structure->truncated |= over;
  return over != 0;
}

/* Reads what the header at hand says of its body. */
static void take_header(Walk *w, gboolean of_message, Next *next) {
  BpContentType type;
  *next = (Next){.multipart = -1, .entity.body = {.bytes = "", .encoding = encoding_of(&w->block)}};
  take_for_text(next);
  if (read_type(w, of_message, &type))
    take_type(w, &type, next);
  if (!w->structure->type)
    w->structure->type = next->entity.part.type;
  if (of_message)
    take_headers(w, &next->entity);
  if (is_over_limit(w, next->body))
    take_for_text(next);
  if (next->body == BODY_MULTIPART)
    open_multipart(w, &type, next);
}

/* Some mailers put the returned message where a part belongs, without a header of its own. */
static gboolean is_bare_message(const Walk *w) {
  const BpHeaderBlock *b = &w->block;
  return b->fields->len >= 3 && w->depth < w->limits->depth && bp_header_block_find(b, "From") &&
         (bp_header_block_find(b, "Received") || bp_header_block_find(b, "Message-ID")) &&
         bp_header_block_find(b, "Date");
}

/* Walks over headers, those of a message within too, up to a body. FALSE where the message ends first. */
static gboolean walk_headers(Walk *w, gboolean of_message, Next *next) {
  for (;; of_message = TRUE) {
    gboolean whole = bp_header_block_read(&w->block, &w->at, of_message);
    if (!of_message && is_bare_message(w)) {
      BpEntity bare = {.part.type = "message/rfc822"};
      enter_message(w, &bare);
      of_message = TRUE;
    }
    take_header(w, of_message, next);
    if (next->body != BODY_MESSAGE)
      return whole;
    enter_message(w, &next->entity);
    next->body = BODY_IGNORED;
    if (!whole)
      return FALSE;
  }
}

/* ---- bodies ------------------------------------------------------------------------------------------------- */

/* A report's fields hold no line like this: what archives did to a name was done to the boundary too. */
static gboolean is_spoilt_boundary(const Walk *w, BpPartKind kind, const char *behind) {
  return kind == BP_PART_STATUS && behind - w->at > 2 && w->at[0] == '-' && w->at[1] == '-' && w->end - behind > 8 &&
         g_ascii_strncasecmp(behind, "Content-", 8) == 0;
}

/* The next boundary from w->at on, or the end of the message: w->at is set there, *behind behind its line. Returns the
 * multipart's index, -1 at the end. */
static int walk_to_boundary(Walk *w, BpPartKind kind, const char **behind, gboolean *final) {
  if (w->boundaries.open->len == 0) {
    w->at = w->end;
    return -1;
  }
  for (; w->at < w->end; w->at = *behind) {
    *behind = bp_line_end(w->at, w->end);
    int found = *w->at == '-' ? bp_boundaries_find(&w->boundaries, w->at, *behind, final) : -1;
    if (found >= 0)
      return found;
    if (is_spoilt_boundary(w, kind, *behind)) {
      *final = FALSE;
      return (int)w->boundaries.open->len - 1;
    }
    if (w->boundaries.false_alarms > FALSE_BOUNDARIES) {
      w->structure->truncated |= BP_TRUNCATED_INPUT;
      w->at = *behind;
      return -1;
    }
  }
  return -1;
}

/* The line end in front of a boundary belongs to it (RFC 2046 section 5.1.1). */
static const char *without_line_end(const char *start, const char *stop) {
  if (stop > start && stop[-1] == '\n')
    stop--;
  if (stop > start && stop[-1] == '\r')
    stop--;
  return stop;
}

/* Adds the leaf whose body goes from start to w->at. */
static void add_leaf(Walk *w, Next *next, const char *start, gboolean at_boundary) {
  BpBody *body = &next->entity.body;
  gboolean unread = next->entity.part.kind == BP_PART_OTHER;
  gsize most = unread ? BODY_UNREAD : w->limits->text * BODY_TEXTS;
  body->bytes = start;
  body->length = (at_boundary ? without_line_end(start, w->at) : w->at) - start;
  if (body->length > most && !unread)
    w->structure->truncated |= BP_TRUNCATED_TEXT;
  body->length = MIN(body->length, most);
  add_entity(w, &next->entity);
}

/* Ends the body between start and w->at, where a boundary of the multipart found stands, or none (-1). A multipart
 * without parts is one text. */
static void end_body(Walk *w, Next *next, const char *start, int found, gboolean final) {
  gboolean parts_follow = found >= 0 && found == next->multipart && !final;
  if (next->body == BODY_MULTIPART && !parts_follow && w->at > start) {
    next->body = BODY_LEAF;
    next->entity.part.kind = BP_PART_TEXT;
    next->entity.body = (BpBody){.bytes = ""};
  }
  if (next->body == BODY_LEAF)
    add_leaf(w, next, start, found >= 0);
}

/* TRUE where the last line is a closing boundary, be it another one than was announced. */
static gboolean ends_like_multipart(const Walk *w) {
  const char *end = w->end, *start;
  while (end > w->start && g_ascii_isspace(end[-1]))
    end--;
  for (start = end; start > w->start && start[-1] != '\n';)
    start--;
  return end - start > 4 && memcmp(start, "--", 2) == 0 && memcmp(end - 2, "--", 2) == 0;
}

/* A multipart was opened that never ended. */
static gboolean ends_within(const Walk *w) {
  const GArray *open = w->boundaries.open;
  return open->len && g_array_index(open, BpMultipart, 0).begun && !ends_like_multipart(w);
}

/* Goes on with the part behind a boundary of the innermost multipart. */
static gboolean walk_part(Walk *w, Next *next) {
  BpMultipart *multipart = bp_boundaries_innermost(&w->boundaries);
  multipart->begun = TRUE;
  w->depth = multipart->depth + 1;
  w->message = multipart->message;
  return walk_headers(w, FALSE, next);
}

/* Goes from body to body. */
static void walk_message(Walk *w) {
  Next next;
  gboolean final = FALSE, whole = walk_headers(w, TRUE, &next);
  if (!whole)
    w->structure->truncated |= BP_TRUNCATED_INPUT;
  for (;;) {
    const char *start = w->at, *behind = w->end;
    int found = whole ? walk_to_boundary(w, next.entity.part.kind, &behind, &final) : -1;
    end_body(w, &next, start, found, final);
    if (found < 0)
      break;
    w->at = behind;
    bp_boundaries_keep(&w->boundaries, (guint)found + (final ? 0 : 1));
    next.body = BODY_IGNORED; /* the epilogue */
    if (final)
      continue;
    if (++w->parts > w->limits->parts) {
      w->structure->truncated |= BP_TRUNCATED_PARTS;
      return;
    }
    whole = walk_part(w, &next);
  }
  if (ends_within(w))
    w->structure->truncated |= BP_TRUNCATED_INPUT;
}

void bp_structure_read(BpStructure *structure, BpArena *arena, const char *bytes, gsize length,
                       const BpLimits *limits) {
  *structure = (BpStructure){.entities = g_array_new(FALSE, FALSE, sizeof(BpEntity))};
  Walk w = {.arena = arena,
            .limits = limits,
            .structure = structure,
            .start = bytes,
            .at = bytes,
            .end = bytes + length,
            .message = -1};
  bp_boundaries_init(&w.boundaries);
  bp_header_block_init(&w.block, arena, limits, &w.boundaries, w.end);
  walk_message(&w);
  structure->truncated |= w.block.truncated;
  bp_header_block_clear(&w.block);
  bp_boundaries_clear(&w.boundaries);
}

void bp_structure_clear(BpStructure *structure) {
  g_array_unref(structure->entities);
}

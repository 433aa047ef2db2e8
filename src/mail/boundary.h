/* boundary.h - the multiparts that are open at a place of a message, and the lines that part them (RFC 2046
 * section 5.1) */
#pragma once

#include <glib.h>

/* A multipart whose end has not been seen. */
typedef struct {
  char *boundary; /* without the "--" in front */
  gsize length;
  guint depth;     /* how many multiparts and messages it stands in */
  int message;     /* as in BpPart */
  gboolean digest; /* its parts are messages unless they say otherwise (RFC 2046 section 5.1.5) */
  gboolean begun;  /* its first boundary has been seen */
} BpMultipart;

typedef struct {
  GArray *open;       /* of BpMultipart, the innermost last */
  guint false_alarms; /* lines that looked like a boundary and were none */
} BpBoundaries;

void bp_boundaries_init(BpBoundaries *boundaries);
void bp_boundaries_clear(BpBoundaries *boundaries);

/* Opens a multipart; its boundary is taken over. */
void bp_boundaries_open(BpBoundaries *boundaries, const BpMultipart *multipart);

/* Closes all but the outermost n. */
void bp_boundaries_keep(BpBoundaries *boundaries, guint n);

/* NULL where none is open. */
BpMultipart *bp_boundaries_innermost(const BpBoundaries *boundaries);

/* Which open multipart the line (up to next) is a boundary of, the innermost first; -1 for none. *final is TRUE for its
 * end. */
int bp_boundaries_find(BpBoundaries *boundaries, const char *line, const char *next, gboolean *final);

/* For a multipart that does not name its boundary: the first line in front of a Content- field that looks like one. The
 * caller's; NULL for none. */
char *bp_boundary_guess(const char *body, const char *end);

/* The boundary with which a body begins that has lost its type: a boundary's line, of which one like it is followed by
 * a Content- field; NULL for none. To be freed. */
char *bp_boundary_begin(const char *body, const char *end);

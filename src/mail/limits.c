/* limits.c - the bytes of a message that GMime may see: one pass that keeps every limit before anything is parsed
 *
 * GMime makes objects of all that it meets, down to the single address: 7 MB of a million parts become 1.4 GB, and 25
 * MB of header lines 2.5 GB. So this pass walks over headers, multiparts and messages within by the same rules as
 * GMime, asks GMime itself for boundaries, and writes down for it what is left: bodies as they stand without what is
 * over a limit or what nobody reads, and headers with their Content- fields only. The other fields are read here, which
 * is also half the price. */
#include "mail/limits.h"

#include "mail/charset.h"
#include "mail/header.h"
#include "mail/kind.h"

#include <gmime/gmime.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeContentType, g_object_unref)

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

#define HEADER_SEARCH (64 * 1024)   /* bytes in which something like a header must stand */
#define BLOCKS_FIELDS 10            /* all header blocks together: as many fields as so many full ones */
#define BLOCKS_BYTES 4              /* likewise bytes */
#define BODY_TEXTS 32               /* a body that is read may be as long as so many texts: transfer encoding, markup */
#define BODY_UNREAD (64 * 1024)     /* bytes of a body that nobody reads: attachments, epilogues */
#define BOUNDARY_MAX 998            /* bytes; RFC 2046 section 5.1.1 has 70, a line 998 */
#define BOUNDARY_SEARCH (64 * 1024) /* bytes in which a boundary that is not named may stand */
#define BOUNDARY_GUESSED 200        /* bytes; a line that is longer is none */
#define FALSE_BOUNDARIES                                                                                               \
  200000 /* lines that look like a boundary and are none: each is compared with all open ones                          \
          */

/* A multipart whose end has not been seen. */
typedef struct {
  char *boundary; /* without the "--" in front */
  gsize length;
  guint depth;
  gboolean digest; /* parts are messages unless they say otherwise (RFC 2046 section 5.1.5) */
  gboolean begun;  /* its first boundary has been seen */
} Open;

typedef struct {
  BpArena *arena;
  const BpLimits *limits;
  const char *start;
  const char *at;
  const char *end;
  const char *kept; /* what stands from here on is not in out yet */
  GString *out;     /* what GMime will see */
  GArray *open;     /* of Open, the innermost last */
  GArray *fields;   /* of RawField: those of the header at hand */
  GArray *headers;  /* of BpFields: those of all messages so far */
  guint depth;      /* of the entity at hand: how many multiparts and messages it stands in */
  guint parts;      /* so far, with messages within */
  guint false_boundaries;
  gsize fields_left; /* for all header blocks together */
  gsize bytes_left;
  guint truncated;
} Pass;

/* ---- changes ------------------------------------------------------------------------------------------------ */

static void keep_until(Pass *p, const char *to) {
  g_string_append_len(p->out, p->kept, to - p->kept);
  p->kept = to;
}

static void drop(Pass *p, const char *from, const char *to) {
  keep_until(p, from);
  p->kept = to;
}

static void drop_rest(Pass *p, const char *from) {
  drop(p, from, p->end);
  p->at = p->end;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

/* Behind the LF of the line at text. */
static const char *line_end(const char *text, const char *end) {
  const char *newline = memchr(text, '\n', end - text);
  return newline ? newline + 1 : end;
}

static gboolean is_empty_line(const char *line, const char *end) {
  return *line == '\n' || (*line == '\r' && line + 1 < end && line[1] == '\n');
}

static gboolean is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* Behind the field at text and the lines that continue it. */
static const char *field_end(const char *text, const char *end) {
  const char *at = line_end(text, end);
  while (at < end && is_blank(*at))
    at = line_end(at, end);
  return at;
}

/* ---- boundaries --------------------------------------------------------------------------------------------- */

static Open *innermost(Pass *p) {
  return p->open->len ? &g_array_index(p->open, Open, p->open->len - 1) : NULL;
}

static void clear_open(gpointer data) {
  g_free(((Open *)data)->boundary);
}

static gboolean only_blanks(const char *text, const char *end) {
  while (text < end && (is_blank(*text) || *text == '\r' || *text == '\n'))
    text++;
  return text == end;
}

/* Which open multipart the line (up to next) is a boundary of, the innermost first as GMime has it; -1 for none. *final
 * is TRUE for its end. */
static int find_boundary(Pass *p, const char *line, const char *next, gboolean *final) {
  if (next - line < 2 || line[0] != '-' || line[1] != '-')
    return -1;
  const char *name = line + 2;
  gsize length = next - name;
  for (guint i = p->open->len; i > 0; i--) {
    const Open *open = &g_array_index(p->open, Open, i - 1);
    if (open->length > length || memcmp(name, open->boundary, open->length) != 0)
      continue;
    const char *behind = name + open->length;
    *final = next - behind >= 2 && behind[0] == '-' && behind[1] == '-';
    if (only_blanks(*final ? behind + 2 : behind, next))
      return (int)i - 1;
  }
  p->false_boundaries++;
  return -1;
}

/* ---- header blocks ------------------------------------------------------------------------------------------ */

/* A field as it stands in the message, cut to its limit. */
typedef struct {
  const char *name;
  gsize name_length;
  const char *value;
  gsize value_length;
} RawField;

typedef struct {
  gboolean of_message; /* not of a part */
  gsize bytes;
  const char *start;
  const char *end;  /* where it ends: at the empty line, a boundary or the end of the message */
  gboolean no_line; /* a line of the body follows without an empty one */
} Header;

static gboolean is_named(const RawField *field, const char *wanted) {
  return strlen(wanted) == field->name_length && g_ascii_strncasecmp(field->name, wanted, field->name_length) == 0;
}

static gboolean is_content_field(const RawField *field) {
  return field->name_length > 8 && g_ascii_strncasecmp(field->name, "Content-", 8) == 0;
}

/* The last field called name, which is the one that counts for GMime; NULL for none. */
static const RawField *find_field(const Pass *p, const char *name) {
  for (guint i = p->fields->len; i > 0; i--) {
    const RawField *field = &g_array_index(p->fields, RawField, i - 1);
    if (is_named(field, name))
      return field;
  }
  return NULL;
}

/* Its value, or NULL; the caller's. */
static char *raw_value(const Pass *p, const char *name) {
  const RawField *field = find_field(p, name);
  return field ? g_strndup(field->value, field->value_length) : NULL;
}

/* Takes the field from line up to next into p->fields, as far as the limits allow. */
static void take_field(Pass *p, Header *h, const char *line, const char *next, gsize name_length, gsize value) {
  gsize length = next - line, size = MIN(length, p->limits->field);
  gboolean fits = p->fields->len < p->limits->fields && p->fields_left > 0 &&
                  size <= p->limits->header_block - h->bytes && size <= p->bytes_left && value <= size;
  if (!fits || size < length)
    p->truncated |= BP_TRUNCATED_HEADERS;
  if (!fits)
    return;
  RawField field = {line, name_length, line + value, size - value};
  g_array_append_val(p->fields, field);
  h->bytes += size;
  p->bytes_left -= size;
  p->fields_left--;
}

/* Takes a line that was meant to continue the field before it, but has no blank in front. */
static void take_continuation(Pass *p, Header *h, const char *line, const char *next) {
  RawField *field = p->fields->len ? &g_array_index(p->fields, RawField, p->fields->len - 1) : NULL;
  gsize size = next - line;
  if (!field || field->value + field->value_length != line || size > p->limits->header_block - h->bytes ||
      size > p->bytes_left || next - field->name > (gssize)p->limits->field)
    return;
  field->value_length += size;
  h->bytes += size;
  p->bytes_left -= size;
}

/* TRUE where the line begins one of the fields that headers have, and running text hardly ever. */
static gboolean is_usual_field(const char *line, const char *end) {
  static const char *const names[] = {"Received:",    "From:",           "To:",
                                      "Subject:",     "Date:",           "Cc:",
                                      "Message-ID:",  "Reply-To:",       "Sender:",
                                      "Content-",     "MIME-Version:",   "X-",
                                      "Return-Path:", "DKIM-",           "ARC-",
                                      "List-",        "Auto-Submitted:", "Precedence:",
                                      "References:",  "In-Reply-To:",    "Authentication-Results:"};
  gsize value;
  if (!bp_field_name(line, end - line, &value))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if ((gsize)(end - line) > strlen(names[i]) && g_ascii_strncasecmp(line, names[i], strlen(names[i])) == 0)
      return TRUE;
  return FALSE;
}

/* A line in a header that is no field: part of one that was folded without a blank, or, with the empty line missing,
 * the beginning of the body. The header goes on if one of the next lines is a usual field. */
static gboolean header_goes_on(const char *next, const char *end) {
  for (guint i = 0; i < 3 && next < end && !is_empty_line(next, end) && *next != '-'; i++, next = line_end(next, end))
    if (is_usual_field(next, end))
      return TRUE;
  return FALSE;
}

static gboolean is_from_line(const char *line, const char *end) {
  if (line < end && *line == '>')
    line++;
  return end - line >= 5 && memcmp(line, "From ", 5) == 0;
}

/* An empty line in front of a returned message's header is no end of it. */
static gboolean is_leading_line(const Pass *p, const Header *h) {
  return h->of_message && p->fields->len == 0 && header_goes_on(line_end(p->at, p->end), p->end);
}

/* Walks over the header block at p->at and takes its fields; p->at is then its body, or the boundary that ends it.
 * FALSE where the message ends first. */
static gboolean scan_header(Pass *p, Header *h) {
  gboolean final;
  h->start = p->at;
  g_array_set_size(p->fields, 0);
  for (const char *next; p->at < p->end; p->at = next) {
    h->end = p->at;
    if (is_empty_line(p->at, p->end)) {
      next = line_end(p->at, p->end);
      if (is_leading_line(p, h))
        continue;
      p->at = next;
      return TRUE;
    }
    if (p->open->len && *p->at == '-' && find_boundary(p, p->at, line_end(p->at, p->end), &final) >= 0)
      return TRUE;
    next = field_end(p->at, p->end);
    gsize value, name = bp_field_name(p->at, next - p->at, &value);
    if (name) {
      take_field(p, h, p->at, next, name, value);
    } else if (header_goes_on(next, p->end) || (p->fields->len == 0 && is_from_line(p->at, next))) {
      take_continuation(p, h, p->at, next);
    } else {
      h->no_line = TRUE;
      return TRUE;
    }
  }
  h->end = p->end;
  return FALSE;
}

/* The charset that raw 8-bit bytes of a header may be in: that of the body. */
static char *header_charset(const Pass *p, const Header *h) {
  if (bp_is_ascii(h->start, h->end - h->start))
    return NULL;
  g_autofree char *value = raw_value(p, "Content-Type");
  if (!value)
    return NULL;
  g_autoptr(GMimeContentType) type = g_mime_content_type_parse(NULL, value);
  return g_strdup(g_mime_content_type_get_parameter(type, "charset"));
}

/* Reads the fields of a message's header. */
static void read_fields(Pass *p, const Header *h) {
  g_autofree char *charset = header_charset(p, h);
  BpFields fields = {bp_arena_alloc(p->arena, p->fields->len * sizeof(BpField)), p->fields->len};
  for (guint i = 0; i < fields.n_fields; i++) {
    const RawField *raw = &g_array_index(p->fields, RawField, i);
    fields.fields[i].name = bp_arena_strndup(p->arena, raw->name, raw->name_length);
    fields.fields[i].value = bp_header_value(p->arena, raw->value, raw->value_length, charset);
  }
  g_array_append_val(p->headers, fields);
}

/* Writes a field with all its lines but the first indented. */
static void write_field(GString *out, const RawField *field) {
  const char *line = field->name, *end = field->value + field->value_length;
  for (const char *next; line < end; line = next) {
    next = line_end(line, end);
    if (line > field->name && !is_blank(*line))
      g_string_append_c(out, ' ');
    g_string_append_len(out, line, next - line);
  }
  if (end[-1] != '\n')
    g_string_append_c(out, '\n');
}

/* Writes what GMime needs of a header in its place: the Content- fields, and the number of a message. */
static void write_header(Pass *p, const Header *h) {
  drop(p, h->start, h->end);
  if (h->of_message)
    g_string_append_printf(p->out, BP_NUMBER_FIELD ":%u\n", p->headers->len - 1);
  for (guint i = 0; i < p->fields->len; i++) {
    const RawField *field = &g_array_index(p->fields, RawField, i);
    if (!is_content_field(field))
      continue;
    write_field(p->out, field);
  }
}

/* ---- entities ----------------------------------------------------------------------------------------------- */

typedef enum {
  BODY_READ,
  BODY_NOT_READ,
  BODY_UNTYPED, /* its Content-Type is none: GMime takes that for an attachment */
  BODY_MULTIPART,
  BODY_MESSAGE
} Body;

static gboolean is_encoded(const Pass *p) {
  g_autofree char *name = raw_value(p, "Content-Transfer-Encoding");
  switch (name ? g_mime_content_encoding_from_string(name) : GMIME_CONTENT_ENCODING_DEFAULT) {
  case GMIME_CONTENT_ENCODING_BASE64:
  case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
  case GMIME_CONTENT_ENCODING_UUENCODE:
    return TRUE;
  default:
    return FALSE;
  }
}

/* What GMime makes of the entity. *type is set where it is more than text; it is the caller's. */
static Body classify(Pass *p, const Header *h, GMimeContentType **type) {
  const Open *parent = innermost(p);
  g_autofree char *value = raw_value(p, "Content-Type");
  if (!value)
    return parent && parent->digest && !h->of_message ? BODY_MESSAGE : BODY_READ;
  if (g_ascii_strncasecmp(value + strspn(value, " \t\r\n"), "text/", 5) == 0)
    return BODY_READ;

  if (!strchr(value, '/'))
    return BODY_UNTYPED;
  *type = g_mime_content_type_parse(NULL, value);
  if (g_mime_content_type_is_type(*type, "multipart", "*"))
    return BODY_MULTIPART;
  switch (bp_part_kind(g_mime_content_type_get_media_type(*type), g_mime_content_type_get_media_subtype(*type))) {
  case BP_PART_MESSAGE:
    return is_encoded(p) ? BODY_READ : BODY_MESSAGE;
  case BP_PART_OTHER:
    return BODY_NOT_READ;
  default:
    return BODY_READ;
  }
}

/* For a multipart that does not name its boundary: the first line in front of a Content- field that looks like one. The
 * caller's; NULL for none. */
static char *guess_boundary(const Pass *p) {
  const char *end = p->at + MIN(p->end - p->at, BOUNDARY_SEARCH);
  for (const char *line = p->at, *next; line < end; line = next) {
    next = line_end(line, end);
    gsize length = next - line;
    while (length > 0 && g_ascii_isspace(line[length - 1]))
      length--;
    if (length > 2 && length < BOUNDARY_GUESSED && line[0] == '-' && line[1] == '-' && end - next > 8 &&
        g_ascii_strncasecmp(next, "Content-", 8) == 0)
      return g_strndup(line + 2, length - 2);
  }
  return NULL;
}

/* Gives GMime the type of a multipart with a boundary that was guessed. */
static void write_boundary(Pass *p, GMimeContentType *type, const char *boundary) {
  g_mime_content_type_set_parameter(type, "boundary", boundary);
  g_autofree char *value = g_mime_content_type_encode(type, NULL);
  g_string_append_printf(p->out, "Content-Type: %s\n", g_strstrip(value));
}

/* Opens the multipart that a header announces. What follows is its preamble, or text where its boundary cannot be used.
 */
static Body open_multipart(Pass *p, GMimeContentType *type) {
  g_autofree char *boundary = g_strdup(g_mime_content_type_get_parameter(type, "boundary"));
  if (!boundary && (boundary = guess_boundary(p)))
    write_boundary(p, type, boundary);
  if (!boundary)
    return BODY_READ; /* GMime makes one preamble of its body */
  if (strlen(boundary) > BOUNDARY_MAX) {
    p->truncated |= BP_TRUNCATED_HEADERS;
    return BODY_UNTYPED;
  }
  Open multipart = {NULL, strlen(boundary), p->depth, g_mime_content_type_is_type(type, "multipart", "digest"), FALSE};
  multipart.boundary = g_steal_pointer(&boundary);
  g_array_append_val(p->open, multipart);
  return BODY_READ;
}

/* Writes the header for GMime and opens what it announces. GMime is made to take for text what is over a limit: the
 * last Content-Type counts. */
static Body enter_body(Pass *p, const Header *h) {
  g_autoptr(GMimeContentType) type = NULL;
  if (h->of_message)
    read_fields(p, h);
  write_header(p, h);
  Body body = classify(p, h, &type);
  if (body >= BODY_MULTIPART && p->depth >= p->limits->depth) {
    p->truncated |= BP_TRUNCATED_DEPTH;
    body = BODY_UNTYPED;
  }
  if (body == BODY_MESSAGE && ++p->parts > p->limits->parts) {
    p->truncated |= BP_TRUNCATED_PARTS;
    body = BODY_UNTYPED;
  }
  if (body == BODY_MULTIPART)
    body = open_multipart(p, type);
  if (body == BODY_UNTYPED)
    g_string_append(p->out, "Content-Type: text/plain\n");
  if (h->no_line)
    g_string_append_c(p->out, '\n');
  return body == BODY_UNTYPED ? BODY_READ : body;
}

/* Some mailers put the returned message where a part belongs, without a header of its own. */
static gboolean is_bare_message(const Pass *p, const Header *h) {
  if (h->of_message || p->fields->len < 3 || p->depth >= p->limits->depth)
    return FALSE;
  return find_field(p, "From") && (find_field(p, "Received") || find_field(p, "Message-ID")) && find_field(p, "Date");
}

/* Walks over headers, those of a message within too, up to a body. FALSE where the message ends first. */
static gboolean scan_headers(Pass *p, gboolean of_message, Body *body) {
  for (;; of_message = TRUE, p->depth++) {
    Header h = {.of_message = of_message};
    gboolean whole = scan_header(p, &h);
    if (is_bare_message(p, &h)) {
      drop(p, h.start, h.start);
      g_string_append(p->out, "Content-Type: message/rfc822\n\n");
      h.of_message = TRUE;
      p->depth++;
    }
    *body = enter_body(p, &h);
    if (!whole || *body != BODY_MESSAGE)
      return whole;
  }
}

/* ---- bodies ------------------------------------------------------------------------------------------------- */

/* The next boundary from p->at on, or the end of the message: p->at is set there, *next behind its line. Returns the
 * multipart's index, -1 at the end. */
static int skip_to_boundary(Pass *p, const char **next, gboolean *final) {
  if (p->open->len == 0) {
    p->at = p->end;
    return -1;
  }
  for (; p->at < p->end; p->at = *next) {
    *next = line_end(p->at, p->end);
    int found = *p->at == '-' ? find_boundary(p, p->at, *next, final) : -1;
    if (found >= 0)
      return found;
    if (p->false_boundaries > FALSE_BOUNDARIES) {
      drop_rest(p, *next);
      p->truncated |= BP_TRUNCATED_INPUT;
      return -1;
    }
  }
  return -1;
}

/* Leaves out what of the body between start and p->at is over its limit; the line end in front of a boundary stays. */
static void cut_body(Pass *p, const char *start, Body body) {
  gsize most = body == BODY_NOT_READ ? BODY_UNREAD : p->limits->text * BODY_TEXTS;
  if ((gsize)(p->at - start) <= most)
    return;
  drop(p, start + most, p->at[-1] == '\n' ? p->at - 1 : p->at);
  if (body == BODY_READ)
    p->truncated |= BP_TRUNCATED_TEXT;
}

/* TRUE where the last line is a closing boundary, be it another one than was announced. */
static gboolean ends_like_multipart(const Pass *p) {
  const char *end = p->end, *start;
  while (end > p->start && g_ascii_isspace(end[-1]))
    end--;
  for (start = end; start > p->start && start[-1] != '\n';)
    start--;
  return end - start > 4 && memcmp(start, "--", 2) == 0 && memcmp(end - 2, "--", 2) == 0;
}

/* Goes from body to body. */
static void scan_message(Pass *p) {
  Body body = BODY_READ;
  gboolean final = FALSE, whole = scan_headers(p, TRUE, &body);
  if (!whole)
    p->truncated |= BP_TRUNCATED_INPUT;
  while (whole) {
    const char *start = p->at, *next = p->end;
    int found = skip_to_boundary(p, &next, &final);
    if (p->kept <= start)
      cut_body(p, start, body);
    if (found < 0)
      break;

    g_array_set_size(p->open, found + (final ? 0 : 1));
    if (final) {
      p->at = next;
      body = BODY_NOT_READ; /* the epilogue */
      continue;
    }
    if (++p->parts > p->limits->parts) {
      drop_rest(p, p->at);
      p->truncated |= BP_TRUNCATED_PARTS;
      return;
    }
    p->at = next;
    innermost(p)->begun = TRUE;
    p->depth = innermost(p)->depth + 1;
    whole = scan_headers(p, FALSE, &body);
  }
  if (p->open->len && g_array_index(p->open, Open, 0).begun && !ends_like_multipart(p))
    p->truncated |= BP_TRUNCATED_INPUT;
}

/* ---- the message's beginning and line ends ------------------------------------------------------------------ */

/* TRUE where a line begins like a field, and has no control characters that only binary data have. */
static gboolean is_header_line(const char *line, const char *end) {
  gsize value, name = bp_field_name(line, end - line, &value);
  if (!name || !g_ascii_isalpha(*line))
    return FALSE;
  for (const char *c = line + value; c < end && *c != '\n' && *c != '\r'; c++)
    if ((guchar)*c < ' ' && *c != '\t' && *c != '\x1b')
      return FALSE;
  return TRUE;
}

static gboolean has_header_line(const char *bytes, gsize length) {
  for (const char *at = bytes, *end = bytes + MIN(length, HEADER_SEARCH); at < end;) {
    if (is_header_line(at, end))
      return TRUE;
    while (at < end && *at != '\n' && *at != '\r')
      at++;
    while (at < end && (*at == '\n' || *at == '\r'))
      at++;
  }
  return FALSE;
}

static const char *skip_empty_lines(const char *at, const char *end) {
  while (at < end && (*at == '\n' || *at == '\r'))
    at++;
  return at;
}

/* Steps over what stands in front of the header: a byte order mark, empty lines, an mbox "From " line. */
static const char *skip_front(BpView *view, const char *at, const char *end) {
  if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
    at += 3;
  at = skip_empty_lines(at, end);
  if (!is_from_line(at, end))
    return at;
  view->from_line = at + (*at == '>' ? 6 : 5);
  for (at = view->from_line; at < end && *at != '\n' && *at != '\r';)
    at++;
  view->from_length = at - view->from_line;
  return skip_empty_lines(at, end);
}

/* Line ends that GMime does not know: CR alone, and CR CR LF. The first one tells. */
static gboolean has_odd_line_ends(const char *at, const char *end) {
  while (at < end && *at != '\n' && *at != '\r')
    at++;
  return at < end && *at == '\r' && !(at + 1 < end && at[1] == '\n');
}

/* A copy of the message with LF line ends. */
static char *with_lf(const char *at, const char *end, gsize *length) {
  const char *first = memchr(at, '\r', end - at);
  gboolean doubled = end - first > 2 && first[1] == '\r' && first[2] == '\n';
  char *copy = g_malloc(end - at + 1), *to = copy;
  while (at < end) {
    const char *stop = memchr(at, '\r', end - at);
    stop = stop ? stop : end;
    memcpy(to, at, stop - at);
    to += stop - at;
    if (stop == end)
      break;
    for (at = stop + 1; doubled && at < end && *at == '\r';)
      at++;
    if (at < end && *at == '\n')
      at++;
    *to++ = '\n';
  }
  *length = to - copy;
  return copy;
}

gboolean bp_view_prepare(BpView *view, BpArena *arena, const char *bytes, gsize length, const BpLimits *limits) {
  memset(view, 0, sizeof *view);
  if (length > limits->message) {
    length = limits->message;
    view->truncated |= BP_TRUNCATED_INPUT;
  }
  const char *start = skip_front(view, bytes, bytes + length);
  length -= start - bytes;
  if (!has_header_line(start, length))
    return FALSE;
  g_autofree char *copy = NULL;
  if (has_odd_line_ends(start, start + length))
    start = copy = with_lf(start, start + length, &length);

  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
  g_array_set_clear_func(open, clear_open);
  g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(RawField));
  view->headers = g_array_new(FALSE, FALSE, sizeof(BpFields));
  Pass p = {.arena = arena,
            .limits = limits,
            .start = start,
            .at = start,
            .end = start + length,
            .kept = start,
            .out = g_string_sized_new(length + 256),
            .open = open,
            .fields = fields,
            .headers = view->headers,
            .fields_left = (gsize)limits->fields * BLOCKS_FIELDS,
            .bytes_left = limits->header_block * BLOCKS_BYTES};
  scan_message(&p);
  keep_until(&p, p.end);
  view->truncated |= p.truncated;
  view->length = p.out->len;
  view->bytes = g_string_free(p.out, FALSE);
  return TRUE;
}

void bp_view_clear(BpView *view) {
  g_free(view->bytes);
  if (view->headers)
    g_array_unref(view->headers);
}

/* mail.c - one message's bytes as a list of parts: GMime's tree, walked once */
#include "mail/mail.h"

#include "bounceparse/bounceparse.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/kind.h"
#include "mail/limits.h"
#include "mail/text.h"

#include <string.h>

/* What is decoded of all parts together, in texts of the limit's length. */
#define DECODED_TEXTS 32

/* Bytes of unknown data in which a delivery status shows itself. */
#define STATUS_LOOK 1024

/* How much HTML is parsed, in texts (each part counts as one at least); of more, the tags are only stripped: hostile
 * HTML is slow to parse. */
#define PARSED_TEXTS 8

/* What a part keeps to itself. */
typedef struct {
  BpBody body;
  const char *text; /* NULL until it is asked for */
  gsize length;
} Content;

struct BpMail {
  BpArena *arena;
  BpLimits limits;
  BpView view;
  const char *from_line;
  const char *type;
  const char *report_type;
  BpFields headers;
  GArray *parts;    /* of BpPart */
  GArray *contents; /* of Content, one a part */
  gsize left;       /* bytes that may still be decoded */
  gsize html_left;  /* bytes of HTML that may still be parsed */
  guint truncated;
};

/* ---- from GMime's tree to the list -------------------------------------------------------------------------- */

/* Where in the tree the walk stands. */
typedef struct {
  BpMail *mail;
  guint depth;
  int message;
} Place;

static char *lower(BpArena *arena, const char *text) {
  char *copy = bp_arena_strdup(arena, text);
  for (char *c = copy; c && *c; c++)
    *c = g_ascii_tolower(*c);
  return copy;
}

static const char *type_name(BpArena *arena, GMimeContentType *type) {
  char *name = bp_arena_printf(arena, "%s/%s", g_mime_content_type_get_media_type(type),
                               g_mime_content_type_get_media_subtype(type));
  for (char *c = name; *c; c++)
    *c = g_ascii_tolower(*c);
  return name;
}

/* The fields of a message within, which GMime knows by their number only. */
static BpFields fields_of(const BpMail *mail, GMimeMessage *message) {
  const char *number = g_mime_object_get_header(GMIME_OBJECT(message), BP_NUMBER_FIELD);
  guint64 index = number ? g_ascii_strtoull(number, NULL, 10) : G_MAXUINT64;
  return index < mail->view.headers->len ? g_array_index(mail->view.headers, BpFields, index) : (BpFields){NULL, 0};
}

/* Where a leaf's body stands in the message: GMime's stream of it is a window on ours. */
static BpBody body_of(BpMail *mail, GMimePart *part) {
  BpBody body = {"", 0, g_mime_part_get_content_encoding(part),
                 bp_arena_strdup(mail->arena, g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset"))};
  GMimeDataWrapper *content = g_mime_part_get_content(part);
  GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
  if (!stream || stream->bound_end < stream->bound_start || stream->bound_end > (gint64)mail->view.length)
    return body;
  body.bytes = mail->view.bytes + stream->bound_start;
  body.length = stream->bound_end - stream->bound_start;
  return body;
}

/* Reads the groups of fields in a part's first limit bytes; FALSE where it has more. */
static gboolean read_groups(BpMail *mail, BpPart *part, Content *content, gsize limit) {
  gboolean cut = FALSE;
  content->text = bp_body_text(mail->arena, &content->body, limit, &content->length, &cut);
  part->groups = bp_fields_parse(mail->arena, content->text, content->length, &mail->limits, &part->n_groups);
  mail->left -= MIN(mail->left, content->body.length);
  return !cut;
}

static void read_status(BpMail *mail, BpPart *part, Content *content) {
  gboolean whole = read_groups(mail, part, content, mail->left);
  if (part->n_groups == 0 && content->body.encoding != GMIME_CONTENT_ENCODING_BASE64 &&
      bp_body_looks_base64(&content->body)) {
    content->body.encoding = GMIME_CONTENT_ENCODING_BASE64; /* its label is missing */
    whole = read_groups(mail, part, content, mail->left);
  }
  if (!whole)
    mail->truncated |= BP_TRUNCATED_TEXT;
}

/* The headers of a HEADERS part, or of a message that is itself encoded: the first group. */
static void read_headers(BpMail *mail, BpPart *part, Content *content) {
  gboolean whole = read_groups(mail, part, content, MIN(mail->left, mail->limits.header_block));
  if (part->n_groups)
    part->headers = part->groups[0];
  part->groups = NULL;
  part->n_groups = 0;
  if (part->kind == BP_PART_MESSAGE)
    *content = (Content){.text = ""};
  else if (!whole)
    mail->truncated |= BP_TRUNCATED_HEADERS;
}

static void read_leaf(BpMail *mail, BpPart *part, Content *content) {
  switch (part->kind) {
  case BP_PART_STATUS:
  case BP_PART_FEEDBACK:
  case BP_PART_DISPOSITION:
    read_status(mail, part, content);
    break;
  case BP_PART_HEADERS:
  case BP_PART_MESSAGE:
    read_headers(mail, part, content);
    break;
  default:
    break;
  }
}

static void add_part(const Place *place, BpPart *part, Content *content) {
  part->depth = place->depth;
  part->message = place->message;
  g_array_append_vals(place->mail->parts, part, 1);
  g_array_append_vals(place->mail->contents, content, 1);
}

/* type, description and file name. */
static void describe(BpMail *mail, GMimeObject *object, BpPart *part) {
  GMimeHeader *description =
      g_mime_header_list_get_header(g_mime_object_get_header_list(object), "Content-Description");
  const char *raw = description ? g_mime_header_get_raw_value(description) : NULL;
  part->type = type_name(mail->arena, g_mime_object_get_content_type(object));
  part->description = raw ? bp_header_value(mail->arena, raw, strlen(raw), NULL) : NULL;
  if (GMIME_IS_PART(object))
    part->name = bp_arena_strdup(mail->arena, g_mime_part_get_filename(GMIME_PART(object)));
}

/* Some gateways call a delivery status unknown data; it may be encoded. */
static gboolean looks_like_status(const BpBody *body) {
  static const char base64[] = "UmVwb3J0aW5nLU1UQT";
  gsize n = MIN(body->length, STATUS_LOOK);
  if (n < sizeof base64)
    return FALSE;
  return memcmp(body->bytes, base64, sizeof base64 - 1) == 0 || g_strstr_len(body->bytes, n, "\nFinal-Recipient:") ||
         g_ascii_strncasecmp(body->bytes, "Reporting-MTA:", 14) == 0;
}

static void walk_leaf(const Place *place, GMimePart *object) {
  GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(object));
  BpPart part = {
      .kind = bp_part_kind(g_mime_content_type_get_media_type(type), g_mime_content_type_get_media_subtype(type))};
  Content content = {.body = body_of(place->mail, object)};
  describe(place->mail, GMIME_OBJECT(object), &part);
  if (part.kind == BP_PART_OTHER && looks_like_status(&content.body))
    part.kind = BP_PART_STATUS;
  read_leaf(place->mail, &part, &content);
  add_part(place, &part, &content);
}

static void walk(const Place *place, GMimeObject *object);

static void walk_message(const Place *place, GMimeMessagePart *object) {
  GMimeMessage *message = g_mime_message_part_get_message(object);
  BpPart part = {.kind = BP_PART_MESSAGE};
  Content content = {.body = {.bytes = ""}};
  describe(place->mail, GMIME_OBJECT(object), &part);
  if (message)
    part.headers = fields_of(place->mail, message);
  add_part(place, &part, &content);
  if (!message || !g_mime_message_get_mime_part(message))
    return;
  Place within = {place->mail, place->depth + 1, (int)place->mail->parts->len - 1};
  walk(&within, g_mime_message_get_mime_part(message));
}

/* A multipart in which no boundary was found is one text. */
static void walk_empty_multipart(const Place *place, GMimeMultipart *object) {
  const char *preamble = g_mime_multipart_get_prologue(object);
  BpPart part = {.kind = BP_PART_TEXT};
  Content content = {.body = {.bytes = ""}};
  if (!preamble)
    return;
  content.body.length = strlen(preamble);
  content.body.bytes = bp_arena_strndup(place->mail->arena, preamble, content.body.length);
  describe(place->mail, GMIME_OBJECT(object), &part);
  add_part(place, &part, &content);
}

/* The limits keep the tree flat enough for recursion. */
static void walk(const Place *place, GMimeObject *object) {
  if (GMIME_IS_MESSAGE_PART(object)) {
    walk_message(place, GMIME_MESSAGE_PART(object));
  } else if (GMIME_IS_PART(object)) {
    walk_leaf(place, GMIME_PART(object));
  } else if (GMIME_IS_MULTIPART(object)) {
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    int n = g_mime_multipart_get_count(multipart);
    for (int i = 0; i < n; i++)
      walk(place, g_mime_multipart_get_part(multipart, i));
    if (n == 0)
      walk_empty_multipart(place, multipart);
  }
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static gpointer init_gmime(gpointer unused) {
  g_mime_init();
  return NULL;
}

/* GMime's view of the input, which is not copied. NULL where it sees nothing. The whole is parsed like a part: a
 * GMimeMessage only adds address lists for fields that GMime is not given. */
static GMimeObject *parse(const BpView *view) {
  GByteArray *window = g_byte_array_new_take((guint8 *)view->bytes, view->length);
  GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(window);
  g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
  g_mime_parser_set_persist_stream(parser, TRUE);
  GMimeObject *body = g_mime_parser_construct_part(parser, NULL);
  g_object_unref(parser);
  g_object_unref(stream);
  g_byte_array_steal(window, NULL); /* the bytes are not GMime's */
  g_byte_array_unref(window);
  return body;
}

static void read_body(BpMail *mail, GMimeObject *body) {
  Place top = {mail, 0, -1};
  GMimeContentType *type = g_mime_object_get_content_type(body);
  mail->type = type_name(mail->arena, type);
  mail->report_type = lower(mail->arena, g_mime_content_type_get_parameter(type, "report-type"));
  walk(&top, body);
}

BpMail *bp_mail_read(BpArena *arena, const char *bytes, gsize length, const BpLimits *limits, GError **error) {
  static GOnce once = G_ONCE_INIT;
  g_once(&once, init_gmime, NULL);

  BpView view;
  if (!bp_view_prepare(&view, arena, bytes, length, limits)) {
    g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_NOT_MAIL, "not a mail: no header field found");
    return NULL;
  }
  BpMail *mail = g_new0(BpMail, 1);
  mail->arena = arena;
  mail->limits = *limits;
  mail->view = view;
  mail->truncated = view.truncated;
  mail->type = "text/plain";
  mail->parts = g_array_new(FALSE, FALSE, sizeof(BpPart));
  mail->contents = g_array_new(FALSE, FALSE, sizeof(Content));
  mail->left = limits->text * DECODED_TEXTS;
  mail->html_left = limits->text * PARSED_TEXTS;
  if (view.from_line)
    mail->from_line = bp_header_value(arena, view.from_line, view.from_length, NULL);

  mail->headers = g_array_index(view.headers, BpFields, 0);

  GMimeObject *body = parse(&view);
  if (body) {
    read_body(mail, body);
    g_object_unref(body);
  }
  return mail;
}

void bp_mail_free(BpMail *mail) {
  if (!mail)
    return;
  bp_view_clear(&mail->view);
  g_array_unref(mail->parts);
  g_array_unref(mail->contents);
  g_free(mail);
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

const BpFields *bp_mail_headers(const BpMail *mail) {
  return &mail->headers;
}

const char *bp_mail_from_line(const BpMail *mail) {
  return mail->from_line;
}

const char *bp_mail_type(const BpMail *mail) {
  return mail->type;
}

const char *bp_mail_report_type(const BpMail *mail) {
  return mail->report_type;
}

BpPart *bp_mail_parts(const BpMail *mail, guint *n_parts) {
  *n_parts = mail->parts->len;
  return (BpPart *)mail->parts->data;
}

guint bp_mail_truncated(const BpMail *mail) {
  return mail->truncated;
}

static void decode_text(BpMail *mail, const BpPart *part, Content *content) {
  gsize limit = MIN(mail->limits.text, mail->left);
  gboolean cut = FALSE;
  content->text = "";
  if (part->kind == BP_PART_TEXT) {
    content->text = bp_body_text(mail->arena, &content->body, limit, &content->length, &cut);
  } else if (part->kind == BP_PART_HTML) {
    BpHtmlReader read = mail->html_left ? bp_html_to_text : bp_html_strip;
    content->text = bp_body_html(mail->arena, &content->body, read, limit, &content->length, &cut);
    mail->html_left -= MIN(mail->html_left, MAX(content->body.length, limit));
  }
  mail->left -= MIN(mail->left, content->body.length);
  if (cut)
    mail->truncated |= BP_TRUNCATED_TEXT;
}

const char *bp_mail_text(BpMail *mail, BpPart *part, gsize *length) {
  Content *content = &g_array_index(mail->contents, Content, part - (BpPart *)mail->parts->data);
  if (!content->text)
    decode_text(mail, part, content);
  if (length)
    *length = content->length;
  return content->text;
}

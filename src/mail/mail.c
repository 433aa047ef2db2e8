/* mail.c - what the parts of a message say: fields and texts, decoded when they are asked for */
#include "mail/mail.h"

#include "bounceparse/bounceparse.h"
#include "mail/front.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/structure.h"

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
  char *copy; /* of a message with odd line ends, or NULL */
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

/* ---- parts -------------------------------------------------------------------------------------------------- */

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
  if (part->n_groups == 0 && content->body.encoding != BP_ENCODING_BASE64 && bp_body_looks_base64(&content->body)) {
    content->body.encoding = BP_ENCODING_BASE64; /* its label is missing */
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

/* Some gateways call a delivery status unknown data; it may be encoded. */
static gboolean looks_like_status(const BpBody *body) {
  static const char base64[] = "UmVwb3J0aW5nLU1UQT";
  gsize n = MIN(body->length, STATUS_LOOK);
  if (n < sizeof base64)
    return FALSE;
  return memcmp(body->bytes, base64, sizeof base64 - 1) == 0 || g_strstr_len(body->bytes, n, "\nFinal-Recipient:") ||
         g_ascii_strncasecmp(body->bytes, "Reporting-MTA:", 14) == 0;
}

/* Others give the text that people are to read the type of the fields behind it. */
static gboolean looks_like_prose(const BpBody *body) {
  const char *line = body->bytes, *end = line + MIN(body->length, STATUS_LOOK);
  while (line < end && strchr(" \t\r\n", *line))
    line++;
  while (line < end && !strchr(": \t\r\n", *line))
    line++;
  gboolean word = line < end && *line == ' ';
  while (line < end && *line == ' ')
    line++;
  return word && line < end && *line != ':' && !g_strstr_len(line, end - line, "-Recipient:");
}

static void add_part(BpMail *mail, const BpEntity *entity) {
  BpPart part = entity->part;
  Content content = {.body = entity->body};
  if (part.kind == BP_PART_OTHER && looks_like_status(&content.body))
    part.kind = BP_PART_STATUS;
  else if (part.kind == BP_PART_STATUS && looks_like_prose(&content.body))
    part.kind = BP_PART_TEXT;
  if (part.kind == BP_PART_MESSAGE && content.body.length == 0)
    content.text = "";
  else
    read_leaf(mail, &part, &content);
  g_array_append_val(mail->parts, part);
  g_array_append_val(mail->contents, content);
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void read_structure(BpMail *mail, const char *bytes, gsize length) {
  g_auto(BpStructure) structure;
  mail->copy = bp_front_with_lf(bytes, length, &length);
  bp_structure_read(&structure, mail->arena, mail->copy ? mail->copy : bytes, length, &mail->limits);
  mail->headers = structure.headers;
  mail->type = structure.type;
  mail->report_type = structure.report_type;
  mail->truncated |= structure.truncated;
  for (guint i = 0; i < structure.entities->len; i++)
    add_part(mail, &g_array_index(structure.entities, BpEntity, i));
}

BpMail *bp_mail_read(BpArena *arena, const char *bytes, gsize length, const BpLimits *limits, GError **error) {
  BpFront front;
  if (!bp_front_find(&front, bytes, MIN(length, limits->message))) {
    g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_NOT_MAIL, "not a mail: no header field found");
    return NULL;
  }
  BpMail *mail = g_new0(BpMail, 1);
  mail->arena = arena;
  mail->limits = *limits;
  mail->truncated = length > limits->message ? BP_TRUNCATED_INPUT : 0;
  mail->parts = g_array_new(FALSE, FALSE, sizeof(BpPart));
  mail->contents = g_array_new(FALSE, FALSE, sizeof(Content));
  mail->left = limits->text * DECODED_TEXTS;
  mail->html_left = limits->text * PARSED_TEXTS;
  if (front.from_line)
    mail->from_line = bp_header_value(arena, front.from_line, front.from_length, NULL);
  read_structure(mail, front.start, front.length);
  return mail;
}

void bp_mail_free(BpMail *mail) {
  if (!mail)
    return;
  g_free(mail->copy);
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

/* kind.c - what a part is, by its Content-Type */
#include "mail/kind.h"

typedef struct {
  const char *subtype;
  BpPartKind kind;
} Kind;

static const Kind message_kinds[] = {
    {"delivery-status", BP_PART_STATUS},
    {"global-delivery-status", BP_PART_STATUS},
    {"feedback-report", BP_PART_FEEDBACK},
    {"disposition-notification", BP_PART_DISPOSITION},
    {"global-disposition-notification", BP_PART_DISPOSITION},
    {"rfc822", BP_PART_MESSAGE},
    {"rfc2822", BP_PART_MESSAGE},
    {"global", BP_PART_MESSAGE},
    {"news", BP_PART_MESSAGE},
    {"rfc822-headers", BP_PART_HEADERS},
    {"rfc822-header", BP_PART_HEADERS},
    {"global-headers", BP_PART_HEADERS},
    {"partial", BP_PART_MESSAGE}, /* the first fragment begins with the header: RFC 2046 section 5.2.2 */
    {"external-body", BP_PART_OTHER},
};

static const Kind text_kinds[] = {
    {"html", BP_PART_HTML},
    {"rfc822-headers", BP_PART_HEADERS},
    {"rfc822-header", BP_PART_HEADERS},
};

static BpPartKind find(const Kind *kinds, guint n, const char *subtype) {
  for (guint i = 0; i < n; i++)
    if (g_ascii_strcasecmp(kinds[i].subtype, subtype) == 0)
      return kinds[i].kind;
  return BP_PART_TEXT;
}

BpPartKind bp_part_kind(const char *type, const char *subtype) {
  static const char *const unread[] = {"application", "image", "audio", "video", "font", "model", "chemical"};
  if (g_ascii_strcasecmp(type, "text") == 0)
    return find(text_kinds, G_N_ELEMENTS(text_kinds), subtype);
  if (g_ascii_strcasecmp(type, "message") == 0)
    return find(message_kinds, G_N_ELEMENTS(message_kinds), subtype);
  for (guint i = 0; i < G_N_ELEMENTS(unread); i++)
    if (g_ascii_strcasecmp(type, unread[i]) == 0)
      return BP_PART_OTHER;
  return BP_PART_TEXT; /* mistyped: "test/plain", "plain/text" */
}

/* addresses.c - addresses to stop mailing, as those programs read them that keep lists of addresses */
#include "output/addresses.h"

#include "output/csv.h"
#include "output/json-writer.h"

#include <string.h>

/* ---- what is safe ------------------------------------------------------------------------------------------- */

/* No blanks, no controls, nothing that ends a line or turns its direction. */
static gboolean is_word(const char *address) {
  for (const char *at = address; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char_validated(at, -1);
    if (c >= 0x110000 || g_unichar_isspace(c) || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
      return FALSE;
  }
  return *address;
}

/* Mailman skips lines with # in front, and may take the rest for a name with an address. */
static gboolean is_member(const char *address) {
  return is_word(address) && *address != '#' && !strpbrk(address, "\"(),:;<>\\");
}

/* To Postfix what has no @ is a domain, and what has nothing behind it a user of any domain. */
static gboolean is_map_key(const char *address) {
  const char *at = strchr(address, '@');
  return is_word(address) && *address != '#' && !strpbrk(address, "\"\\") && at && at > address && at[1] &&
         !strchr(at + 1, '@');
}

/* ---- the formats -------------------------------------------------------------------------------------------- */

static void append_line(const BpSuppressed *e, GString *out) {
  g_string_append_printf(out, "%s\n", e->address);
}

static void append_csv(const BpSuppressed *e, GString *out) {
  g_autofree char *since = bp_day(e->since), *last = bp_day(e->last);
  const char *values[] = {e->address, bp_why_names[e->why], e->cause, e->rule, e->domain, since, last, e->reason};
  for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    bp_csv_value(out, values[i]);
  }
  g_string_append(out, "\r\n");
}

static const char *cause_of(const BpSuppressed *e) {
  return e->cause ? e->cause : bp_why_names[e->why];
}

/* No name: it then keeps the one it has. */
static void append_listmonk(const BpSuppressed *e, GString *out) {
  g_autoptr(GString) attributes = g_string_new(NULL);
  bp_json_open(attributes, NULL, '{');
  bp_json_string(attributes, "reason", e->reason ? e->reason : bp_why_names[e->why]);
  bp_json_string(attributes, "cause", cause_of(e));
  bp_json_close(attributes, '}');
  bp_csv_value(out, e->address);
  g_string_append(out, ",,");
  bp_csv_value(out, attributes->str);
  g_string_append(out, "\r\n");
}

static void append_postfix(const BpSuppressed *e, GString *out) {
  const char *cause = cause_of(e);
  gboolean plain = !cause[strspn(cause, "abcdefghijklmnopqrstuvwxyz0123456789-")];
  g_string_append_printf(out, "%s REJECT 5.1.1 No more mail to this address: %s\n", e->address,
                         plain ? cause : bp_why_names[e->why]);
}

static const struct {
  const char *name, *header;
  gboolean (*is_safe)(const char *address);
  void (*append)(const BpSuppressed *entry, GString *out);
} formats[BP_N_ADDRESSES] = {
    [BP_ADDRESSES_PLAIN] = {"plain", "", is_word, append_line},
    [BP_ADDRESSES_CSV] = {"csv", "address,why,cause,rule,domain,since,last,reason\r\n", is_word, append_csv},
    [BP_ADDRESSES_LISTMONK] = {"listmonk", "email,name,attributes\r\n", is_word, append_listmonk},
    [BP_ADDRESSES_MAILMAN] = {"mailman", "", is_member, append_line},
    [BP_ADDRESSES_POSTFIX] = {"postfix", "", is_map_key, append_postfix},
};

BpAddressesFormat bp_addresses_format(const char *name) {
  BpAddressesFormat format = 0;
  while (format < BP_N_ADDRESSES && strcmp(formats[format].name, name) != 0)
    format++;
  return format;
}

void bp_addresses_begin(BpAddressesFormat format, GString *out) {
  g_string_append(out, formats[format].header);
}

gboolean bp_addresses_append(BpAddressesFormat format, const BpSuppressed *entry, GString *out) {
  if (!formats[format].is_safe(entry->address))
    return FALSE;
  formats[format].append(entry, out);
  return TRUE;
}

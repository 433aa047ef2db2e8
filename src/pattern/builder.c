/* builder.c - what all parts of a build share: strings, numbers and complaints */
#include "pattern/builder.h"

#include <string.h>

void bp_complain(BpBuilder *b, const BpPlacedGroup *placed, guint line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_ptr_array_add(b->errors, g_strdup_printf("%s:%u: %s", placed->file->name, line, text));
}

BpString bp_intern(BpBuilder *b, const char *string) {
  if (!string || !*string)
    return 0;
  gpointer at;
  if (g_hash_table_lookup_extended(b->strings, string, NULL, &at))
    return GPOINTER_TO_UINT(at);
  guint offset = (guint)b->text->len;
  g_string_append_len(b->text, string, (gssize)strlen(string) + 1);
  g_hash_table_insert(b->strings, g_strdup(string), GUINT_TO_POINTER(offset));
  return offset;
}

void bp_put_number(BpBuilder *b, BpRange *range, guint32 value) {
  if (range->n++ == 0)
    range->first = BP_COUNT(b, numbers);
  BP_APPEND(b, numbers, value);
}

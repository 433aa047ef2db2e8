/* compiled.c - patterns as PCRE2 has compiled them (pcre2serialize(3))
 *
 * A folder of 500 bounces needs 800 patterns of 3,500, and compiling them took an eighth of its time. The build
 * compiles the shipped ones; here they are only copied. PCRE2 refuses what another version of it has made: then they
 * are compiled after all.
 *
 * What PCRE2 writes for one pattern begins with its character tables, which are the same for all: they are kept once.
 */
#include "pattern/compiled.h"

#include "pattern/build.h"
#include "pattern/patterns.h"

#include <string.h>

static pcre2_code *compile(const BpTables *t, guint32 n) {
  int failed;
  PCRE2_SIZE at;
  return pcre2_compile((PCRE2_SPTR)BP_STR(t, t->matchers[n].pattern), PCRE2_ZERO_TERMINATED, BP_PCRE2_OPTIONS, &failed,
                       &at, NULL);
}

/* ---- keeping: how many words the character tables are, these, and the code of one pattern after the other ---------
 */

/* Bytes in words of the tables, filled up with zeros. */
static BpRange add_bytes(GArray *words, const guint8 *bytes, gsize length) {
  BpRange r = {words->len, (guint32)(length + 3) / 4};
  g_array_set_size(words, words->len + r.n);
  memcpy(&g_array_index(words, guint32, r.first), bytes, length);
  return r;
}

static BpRange add_code(GArray *words, const pcre2_code *code) {
  uint8_t *bytes;
  PCRE2_SIZE length, size;
  BpRange r = {0, 0};
  if (pcre2_serialize_encode(&code, 1, &bytes, &length, NULL) != 1)
    return r;
  pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
  guint32 before = (guint32)(length - size) / 4;
  if (words->len == 0) {
    g_array_append_val(words, before);
    add_bytes(words, bytes, before * 4);
  }
  if (before * 4 + size == length && g_array_index(words, guint32, 0) == before &&
      memcmp(&g_array_index(words, guint32, 1), bytes, before * 4) == 0)
    r = add_bytes(words, bytes + before * 4, size);
  pcre2_serialize_free(bytes);
  return r;
}

void bp_compiled_add(BpTables *t) {
  GArray *words = g_array_new(FALSE, TRUE, sizeof(guint32));
  BpMatcherRecord *matchers = (BpMatcherRecord *)(guintptr)t->matchers;
  for (guint32 i = 0; i < t->n_matchers; i++) {
    pcre2_code *code = matchers[i].pattern ? compile(t, i) : NULL;
    if (code)
      matchers[i].code = add_code(words, code);
    pcre2_code_free(code);
  }
  g_free((gpointer)(guintptr)t->compiled);
  t->n_compiled = words->len;
  t->compiled = (const guint32 *)(gconstpointer)g_array_free(words, FALSE);
}

/* ---- taking ------------------------------------------------------------------------------------------------- */

pcre2_code *bp_compiled_code(const BpTables *t, guint32 n, GByteArray *room) {
  const BpRange *r = &t->matchers[n].code;
  pcre2_code *code = NULL;
  if (r->n == 0)
    return compile(t, n);
  g_byte_array_set_size(room, 0);
  g_byte_array_append(room, (const guint8 *)(t->compiled + 1), t->compiled[0] * 4);
  g_byte_array_append(room, (const guint8 *)(t->compiled + r->first), r->n * 4);
  return pcre2_serialize_decode(&code, 1, room->data, NULL) == 1 ? code : compile(t, n);
}

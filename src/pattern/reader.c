/* reader.c - one pattern file: text in, groups of key and value out, each with its place */
#include "pattern/reader.h"

#include "bounceparse/bounceparse.h"

#include <string.h>

#define PATTERN_MAX (64 * 1024) /* with its names written out */

typedef enum {
  ONCE = 0,
  REPEAT = 1 << 0,    /* may stand several times in a group */
  TRANSLATE = 1 << 1, /* may stand as key[xx] */
  PATTERN = 1 << 2    /* a continued line is an error */
} KeyFlags;

typedef struct {
  const char *key;
  KeyFlags flags;
} Key;

#define TEXT_KEYS                                                                                                      \
  {"title", TRANSLATE}, {"meaning", TRANSLATE}, {"reason", TRANSLATE}, {"step", REPEAT | TRANSLATE}, {                 \
    "admin-step", REPEAT | TRANSLATE                                                                                   \
  }

#define EXAMPLE_KEYS                                                                                                   \
  {"example", REPEAT}, {                                                                                               \
    "counter", REPEAT                                                                                                  \
  }

static const Key causes_keys[] = {
    {"category", ONCE}, {"permanence", ONCE}, {"advice", ONCE}, {"reason-temporary", TRANSLATE}, TEXT_KEYS, {NULL, 0}};
static const Key codes_keys[] = {{"code", ONCE},  {"status", ONCE}, {"digit", ONCE}, {"name", TRANSLATE},
                                 {"cause", ONCE}, {"weak", ONCE},   TEXT_KEYS,       {NULL, 0}};
static const Key vendors_keys[] = {
    {"name", ONCE},       {"kind", ONCE},  {"host", REPEAT},  {"domain", REPEAT}, {"sign", REPEAT | PATTERN},
    {"postmaster", ONCE}, {"codes", ONCE}, {"unblock", ONCE}, {"contact", ONCE},  {"note", TRANSLATE},
    EXAMPLE_KEYS,         {NULL, 0}};
static const Key blocklists_keys[] = {{"name", TRANSLATE},
                                      {"kind", ONCE},
                                      {"zone", REPEAT},
                                      {"match", REPEAT | PATTERN},
                                      {"lookup", ONCE},
                                      {"removal", ONCE},
                                      {"status", ONCE},
                                      {"duration", TRANSLATE},
                                      {"note", TRANSLATE},
                                      {"over", REPEAT},
                                      {"list", ONCE},
                                      EXAMPLE_KEYS,
                                      {NULL, 0}};
static const Key replies_keys[] = {{"match", REPEAT | PATTERN},
                                   {"code", REPEAT},
                                   {"status", REPEAT},
                                   {"when-vendor", REPEAT},
                                   {"vendor", ONCE},
                                   {"cause", ONCE},
                                   {"weak", ONCE},
                                   {"sure", ONCE},
                                   {"guard", ONCE},
                                   {"over", REPEAT},
                                   {"reference", REPEAT},
                                   {"example-vendor", ONCE},
                                   TEXT_KEYS,
                                   EXAMPLE_KEYS,
                                   {NULL, 0}};
static const Key kinds_keys[] = {{"kind", ONCE},
                                 {"first", ONCE},
                                 {"yields", ONCE},
                                 {"recipient-header", ONCE},
                                 {"from", REPEAT | PATTERN},
                                 {"subject", REPEAT | PATTERN},
                                 {"header", REPEAT | PATTERN},
                                 {"body", REPEAT | PATTERN},
                                 {"source", REPEAT},
                                 EXAMPLE_KEYS,
                                 {NULL, 0}};
static const Key phrases_keys[] = {{"lang", ONCE},
                                   {"failure", REPEAT | PATTERN},
                                   {"delay", REPEAT | PATTERN},
                                   {"success", REPEAT | PATTERN},
                                   {"sender", REPEAT | PATTERN},
                                   {"subject", REPEAT | PATTERN},
                                   {"original", REPEAT | PATTERN},
                                   {"footer", REPEAT | PATTERN},
                                   {"recipient", REPEAT | PATTERN},
                                   {"not-recipient", REPEAT | PATTERN},
                                   {"reason", REPEAT | PATTERN},
                                   {"mail", REPEAT | PATTERN},
                                   {"robot", REPEAT | PATTERN},
                                   {"undone", REPEAT | PATTERN},
                                   {"supposed", REPEAT | PATTERN},
                                   {"another", REPEAT | PATTERN},
                                   {"toward", REPEAT | PATTERN},
                                   {"mailer", REPEAT | PATTERN},
                                   {"person", REPEAT | PATTERN},
                                   {"nobody", REPEAT | PATTERN},
                                   {"of-others", REPEAT | PATTERN},
                                   {"cause", ONCE},
                                   {"verp", REPEAT | PATTERN},
                                   {"before-at", REPEAT | PATTERN},
                                   {"slip", REPEAT},
                                   {"contraction", REPEAT},
                                   {"domain", REPEAT},
                                   {"fact", REPEAT | PATTERN},
                                   {"context", REPEAT | PATTERN},
                                   {"stated", REPEAT | PATTERN},
                                   EXAMPLE_KEYS,
                                   {NULL, 0}};
static const Key layouts_keys[] = {{"software", ONCE},
                                   {"source", REPEAT},
                                   {"from", REPEAT | PATTERN},
                                   {"subject", REPEAT | PATTERN},
                                   {"header", REPEAT | PATTERN},
                                   {"body", REPEAT | PATTERN},
                                   {"kind", ONCE},
                                   {"wraps", ONCE},
                                   {"refuses", ONCE},
                                   {"one-reply", ONCE},
                                   {"delay", REPEAT | PATTERN},
                                   {"success", REPEAT | PATTERN},
                                   {"start", REPEAT | PATTERN},
                                   {"stop", REPEAT | PATTERN},
                                   {"recipient", REPEAT | PATTERN},
                                   {"recipient-header", REPEAT},
                                   {"returned", ONCE},
                                   {"reply", REPEAT | PATTERN},
                                   {"context", REPEAT | PATTERN},
                                   {"log-failed", REPEAT | PATTERN},
                                   {"log-delayed", REPEAT | PATTERN},
                                   EXAMPLE_KEYS,
                                   {NULL, 0}};

static const Key words_keys[] = {{"reply", REPEAT}, {NULL, 0}};

static const Key *const keys_of[BP_N_FILES] = {
    [BP_FILE_CAUSES] = causes_keys,         [BP_FILE_CODES] = codes_keys,     [BP_FILE_VENDORS] = vendors_keys,
    [BP_FILE_BLOCKLISTS] = blocklists_keys, [BP_FILE_KINDS] = kinds_keys,     [BP_FILE_PHRASES] = phrases_keys,
    [BP_FILE_REPLIES] = replies_keys,       [BP_FILE_LAYOUTS] = layouts_keys, [BP_FILE_WORDS] = words_keys,
};

static const Key disabled_key = {"disabled", ONCE};
static const Key define_key = {"define", REPEAT | PATTERN};
static const Key head_keys[] = {{"vendor", ONCE}, {"over", REPEAT}, {NULL, 0}}; /* of replies */

gboolean bp_file_kind(const char *path, BpFileKind *kind) {
  static const char *const names[] = {
      [BP_FILE_CAUSES] = "causes.conf",         [BP_FILE_CODES] = "codes.conf", [BP_FILE_VENDORS] = "vendors.conf",
      [BP_FILE_BLOCKLISTS] = "blocklists.conf", [BP_FILE_KINDS] = "kinds.conf", [BP_FILE_PHRASES] = "phrases.conf"};
  static const struct {
    const char *prefix;
    BpFileKind kind;
  } folders[] = {{"replies/", BP_FILE_REPLIES}, {"layouts/", BP_FILE_LAYOUTS}, {"words/", BP_FILE_WORDS}};
  if (!g_str_has_suffix(path, ".conf"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_str_equal(path, names[i])) {
      *kind = (BpFileKind)i;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
    if (g_str_has_prefix(path, folders[i].prefix)) {
      *kind = folders[i].kind;
      return TRUE;
    }
  return FALSE;
}

static void group_free(gpointer data) {
  BpGroup *group = data;
  g_free(group->id);
  g_array_unref(group->pairs);
  g_free(group);
}

void bp_pattern_file_free(BpPatternFile *file) {
  g_free(file->name);
  g_array_unref(file->head);
  g_ptr_array_unref(file->groups);
  g_ptr_array_unref(file->texts);
  g_free(file);
}

typedef struct {
  BpPatternFile *file;
  BpGroup *group; /* NULL in the head */
  guint line;
  const Key *last; /* the key that a continuing line would continue, or NULL */
} Reading;

static gboolean complain(const Reading *r, gsize column, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);
static gboolean complain(const Reading *r, gsize column, GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN, "%s:%u:%" G_GSIZE_FORMAT ": %s", r->file->name,
              r->line, column, text);
  return FALSE;
}

static char *keep(Reading *r, char *text) {
  g_ptr_array_add(r->file->texts, text);
  return text;
}

static gboolean valid_id(const char *id) {
  return *id && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static const Key *find_key(const Reading *r, const char *name) {
  if (!r->group && g_str_equal(name, "define"))
    return &define_key;
  if (!r->group && r->file->kind != BP_FILE_REPLIES)
    return NULL;
  for (const Key *key = r->group ? keys_of[r->file->kind] : head_keys; key->key; key++)
    if (g_str_equal(key->key, name))
      return key;
  return r->group && g_str_equal(name, "disabled") ? &disabled_key : NULL;
}

static GArray *current_pairs(const Reading *r) {
  return r->group ? r->group->pairs : r->file->head;
}

static gboolean already_there(const Reading *r, const BpPair *pair) {
  GArray *pairs = current_pairs(r);
  for (guint i = 0; i < pairs->len; i++) {
    const BpPair *p = &g_array_index(pairs, BpPair, i);
    if (g_str_equal(p->key, pair->key) && g_strcmp0(p->lang, pair->lang) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean read_group(Reading *r, char *line, GError **error) {
  char *end = strchr(line, ']');
  if (!end || end[1])
    return complain(r, strlen(line), error, "a group is written [id] on a line of its own");
  *end = '\0';
  if (!valid_id(line + 1))
    return complain(r, 2, error, "the id [%s] is not made of a-z, 0-9 and -", line + 1);
  for (guint i = 0; i < r->file->groups->len; i++) {
    const BpGroup *other = g_ptr_array_index(r->file->groups, i);
    if (g_str_equal(other->id, line + 1))
      return complain(r, 2, error, "[%s] stands a second time (first in line %u)", line + 1, other->line);
  }
  r->group = g_new0(BpGroup, 1);
  r->group->id = g_strdup(line + 1);
  r->group->pairs = g_array_new(FALSE, FALSE, sizeof(BpPair));
  r->group->line = r->line;
  r->last = NULL;
  g_ptr_array_add(r->file->groups, r->group);
  return TRUE;
}

/* Splits "step[de]" into key and language. */
static gboolean split_language(Reading *r, char *name, const char **lang, GError **error) {
  *lang = NULL;
  char *bracket = strchr(name, '[');
  if (!bracket)
    return TRUE;
  char *end = strchr(bracket, ']');
  if (!end || end[1] || end == bracket + 1)
    return complain(r, (gsize)(bracket - name) + 1, error, "a translation is written key[xx]=");
  *bracket = *end = '\0';
  *lang = bracket + 1;
  return TRUE;
}

/* ---- define=NAME PATTERN in the head, (?&NAME) in the patterns below ------------------------------------------ */

/* What the head defines a name as, NULL where it does not. */
static const char *definition(const Reading *r, const char *name, gsize length) {
  for (guint i = 0; i < r->file->head->len; i++) {
    const BpPair *pair = &g_array_index(r->file->head, BpPair, i);
    if (pair->key == define_key.key && strncmp(pair->value, name, length) == 0 && pair->value[length] == ' ')
      return pair->value + length + 1;
  }
  return NULL;
}

/* Writes out the defined names of a pattern. A name without a definition is left to PCRE2, to which it is one of a
 * group in the pattern. */
static gboolean write_out(Reading *r, const char **pattern, GError **error) {
  GString *out = g_string_new(NULL);
  const char *p = *pattern;
  for (const char *call, *end; (call = strstr(p, "(?&")) && (end = strchr(call, ')')) && out->len <= PATTERN_MAX;
       p = end + 1) {
    const char *as = definition(r, call + 3, (gsize)(end - call) - 3);
    g_string_append_len(out, p, (as ? call : end + 1) - p);
    if (as)
      g_string_append_printf(out, "(?:%s)", as);
  }
  g_string_append(out, p);
  gsize length = out->len;
  *pattern = keep(r, g_string_free(out, FALSE));
  return length <= PATTERN_MAX || complain(r, 1, error, "a pattern longer than 64 KiB");
}

static gboolean read_definition(Reading *r, const BpPair *pair, GError **error) {
  gsize length = strspn(pair->value, "abcdefghijklmnopqrstuvwxyz_");
  if (length == 0 || pair->value[length] != ' ')
    return complain(r, 1, error, "a definition is written define=name pattern, the name of a-z and _");
  if (definition(r, pair->value, length))
    return complain(r, 1, error, "\"%.*s\" is defined a second time", (int)length, pair->value);
  return TRUE;
}

static gboolean read_pair(Reading *r, char *line, GError **error) {
  char *equals = strchr(line, '=');
  if (!equals)
    return complain(r, 1, error, "neither a comment, [id] nor key=value");
  *equals = '\0';
  BpPair pair = {.line = r->line, .value = g_strstrip(equals + 1)};
  char *name = g_strstrip(line);
  if (!split_language(r, name, &pair.lang, error))
    return FALSE;
  const Key *key = find_key(r, name);
  if (!key)
    return complain(r, 1, error, "unknown key \"%s\"", name);
  if (pair.lang && !(key->flags & TRANSLATE))
    return complain(r, 1, error, "\"%s\" has no translations", name);
  pair.key = key->key;
  if (!(key->flags & REPEAT) && already_there(r, &pair))
    return complain(r, 1, error, "\"%s\" stands a second time in this group", name);
  if ((key->flags & PATTERN) && strstr(pair.value, "(?&") && !write_out(r, &pair.value, error))
    return FALSE;
  if (key == &define_key && !read_definition(r, &pair, error))
    return FALSE;
  g_array_append_val(current_pairs(r), pair);
  r->last = key;
  return TRUE;
}

static gboolean continue_pair(Reading *r, char *line, GError **error) {
  GArray *pairs = current_pairs(r);
  if (!r->last || pairs->len == 0)
    return complain(r, 1, error, "continues no value");
  if (r->last->flags & PATTERN)
    return complain(r, 1, error, "a pattern cannot be continued on the next line");
  BpPair *pair = &g_array_index(pairs, BpPair, pairs->len - 1);
  pair->value = keep(r, g_strconcat(pair->value, *pair->value ? " " : "", g_strstrip(line), NULL));
  return TRUE;
}

static gboolean read_line(Reading *r, char *line, GError **error) {
  if (*line == '#' || strspn(line, " \t") == strlen(line))
    return TRUE;
  if (*line == ' ' || *line == '\t')
    return continue_pair(r, line, error);
  if (*line == '[')
    return read_group(r, line, error);
  return read_pair(r, line, error);
}

BpPatternFile *bp_pattern_file_read(const char *name, BpFileKind kind, const char *text, gsize length, GError **error) {
  g_autoptr(BpPatternFile) file = g_new0(BpPatternFile, 1);
  file->name = g_strdup(name);
  file->kind = kind;
  file->head = g_array_new(FALSE, FALSE, sizeof(BpPair));
  file->groups = g_ptr_array_new_with_free_func(group_free);
  file->texts = g_ptr_array_new_with_free_func(g_free);
  Reading r = {.file = file};
  char *copy = keep(&r, g_malloc(length + 1));
  memcpy(copy, text, length);
  copy[length] = '\0';
  for (char *line = copy, *next; line < copy + length; line = next) {
    char *end = memchr(line, '\n', (gsize)(copy + length - line));
    next = end ? end + 1 : copy + length;
    r.line++;
    if (!end)
      end = copy + length;
    const char *bad;
    if (!g_utf8_validate_len(line, (gsize)(end - line), &bad)) {
      complain(&r, (gsize)(bad - line) + 1, error, *bad ? "not UTF-8" : "a NUL byte");
      return NULL;
    }
    if (end > line && end[-1] == '\r')
      end--;
    *end = '\0';
    if (!read_line(&r, line, error))
      return NULL;
  }
  return g_steal_pointer(&file);
}

/* options.c - the command line, one table for all subcommands */
#include "cli/options.h"

#include "cli/error.h"

#include <errno.h>
#include <getopt.h>
#include <glib/gi18n.h>
#include <string.h>

/* Options without a letter. */
enum {
  JSON = 256,
  BRIEF,
  LANG,
  PATTERNS,
  HEADER,
  VERP,
  MBOX,
  RECURSIVE,
  FILES_FROM,
  CAUSE,
  CATEGORY,
  KIND,
  ADVICE,
  LIMIT,
  LIMIT_MESSAGE,
  NUL,
  LOG,
  NO_SANDBOX,
  VENDOR,
  VERSION,
};

typedef struct {
  const char *name;
  int key;
  int has_value;
  guint commands;
} Known;

#define READERS (CLI_ANALYSE | CLI_EXPLAIN)
#define MAIL (CLI_ANALYSE | CLI_FILTER) /* those that read mail */
#define ALL (READERS | CLI_PATTERNS | CLI_FILTER)

static const Known known[] = {
    {"json", JSON, no_argument, READERS},
    {"brief", BRIEF, no_argument, READERS},
    {"lang", LANG, required_argument, ALL},
    {"patterns", PATTERNS, required_argument, ALL},
    {"header", HEADER, required_argument, CLI_ANALYSE},
    {"verp", VERP, required_argument, MAIL},
    {"mbox", MBOX, no_argument, CLI_ANALYSE},
    {"recursive", RECURSIVE, no_argument, CLI_ANALYSE},
    {"files-from", FILES_FROM, required_argument, CLI_ANALYSE},
    {"quiet", 'q', no_argument, CLI_ANALYSE},
    {"cause", CAUSE, required_argument, CLI_ANALYSE | CLI_PATTERNS},
    {"category", CATEGORY, required_argument, CLI_ANALYSE},
    {"kind", KIND, required_argument, CLI_ANALYSE},
    {"advice", ADVICE, required_argument, CLI_ANALYSE},
    {"limit", LIMIT, required_argument, MAIL},
    {"limit-message", LIMIT_MESSAGE, required_argument, MAIL},
    {"no-sandbox", NO_SANDBOX, no_argument, MAIL},
    {"log", LOG, required_argument, CLI_EXPLAIN},
    {"null", NUL, no_argument, CLI_EXPLAIN},
    {"vendor", VENDOR, required_argument, CLI_PATTERNS},
    {"help", 'h', no_argument, ALL},
    {"version", VERSION, no_argument, ALL},
};

static const char *const limit_names[CLI_N_LIMITS] = {
    [BOUNCEPARSE_LIMIT_MESSAGE] = "message",       [BOUNCEPARSE_LIMIT_HEADER_BLOCK] = "header-block",
    [BOUNCEPARSE_LIMIT_FIELDS] = "fields",         [BOUNCEPARSE_LIMIT_FIELD] = "field",
    [BOUNCEPARSE_LIMIT_PARTS] = "parts",           [BOUNCEPARSE_LIMIT_DEPTH] = "depth",
    [BOUNCEPARSE_LIMIT_RECIPIENTS] = "recipients", [BOUNCEPARSE_LIMIT_TEXT] = "text",
};

static const char kinds[] = "failure,delay,success,auto-reply,challenge,complaint,receipt,other";
static const char categories[] = "recipient,domain,network,system,message,sender,rate,protocol,other";
static const char advices[] = "remove,retry,fix,review";

/* ---- values ------------------------------------------------------------------------------------------------- */

static gboolean complain_value(const char *name, const char *value, const char *reason) {
  g_autofree char *option = g_strdup_printf("--%s %s", name, value);
  cli_complain_usage(option, reason);
  return FALSE;
}

gboolean cli_list_holds(const char *list, const char *name) {
  gsize length = name ? strlen(name) : 0;
  while (list && length > 0) {
    gsize item = strcspn(list, ",");
    if (item == length && strncmp(list, name, length) == 0)
      return TRUE;
    list = list[item] ? list + item + 1 : NULL;
  }
  return FALSE;
}

/* A misspelt name would make a condition that is never true. */
static gboolean set_list(const char **to, const char *option, const char *value, const char *allowed) {
  g_auto(GStrv) items = g_strsplit(value, ",", -1);
  if (!*items)
    return complain_value(option, value, _("a value is missing"));
  for (char **item = items; *item; item++)
    if (!**item || (allowed && !cli_list_holds(allowed, *item))) {
      g_autofree char *reason =
          allowed ? g_strdup_printf(_("must be of %s"), allowed) : g_strdup(_("a value is missing"));
      return complain_value(option, value, reason);
    }
  *to = value;
  return TRUE;
}

/* A count or size with K, M or G behind it for powers of 1024; 0 where it is neither. */
static gsize read_size(const char *text) {
  char *end;
  errno = 0;
  guint64 n = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
  if (n == 0 || errno)
    return 0;
  const char *unit = *end ? strchr("KMG", g_ascii_toupper(*end)) : NULL;
  if (*end && (!unit || end[1]))
    return 0;
  guint shift = !unit ? 0 : *unit == 'K' ? 10 : *unit == 'M' ? 20 : 30;
  return n > (G_MAXSIZE >> shift) ? 0 : (gsize)n << shift;
}

static gboolean set_limit(CliOptions *o, BounceparseLimit limit, const char *option, const char *value,
                          const char *size) {
  o->limits[limit] = read_size(size);
  return o->limits[limit] > 0 ||
         complain_value(option, value, _("must be a number above 0, with or without K, M or G"));
}

/* NAME=VALUE */
static gboolean set_named_limit(CliOptions *o, const char *value) {
  gsize length = strcspn(value, "=");
  for (guint i = 0; value[length] && i < CLI_N_LIMITS; i++)
    if (strlen(limit_names[i]) == length && strncmp(limit_names[i], value, length) == 0)
      return set_limit(o, (BounceparseLimit)i, "limit", value, value + length + 1);
  g_autoptr(GString) reason = g_string_new(_("must be NAME=VALUE with a name of"));
  for (guint i = 0; i < CLI_N_LIMITS; i++)
    g_string_append_printf(reason, i == 0 ? " %s" : ", %s", limit_names[i]);
  return complain_value("limit", value, reason->str);
}

static gboolean add(GPtrArray *to, const char *option, char *value) {
  if (!*value)
    return complain_value(option, value, _("a value is missing"));
  g_ptr_array_add(to, value);
  return TRUE;
}

/* ---- options ------------------------------------------------------------------------------------------------ */

static gboolean set(CliOptions *o, int key, char *value) {
  switch (key) {
  case JSON:
    return o->json = TRUE;
  case BRIEF:
    return o->brief = TRUE;
  case MBOX:
    return o->mbox = TRUE;
  case RECURSIVE:
    return o->recursive = TRUE;
  case NUL:
    return o->null = TRUE;
  case LOG:
    o->log = value;
    return TRUE;
  case NO_SANDBOX:
    return o->no_sandbox = TRUE;
  case 'q':
    return o->quiet = TRUE;
  case 'h':
    return o->help = TRUE;
  case VERSION:
    return o->version = TRUE;
  case LANG:
    o->lang = value;
    return *value || complain_value("lang", value, _("a value is missing"));
  case PATTERNS:
    return add(o->patterns, "patterns", value);
  case HEADER:
    return add(o->headers, "header", value);
  case VERP:
    return add(o->verp, "verp", value);
  case FILES_FROM:
    return add(o->files_from, "files-from", value);
  case KIND:
    return set_list(&o->kind, "kind", value, kinds);
  case CATEGORY:
    return set_list(&o->category, "category", value, categories);
  case ADVICE:
    return set_list(&o->advice, "advice", value, advices);
  case CAUSE:
    return set_list(&o->cause, "cause", value, NULL);
  case VENDOR:
    return set_list(&o->vendor, "vendor", value, NULL);
  case LIMIT:
    return set_named_limit(o, value);
  case LIMIT_MESSAGE:
    return set_limit(o, BOUNCEPARSE_LIMIT_MESSAGE, "limit-message", value, value);
  }
  return FALSE;
}

static const Known *find_key(int key) {
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
    if (known[i].key == key)
      return &known[i];
  return NULL;
}

/* What getopt_long() took offence at: it leaves a key in optopt, or a letter, or 0 for a long option that is none. */
static gboolean complain_getopt(int result, char **argv) {
  const Known *option = find_key(optopt);
  const char letter[] = {'-', (char)optopt, '\0'};
  g_autofree char *name = option ? g_strdup_printf("--%s", option->name) : g_strdup(optopt ? letter : argv[optind - 1]);
  cli_complain_usage(name, result == ':' ? _("a value is missing")
                           : option      ? _("takes no value here")
                                         : _("unknown option"));
  return FALSE;
}

static void fill_table(struct option *table, CliCommand command) {
  gsize n = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
    if (known[i].commands & command)
      table[n++] = (struct option){known[i].name, known[i].has_value, NULL, known[i].key};
  table[n] = (struct option){0};
}

gboolean cli_options_parse(CliOptions *o, CliCommand command, int argc, char **argv) {
  struct option table[G_N_ELEMENTS(known) + 1];
  int key;
  *o = (CliOptions){.patterns = g_ptr_array_new(),
                    .headers = g_ptr_array_new(),
                    .verp = g_ptr_array_new(),
                    .files_from = g_ptr_array_new()};
  fill_table(table, command);
  opterr = 0;
  while ((key = getopt_long(argc, argv, command & CLI_ANALYSE ? ":qh" : ":h", table, NULL)) != -1)
    if (key == '?' || key == ':' ? !complain_getopt(key, argv) : !set(o, key, optarg))
      return FALSE;
  o->arguments = argv + optind;
  o->n_arguments = (guint)(argc - optind);
  return TRUE;
}

void cli_options_clear(CliOptions *o) {
  g_clear_pointer(&o->patterns, g_ptr_array_unref);
  g_clear_pointer(&o->headers, g_ptr_array_unref);
  g_clear_pointer(&o->verp, g_ptr_array_unref);
  g_clear_pointer(&o->files_from, g_ptr_array_unref);
}

static gboolean takes_next(const char *argument) {
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
    if (known[i].has_value == required_argument && g_str_equal(argument + 2, known[i].name))
      return TRUE;
  return FALSE;
}

int cli_options_first_argument(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] != '-' || !argv[i][1])
      return i;
    if (g_str_equal(argv[i], "--"))
      break;
    if (argv[i][1] == '-' && takes_next(argv[i]))
      i++;
  }
  return argc;
}

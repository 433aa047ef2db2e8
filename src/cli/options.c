/* options.c - the command line, one table for all subcommands */
#include "cli/options.h"

#include "cli/error.h"
#include "cli/language.h"

#include <errno.h>
#include <getopt.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

/* What the value of an option is, and how it is kept. */
typedef enum {
  FLAG,          /* none: a gboolean */
  TEXT,          /* a const char * */
  LANGUAGE,      /* the same: what is wrong with later options is told in it */
  WORDS,         /* the same, separated by commas, of those allowed */
  LIST,          /* may be repeated: a GPtrArray * */
  COUNT,         /* from 0: a gint64 */
  NUMBER,        /* from 1: a gint64 */
  FIRST_DAY,     /* a date: the gint64 when it begins */
  LAST_DAY,      /* a date: the gint64 when the next one begins */
  LIMIT,         /* NAME=SIZE */
  LIMIT_MESSAGE, /* SIZE */
} Form;

typedef struct {
  const char *name;
  Form form;
  gsize offset; /* in CliOptions */
  guint commands;
  const char *allowed; /* the words; NULL for any */
} Known;

#define OFFSET(member) G_STRUCT_OFFSET(CliOptions, member)
#define INPUTS (CLI_ANALYSE | CLI_SCAN | CLI_SUMMARY) /* those that read files and folders */
#define MAIL (INPUTS | CLI_FILTER | CLI_WORKER)       /* those that read mail */
#define STORES (CLI_SCAN | CLI_SUMMARY | CLI_SUPPRESS | CLI_WORKER)
#define QUEUES (CLI_ENQUEUE | CLI_WORKER)
#define ALL (MAIL | STORES | QUEUES | CLI_EXPLAIN | CLI_PATTERNS)
#define THINKERS (ALL & ~(CLI_SUPPRESS | CLI_ENQUEUE)) /* those that need patterns */

#define KINDS "failure,delay,success,auto-reply,challenge,complaint,receipt,other"
#define CATEGORIES "recipient,domain,network,system,message,sender,rate,protocol,other"
#define ADVICES "remove,retry,fix,review"

static const Known known[] = {
    {"json", FLAG, OFFSET(json), CLI_ANALYSE | CLI_EXPLAIN | CLI_SUMMARY},
    {"brief", FLAG, OFFSET(brief), CLI_ANALYSE | CLI_EXPLAIN | CLI_SCAN | CLI_WORKER},
    {"lang", LANGUAGE, OFFSET(lang), ALL},
    {"patterns", LIST, OFFSET(patterns), THINKERS},
    {"header", LIST, OFFSET(headers), CLI_ANALYSE | CLI_SCAN | CLI_WORKER},
    {"verp", LIST, OFFSET(verp), MAIL},
    {"mbox", FLAG, OFFSET(mbox), INPUTS},
    {"recursive", FLAG, OFFSET(recursive), INPUTS},
    {"files-from", LIST, OFFSET(files_from), INPUTS},
    {"jobs", NUMBER, OFFSET(jobs), INPUTS | CLI_WORKER},
    {"quiet", FLAG, OFFSET(quiet), CLI_ANALYSE},
    {"kind", WORDS, OFFSET(kind), CLI_ANALYSE | CLI_SCAN, KINDS},
    {"cause", WORDS, OFFSET(cause), CLI_ANALYSE | CLI_PATTERNS | CLI_SUMMARY},
    {"category", WORDS, OFFSET(category), CLI_ANALYSE, CATEGORIES},
    {"advice", WORDS, OFFSET(advice), CLI_ANALYSE, ADVICES},
    {"limit", LIMIT, 0, MAIL},
    {"limit-message", LIMIT_MESSAGE, 0, MAIL | CLI_ENQUEUE},
    {"no-sandbox", FLAG, OFFSET(no_sandbox), THINKERS},
    {"log", TEXT, OFFSET(log), CLI_EXPLAIN},
    {"null", FLAG, OFFSET(null), CLI_EXPLAIN},
    {"vendor", WORDS, OFFSET(vendor), CLI_PATTERNS},
    {"db", TEXT, OFFSET(db), STORES},
    {"queue", TEXT, OFFSET(queue), QUEUES},
    {"name", TEXT, OFFSET(name), QUEUES},
    {"classic", FLAG, OFFSET(classic), QUEUES},
    {"password-file", TEXT, OFFSET(password_file), QUEUES},
    {"publish", TEXT, OFFSET(publish), CLI_WORKER},
    {"prefetch", NUMBER, OFFSET(prefetch), CLI_WORKER},
    {"metrics", TEXT, OFFSET(metrics), CLI_WORKER},
    {"format", WORDS, OFFSET(format), CLI_SCAN, "text,jsonl,csv"},
    {"format", WORDS, OFFSET(format), CLI_SUPPRESS, "plain,csv,listmonk,mailman,postfix"},
    {"output", TEXT, OFFSET(output), CLI_SCAN | CLI_SUPPRESS},
    {"forget", NUMBER, OFFSET(forget), CLI_SCAN},
    {"move-to", TEXT, OFFSET(move_to), CLI_SCAN},
    {"mark-seen", FLAG, OFFSET(mark_seen), CLI_SCAN},
    {"html", TEXT, OFFSET(html), CLI_SUMMARY},
    {"since", FIRST_DAY, OFFSET(since), CLI_SUMMARY},
    {"until", LAST_DAY, OFFSET(until), CLI_SUMMARY},
    {"domain", WORDS, OFFSET(domain), CLI_SUMMARY},
    {"soft", COUNT, OFFSET(soft), CLI_SUPPRESS},
    {"days", NUMBER, OFFSET(days), CLI_SUPPRESS},
    {"expire", NUMBER, OFFSET(expire), CLI_SUPPRESS},
    {"delivered", TEXT, OFFSET(delivered), CLI_SUPPRESS},
    {"list-size", NUMBER, OFFSET(list_size), CLI_SUPPRESS},
    {"dry-run", FLAG, OFFSET(dry_run), CLI_SUPPRESS},
    {"force", FLAG, OFFSET(force), CLI_SUPPRESS},
    {"help", FLAG, OFFSET(help), ALL},
    {"version", FLAG, OFFSET(version), ALL},
};

/* Options that a letter stands for as well. */
static const struct {
  char letter;
  const char *name;
} letters[] = {{'q', "quiet"}, {'h', "help"}};

static const char *const limit_names[CLI_N_LIMITS] = {
    [BOUNCEPARSE_LIMIT_MESSAGE] = "message",       [BOUNCEPARSE_LIMIT_HEADER_BLOCK] = "header-block",
    [BOUNCEPARSE_LIMIT_FIELDS] = "fields",         [BOUNCEPARSE_LIMIT_FIELD] = "field",
    [BOUNCEPARSE_LIMIT_PARTS] = "parts",           [BOUNCEPARSE_LIMIT_DEPTH] = "depth",
    [BOUNCEPARSE_LIMIT_RECIPIENTS] = "recipients", [BOUNCEPARSE_LIMIT_TEXT] = "text",
};

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

/* A misspelt name would make a condition that is never true. One value is enough for a format. */
static gboolean set_words(const char **to, const char *option, const char *value, const char *allowed) {
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

static gboolean set_number(gint64 *to, gint64 least, const char *option, const char *value) {
  guint64 n;
  if (!g_ascii_string_to_unsigned(value, 10, (guint64)least, 1000000000, &n, NULL)) {
    g_autofree char *reason = g_strdup_printf(_("must be a number from %d"), (int)least);
    return complain_value(option, value, reason);
  }
  *to = (gint64)n;
  return TRUE;
}

/* A day as YYYY-MM-DD, in UTC; its beginning, and that of the day that is later by so many. */
static gboolean set_day(gint64 *to, int later, const char *option, const char *value) {
  int year, month, day, end = 0;
  if (sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && !value[end] && year > 0) {
    g_autoptr(GDateTime) date = g_date_time_new_utc(year, month, day, 0, 0, 0);
    g_autoptr(GDateTime) then = date ? g_date_time_add_days(date, later) : NULL;
    if (then) {
      *to = g_date_time_to_unix(then);
      return TRUE;
    }
  }
  return complain_value(option, value, _("must be a date, YYYY-MM-DD"));
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

static gboolean set_language(const char **to, const char *option, const char *value) {
  if (!*value)
    return complain_value(option, value, _("a value is missing"));
  *to = value;
  cli_language_begin(value, TRUE);
  return TRUE;
}

static gboolean add(GPtrArray *to, const char *option, char *value) {
  if (!*value)
    return complain_value(option, value, _("a value is missing"));
  g_ptr_array_add(to, value);
  return TRUE;
}

/* ---- options ------------------------------------------------------------------------------------------------ */

static gboolean set(CliOptions *o, const Known *option, char *value) {
  gpointer member = G_STRUCT_MEMBER_P(o, option->offset);
  switch (option->form) {
  case FLAG:
    return *(gboolean *)member = TRUE;
  case TEXT:
    *(const char **)member = value;
    return *value || complain_value(option->name, value, _("a value is missing"));
  case LANGUAGE:
    return set_language(member, option->name, value);
  case WORDS:
    return set_words(member, option->name, value, option->allowed);
  case LIST:
    return add(*(GPtrArray **)member, option->name, value);
  case COUNT:
    return set_number(member, 0, option->name, value);
  case NUMBER:
    return set_number(member, 1, option->name, value);
  case FIRST_DAY:
    return set_day(member, 0, option->name, value);
  case LAST_DAY:
    return set_day(member, 1, option->name, value);
  case LIMIT:
    return set_named_limit(o, value);
  case LIMIT_MESSAGE:
    return set_limit(o, BOUNCEPARSE_LIMIT_MESSAGE, option->name, value, value);
  }
  return FALSE;
}

/* Keys are places in the table, above all letters. */
#define KEY(i) (256 + (int)(i))

static const Known *find_key(int key) {
  for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
    for (gsize k = 0; letters[i].letter == key && k < G_N_ELEMENTS(known); k++)
      if (g_str_equal(known[k].name, letters[i].name))
        return &known[k];
  return key >= KEY(0) && key < KEY(G_N_ELEMENTS(known)) ? &known[key - KEY(0)] : NULL;
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
      table[n++] = (struct option){known[i].name, known[i].form == FLAG ? no_argument : required_argument, NULL, KEY(i)};
  table[n] = (struct option){0};
}

gboolean cli_options_parse(CliOptions *o, CliCommand command, int argc, char **argv) {
  struct option table[G_N_ELEMENTS(known) + 1];
  int key;
  *o = (CliOptions){.patterns = g_ptr_array_new(),
                    .headers = g_ptr_array_new(),
                    .verp = g_ptr_array_new(),
                    .files_from = g_ptr_array_new(),
                    .since = -1,
                    .until = -1,
                    .jobs = -1,
                    .forget = -1,
                    .soft = -1,
                    .days = -1,
                    .expire = -1,
                    .list_size = -1,
                    .prefetch = -1};
  fill_table(table, command);
  opterr = 0;
  while ((key = getopt_long(argc, argv, command & CLI_ANALYSE ? ":qh" : ":h", table, NULL)) != -1)
    if (key == '?' || key == ':' ? !complain_getopt(key, argv) : !set(o, find_key(key), optarg))
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
    if (known[i].form != FLAG && g_str_equal(argument + 2, known[i].name))
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

/* begin.c - what every command begins with: its options, its language, --help and --version */
#include "cli/command.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/output.h"

#include <glib/gi18n.h>
#include <sysexits.h>

static int print(const char *text) {
  CliOutput output;
  cli_output_begin(&output, NULL);
  g_string_append(output.text, text);
  return cli_output_end(&output);
}

/* What is for programs does not follow the locale. A page is for people. */
static gboolean is_for_programs(const CliOptions *o) {
  return (o->json && !o->html) || o->publish || g_strcmp0(o->format, "jsonl") == 0;
}

gboolean cli_begin(CliOptions *o, CliCommand command, const char *help, int argc, char **argv, int *status) {
  *status = EX_USAGE;
  if (!cli_options_parse(o, command, argc, argv))
    return FALSE;
  o->language = cli_language_begin(o->lang, !is_for_programs(o));
  if (!o->help && !o->version)
    return TRUE;
  *status = print(o->help ? _(help) : "bounceparse " BP_VERSION "\n");
  return FALSE;
}

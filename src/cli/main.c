/* main.c - the program: finds the subcommand and runs it */
#include "cli/command.h"
#include "cli/language.h"
#include "cli/options.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>

static const struct {
  const char *name;
  CliRun run;
} commands[] = {
    {"enqueue", cli_enqueue}, {"explain", cli_explain}, {"filter", cli_filter},     {"patterns", cli_patterns},
    {"scan", cli_scan},       {"summary", cli_summary}, {"suppress", cli_suppress}, {"worker", cli_worker},
};

static CliRun find_command(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    if (g_str_equal(name, commands[i].name))
      return commands[i].run;
  return NULL;
}

/* The subcommand's name becomes argv[0]; options that stand before it are its own. */
static int run(int argc, char **argv) {
  int at = cli_options_first_argument(argc, argv);
  CliRun command = at < argc ? find_command(argv[at]) : NULL;
  if (!command)
    return cli_analyse(argc, argv);
  char *name = argv[at];
  memmove(argv + 2, argv + 1, (gsize)(at - 1) * sizeof *argv);
  argv[1] = name;
  return command(argc - 1, argv + 1);
}

int main(int argc, char **argv) {
  /* A reader that has gone and a file that is full are errors of write(), not an end without a word. */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (argc < 1)
    return EX_USAGE;
  cli_language_begin(NULL, TRUE); /* for what is wrong with the options */
  return run(argc, argv);
}

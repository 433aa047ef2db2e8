/* error.h - the one way in which the program says that something is wrong */
#pragma once

#include <glib.h>

/* Writes one line to stderr: "bounceparse: INPUT: REASON". What a terminal could act on is made visible. */
void cli_complain(const char *input, const char *reason);

/* The same for what is wrong with the command line; adds where help is to be found. */
void cli_complain_usage(const char *option, const char *reason);

/* The reason that an errno stands for, in the reader's language. */
const char *cli_errno_text(int error);

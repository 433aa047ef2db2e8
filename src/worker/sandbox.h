/* sandbox.h - what a process that reads mail gives up before it does */
#pragma once

#include <glib.h>

typedef enum {
  BP_SANDBOX_ANALYSE, /* the main command: may read any file, write none */
  BP_SANDBOX_CHILD    /* a child that is handed its mail: may read the libraries it still loads */
} BpSandboxProfile;

/* Restricts this process for good, with Landlock and seccomp: no exec, no network, no tracing, no file beyond the
 * profile. What the kernel does not know is left out without a word. Patterns must be loaded and output opened before.
 */
void bp_sandbox_enter(BpSandboxProfile profile);

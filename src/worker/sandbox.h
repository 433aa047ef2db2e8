/* sandbox.h - what a process that reads mail gives up before it does */
#pragma once

#include <glib.h>

/* One for each way in which foreign bytes are read. */
typedef enum {
  BP_SANDBOX_ANALYSE,  /* the main command: reads any file and folder */
  BP_SANDBOX_EXPLAIN,  /* explain: reads stdin or a log that is open already */
  BP_SANDBOX_PATTERNS, /* patterns: pattern files may lie anywhere */
  BP_SANDBOX_CHILD     /* a child that is handed its mail and hands back its answer */
} BpSandboxProfile;

/* Restricts this process for good, with Landlock and seccomp: no other program, process or thread, no network, no signal
 * to others, nothing written but to what is open already, no file read but what the profile says and the libraries still
 * to load. What the kernel does not know is left out without a word. Output must be open before; pattern layers too,
 * where the profile does not read any file. */
void bp_sandbox_enter(BpSandboxProfile profile);

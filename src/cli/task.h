/* task.h - what is done with one input, in this process or in a worker, and what came of it */
#pragma once

#include "cli/options.h"
#include "output/text.h"
#include "source/source.h"

#define CLI_MOST_JOBS 256

typedef enum { CLI_FORMAT_NONE, CLI_FORMAT_TEXT, CLI_FORMAT_JSON, CLI_FORMAT_CSV } CliFormat;

typedef struct {
  const CliOptions *options;
  BounceparseReader *reader;
  CliFormat format;
  gboolean record;   /* one for the store is wanted */
  gboolean digest;   /* with its digest */
  gboolean headings; /* text has one for each message */
  BpTextStyle style;
  gsize max_message;
  gint64 now; /* seconds since 1970; 0: whatever the time is at each input */
} CliTask;

typedef enum {
  CLI_ANSWERED,
  CLI_NO_MAIL, /* nothing like a header */
  CLI_GONE,    /* it has vanished */
  CLI_FAILED   /* it could not be read: code and error; or the worker was lost: code and why */
} CliOutcome;

/* Strings stay until the next result. */
typedef struct {
  CliOutcome outcome;
  gboolean yes;    /* the message is what the options ask for: see cli_answer_holds() */
  int code;        /* one of sysexits.h */
  int error;       /* an errno, or 0 */
  const char *why; /* a static text for gettext, or NULL */
  gsize length;    /* of the message */
  const char *text;
  gsize text_length;
  const char *record; /* see bp_record_read() */
  gsize record_length;
} CliResult;

/* Reads the input, which may be pending, and answers it; text and record, which are emptied first, hold what result
 * points to. bytes is used for what is read. */
void cli_task_run(const CliTask *task, BpInput *input, GString *bytes, GString *text, GString *record,
                  CliResult *result);

/* Why an input is no mail: a static text for gettext. */
const char *cli_no_mail_reason(const CliResult *result);

/* Inputs and results on their way to a worker and back. */
void cli_input_write(const BpInput *input, GString *out);
gboolean cli_input_read(BpInput *input, const char *bytes, gsize length);
void cli_result_write(const CliResult *result, GString *out);
gboolean cli_result_read(CliResult *result, const char *bytes, gsize length);

/* summary.h - the history counted: how many, of what, and examples
 *
 * What is asked is SQL that all backends understand; order and block lists are made here. */
#pragma once

#include "store/store.h"

/* All of it {0}. */
typedef struct {
  gint64 since, until;          /* seconds since 1970: not before, and before; 0 or less is open */
  const char *domains, *causes; /* comma lists of recipients' domains and causes; NULL for any */
  gboolean run_only;            /* only what was read in this run: see bp_store_read_again() */
} BpSummaryFilter;

/* By what is counted: kinds count messages, all others recipients. */
typedef enum {
  BP_BY_KIND,
  BP_BY_CAUSE,
  BP_BY_CATEGORY,
  BP_BY_ADVICE,
  BP_BY_DOMAIN,
  BP_BY_VENDOR,
  BP_BY_REPORTER,
  BP_BY_BLOCKLIST, /* a recipient counts with each list that its reply names */
  BP_BY_DAY,       /* "2026-11-23" in UTC */
  BP_N_BY
} BpDimension;

typedef struct {
  const char *name;
  gint64 count;
} BpCount;

/* The recipients of a day, domain or vendor that belong to one category. */
typedef struct {
  const char *name, *category;
  gint64 count;
} BpPart;

typedef struct {
  const char *cause, *day, *address, *vendor, *status, *diagnostic, *reason, *advice; /* NULL where absent, but the first three */
} BpExample;

/* With a domain or cause asked for, messages are those with at least one such recipient. A recipient without a value is
 * in no count of it. */
typedef struct {
  gint64 messages, recipients;
  GArray *counts[BP_N_BY]; /* of BpCount: the largest first, equal ones by name; days from the first to the last */
  GArray *parts[BP_N_BY];  /* of BpPart, in no order; NULL unless details were asked for; days, domains and vendors only */
  GArray *examples;        /* of BpExample, by cause, the newest first; likewise */
  GStringChunk *strings;
} BpSummary;

#define BP_SUMMARY_DOMAINS 50 /* the largest ones, of which there are parts */
#define BP_SUMMARY_EXAMPLES 5 /* of a cause at most, each with another diagnostic */

/* Counts, all at one time of the database; with details also parts and examples. NULL on an error. */
BpSummary *bp_summary_new(BpStore *store, const BpSummaryFilter *filter, gboolean details, GError **error);
void bp_summary_free(BpSummary *summary);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpSummary, bp_summary_free)

/* addresses.h - addresses to stop mailing, as those programs read them that keep lists of addresses */
#pragma once

#include "store/suppress.h"

typedef enum {
  BP_ADDRESSES_PLAIN,    /* one a line */
  BP_ADDRESSES_CSV,      /* RFC 4180, with why and since when */
  BP_ADDRESSES_LISTMONK, /* its import */
  BP_ADDRESSES_MAILMAN,  /* one a line, as its commands that delete members read them */
  BP_ADDRESSES_POSTFIX,  /* a table for postmap(1), as of access(5) */
  BP_N_ADDRESSES
} BpAddressesFormat;

/* The format of a name; BP_N_ADDRESSES where there is none. */
BpAddressesFormat bp_addresses_format(const char *name);

/* Appends what stands before all addresses. */
void bp_addresses_begin(BpAddressesFormat format, GString *out);

/* Appends an address. FALSE, and nothing is appended, where the format has no safe form for it. */
gboolean bp_addresses_append(BpAddressesFormat format, const BpSuppressed *entry, GString *out);

/* reply.h - one SMTP reply taken apart: reply code, enhanced status code, and the words
 *
 * RFC 5321 section 4.2 and RFC 3463, with the liberties that mail systems take when they quote one another. */
#pragma once

#include "base/arena.h"

#define BP_REPLY_MAX 4096 /* bytes of a reply that are looked at */

/* An enhanced status code; class is 0 where none is stated. */
typedef struct {
  guint class, subject, detail;
} BpStatus;

typedef struct {
  const char
      *text; /* in one line: runs of blanks and line ends one space, control characters out, at most BP_REPLY_MAX */
  const char *words; /* text without leading code and status, and without those that a reply of several lines repeats */
  gsize length;      /* of words */
  gsize own;         /* of those words that are the server's: without what announces a quoted code ("SMTP error 550") */
  gsize at;          /* where a quoted reply with words of its own begins in text; 0 where none is quoted */
  guint code;        /* 550; 0 where none leads or is quoted in text */
  BpStatus status;   /* the leading one, else the first that stands in text by itself */
} BpReply;

/* Takes text apart; bytes that are not UTF-8 become U+FFFD. Strings live in arena. */
void bp_reply_parse(BpArena *arena, const char *text, gsize length, BpReply *reply);

/* Reads "5.1.1" at text, at most three digits a number; the length read, 0 for none. What follows may not go on like
 * a number or a name (5.1.1.2, 5.1.1a). */
gsize bp_status_read(const char *text, BpStatus *status);

/* The first status that stands by itself in text; FALSE for none. */
gboolean bp_status_find(const char *text, BpStatus *status);

/* "5.1.1" in arena; NULL for none. */
const char *bp_status_text(BpArena *arena, BpStatus status);

/* TRUE where the status says more than its class: not x.0.0. */
gboolean bp_status_specific(BpStatus status);

/* The reply code that text (one line) quotes: one followed by a status, else one behind words that announce it
 * ("said: 550", "error 550"). 0 for none; *at (may be NULL) is where it begins. */
guint bp_code_find(const char *text, gsize *at);

/* "550-'User unknown' (delivery attempts: 0)": the length up to the mark that closes what is quoted; 0 where text
 * begins without a code and such a mark. */
gsize bp_quoted_length(const char *text);

/* The length of the first whole characters of text (UTF-8) that fit into max bytes. */
gsize bp_cut(const char *text, gsize length, gsize max);

/* The length of the character at text, which is not empty. */
#define bp_char_length(text) ((gsize)g_utf8_skip[*(const guchar *)(text)])

/* text in one line: runs of blanks and line ends one space, other control characters out, valid UTF-8, at most max
 * bytes. */
char *bp_one_line(BpArena *arena, const char *text, gsize length, gsize max);

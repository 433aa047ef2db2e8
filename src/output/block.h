/* block.h - the block of X-Bounce fields that the filter puts on top of a mail */
#pragma once

#include <bounceparse/bounceparse.h>

#define BP_BLOCK_RECIPIENTS 20           /* sets of fields at most */
#define BP_BLOCK_MAX (64 * 1024)         /* bytes of a block at most */
#define BP_BLOCK_HEADER_MAX (256 * 1024) /* bytes of a mail in which forged fields are renamed */

/* Appends the block for an answer: lines that end in LF, folded, ASCII only. */
void bp_block_append(const BounceparseAnswer *answer, GString *out);

/* TRUE where block is what bp_block_append() may have written: nothing but fields of the closed list. */
gboolean bp_block_valid(const char *block, gsize length);

/* The length of a leading "From " line with its line end, 0 for none. */
gsize bp_from_line(const char *mail, gsize length);

/* The line ending of the first line: "\r\n" or "\n", "\r" only in a mail without any LF; "\n" where there is none. */
const char *bp_line_ending(const char *mail, gsize length);

/* TRUE where the first line of a mail, behind a leading "From " line, is no field: a folded line would become a part of
 * the block's last field, and take its value for its own. Such a mail can have no block. */
gboolean bp_begins_folded(const char *mail, gsize length);

/* Appends the header of a mail, up to its first empty line, in which every field of the closed list is renamed
 * X-Old-Bounce-…; returns how many bytes of mail that was. */
gsize bp_rename_forged(const char *mail, gsize length, GString *out);

/* Appends the beginning of a mail as the filter sends it: a leading "From " line, the block (perhaps empty) in the
 * mail's line ending, and the header with forged fields renamed. Returns how many bytes of mail that was; the rest goes
 * out as it is. */
gsize bp_block_put(const GString *block, const char *mail, gsize length, GString *out);

/* address.h - mail addresses in fields and in running text */
#pragma once

#include "base/arena.h"

/* The bare address of a field's value: without <>, quotes, comments, a type ("rfc822;", "utf-8;"), "mailto:" or a
 * source route; xtext and unitext of RFC 3461 and 6533 undone. "" where nothing like an address stands; a name without
 * "@" is returned as it is where local is TRUE. */
const char *bp_address_of(BpArena *arena, const char *value, gboolean local);

/* The next address (something@something) in text from *from on; sets from and to, FALSE for none. Message-IDs and URLs
 * are passed over. */
gboolean bp_address_next(const char *text, gsize length, gsize *from, gsize *to);

/* TRUE where both name one mailbox: the domain caseless, the local part as it is. */
gboolean bp_address_same(const char *a, const char *b);

/* The same for hash tables of addresses. */
guint bp_address_hash(gconstpointer address);
gboolean bp_address_equal(gconstpointer a, gconstpointer b);

/* What stands for the "@" in a field that shows its address as archives of mailing lists do: " at ", or " en " in
 * Spanish; NULL where none does. */
const char *bp_address_mask(BpArena *arena, const char *field);

/* TRUE for a word that stands before "at mx.example.org" in sentences, "server", and so is no local part. */
typedef gboolean (*BpIsWord)(const char *word, gpointer data);

/* A copy of a text in which such addresses are mail addresses again, and its length. mask is one that its sender has,
 * besides those that are known, or NULL; is_word is NULL for fields. */
char *bp_address_unmask(BpArena *arena, const char *text, gsize length, gsize *unmasked, const char *mask,
                        BpIsWord is_word, gpointer data);

/* RFC 2142: who sends a bounce may be reached there. */
gboolean bp_address_is_role(const char *address);

/* "owner-sales@example.org", "sales-bounces+bob=example.com@example.org": the address of who looks after sales@. */
gboolean bp_address_looks_after(const char *owner, const char *list);

/* TRUE for addresses that are nobody's mailbox: postmaster, mailer-daemon and their kin. */
gboolean bp_address_is_system(const char *address);

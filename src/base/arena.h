/* arena.h - memory that lives as long as one message's analysis
 *
 * Everything that is read out of a message goes into one arena and is freed with it, so no string of a
 * mail, report or verdict has an owner of its own. */
#pragma once

#include <glib.h>

typedef struct BpArena BpArena;

/* A new, empty arena; free it with bp_arena_free(). */
BpArena *bp_arena_new(void);
void bp_arena_free(BpArena *arena);

/* size bytes, zeroed, aligned for any type; lives until the arena is freed. Never NULL. */
gpointer bp_arena_alloc(BpArena *arena, gsize size);

/* A NUL-terminated copy of the first length bytes at text. */
char *bp_arena_strndup(BpArena *arena, const char *text, gsize length);

/* A copy of text; NULL for NULL. */
char *bp_arena_strdup(BpArena *arena, const char *text);

/* The formatted string. */
char *bp_arena_printf(BpArena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpArena, bp_arena_free)

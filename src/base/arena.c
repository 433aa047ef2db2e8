/* arena.c - memory that lives as long as one message's analysis: blocks that are filled from the front */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BLOCK (16 * 1024) /* bytes: what most messages need */
#define LARGEST_BLOCK (256 * 1024)
#define ALIGNMENT 16

typedef struct Block Block;
struct Block {
  Block *next;
};

struct BpArena {
  Block *blocks;
  char *free; /* where the newest shared block goes on */
  gsize left; /* bytes left there */
  gsize block_size;
};

void bp_arena_free(BpArena *arena) {
  if (!arena)
    return;
  for (Block *block = arena->blocks, *next; block; block = next) {
    next = block->next;
    g_free(block);
  }
  g_free(arena);
}

/* A block with room for size bytes behind its aligned head. */
static char *add_block(BpArena *arena, gsize size) {
  Block *block = g_malloc(ALIGNMENT + size);
  block->next = arena->blocks;
  arena->blocks = block;
  return (char *)block + ALIGNMENT;
}

static void refill(BpArena *arena) {
  arena->free = add_block(arena, arena->block_size);
  arena->left = arena->block_size;
  arena->block_size = MIN(arena->block_size * 2, LARGEST_BLOCK);
}

BpArena *bp_arena_new(void) {
  BpArena *arena = g_new0(BpArena, 1);
  arena->block_size = FIRST_BLOCK;
  refill(arena);
  return arena;
}

/* size bytes, not zeroed; aligned only where alignment says so. What is large gets a block of its own, so that the
 * shared one is not thrown away half empty. */
static char *take(BpArena *arena, gsize size, gsize alignment) {
  gsize gap = -(guintptr)arena->free & (alignment - 1);
  if (size > arena->left || gap > arena->left - size) {
    if (size > arena->block_size / 4)
      return add_block(arena, size);
    refill(arena);
    gap = 0;
  }
  char *taken = arena->free + gap;
  arena->free += gap + size;
  arena->left -= gap + size;
  return taken;
}

gpointer bp_arena_alloc(BpArena *arena, gsize size) {
  return memset(take(arena, size, ALIGNMENT), 0, size);
}

char *bp_arena_strndup(BpArena *arena, const char *text, gsize length) {
  char *copy = take(arena, length + 1, 1);
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *bp_arena_strdup(BpArena *arena, const char *text) {
  return text ? bp_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *bp_arena_printf(BpArena *arena, const char *format, ...) {
  char small[256];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  g_assert(length >= 0);
  if ((gsize)length < sizeof small)
    return bp_arena_strndup(arena, small, (gsize)length);

  char *text = take(arena, (gsize)length + 1, 1);
  va_start(args, format);
  vsnprintf(text, (gsize)length + 1, format, args);
  va_end(args);
  return text;
}

/* alloc.c: allocation with a hook for injected failures; see alloc.h. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

static atomic_int_least64_t fail_countdown = -1;
static atomic_int fail_for_ever;
static atomic_int_least64_t live;

static int must_fail(void) {
  int64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
  if (left < 0) return 0;
  if (left > 0) {
    atomic_store(&fail_countdown, left - 1);
    return 0;
  }
  if (!atomic_load(&fail_for_ever)) atomic_store(&fail_countdown, -1);
  return 1;
}

static void *counted(void *block) {
  if (block) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return block;
}

void atr__alloc_fail(int64_t countdown, int for_ever) {
  atomic_store(&fail_for_ever, for_ever);
  atomic_store(&fail_countdown, countdown);
}

int64_t atr__alloc_live(void) {
  return atomic_load(&live);
}

void *atr__malloc(size_t bytes) {
  return must_fail() ? NULL : counted(malloc(bytes ? bytes : 1));
}

void *atr__calloc(size_t count, size_t size) {
  size_t bytes;
  if (!count || !size) count = size = 1;
  return must_fail() || atr__mul_size(count, size, &bytes) ? NULL : counted(calloc(count, size));
}

void *atr__realloc_array(void *old, size_t count, size_t size) {
  size_t bytes;
  if (must_fail() || atr__mul_size(count, size, &bytes)) return NULL;
  void *block = realloc(old, bytes ? bytes : 1);
  return old ? block : counted(block);
}

void atr__free(void *block) {
  if (!block) return;
  atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  free(block);
}

void *atr__memdup(const void *bytes, size_t size) {
  void *copy = atr__malloc(size);
  if (copy && size) memcpy(copy, bytes, size);
  return copy;
}

char *atr__strndup(const char *text, size_t length) {
  char *copy = atr__malloc(length + 1);
  if (!copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

char *atr__strdup(const char *text) {
  return atr__strndup(text, strlen(text));
}

/* Whole 64 bytes, at least once; 0 where that is too much. */
static size_t whole(size_t bytes) {
  return bytes > SIZE_MAX - 64 ? 0 : bytes ? (bytes + 63) / 64 * 64 : 64;
}

void *atr__malloc_aligned(size_t bytes) {
  const size_t rounded = whole(bytes);
  return !rounded || must_fail() ? NULL : counted(aligned_alloc(64, rounded));
}

void *atr__calloc_aligned(size_t bytes) {
  void *block = atr__malloc_aligned(bytes);
  if (block) memset(block, 0, whole(bytes));
  return block;
}

void atr__free_aligned(void *block) {
  atr__free(block);
}

int atr__grow(void *block, size_t *room, size_t need, size_t size) {
  if (need <= *room) return 0;
  size_t wanted = *room < 8 ? 8 : *room;
  while (wanted < need) {
    if (wanted > SIZE_MAX / 2) return -1;
    wanted *= 2;
  }
  void *old;
  memcpy(&old, block, sizeof old);
  void *grown = atr__realloc_array(old, wanted, size);
  if (!grown) return -1;
  memset((char *)grown + *room * size, 0, (wanted - *room) * size);
  memcpy(block, &grown, sizeof grown);
  *room = wanted;
  return 0;
}

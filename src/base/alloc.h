/* alloc.h: every allocation of the library goes through here.
 *
 * One place to fail on purpose: tests make the N-th allocation fail, once or for ever, and watch for errors
 * instead of crashes. Sizes are checked products; a request of 0 bytes gives a pointer that may be freed. */
#ifndef ATR_BASE_ALLOC_H
#define ATR_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

void *atr__malloc(size_t bytes);
void *atr__calloc(size_t count, size_t size); /* NULL also where count × size overflows */
void *atr__realloc_array(void *old, size_t count,
                         size_t size); /* likewise; the old block stays valid on failure */
void atr__free(void *block);
char *atr__strdup(const char *text);
char *atr__strndup(const char *text, size_t length);
void *atr__memdup(const void *bytes, size_t size);

/* 64-byte aligned, rounded up to whole 64 bytes; the second one zeroed. Freed with atr__free_aligned, which
 * is atr__free. */
void *atr__malloc_aligned(size_t bytes);
void *atr__calloc_aligned(size_t bytes);
void atr__free_aligned(void *block);

/* Makes room for `need` elements of `size` bytes in the growing array *block of capacity *room; 0 on success,
 * -1 where memory is out (the array is as before). New elements are zeroed. */
int atr__grow(void *block, size_t *room, size_t need, size_t size);

/* Tests only. countdown < 0: never fail (the state at start). Else the allocation after `countdown`
 * successful ones fails, and all later ones too where `for_ever`. Not thread-safe. */
void atr__alloc_fail(int64_t countdown, int for_ever);
int64_t atr__alloc_live(void); /* blocks allocated and not freed */

#endif

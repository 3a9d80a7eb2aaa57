/* pages.c: see pages.h. The system is asked, not told, to use large pages. */
#include "config.h"

#include "base/pages.h"

#include <stdint.h>

#include <sys/mman.h>

#include "base/alloc.h"

enum { LARGE = 2 << 20 };

/* AddressSanitizer watches the heap alone: there all memory shall be of it. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(MAP_ANONYMOUS) && !defined(WATCHED)
#define MAPS 1
#else
#define MAPS 0
#endif

atr__pages *atr__pages_get(size_t bytes) {
#if MAPS
  if (bytes > SIZE_MAX - 2 * LARGE) return NULL;
  atr__pages *pages = atr__calloc(1, sizeof *pages);
  if (!pages) return NULL;
  /* What fills half of the last large page gets the whole of it. */
  const size_t large = (bytes + LARGE / 2) / LARGE * LARGE;
  pages->mapped = (large > bytes ? large : bytes) + LARGE; /* room to begin on a large page */
  pages->mapping = mmap(NULL, pages->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages->mapping == MAP_FAILED) {
    atr__free(pages);
    return NULL;
  }
  pages->data = (char *)pages->mapping + (LARGE - (uintptr_t)pages->mapping % LARGE) % LARGE;
#ifdef MADV_HUGEPAGE
  if (large) (void)madvise(pages->data, large, MADV_HUGEPAGE);
#endif
  return pages;
#else
  (void)bytes;
  return NULL;
#endif
}

void atr__pages_free(atr__pages *pages) {
  if (!pages) return;
#if MAPS
  (void)munmap(pages->mapping, pages->mapped);
#endif
  atr__free(pages);
}

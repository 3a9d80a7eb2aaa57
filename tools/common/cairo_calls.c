/* cairo_calls.c: loading cairo; see cairo_calls.h. The table is static data because a process has one cairo.
 */
#include "common/cairo_calls.h"

#include <dlfcn.h>
#include <string.h>

struct cairo_calls cairo;

/* A function pointer and a data pointer are the same bits on every system with dlsym. */
static bool find(void *library, const char *name, void *function, struct fault *fault) {
  void *symbol = dlsym(library, name);
  if (!symbol) return fault_set(fault, FAULT_UNSUPPORTED, "plots need cairo 1.14: this one has no %s", name);
  memcpy(function, &symbol, sizeof symbol);
  return true;
}

bool cairo_load(struct fault *fault) {
  static const char *const names[] = { "libcairo.so.2", "libcairo.2.dylib", "libcairo.so" };
  void *library = NULL;
  if (cairo.create) return true;
  for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
    library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    fault_set(fault, FAULT_UNSUPPORTED, "plots are drawn by cairo, and %s is not installed", names[0]);
    return fault_remedy(fault, "install it, on Debian libcairo2");
  }
  struct cairo_calls calls;
#define CALL(name)                                                                                           \
  if (!find(library, "cairo_" #name, &calls.name, fault)) return false;
  CAIRO_CALLS(CALL)
#undef CALL
  cairo = calls;
  return true;
}

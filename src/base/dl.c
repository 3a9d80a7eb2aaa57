/* dl.c: dlopen and secure_getenv; see dl.h. */
#include "config.h"

#include "base/dl.h"

#include <dlfcn.h>
#include <stdlib.h>

void *atr__dl_open(const char *name) {
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}
void *atr__dl_symbol(void *library, const char *name) {
  return dlsym(library, name);
}
void atr__dl_close(void *library) {
  if (library) dlclose(library);
}

const char *atr__env(const char *name) {
#ifdef HAVE_SECURE_GETENV
  return secure_getenv(name);
#else
  return getenv(name);
#endif
}

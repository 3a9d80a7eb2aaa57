/* loader.c: libOpenCL opened at run time, so that programs linked with the library start where there is none;
 * and the point where tests inject failures. */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "backend/opencl/api.h"
#include "backend/opencl/fault.h"
#include "base/dl.h"

static atomic_int_least64_t countdown = -1, calls, live;
static atomic_int fault_code, fault_for_ever;
static const char *_Atomic only_library;

void atr__cl_fault_set(int64_t after, int code, int for_ever) {
  atomic_store(&fault_code, code);
  atomic_store(&fault_for_ever, for_ever);
  atomic_store(&calls, 0);
  atomic_store(&countdown, after);
}

int64_t atr__cl_calls(void) {
  return atomic_load(&calls);
}

int64_t atr__cl_live(void) {
  return atomic_load(&live);
}

void atr__cl_loader_set(const char *name) {
  atomic_store(&only_library, name);
}

int atr__cl_fault(void) {
  const int64_t left = atomic_load_explicit(&countdown, memory_order_relaxed);
  if (left < 0) return 0;
  atomic_fetch_add(&calls, 1);
  if (left > 0) {
    atomic_store(&countdown, left - 1);
    return 0;
  }
  if (!atomic_load(&fault_for_ever)) atomic_store(&countdown, -1);
  return atomic_load(&fault_code);
}

void atr__cl_count(int change) {
  atomic_fetch_add_explicit(&live, change, memory_order_relaxed);
}

/* A function pointer and a data pointer are the same bits on every system with dlsym. */
static int find(const atr__cl_api *api, const char *name, void *function, char *why, size_t size) {
  void *symbol = atr__dl_symbol(api->library, name);
  if (!symbol) {
    snprintf(why, size, "the OpenCL loader has no %s: OpenCL 1.2 is needed", name);
    return 0;
  }
  memcpy(function, &symbol, sizeof symbol);
  return 1;
}

atr_status atr__cl_load(atr__cl_api *api, char *why, size_t size) {
  static const char *const names[] = { "libOpenCL.so.1", "libOpenCL.so" };
  memset(api, 0, sizeof *api);
  const char *only = atomic_load(&only_library);
  for (size_t i = 0; i < (only ? 1 : 2) && !api->library; i++) {
    api->name = only ? only : names[i];
    api->library = atr__dl_open(api->name);
  }
  if (!api->library) {
    snprintf(why, size, "no OpenCL loader (%s) is installed", only ? only : names[0]);
    return ATR_E_NO_DEVICE;
  }
#define FIND(name)                                                                                           \
  if (!find(api, #name, &api->name, why, size)) return ATR_E_NO_DEVICE;
#define CL_STATUS(name, params, args) FIND(name)
#define CL_ENQUEUE(name, params, args) FIND(name)
#define CL_OBJECT(type, name, params, args) FIND(name)
#define CL_RETAIN(name, type) FIND(name)
#define CL_RELEASE(name, type) FIND(name)
#include "backend/opencl/cl_api.def"
#undef CL_STATUS
#undef CL_ENQUEUE
#undef CL_OBJECT
#undef CL_RETAIN
#undef CL_RELEASE
#undef FIND
  return ATR_OK;
}

/* api.h: OpenCL through a table of functions found at run time. Call atr__clFinish(api, queue) for
 * clFinish(queue). The wrappers are the one place where tests make a call fail, and count objects.
 *
 * Only backend/opencl includes this. */
#ifndef ATR_BACKEND_OPENCL_API_H
#define ATR_BACKEND_OPENCL_API_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include "base/status.h"

#define ATR__CL_BARE(...) __VA_ARGS__

typedef struct atr__cl_api {
  void *library;
  const char *name; /* the library's */
#define CL_STATUS(name, params, args) cl_int(CL_API_CALL *name) params;
#define CL_ENQUEUE(name, params, args) cl_int(CL_API_CALL *name) params;
#define CL_OBJECT(type, name, params, args) type(CL_API_CALL *name) params;
#define CL_RETAIN(name, type) cl_int(CL_API_CALL *name)(type);
#define CL_RELEASE(name, type) cl_int(CL_API_CALL *name)(type);
#include "backend/opencl/cl_api.def"
#undef CL_STATUS
#undef CL_ENQUEUE
#undef CL_OBJECT
#undef CL_RETAIN
#undef CL_RELEASE
} atr__cl_api;

/* Opens the loader library. On failure `why` says what is missing and the status is ATR_E_NO_DEVICE. The
 * library is never closed: drivers keep threads of their own. */
atr_status atr__cl_load(atr__cl_api *api, char *why, size_t size);

/* Tests: the code that this call shall fail with, else 0; and objects made and not released. */
int atr__cl_fault(void);
void atr__cl_count(int change);

#define CL_STATUS(name, params, args)                                                                        \
  static inline cl_int atr__##name(const atr__cl_api *api, ATR__CL_BARE params) {                            \
    const cl_int fault = atr__cl_fault();                                                                    \
    return fault ? fault : api->name args;                                                                   \
  }
#define CL_ENQUEUE(name, params, args)                                                                       \
  static inline cl_int atr__##name(const atr__cl_api *api, ATR__CL_BARE params) {                            \
    const cl_int fault = atr__cl_fault();                                                                    \
    if (fault) return fault;                                                                                 \
    const cl_int done = api->name args;                                                                      \
    if (!done && event) atr__cl_count(1);                                                                    \
    return done;                                                                                             \
  }
#define CL_OBJECT(type, name, params, args)                                                                  \
  static inline type atr__##name(const atr__cl_api *api, ATR__CL_BARE params) {                              \
    if ((*code = atr__cl_fault()) != CL_SUCCESS) return NULL;                                                \
    const type object = api->name args;                                                                      \
    if (!*code && !object) *code = CL_OUT_OF_RESOURCES;                                                      \
    if (*code) return NULL;                                                                                  \
    atr__cl_count(1);                                                                                        \
    return object;                                                                                           \
  }
#define CL_RETAIN(name, type)                                                                                \
  static inline cl_int atr__##name(const atr__cl_api *api, type object) {                                    \
    const cl_int fault = atr__cl_fault(), done = fault ? fault : api->name(object);                          \
    if (!done) atr__cl_count(1);                                                                             \
    return done;                                                                                             \
  }
/* An injected failure still releases, so that what leaks is ours. NULL: nothing. */
#define CL_RELEASE(name, type)                                                                               \
  static inline cl_int atr__##name(const atr__cl_api *api, type object) {                                    \
    if (!object) return CL_SUCCESS;                                                                          \
    const cl_int fault = atr__cl_fault(), done = api->name(object);                                          \
    atr__cl_count(-1);                                                                                       \
    return fault ? fault : done;                                                                             \
  }
#include "backend/opencl/cl_api.def"
#undef CL_STATUS
#undef CL_ENQUEUE
#undef CL_OBJECT
#undef CL_RETAIN
#undef CL_RELEASE

/* error.c */
const char *atr__cl_code_name(int code); /* "CL_OUT_OF_RESOURCES", "unknown code" */
/* Writes "SENTENCE: CL_… (-5)", keeps the code in error->opencl; ATR_E_NOMEM for the codes of memory, else
 * ATR_E_DEVICE. */
atr_status atr__cl_fail(atr_error *error, int code, const char *format, ...) ATR__PRINTF(3, 4);
int atr__cl_out_of_memory(int code);

#endif

/* fault.h: what tests do to the OpenCL backend: make calls fail, count objects, take the loader away. Nothing
 * else uses it. */
#ifndef ATR_BACKEND_OPENCL_FAULT_H
#define ATR_BACKEND_OPENCL_FAULT_H

#include <stdint.h>

/* countdown < 0: never (the state at start). Else the call after `countdown` successful ones returns `code`,
 * and all later ones too where `for_ever`. Not thread-safe. */
void atr__cl_fault_set(int64_t countdown, int code, int for_ever);
int64_t atr__cl_calls(void);               /* calls made while a countdown ran */
int64_t atr__cl_live(void);                /* objects made or retained and not released */
void atr__cl_loader_set(const char *name); /* the only library tried; NULL: the usual ones */

#endif

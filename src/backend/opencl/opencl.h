/* opencl.h: what the rest of the backend room sees of OpenCL; names none of OpenCL's types. */
#ifndef ATR_BACKEND_OPENCL_OPENCL_H
#define ATR_BACKEND_OPENCL_OPENCL_H

#include "backend/backend.h"
#include "backend/registry.h"

/* Appends every OpenCL device; where there is none, devices->note says why, which is no failure. ATR_E_NOMEM.
 */
atr_status atr__cl_devices(unsigned flags, atr__devices *devices, atr_error *error);

/* Makes `context` one on this device: backend, device, cl, queue. On failure it is as before. */
atr_status atr__cl_open(atr_context *context, int platform, int device, atr_error *error);
void atr__cl_close(atr_context *context); /* no OpenCL context: nothing */

#endif

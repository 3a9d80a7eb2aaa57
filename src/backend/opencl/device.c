/* device.c: OpenCL devices. */
#include "config.h"

#include <stdio.h>

#include "backend/opencl/opencl.h"

atr_status atr__cl_devices(unsigned flags, atr__devices *devices, atr_error *error) {
  (void)flags;
  (void)error;
  snprintf(devices->note, sizeof devices->note, "no OpenCL loader");
  return ATR_OK;
}

atr_status atr__cl_open(atr_context *context, int platform, int device, atr_error *error) {
  (void)context;
  return atr__fail(error, ATR_E_DEVICE, "opencl:%d.%d could not be opened", platform, device);
}

void atr__cl_close(atr_context *context) {
  (void)context;
}

/* device.h: what the planner and operators may know of a device. Filled when a context is opened: by
 * opencl/device.c from the driver, by context.c for the host. The class is decided there, once; never a
 * vendor's name in the mathematics. */
#ifndef ATR_BACKEND_DEVICE_H
#define ATR_BACKEND_DEVICE_H

#include <stddef.h>
#include <stdint.h>

typedef enum atr__class { ATR__CLASS_CPU, ATR__CLASS_GPU } atr__class;

/* What rows of cl.h may know of the device. */
typedef struct atr__cl_device {
  atr__class device_class;
  int vector_floats; /* native float vector width: 16, 8, 4 … */
  int compute_units;
  uint64_t local_bytes, max_alloc_bytes;
  uint64_t cache_bytes; /* of the last cache; 0: not known */
  size_t max_group;
} atr__cl_device;

#endif

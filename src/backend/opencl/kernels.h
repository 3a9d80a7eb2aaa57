/* kernels.h: the kernel sources embedded at build time (build-aux/embed-kernels.sh). */
#ifndef ATR_BACKEND_OPENCL_KERNELS_H
#define ATR_BACKEND_OPENCL_KERNELS_H

#include <stddef.h>

typedef struct atr__kernel_file {
  const char *name; /* "conv.cl"; NULL ends the list */
  const char *text; /* NUL-terminated */
  size_t length;
} atr__kernel_file;

extern const atr__kernel_file atr__kernel_files[];

#endif

libatrous_core_la_SOURCES += \
  %D%/backend.h \
  %D%/context.c \
  %D%/device.h \
  %D%/host/host.c \
  %D%/registry.c %D%/registry.h
if OPENCL
libatrous_core_la_SOURCES += \
  %D%/opencl/api.h %D%/opencl/cl_api.def \
  %D%/opencl/buffer.c \
  %D%/opencl/cache.c \
  %D%/opencl/device.c \
  %D%/opencl/error.c \
  %D%/opencl/fault.h \
  %D%/opencl/internal.h \
  %D%/opencl/interop.c %D%/opencl/interop.h \
  %D%/opencl/kernels.h \
  %D%/opencl/launch.c \
  %D%/opencl/loader.c \
  %D%/opencl/measure.c \
  %D%/opencl/opencl.h \
  %D%/opencl/program.c
endif

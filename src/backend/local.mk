libatrous_core_la_SOURCES += \
  %D%/backend.h \
  %D%/context.c \
  %D%/device.h \
  %D%/host/host.c \
  %D%/registry.c %D%/registry.h
if OPENCL
libatrous_core_la_SOURCES += \
  %D%/opencl/kernels.h \
  %D%/opencl/opencl.h %D%/opencl/device.c
endif

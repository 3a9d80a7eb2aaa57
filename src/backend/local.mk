libatrous_core_la_SOURCES += %D%/backend.h
if OPENCL
libatrous_core_la_SOURCES += %D%/opencl/kernels.h
endif

libatrous_core_la_SOURCES += \
  %D%/bind.c \
  %D%/call.c %D%/call.h \
  %D%/call_convolution.c \
  %D%/call_other.c \
  %D%/ceilings.c \
  %D%/chain.c \
  %D%/choose.c %D%/choose.h \
  %D%/compile.c \
  %D%/control.c \
  %D%/describe.c \
  %D%/device_file.c %D%/device_file.h \
  %D%/emit.c \
  %D%/flow.c %D%/flow.h \
  %D%/flow_block.c \
  %D%/flow_check.c \
  %D%/fuse.c \
  %D%/hoist.c \
  %D%/layout.c \
  %D%/memory.c \
  %D%/pair.c \
  %D%/params.c %D%/params.h \
  %D%/plan.c %D%/plan.h \
  %D%/profile.c \
  %D%/run.c %D%/run.h \
  %D%/script.c \
  %D%/segment.c %D%/segment.h \
  %D%/share.c \
  %D%/simplify.c \
  %D%/steps.c \
  %D%/tune.c \
  %D%/tuning.c %D%/tuning.h
if OPENCL
libatrous_core_la_SOURCES += \
  %D%/bind_cl.c
endif

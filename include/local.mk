# Listed in two variables, so that they install as atrous.h and atrous/*.h.
include_HEADERS = %D%/atrous.h
atrousincludedir = $(includedir)/atrous
atrousinclude_HEADERS = \
  %D%/atrous/build.h \
  %D%/atrous/choose.h \
  %D%/atrous/context.h \
  %D%/atrous/csr.h \
  %D%/atrous/limits.h \
  %D%/atrous/model.h \
  %D%/atrous/op.h \
  %D%/atrous/plan.h \
  %D%/atrous/sequence.h \
  %D%/atrous/status.h \
  %D%/atrous/stream.h \
  %D%/atrous/tensor.h \
  %D%/atrous/train.h \
  %D%/atrous/tune.h \
  %D%/atrous/version.h
if OPENCL
atrousinclude_HEADERS += %D%/atrous/opencl.h
else
EXTRA_DIST += %D%/atrous/opencl.h
endif

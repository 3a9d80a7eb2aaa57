libatrous_core_la_SOURCES += \
  %D%/attr.c %D%/attr.h \
  %D%/batch_normalization.c %D%/batch_normalization.h \
  %D%/cl.h %D%/grad.h %D%/host.h %D%/op.h %D%/op_list.def \
  %D%/conv.c %D%/conv.h \
  %D%/conv_grad.c \
  %D%/infer_help.c \
  %D%/max_pool.c %D%/max_pool.h \
  %D%/op_registry.c \
  %D%/pool_window.c %D%/pool_window.h \
  %D%/reorder.c %D%/reorder.h \
  %D%/softmax.c %D%/softmax.h \
  %D%/unary.c %D%/unary.h
if OPENCL
libatrous_core_la_SOURCES += \
  %D%/batch_normalization_cl.c \
  %D%/conv_blocked.h %D%/conv_blocked_cl.c \
  %D%/conv_cl.c \
  %D%/conv_grad_cl.c \
  %D%/max_pool_cl.c \
  %D%/reorder_cl.c \
  %D%/softmax_cl.c \
  %D%/unary_cl.c
endif

# Host implementations, compiled twice: float is the product's, double the oracle's.
ATR_HOST_SOURCES = \
  %D%/batch_normalization_host.c \
  %D%/conv_grad_host.c \
  %D%/conv_host.c \
  %D%/max_pool_host.c \
  %D%/reorder_host.c \
  %D%/softmax_host.c \
  %D%/unary_host.c

noinst_LTLIBRARIES += libatrous_host32.la libatrous_host64.la
libatrous_host32_la_CFLAGS = $(AM_CFLAGS) $(ATR_VECTOR_CFLAGS)
libatrous_host32_la_SOURCES = $(ATR_HOST_SOURCES)
libatrous_host32_la_CPPFLAGS = $(AM_CPPFLAGS)
libatrous_host64_la_SOURCES = $(ATR_HOST_SOURCES)
libatrous_host64_la_CPPFLAGS = $(AM_CPPFLAGS) -DATR_REAL_IS_DOUBLE
libatrous_core_la_LIBADD += libatrous_host32.la libatrous_host64.la

libatrous_core_la_SOURCES += \
  %D%/attribute.c \
  %D%/edge.c \
  %D%/gradient.c \
  %D%/nest.c \
  %D%/onnx.h \
  %D%/operators.c \
  %D%/operators.def \
  %D%/order.c \
  %D%/read.c %D%/read.h \
  %D%/scan.c \
  %D%/tensor.c \
  %D%/upgrade.c \
  %D%/write.c
nodist_libatrous_core_la_SOURCES += %D%/onnx_subset.pb-c.c %D%/onnx_subset.pb-c.h
BUILT_SOURCES += %D%/onnx_subset.pb-c.h
CLEANFILES += %D%/onnx_subset.pb-c.c %D%/onnx_subset.pb-c.h
EXTRA_DIST += %D%/onnx_subset.proto

%D%/onnx_subset.pb-c.c: $(srcdir)/%D%/onnx_subset.proto
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	  $(PROTOC_C) --proto_path=$(srcdir)/%D% --c_out=%D% $(srcdir)/%D%/onnx_subset.proto
%D%/onnx_subset.pb-c.h: %D%/onnx_subset.pb-c.c
	@test -f $@ || { rm -f $<; $(MAKE) $(AM_MAKEFLAGS) $<; }

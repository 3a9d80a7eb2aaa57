ATR_SYMBOL_FILES = %D%/libatrous.sym
libatrous_la_LDFLAGS = $(AM_LDFLAGS) -no-undefined -version-info 0:0:0 -export-symbols %D%/exported.sym
# History of -version-info: 0.1.0 0:0:0.
if OPENCL
ATR_EXPORTED = $(srcdir)/%D%/libatrous.sym $(srcdir)/%D%/libatrous-opencl.sym
else
ATR_EXPORTED = $(srcdir)/%D%/libatrous.sym
endif
EXTRA_libatrous_la_DEPENDENCIES = %D%/exported.sym
%D%/exported.sym: $(srcdir)/%D%/libatrous.sym $(srcdir)/%D%/libatrous-opencl.sym
	$(AM_V_GEN)$(MKDIR_P) %D% && cat $(ATR_EXPORTED) > $@
CLEANFILES += %D%/exported.sym
EXTRA_DIST += %D%/libatrous.sym %D%/libatrous-opencl.sym

include %D%/base/local.mk
include %D%/backend/local.mk
include %D%/tensor/local.mk
include %D%/op/local.mk
include %D%/model/local.mk
include %D%/plan/local.mk
include %D%/onnx/local.mk
include %D%/stream/local.mk
include %D%/train/local.mk

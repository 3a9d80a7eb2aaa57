include %D%/base/local.mk
include %D%/tensor/local.mk
include %D%/model/local.mk
include %D%/plan/local.mk
include %D%/api/local.mk
include %D%/onnx/local.mk
include %D%/op/local.mk
include %D%/backend/local.mk
include %D%/tools/local.mk
include %D%/stream/local.mk
include %D%/train/local.mk
include %D%/structure/local.mk
include %D%/examples/local.mk
EXTRA_DIST += %D%/lsan.supp %D%/test.h

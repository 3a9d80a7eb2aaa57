include %D%/onnx/local.mk
include %D%/op/local.mk
include %D%/backend/local.mk
include %D%/tools/local.mk
include %D%/structure/local.mk

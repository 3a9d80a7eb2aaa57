include %D%/op/local.mk
include %D%/tools/local.mk

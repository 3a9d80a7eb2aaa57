include %D%/tools/local.mk

libatrous_core_la_SOURCES += \
  %D%/blob.c %D%/blob.h \
  %D%/csr.c %D%/csr.h \
  %D%/element.c %D%/element.h \
  %D%/shape.c %D%/shape.h \
  %D%/tensor.c %D%/tensor.h

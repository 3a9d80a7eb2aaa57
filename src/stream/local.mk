libatrous_core_la_SOURCES += \
  %D%/carried_step.c %D%/carried_step.h \
  %D%/conv_step.c %D%/conv_step.h \
  %D%/program.c %D%/program.h \
  %D%/resident.c %D%/resident.h \
  %D%/resident_code.c %D%/resident_code.h \
  %D%/stream.c \
  %D%/timeline.c %D%/timeline.h

libatrous_core_la_SOURCES += \
  %D%/alloc.c %D%/alloc.h \
  %D%/checked.h \
  %D%/clock.c %D%/clock.h \
  %D%/cpu.c %D%/cpu.h \
  %D%/dl.c %D%/dl.h \
  %D%/file.c %D%/file.h \
  %D%/pages.c %D%/pages.h \
  %D%/process.c %D%/process.h \
  %D%/random.c %D%/random.h \
  %D%/status.c %D%/status.h \
  %D%/text.c %D%/text.h \
  %D%/thread.c %D%/thread.h

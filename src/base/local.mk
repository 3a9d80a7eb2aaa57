libatrous_core_la_SOURCES += \
  %D%/status.c

libatrous_core_la_SOURCES += \
  %D%/carry.c \
  %D%/checkpoint.c \
  %D%/form.c \
  %D%/freeze.c \
  %D%/guard.c \
  %D%/safetensors.c %D%/safetensors.h \
  %D%/schedule.c \
  %D%/trainer.c %D%/trainer.h

libatrous_core_la_SOURCES += \
  %D%/builder.c %D%/builder.h \
  %D%/differentiate.c \
  %D%/flatten.c \
  %D%/gradient.c \
  %D%/graph.c %D%/graph.h \
  %D%/gru_reset.c \
  %D%/infer.c \
  %D%/inspect.c \
  %D%/mu_law.c \
  %D%/names.c %D%/names.h \
  %D%/receptive_field.c \
  %D%/recurrent_builder.c \
  %D%/recurrent_cell_builder.c \
  %D%/recurrent_import.c \
  %D%/recurrent_stack.c \
  %D%/wavenet.c

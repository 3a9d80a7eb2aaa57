bin_PROGRAMS += %D%/atrous-segment
%C%_atrous_segment_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_segment_LDADD = %D%/libsegment.la $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) -lm
%C%_atrous_segment_SOURCES = %D%/main.c
# Apart from main.c, so that tests can link it.
noinst_LTLIBRARIES += %D%/libsegment.la
%C%_libsegment_la_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_libsegment_la_SOURCES = \
  %D%/segment.h %D%/network.c \
  %D%/net.c %D%/net.h \
  %D%/classes.c %D%/classes.h \
  %D%/pairs.c %D%/pairs.h \
  %D%/data.c %D%/data.h %D%/crop.c %D%/crop.h \
  %D%/engine.c %D%/engine.h \
  %D%/metrics.c %D%/metrics.h \
  %D%/objects.c %D%/objects.h \
  %D%/render.c %D%/render.h \
  %D%/inputs.c %D%/inputs.h \
  %D%/baseline.c %D%/baseline.h \
  %D%/fit.c %D%/fit.h %D%/fit_state.c %D%/fit_state.h \
  %D%/train.c %D%/predict.c %D%/evaluate.c

bin_PROGRAMS += %D%/atrous-run
%C%_atrous_run_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_run_LDADD = %D%/librun.la $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) -lm
%C%_atrous_run_SOURCES = %D%/main.c
# Apart from main.c, so that tests can link it.
noinst_LTLIBRARIES += %D%/librun.la
%C%_librun_la_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_librun_la_SOURCES = \
  %D%/run.h \
  %D%/array.c %D%/array.h \
  %D%/npy.c %D%/npy.h %D%/pb.c %D%/pb.h \
  %D%/source.c %D%/sink.c %D%/files.h \
  %D%/ports.c %D%/profile.c %D%/execute.c %D%/trace.c \
  %D%/gradient.c %D%/check.c %D%/stream.c %D%/verify.c

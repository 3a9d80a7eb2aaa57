noinst_PROGRAMS += %D%/atrous-sample
%C%_atrous_sample_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_sample_LDADD = $(TOOLS_LIBS) $(JANSSON_LIBS) $(PNG_LIBS)
%C%_atrous_sample_SOURCES = %D%/sample.c %D%/series.c %D%/scenes.c %D%/sample.h

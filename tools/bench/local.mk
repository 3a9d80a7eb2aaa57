bin_PROGRAMS += %D%/atrous-bench
%C%_atrous_bench_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_bench_LDADD = $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) -lm
%C%_atrous_bench_SOURCES = %D%/main.c %D%/subject.h %D%/ceilings.c %D%/models.c %D%/subject.c %D%/tune.c

bin_PROGRAMS += %D%/atrous-info
%C%_atrous_info_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_info_LDADD = $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) -lm
%C%_atrous_info_SOURCES = %D%/info.c %D%/info.h %D%/cache.c %D%/choose.c %D%/conv.c %D%/devices.c %D%/model.c %D%/self_test.c

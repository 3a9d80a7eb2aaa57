if TOOLS
# Programs may use POSIX freely; getopt_long is the GNU part.
TOOLS_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -I$(top_srcdir)/%D% $(PNG_CFLAGS) $(JANSSON_CFLAGS) $(CAIRO_CFLAGS)
# What the programs share; they link it and libatrous.la.
TOOLS_LIBS = %D%/common/libatrous_tools.la
include %D%/common/local.mk
include %D%/bench/local.mk
include %D%/dynamics/local.mk
include %D%/forecast/local.mk
include %D%/info/local.mk
include %D%/run/local.mk
include %D%/sample/local.mk
include %D%/segment/local.mk
endif

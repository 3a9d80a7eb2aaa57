noinst_LTLIBRARIES += %D%/libatrous_tools.la
%C%_libatrous_tools_la_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_libatrous_tools_la_LIBADD = $(PNG_LIBS) $(JANSSON_LIBS) $(CSV_LIBS)
%C%_libatrous_tools_la_SOURCES = \
  %D%/fault.c %D%/fault.h \
  %D%/number.c %D%/number.h \
  %D%/order.c %D%/order.h \
  %D%/port.c %D%/port.h \
  %D%/options.c %D%/options.h \
  %D%/output.c %D%/output.h \
  %D%/progress.c %D%/progress.h \
  %D%/session.c %D%/session.h \
  %D%/report.c %D%/report.h \
  %D%/shape.c %D%/shape.h \
  %D%/table.c %D%/table.h \
  %D%/date.c %D%/frequency.c %D%/date.h \
  %D%/transform.c %D%/transform.h \
  %D%/series.c %D%/series.h \
  %D%/pixels.c %D%/pixels.h \
  %D%/image.c %D%/image_write.c %D%/palette.c %D%/image.h \
  %D%/cairo_calls.c %D%/cairo_calls.h %D%/plot.c %D%/plot_draw.c %D%/ticks.c %D%/plot.h %D%/plot_items.h \
  %D%/charts.c %D%/charts.h

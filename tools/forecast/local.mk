bin_PROGRAMS += %D%/atrous-forecast
%C%_atrous_forecast_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_atrous_forecast_LDADD = %D%/libforecast.la $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) -lm
%C%_atrous_forecast_SOURCES = %D%/main.c
# Apart from main.c, so that tests can link it.
noinst_LTLIBRARIES += %D%/libforecast.la
%C%_libforecast_la_CPPFLAGS = $(TOOLS_CPPFLAGS)
%C%_libforecast_la_SOURCES = \
  %D%/forecast.h %D%/forecaster.c %D%/meta.c \
  %D%/data.c %D%/data.h \
  %D%/net.c %D%/net.h \
  %D%/infer.c %D%/infer.h \
  %D%/fit.c %D%/fit.h %D%/fit_state.c %D%/fit_state.h \
  %D%/outlook.c %D%/outlook.h \
  %D%/stats.c %D%/stats.h \
  %D%/baseline.c %D%/baseline.h \
  %D%/train.c %D%/predict.c \
  %D%/backtest.c %D%/backtest_fold.c %D%/backtest_result.c %D%/backtest.h \
  %D%/scales.c %D%/scales.h

EXTRA_DIST += %D%/cache.test
if TOOLS
if HAVE_CHECK
TOOLS_TEST_CPPFLAGS = $(TOOLS_CPPFLAGS) -I$(srcdir)/%D% $(CHECK_CFLAGS)
TOOLS_TEST_LIBS = $(TOOLS_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS)
TOOLS_TESTS =
check_PROGRAMS += $(TOOLS_TESTS)
TESTS += $(TOOLS_TESTS)
TESTS += %D%/cache.test

TOOLS_TESTS += %D%/options.test
%C%_options_test_SOURCES = %D%/options_test.c %D%/tools_test.h
%C%_options_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_options_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/output.test
%C%_output_test_SOURCES = %D%/output_test.c %D%/tools_test.h
%C%_output_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_output_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/report.test
%C%_report_test_SOURCES = %D%/report_test.c %D%/tools_test.h
%C%_report_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_report_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/table.test
%C%_table_test_SOURCES = %D%/table_test.c %D%/tools_test.h
%C%_table_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_table_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/date.test
%C%_date_test_SOURCES = %D%/date_test.c %D%/tools_test.h
%C%_date_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_date_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/series.test
%C%_series_test_SOURCES = %D%/series_test.c %D%/tools_test.h
%C%_series_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_series_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/image.test
%C%_image_test_SOURCES = %D%/image_test.c %D%/tools_test.h
%C%_image_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_image_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/plot.test
%C%_plot_test_SOURCES = %D%/plot_test.c %D%/tools_test.h
%C%_plot_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_plot_test_LDADD = $(TOOLS_TEST_LIBS)

TOOLS_TESTS += %D%/forecast_units.test
%C%_forecast_units_test_SOURCES = %D%/forecast_test.c %D%/tools_test.h
%C%_forecast_units_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_forecast_units_test_LDADD = tools/forecast/libforecast.la $(TOOLS_TEST_LIBS) libatrous.la -lm

TOOLS_TESTS += %D%/segment_metrics.test
%C%_segment_metrics_test_SOURCES = %D%/segment_metrics_test.c %D%/tools_test.h
%C%_segment_metrics_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_segment_metrics_test_LDADD = tools/segment/libsegment.la libatrous.la $(TOOLS_TEST_LIBS) -lm

TOOLS_TESTS += %D%/dynamics_backward.test
%C%_dynamics_backward_test_SOURCES = %D%/dynamics_backward_test.c %D%/tools_test.h
%C%_dynamics_backward_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_dynamics_backward_test_LDADD = tools/dynamics/libdynamics.la tools/run/librun.la libatrous.la $(TOOLS_TEST_LIBS) $(LAPACKE_LIBS) -lm

TOOLS_TESTS += %D%/dynamics_measures.test
%C%_dynamics_measures_test_SOURCES = %D%/dynamics_measures_test.c %D%/tools_test.h
%C%_dynamics_measures_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_dynamics_measures_test_LDADD = tools/dynamics/libdynamics.la tools/run/librun.la libatrous.la $(TOOLS_TEST_LIBS) $(LAPACKE_LIBS) -lm

TOOLS_TESTS += %D%/run_units.test
%C%_run_units_test_SOURCES = %D%/run_test.c %D%/tools_test.h
%C%_run_units_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_run_units_test_LDADD = tools/run/librun.la libatrous.la $(TOOLS_TEST_LIBS) -lm

TOOLS_TESTS += %D%/segment_crop.test
%C%_segment_crop_test_SOURCES = %D%/segment_crop_test.c %D%/tools_test.h
%C%_segment_crop_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_segment_crop_test_LDADD = tools/segment/libsegment.la libatrous.la $(TOOLS_TEST_LIBS) -lm

DYNAMICS_TEST_LIBS = tools/dynamics/libdynamics.la tools/run/librun.la $(TOOLS_TEST_LIBS) libatrous.la $(LAPACKE_LIBS) -lm
TOOLS_TESTS += %D%/dynamics_system.test
%C%_dynamics_system_test_SOURCES = %D%/dynamics_system_test.c %D%/dynamics_test.h %D%/tools_test.h
%C%_dynamics_system_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_dynamics_system_test_LDADD = $(DYNAMICS_TEST_LIBS)

TOOLS_TESTS += %D%/dynamics_study.test
%C%_dynamics_study_test_SOURCES = %D%/dynamics_study_test.c %D%/dynamics_test.h %D%/tools_test.h
%C%_dynamics_study_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_dynamics_study_test_LDADD = $(DYNAMICS_TEST_LIBS)
endif
check_PROGRAMS += %D%/run-models
%C%_run_models_SOURCES = %D%/run_models.c
%C%_run_models_LDADD = libatrous.la
TESTS += %D%/bench.test %D%/dynamics.test %D%/forecast.test %D%/info.test %D%/measures.test %D%/models.test %D%/resident.test %D%/run.test %D%/same_bytes.test %D%/sample.test %D%/segment.test %D%/stream.test
endif
EXTRA_DIST += %D%/bench.test %D%/dynamics.test %D%/forecast.test %D%/info.test %D%/measures.test %D%/models.test %D%/resident.test %D%/run.test %D%/same_bytes.test %D%/sample.test %D%/segment.test %D%/stream.test

if TOOLS
if HAVE_CHECK
TOOLS_TESTS = %D%/options.test %D%/output.test %D%/report.test
check_PROGRAMS += $(TOOLS_TESTS)
TESTS += $(TOOLS_TESTS)
TOOLS_TEST_CPPFLAGS = $(TOOLS_CPPFLAGS) -I$(srcdir)/%D% $(CHECK_CFLAGS)
TOOLS_TEST_LIBS = $(TOOLS_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS)
%C%_options_test_SOURCES = %D%/options_test.c %D%/tools_test.h
%C%_options_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_options_test_LDADD = $(TOOLS_TEST_LIBS)
%C%_output_test_SOURCES = %D%/output_test.c %D%/tools_test.h
%C%_output_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_output_test_LDADD = $(TOOLS_TEST_LIBS)
%C%_report_test_SOURCES = %D%/report_test.c %D%/tools_test.h
%C%_report_test_CPPFLAGS = $(TOOLS_TEST_CPPFLAGS)
%C%_report_test_LDADD = $(TOOLS_TEST_LIBS)
endif
endif

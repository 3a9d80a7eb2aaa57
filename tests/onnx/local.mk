EXTRA_DIST += %D%/exceptions.txt %D%/notes.txt %D%/fuzz_load.c
CLEANFILES += %D%/cases.tsv
check_PROGRAMS += %D%/list-support
%C%_list_support_SOURCES = %D%/list_support.c
%C%_list_support_LDADD = libatrous_core.la
if HAVE_CHECK
ONNX_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% $(CHECK_CFLAGS)
ONNX_TEST_LIBS = libatrous_core.la $(CHECK_LIBS)
ONNX_TESTS =
check_PROGRAMS += $(ONNX_TESTS)
TESTS += $(ONNX_TESTS)

ONNX_TESTS += %D%/external.test
%C%_external_test_SOURCES = %D%/external_test.c %D%/onnx_test.h
%C%_external_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_external_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/hostile.test
%C%_hostile_test_SOURCES = %D%/hostile_test.c %D%/onnx_test.h
%C%_hostile_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_hostile_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/malformed.test
%C%_malformed_test_SOURCES = %D%/malformed_test.c %D%/onnx_test.h
%C%_malformed_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_malformed_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/nest.test
%C%_nest_test_SOURCES = %D%/nest_test.c %D%/onnx_test.h
%C%_nest_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_nest_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/node_tests.test
%C%_node_tests_test_SOURCES = %D%/node_tests.c %D%/cases.c %D%/cases.h %D%/onnx_test.h
%C%_node_tests_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_node_tests_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/round_trip.test
%C%_round_trip_test_SOURCES = %D%/round_trip_test.c %D%/onnx_test.h
%C%_round_trip_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_round_trip_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/types.test
%C%_types_test_SOURCES = %D%/types_test.c %D%/onnx_test.h
%C%_types_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_types_test_LDADD = $(ONNX_TEST_LIBS)

ONNX_TESTS += %D%/upgrade.test
%C%_upgrade_test_SOURCES = %D%/upgrade_test.c %D%/onnx_test.h
%C%_upgrade_test_CPPFLAGS = $(ONNX_TEST_CPPFLAGS)
%C%_upgrade_test_LDADD = $(ONNX_TEST_LIBS)
endif

if HAVE_CHECK
TRAIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% -I$(srcdir)/tests/op $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
TRAIN_TEST_LIBS = libatrous_core.la $(JANSSON_LIBS) $(CHECK_LIBS)
TRAIN_TESTS =
check_PROGRAMS += $(TRAIN_TESTS)
TESTS += $(TRAIN_TESTS)

TRAIN_TESTS += %D%/golden.test
%C%_golden_test_SOURCES = %D%/golden_test.c %D%/train_test.h
%C%_golden_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_golden_test_LDADD = $(TRAIN_TEST_LIBS)
endif

if HAVE_CHECK
BASE_TESTS = %D%/alloc.test %D%/file.test %D%/random.test %D%/text.test %D%/thread.test
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
# Tests may use POSIX freely.
UNIT_TEST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -I$(top_srcdir)/tests $(CHECK_CFLAGS)
UNIT_TEST_LIBS = libatrous_core.la $(CHECK_LIBS)
%C%_alloc_test_SOURCES = %D%/alloc_test.c tests/test.h
%C%_alloc_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_alloc_test_LDADD = $(UNIT_TEST_LIBS)
%C%_file_test_SOURCES = %D%/file_test.c tests/test.h
%C%_file_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_file_test_LDADD = $(UNIT_TEST_LIBS)
%C%_random_test_SOURCES = %D%/random_test.c tests/test.h
%C%_random_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_random_test_LDADD = $(UNIT_TEST_LIBS)
%C%_text_test_SOURCES = %D%/text_test.c tests/test.h
%C%_text_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_text_test_LDADD = $(UNIT_TEST_LIBS)
%C%_thread_test_SOURCES = %D%/thread_test.c tests/test.h
%C%_thread_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_thread_test_LDADD = $(UNIT_TEST_LIBS)
endif

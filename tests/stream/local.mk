if HAVE_CHECK
check_PROGRAMS += %D%/stream.test
TESTS += %D%/stream.test
%C%_stream_test_SOURCES = %D%/stream_test.c tests/test.h
%C%_stream_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_stream_test_LDADD = $(UNIT_TEST_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += %D%/resident.test %D%/stream.test
TESTS += %D%/resident.test %D%/stream.test
%C%_resident_test_SOURCES = %D%/resident_test.c tests/test.h
%C%_resident_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_resident_test_LDADD = $(UNIT_TEST_LIBS)
%C%_stream_test_SOURCES = %D%/stream_test.c tests/test.h
%C%_stream_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_stream_test_LDADD = $(UNIT_TEST_LIBS)
endif

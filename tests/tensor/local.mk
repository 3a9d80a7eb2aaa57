if HAVE_CHECK
check_PROGRAMS += %D%/shape.test
TESTS += %D%/shape.test
%C%_shape_test_SOURCES = %D%/shape_test.c tests/test.h
%C%_shape_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_shape_test_LDADD = $(UNIT_TEST_LIBS)
endif

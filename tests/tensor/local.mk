if HAVE_CHECK
TENSOR_TESTS = %D%/csr.test %D%/shape.test
check_PROGRAMS += $(TENSOR_TESTS)
TESTS += $(TENSOR_TESTS)
%C%_csr_test_SOURCES = %D%/csr_test.c tests/test.h
%C%_csr_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_csr_test_LDADD = $(UNIT_TEST_LIBS)
%C%_shape_test_SOURCES = %D%/shape_test.c tests/test.h
%C%_shape_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_shape_test_LDADD = $(UNIT_TEST_LIBS)
endif

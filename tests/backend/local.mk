if HAVE_CHECK
BACKEND_TESTS = %D%/context.test
if OPENCL
BACKEND_TESTS += %D%/opencl.test
endif
check_PROGRAMS += $(BACKEND_TESTS)
TESTS += $(BACKEND_TESTS)
BACKEND_TEST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -I$(srcdir)/%D% $(CHECK_CFLAGS)
BACKEND_TEST_LIBS = libatrous_core.la $(CHECK_LIBS)
%C%_context_test_SOURCES = %D%/context_test.c %D%/backend_test.h
%C%_context_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_context_test_LDADD = $(BACKEND_TEST_LIBS)
if OPENCL
%C%_opencl_test_SOURCES = %D%/opencl_test.c %D%/backend_test.h
%C%_opencl_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_opencl_test_LDADD = $(BACKEND_TEST_LIBS)
endif
endif
EXTRA_DIST += %D%/kernels/scale.cl %D%/kernels/offset.clh %D%/kernels/broken.cl

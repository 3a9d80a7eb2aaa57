if HAVE_CHECK
BACKEND_TESTS = %D%/context.test
if OPENCL
BACKEND_TESTS += %D%/cache.test %D%/fault.test %D%/interop.test %D%/loader.test %D%/opencl.test
endif
check_PROGRAMS += $(BACKEND_TESTS)
TESTS += $(BACKEND_TESTS)
BACKEND_TEST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -I$(srcdir) -I$(srcdir)/%D% $(CHECK_CFLAGS)
BACKEND_TEST_LIBS = libatrous_core.la $(CHECK_LIBS)
%C%_context_test_SOURCES = %D%/context_test.c %D%/backend_test.h
%C%_context_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_context_test_LDADD = $(BACKEND_TEST_LIBS)
if OPENCL
%C%_fault_test_SOURCES = %D%/fault_test.c %D%/backend_test.h
%C%_fault_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_fault_test_LDADD = $(BACKEND_TEST_LIBS)
%C%_cache_test_SOURCES = %D%/cache_test.c %D%/backend_test.h
%C%_cache_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_cache_test_LDADD = $(BACKEND_TEST_LIBS)
%C%_interop_test_SOURCES = %D%/interop_test.c %D%/backend_test.h
%C%_interop_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_interop_test_LDADD = $(BACKEND_TEST_LIBS)
%C%_loader_test_SOURCES = %D%/loader_test.c %D%/backend_test.h
%C%_loader_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_loader_test_LDADD = $(BACKEND_TEST_LIBS)
%C%_opencl_test_SOURCES = %D%/opencl_test.c %D%/backend_test.h
%C%_opencl_test_CPPFLAGS = $(BACKEND_TEST_CPPFLAGS)
%C%_opencl_test_LDADD = $(BACKEND_TEST_LIBS)
# Modules that loader.test opens; -rpath makes libtool build them shared.
check_LTLIBRARIES += %D%/fake_loader.la %D%/incomplete_loader.la
%C%_fake_loader_la_SOURCES = %D%/fake_loader.c
%C%_fake_loader_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere
%C%_incomplete_loader_la_SOURCES = %D%/fake_loader.c
%C%_incomplete_loader_la_CPPFLAGS = $(AM_CPPFLAGS) -DFAKE_CL_INCOMPLETE
%C%_incomplete_loader_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere
# A layer for scripts/check-long.
check_LTLIBRARIES += %D%/whole_writes.la
%C%_whole_writes_la_SOURCES = %D%/whole_writes.c
%C%_whole_writes_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere
endif
endif
EXTRA_DIST += %D%/kernels/clamp.cl %D%/kernels/scale.cl %D%/kernels/offset.clh %D%/kernels/broken.cl %D%/kernels/tiles.cl

if HAVE_CHECK
PLAN_TESTS = %D%/call.test %D%/fuse.test %D%/fuse_conv.test %D%/hoist.test %D%/plan.test %D%/profile.test %D%/run.test %D%/segment.test %D%/share.test %D%/simplify.test
check_PROGRAMS += $(PLAN_TESTS)
TESTS += $(PLAN_TESTS)
%C%_plan_test_SOURCES = %D%/plan_test.c %D%/net.h tests/test.h
%C%_plan_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_plan_test_LDADD = $(UNIT_TEST_LIBS)
%C%_run_test_SOURCES = %D%/run_test.c %D%/net.h tests/test.h
%C%_run_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_run_test_LDADD = $(UNIT_TEST_LIBS)
%C%_fuse_conv_test_SOURCES = %D%/fuse_conv_test.c tests/test.h
%C%_fuse_conv_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_fuse_conv_test_LDADD = $(UNIT_TEST_LIBS)

%C%_call_test_SOURCES = %D%/call_test.c %D%/net.h tests/test.h
%C%_call_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_call_test_LDADD = $(UNIT_TEST_LIBS)
%C%_fuse_test_SOURCES = %D%/fuse_test.c tests/test.h
%C%_fuse_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_fuse_test_LDADD = $(UNIT_TEST_LIBS)
%C%_hoist_test_SOURCES = %D%/hoist_test.c %D%/net.h tests/test.h
%C%_hoist_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_hoist_test_LDADD = $(UNIT_TEST_LIBS)
%C%_profile_test_SOURCES = %D%/profile_test.c %D%/net.h tests/test.h
%C%_profile_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_profile_test_LDADD = $(UNIT_TEST_LIBS)
%C%_segment_test_SOURCES = %D%/segment_test.c %D%/net.h tests/test.h
%C%_segment_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_segment_test_LDADD = $(UNIT_TEST_LIBS)
%C%_simplify_test_SOURCES = %D%/simplify_test.c %D%/net.h tests/test.h
%C%_simplify_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_simplify_test_LDADD = $(UNIT_TEST_LIBS)
%C%_share_test_SOURCES = %D%/share_test.c tests/test.h
%C%_share_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_share_test_LDADD = $(UNIT_TEST_LIBS)
endif

if HAVE_CHECK
TRAIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% -I$(srcdir)/tests/op $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
TRAIN_TEST_LIBS = libatrous_core.la $(JANSSON_LIBS) $(CHECK_LIBS)
TRAIN_TESTS =
check_PROGRAMS += $(TRAIN_TESTS)
TESTS += $(TRAIN_TESTS)

TRAIN_TESTS += %D%/carry.test
%C%_carry_test_SOURCES = %D%/carry_test.c %D%/train_test.h
%C%_carry_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_carry_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/checkpoint.test
%C%_checkpoint_test_SOURCES = %D%/checkpoint_test.c %D%/train_test.h
%C%_checkpoint_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_checkpoint_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/clip_through_time.test
%C%_clip_through_time_test_SOURCES = %D%/clip_through_time_test.c %D%/train_test.h
%C%_clip_through_time_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_clip_through_time_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/freeze.test
%C%_freeze_test_SOURCES = %D%/freeze_test.c %D%/train_test.h
%C%_freeze_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_freeze_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/golden.test
%C%_golden_test_SOURCES = %D%/golden_test.c %D%/train_test.h
%C%_golden_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_golden_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/gradient.test
%C%_gradient_test_SOURCES = %D%/gradient_test.c %D%/train_test.h
%C%_gradient_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_gradient_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/guard.test
%C%_guard_test_SOURCES = %D%/guard_test.c %D%/train_test.h
%C%_guard_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_guard_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/memory.test
%C%_memory_test_SOURCES = %D%/memory_test.c %D%/train_test.h
%C%_memory_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_memory_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/sparse.test
%C%_sparse_test_SOURCES = %D%/sparse_test.c %D%/train_test.h
%C%_sparse_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_sparse_test_LDADD = $(TRAIN_TEST_LIBS)

TRAIN_TESTS += %D%/trainer.test
%C%_trainer_test_SOURCES = %D%/trainer_test.c %D%/train_test.h
%C%_trainer_test_CPPFLAGS = $(TRAIN_TEST_CPPFLAGS)
%C%_trainer_test_LDADD = $(TRAIN_TEST_LIBS)
endif

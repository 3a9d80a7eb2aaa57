if HAVE_CHECK
MODEL_TESTS = %D%/builder.test %D%/differentiate.test %D%/gradient.test %D%/inspect.test %D%/receptive_field.test \
  %D%/recurrent_import.test %D%/recurrent_norm.test %D%/recurrent_stack.test %D%/wavenet.test
check_PROGRAMS += $(MODEL_TESTS)
TESTS += $(MODEL_TESTS)
%C%_builder_test_SOURCES = %D%/builder_test.c tests/test.h
%C%_builder_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_builder_test_LDADD = $(UNIT_TEST_LIBS)
%C%_differentiate_test_SOURCES = %D%/differentiate_test.c tests/test.h
%C%_differentiate_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_differentiate_test_LDADD = $(UNIT_TEST_LIBS)
%C%_gradient_test_SOURCES = %D%/gradient_test.c tests/test.h
%C%_gradient_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_gradient_test_LDADD = $(UNIT_TEST_LIBS)
%C%_inspect_test_SOURCES = %D%/inspect_test.c tests/test.h
%C%_inspect_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_inspect_test_LDADD = $(UNIT_TEST_LIBS)
%C%_receptive_field_test_SOURCES = %D%/receptive_field_test.c tests/test.h
%C%_receptive_field_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_receptive_field_test_LDADD = $(UNIT_TEST_LIBS)
%C%_recurrent_import_test_SOURCES = %D%/recurrent_import_test.c tests/test.h
%C%_recurrent_import_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_recurrent_import_test_LDADD = $(UNIT_TEST_LIBS)
%C%_recurrent_norm_test_SOURCES = %D%/recurrent_norm_test.c tests/test.h
%C%_recurrent_norm_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_recurrent_norm_test_LDADD = $(UNIT_TEST_LIBS)
%C%_recurrent_stack_test_SOURCES = %D%/recurrent_stack_test.c tests/test.h
%C%_recurrent_stack_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_recurrent_stack_test_LDADD = $(UNIT_TEST_LIBS)
%C%_wavenet_test_SOURCES = %D%/wavenet_test.c tests/test.h
%C%_wavenet_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_wavenet_test_LDADD = $(UNIT_TEST_LIBS)
endif

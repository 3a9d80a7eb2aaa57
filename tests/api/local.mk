# What an application sees: these link libatrous.la, whose hidden symbols they cannot reach.
check_PROGRAMS += %D%/bits %D%/recurrent-bits
%C%_bits_SOURCES = %D%/bits.c
%C%_bits_LDADD = libatrous.la
%C%_recurrent_bits_SOURCES = %D%/recurrent_bits.c
%C%_recurrent_bits_LDADD = libatrous.la
TESTS += %D%/same_bits.test
EXTRA_DIST += %D%/same_bits.test
if HAVE_CHECK
check_PROGRAMS += %D%/program.test
TESTS += %D%/program.test
%C%_program_test_SOURCES = %D%/program_test.c
%C%_program_test_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE $(CHECK_CFLAGS)
%C%_program_test_LDADD = libatrous.la $(CHECK_LIBS)
check_PROGRAMS += %D%/op.test
TESTS += %D%/op.test
%C%_op_test_SOURCES = %D%/op_test.c
%C%_op_test_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE $(ATR_CPPFLAGS) $(CHECK_CFLAGS)
%C%_op_test_LDADD = libatrous.la $(CHECK_LIBS)
endif

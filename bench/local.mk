# Speed beside oneDNN, built on request (make bench/operators) where it is installed; not part of `make check`.
EXTRA_DIST += %D%/README.md %D%/run %D%/bench.h %D%/bench.c %D%/ours.c %D%/peer.c %D%/operators.c
if DNNL
EXTRA_PROGRAMS += %D%/operators
%C%_operators_SOURCES = %D%/bench.c %D%/ours.c %D%/peer.c %D%/operators.c
%C%_operators_LDADD = libatrous.la $(DNNL_LIBS)
endif

# Speed beside oneDNN where it is installed (make bench/operators), loading beside ONNX Runtime (bench/load, bench/networks):
# built on request, not part of `make check`.
EXTRA_DIST += %D%/README.md %D%/run %D%/load.py %D%/peers.py
EXTRA_PROGRAMS += %D%/load %D%/networks
%C%_load_SOURCES = %D%/load.c
%C%_load_LDADD = libatrous.la
%C%_networks_SOURCES = %D%/networks.c
%C%_networks_LDADD = libatrous.la
EXTRA_DIST += %D%/common.h %D%/common.c %D%/contest.h %D%/contest.c %D%/process.h %D%/process.c
EXTRA_DIST += %D%/bench.h %D%/bench.c %D%/ours.c %D%/peer.c %D%/peak.c %D%/rows.c %D%/triad.c %D%/operators.c %D%/shapes.txt
EXTRA_DIST += %D%/recurrent.h %D%/recurrent.c %D%/recurrent_peer.c %D%/stack.c
EXTRA_DIST += %D%/training.c %D%/models.c %D%/table.py %D%/table_plot.py
bench_common = %D%/common.c %D%/contest.c %D%/process.c
EXTRA_PROGRAMS += %D%/training %D%/models
%C%_training_SOURCES = $(bench_common) %D%/training.c
%C%_training_LDADD = libatrous.la
%C%_models_SOURCES = $(bench_common) %D%/models.c
%C%_models_LDADD = libatrous.la
if DNNL
EXTRA_PROGRAMS += %D%/operators %D%/recurrent %D%/stack
%C%_recurrent_SOURCES = $(bench_common) %D%/recurrent.c %D%/recurrent_peer.c
%C%_recurrent_LDADD = libatrous.la $(DNNL_LIBS)
%C%_stack_SOURCES = $(bench_common) %D%/bench.c %D%/ours.c %D%/stack.c
%C%_stack_LDADD = libatrous.la $(DNNL_LIBS)
%C%_operators_SOURCES = $(bench_common) %D%/bench.c %D%/ours.c %D%/peer.c %D%/peak.c %D%/rows.c %D%/triad.c %D%/operators.c
%C%_operators_CPPFLAGS = $(AM_CPPFLAGS) -DBENCH_SHAPES='"$(srcdir)/%D%/shapes.txt"'
%C%_operators_LDADD = libatrous.la $(DNNL_LIBS)
endif

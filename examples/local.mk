# Complete programs against the installed library; scripts/check builds them through pkg-config, the build here through
# libatrous.la.
check_PROGRAMS += %D%/devices
%C%_devices_SOURCES = %D%/devices.c
%C%_devices_LDADD = libatrous.la
check_PROGRAMS += %D%/sine
%C%_sine_SOURCES = %D%/sine.c
%C%_sine_LDADD = libatrous.la
check_PROGRAMS += %D%/finetune
%C%_finetune_SOURCES = %D%/finetune.c
%C%_finetune_LDADD = libatrous.la
check_PROGRAMS += %D%/operators
%C%_operators_SOURCES = %D%/operators.c
%C%_operators_LDADD = libatrous.la -lm
check_PROGRAMS += %D%/wavenet
%C%_wavenet_SOURCES = %D%/wavenet.c
%C%_wavenet_LDADD = libatrous.la -lm
check_PROGRAMS += %D%/adding
%C%_adding_SOURCES = %D%/adding.c %D%/learn.h
%C%_adding_LDADD = libatrous.la -lm
check_PROGRAMS += %D%/copying
%C%_copying_SOURCES = %D%/copying.c %D%/learn.h
%C%_copying_LDADD = libatrous.la -lm
check_PROGRAMS += %D%/rhythm
%C%_rhythm_SOURCES = %D%/rhythm.c %D%/learn.h
%C%_rhythm_LDADD = libatrous.la -lm
check_PROGRAMS += %D%/series
%C%_series_SOURCES = %D%/series.c %D%/learn.h
%C%_series_LDADD = libatrous.la -lm
if TOOLS
check_PROGRAMS += %D%/by-hand/by-hand
%C%_by_hand_by_hand_SOURCES = %D%/by-hand/by-hand.h %D%/by-hand/descent.c %D%/by-hand/filters.c %D%/by-hand/library.c \
  %D%/by-hand/main.c %D%/by-hand/modes.c %D%/by-hand/network.c %D%/by-hand/pooling.c %D%/by-hand/rnn.c \
  %D%/by-hand/softmax.c
%C%_by_hand_by_hand_CPPFLAGS = -I$(top_srcdir)/include $(JANSSON_CFLAGS)
%C%_by_hand_by_hand_LDADD = libatrous.la $(JANSSON_LIBS) -lm
endif
# Systems for atrous-dynamics.
dist_dynamics_DATA = %D%/dynamics/delay-line.json %D%/dynamics/flip-flop.csv %D%/dynamics/flip-flop.json %D%/dynamics/forget-gate.json \
  %D%/dynamics/line-attractor.json %D%/dynamics/logistic.json %D%/dynamics/lorenz.json %D%/dynamics/oscillator.json \
  %D%/dynamics/plain.json %D%/dynamics/random-200.json %D%/dynamics/two-groups.json %D%/dynamics/update-gate.json
dynamicsdir = $(docdir)/examples/dynamics

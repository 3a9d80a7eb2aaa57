bin_PROGRAMS += %D%/atrous-dynamics
%C%_atrous_dynamics_CPPFLAGS = $(TOOLS_CPPFLAGS) $(LAPACKE_CFLAGS)
%C%_atrous_dynamics_LDADD = %D%/libdynamics.la tools/run/librun.la $(TOOLS_LIBS) libatrous.la $(JANSSON_LIBS) $(LAPACKE_LIBS) -lm
%C%_atrous_dynamics_SOURCES = %D%/main.c
# Apart from main.c, so that tests can link it.
noinst_LTLIBRARIES += %D%/libdynamics.la
%C%_libdynamics_la_CPPFLAGS = $(TOOLS_CPPFLAGS) $(LAPACKE_CFLAGS)
%C%_libdynamics_la_SOURCES = \
  %D%/dynamics.h %D%/job.c \
  %D%/system.c %D%/system.h %D%/step.h %D%/cell.c %D%/continuous.c %D%/activation.c \
  %D%/load.c %D%/load.h %D%/config.c %D%/array_spec.c %D%/onnx.c \
  %D%/trajectory.c %D%/trajectory.h %D%/network.c \
  %D%/draw.c %D%/draw.h %D%/linear.c %D%/linear.h \
  %D%/factor.c %D%/factor.h %D%/gaussian.c %D%/gaussian.h %D%/weakest.c \
  %D%/information.c %D%/information.h %D%/capacity.c %D%/capacity.h \
  %D%/record.c %D%/record.h %D%/sensitivity.c %D%/sensitivity.h %D%/cut.c %D%/cut.h \
  %D%/memory.c %D%/gradient.c %D%/ablate.c %D%/integration.c \
  %D%/plane.c %D%/plane.h %D%/eigenvalues.h \
  %D%/fixed_search.c %D%/fixed_points.h \
  %D%/simulate.c %D%/spectrum.c %D%/fixed_points.c \
  %D%/lyapunov.c %D%/lyapunov.h

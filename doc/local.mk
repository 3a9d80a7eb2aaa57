EXTRA_DIST += %D%/pictures/dynamics-oscillator.png %D%/pictures/dynamics-spectrum.png %D%/pictures/forecast.png %D%/pictures/overlay.png
EXTRA_DIST += %D%/architecture.md %D%/devices.md %D%/dynamics.md %D%/forecast.md %D%/formats.md %D%/numbers.md %D%/performance.md %D%/run.md \
  %D%/segment.md %D%/series.md
EXTRA_DIST += %D%/recurrence.md %D%/pictures/recurrence/cycle.png %D%/pictures/recurrence/disc.png \
  %D%/pictures/recurrence/exploding.png %D%/pictures/recurrence/fixed-points.png \
  %D%/pictures/recurrence/flip-flop.png %D%/pictures/recurrence/flip-flop-cut.png \
  %D%/pictures/recurrence/integration.png %D%/pictures/recurrence/kept.png \
  %D%/pictures/recurrence/lorenz.png %D%/pictures/recurrence/lyapunov.png %D%/pictures/recurrence/memory.png \
  %D%/pictures/recurrence/vanishing.png
EXTRA_DIST += %D%/onnx-support.md %D%/operators.md
EXTRA_DIST += %D%/tensors.md %D%/training-recurrent.md
EXTRA_DIST += %D%/pictures/benchmarks.svg %D%/pictures/convolution.py %D%/pictures/phases.svg %D%/pictures/tile.svg
EXTRA_DIST += %D%/by-hand/README.md %D%/by-hand/adam.md %D%/by-hand/backpropagation.md %D%/by-hand/batch-normalization.md \
  %D%/by-hand/dilation.md %D%/by-hand/dropout.md %D%/by-hand/gradient-descent.md %D%/by-hand/network.md %D%/by-hand/padding.md \
  %D%/by-hand/pooling.md %D%/by-hand/rnn.md %D%/by-hand/softmax.md
dist_man_MANS += %D%/atrous-bench.1 %D%/atrous-dynamics.1 %D%/atrous-forecast.1 %D%/atrous-info.1 %D%/atrous-run.1 %D%/atrous-segment.1

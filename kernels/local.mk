# Kernels are embedded as byte arrays, so that the library carries them; ATROUS_KERNEL_DIR overrides them.
ATR_KERNELS = \
  %D%/affine_grid.cl \
  %D%/arg.cl \
  %D%/arg_integer.cl \
  %D%/average_pool.cl \
  %D%/batch_normalization.cl \
  %D%/binary.cl \
  %D%/binary.clh \
  %D%/binary_grad.cl \
  %D%/builtins.clh \
  %D%/cast.cl \
  %D%/causal_conv.cl \
  %D%/chain.cl \
  %D%/col2im.cl \
  %D%/common.clh \
  %D%/compare.cl \
  %D%/compress.cl \
  %D%/continuous_rnn.cl \
  %D%/conv.cl \
  %D%/conv.clh \
  %D%/conv_depthwise_blocked.cl \
  %D%/conv_dot_blocked.cl \
  %D%/conv_direct_blocked.cl \
  %D%/conv_direct_plain.cl \
  %D%/conv_epilogue.clh \
  %D%/conv_grad.cl \
  %D%/conv_grad_filter_lanes.cl %D%/conv_grad_filter_plain.cl %D%/conv_grad_input_lanes.cl %D%/conv_pointwise_plain.cl \
  %D%/conv_grad_sums.cl \
  %D%/conv_integer.cl \
  %D%/conv_pack_blocked.cl \
  %D%/conv_pair_blocked.cl \
  %D%/conv_pointwise_blocked.cl \
  %D%/conv_stem_blocked.cl \
  %D%/conv_taps.clh \
  %D%/conv_transpose_blocked.cl %D%/conv_transpose_depthwise_blocked.cl %D%/conv_transpose_dot_blocked.cl \
  %D%/conv_phase.clh \
  %D%/cum_sum.cl \
  %D%/det.cl \
  %D%/conv_tile.clh \
  %D%/conv_winograd.clh \
  %D%/conv_winograd_blocked.cl \
  %D%/dft.cl \
  %D%/dropout.cl \
  %D%/einsum.cl \
  %D%/flow.clh \
  %D%/gather.cl \
  %D%/gather_elements.cl \
  %D%/gather_nd.cl \
  %D%/gemm.cl \
  %D%/gemm_baseline.cl \
  %D%/gemm_pack.cl \
  %D%/gradient_norm.cl \
  %D%/grid_sample.cl \
  %D%/hardmax.cl \
  %D%/gru.cl \
  %D%/gru_lanes.cl \
  %D%/gru_line.cl \
  %D%/layer_normalization.cl \
  %D%/loss_dice.cl \
  %D%/loss_elementwise.cl \
  %D%/loss_softmax.cl \
  %D%/lp_normalization.cl \
  %D%/lp_pool.cl \
  %D%/lrn.cl \
  %D%/lstm.cl \
  %D%/lstm_line.cl \
  %D%/lstm_lanes.cl \
  %D%/matmul_integer.cl \
  %D%/max_pool.cl \
  %D%/max_pool_bytes.cl \
  %D%/max_unpool.cl \
  %D%/mean_variance_normalization.cl \
  %D%/move.cl \
  %D%/normalization_scale.cl \
  %D%/one_hot.cl \
  %D%/optimizer.cl \
  %D%/optimizer_onnx.cl \
  %D%/pad.cl \
  %D%/pool.clh \
  %D%/quantize.cl \
  %D%/quantize.clh \
  %D%/quantize_dynamic.cl \
  %D%/random.cl \
  %D%/random.clh \
  %D%/rate.clh \
  %D%/recurrent.cl \
  %D%/recurrent.clh \
  %D%/recurrent_cell.cl \
  %D%/recurrent_cell_lanes.cl \
  %D%/recurrent_lanes.clh \
  %D%/recurrent_pack_lanes.cl \
  %D%/recurrent_line.clh \
  %D%/reduce.cl \
  %D%/reduce_integer.cl \
  %D%/reduce_prod_grad.cl \
  %D%/reorder.cl \
  %D%/resize.cl \
  %D%/reverse_sequence.cl \
  %D%/rnn.cl \
  %D%/rnn_lanes.cl \
  %D%/rnn_line.cl \
  %D%/roi_align.cl \
  %D%/sampled_product.cl \
  %D%/scatter.cl \
  %D%/shape.cl \
  %D%/shared_words.clh \
  %D%/softmax.cl \
  %D%/sparse_rnn.cl \
  %D%/stft.cl \
  %D%/stream.cl \
  %D%/top_k.cl \
  %D%/trilu.cl \
  %D%/unary.cl \
  %D%/unary.clh \
  %D%/unary_grad.cl \
  %D%/unary_integer.cl \
  %D%/where.cl
EXTRA_DIST += $(ATR_KERNELS) build-aux/embed-kernels.sh
if OPENCL
nodist_libatrous_core_la_SOURCES += src/backend/opencl/kernels_embedded.c
BUILT_SOURCES += src/backend/opencl/kernels_embedded.c
CLEANFILES += src/backend/opencl/kernels_embedded.c
src/backend/opencl/kernels_embedded.c: $(ATR_KERNELS) build-aux/embed-kernels.sh
	$(AM_V_GEN)$(MKDIR_P) src/backend/opencl && \
	$(SHELL) $(top_srcdir)/build-aux/embed-kernels.sh $(top_srcdir) $(ATR_KERNELS) > $@.tmp && mv $@.tmp $@
endif

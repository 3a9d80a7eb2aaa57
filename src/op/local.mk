libatrous_core_la_SOURCES += \
  %D%/affine_grid.c %D%/affine_grid.h \
  %D%/arg.c %D%/arg.h \
  %D%/attr.c %D%/attr.h \
  %D%/average_pool.c %D%/average_pool.h \
  %D%/axes.c %D%/axes.h \
  %D%/batch_normalization.c %D%/batch_normalization.h \
  %D%/binary.c %D%/binary.h \
  %D%/cast.c %D%/cast.h \
  %D%/causal_conv.c %D%/causal_conv.h \
  %D%/chain.c %D%/chain.h \
  %D%/cl.h %D%/grad.h %D%/host.h %D%/op.h %D%/op_list.def \
  %D%/col2im.c %D%/col2im.h \
  %D%/compare.c %D%/compare.h \
  %D%/compress.c %D%/compress.h \
  %D%/concat.c %D%/concat.h \
  %D%/constant_of_shape.c %D%/constant_of_shape.h \
  %D%/continuous_rnn.c %D%/continuous_rnn.h \
  %D%/control.c %D%/control.h \
  %D%/conv.c %D%/conv.h \
  %D%/conv_blocked.h \
  %D%/conv_direct.h \
  %D%/conv_grad.c \
  %D%/conv_grad_filter.h %D%/conv_grad_input.h %D%/conv_pointwise.h \
  %D%/conv_winograd.h \
  %D%/conv_input.h \
  %D%/conv_integer.c %D%/conv_integer.h \
  %D%/conv_tiles.c %D%/conv_rows.c %D%/conv_lines.c %D%/conv_tiles.h %D%/conv_tiles_filter.c \
  %D%/conv_transpose.c \
  %D%/cum_sum.c %D%/cum_sum.h \
  %D%/depth_to_space.c %D%/depth_to_space.h \
  %D%/det.c %D%/det.h \
  %D%/dft.c %D%/dft.h \
  %D%/dropout.c %D%/dropout.h \
  %D%/einsum.c %D%/einsum.h \
  %D%/element_rows.h \
  %D%/expand.c %D%/expand.h \
  %D%/gather.c %D%/gather.h \
  %D%/gather_elements.c %D%/gather_elements.h \
  %D%/gather_nd.c %D%/gather_nd.h \
  %D%/gemm.c %D%/gemm.h %D%/gemm_tiles.c \
  %D%/gradient_norm.c %D%/gradient_norm.h \
  %D%/grid_sample.c %D%/grid_sample.h \
  %D%/gru.c %D%/gru.h \
  %D%/hardmax.c %D%/hardmax.h \
  %D%/index.c %D%/index.h \
  %D%/infer_help.c \
  %D%/layer_normalization.c %D%/layer_normalization.h \
  %D%/loss_dice.c %D%/loss_dice.h \
  %D%/loss_elementwise.c %D%/loss_elementwise.h \
  %D%/loss_softmax.c %D%/loss_softmax.h \
  %D%/lp_normalization.c %D%/lp_normalization.h \
  %D%/lp_pool.c %D%/lp_pool.h \
  %D%/lrn.c %D%/lrn.h \
  %D%/lstm.c %D%/lstm.h \
  %D%/matmul.c \
  %D%/matmul_integer.c %D%/matmul_integer.h \
  %D%/max_pool.c %D%/max_pool.h \
  %D%/max_unpool.c %D%/max_unpool.h \
  %D%/mean_variance_normalization.c %D%/mean_variance_normalization.h \
  %D%/mel_weight_matrix.c %D%/mel_weight_matrix.h \
  %D%/move.c %D%/move.h \
  %D%/non_max_suppression.c %D%/non_max_suppression.h \
  %D%/non_zero.c %D%/non_zero.h \
  %D%/normalization_scale.c %D%/normalization_scale.h \
  %D%/one_hot.c %D%/one_hot.h \
  %D%/op_registry.c \
  %D%/optimizer.c %D%/optimizer.h \
  %D%/optimizer_onnx.c %D%/optimizer_onnx.h \
  %D%/pad.c %D%/pad.h \
  %D%/pool_rows.h %D%/pool_window.c %D%/pool_window.h \
  %D%/quantize.c %D%/quantize.h %D%/quantize_host.h \
  %D%/random.c %D%/random.h \
  %D%/range.c %D%/range.h \
  %D%/register_tile.c %D%/register_tile.h %D%/register_tile_body.h %D%/register_tile_lines.h %D%/register_tile_rows.h \
  %D%/recurrent.c %D%/recurrent.h %D%/recurrent_cl.h %D%/recurrent_lanes_cl.h %D%/recurrent_host.h \
  %D%/recurrent_cell.c %D%/recurrent_cell.h \
  %D%/recurrent_step.c %D%/recurrent_step.h %D%/recurrent_sequence.c %D%/lanes.h %D%/lanes_functions.c %D%/lanes_functions.h %D%/lanes_math.h \
  %D%/recurrent_backward.c %D%/recurrent_panels.c %D%/recurrent_panels.h \
  %D%/rate.h %D%/rate_host.h \
  %D%/reduce.c %D%/reduce.h \
  %D%/reorder.c %D%/reorder.h \
  %D%/reshape.c %D%/reshape.h \
  %D%/resize.c %D%/resize.h %D%/resize_rows.c %D%/resize_rows.h \
  %D%/reverse_sequence.c %D%/reverse_sequence.h \
  %D%/rnn.c %D%/rnn.h \
  %D%/roi_align.c %D%/roi_align.h \
  %D%/sampled_product.c %D%/sampled_product.h \
  %D%/scatter.c %D%/scatter.h \
  %D%/scatter_elements.c %D%/scatter_elements.h \
  %D%/scatter_nd.c %D%/scatter_nd.h \
  %D%/shape.c %D%/shape.h \
  %D%/slice.c %D%/slice.h \
  %D%/softmax.c %D%/softmax.h \
  %D%/sparse.c %D%/sparse.h %D%/sparse_host.h \
  %D%/sparse_rnn.c %D%/sparse_rnn.h \
  %D%/split.c %D%/split.h \
  %D%/stft.c %D%/stft.h \
  %D%/sums_host.h \
  %D%/tile.c %D%/tile.h \
  %D%/top_k.c %D%/top_k.h \
  %D%/transpose.c %D%/transpose.h \
  %D%/trilu.c %D%/trilu.h \
  %D%/unary.c %D%/unary.h \
  %D%/unique.c %D%/unique.h \
  %D%/walk.c %D%/walk.h \
  %D%/where.c %D%/where.h \
  %D%/window.c %D%/window.h
if OPENCL
libatrous_core_la_SOURCES += \
  %D%/affine_grid_cl.c \
  %D%/arg_cl.c \
  %D%/average_pool_cl.c \
  %D%/batch_normalization_cl.c \
  %D%/binary_cl.c \
  %D%/cast_cl.c \
  %D%/causal_conv_cl.c \
  %D%/chain_cl.c \
  %D%/col2im_cl.c \
  %D%/compare_cl.c \
  %D%/compress_cl.c \
  %D%/concat_cl.c \
  %D%/constant_of_shape_cl.c \
  %D%/continuous_rnn_cl.c \
  %D%/conv_blocked_cl.c \
  %D%/conv_cl.c \
  %D%/conv_direct_cl.c \
  %D%/conv_grad_cl.c \
  %D%/conv_grad_filter_cl.c %D%/conv_grad_filter_lanes_cl.c %D%/conv_grad_input_lanes_cl.c %D%/conv_pointwise_cl.c \
  %D%/conv_integer_cl.c \
  %D%/conv_transpose_cl.c \
  %D%/conv_transpose_blocked_cl.c \
  %D%/conv_pair_cl.c \
  %D%/conv_winograd_cl.c \
  %D%/cum_sum_cl.c \
  %D%/depth_to_space_cl.c \
  %D%/det_cl.c \
  %D%/dft_cl.c \
  %D%/dropout_cl.c \
  %D%/einsum_cl.c \
  %D%/element_cl.c \
  %D%/expand_cl.c \
  %D%/gather_cl.c \
  %D%/gather_elements_cl.c \
  %D%/gather_nd_cl.c \
  %D%/gemm_cl.c \
  %D%/gradient_norm_cl.c \
  %D%/grid_sample_cl.c \
  %D%/hardmax_cl.c \
  %D%/gru_cl.c \
  %D%/layer_normalization_cl.c \
  %D%/loss_dice_cl.c \
  %D%/loss_elementwise_cl.c \
  %D%/loss_softmax_cl.c \
  %D%/lp_normalization_cl.c \
  %D%/lp_pool_cl.c \
  %D%/lrn_cl.c \
  %D%/lstm_cl.c \
  %D%/matmul_cl.c \
  %D%/matmul_integer_cl.c \
  %D%/max_pool_cl.c \
  %D%/max_unpool_cl.c \
  %D%/mean_variance_normalization_cl.c \
  %D%/move_cl.c \
  %D%/normalization_scale_cl.c \
  %D%/one_hot_cl.c \
  %D%/optimizer_cl.c \
  %D%/optimizer_onnx_cl.c \
  %D%/pad_cl.c \
  %D%/pool_window_cl.c \
  %D%/quantize_cl.c \
  %D%/random_cl.c \
  %D%/recurrent_cell_cl.c \
  %D%/recurrent_cl.c \
  %D%/recurrent_lanes_cl.c \
  %D%/reduce_cl.c \
  %D%/reorder_cl.c \
  %D%/reshape_cl.c \
  %D%/resize_cl.c \
  %D%/reverse_sequence_cl.c \
  %D%/rnn_cl.c \
  %D%/roi_align_cl.c \
  %D%/sampled_product_cl.c \
  %D%/scatter_cl.c \
  %D%/scatter_elements_cl.c \
  %D%/scatter_nd_cl.c \
  %D%/shape_cl.c \
  %D%/slice_cl.c \
  %D%/softmax_cl.c \
  %D%/sparse_rnn_cl.c \
  %D%/split_cl.c \
  %D%/stft_cl.c \
  %D%/tile_cl.c \
  %D%/top_k_cl.c \
  %D%/transpose_cl.c \
  %D%/trilu_cl.c \
  %D%/unary_cl.c \
  %D%/walk_cl.c \
  %D%/where_cl.c
endif

# Host implementations, compiled twice: float is the product's, double the oracle's.
ATR_HOST_SOURCES = \
  %D%/affine_grid_host.c \
  %D%/arg_host.c \
  %D%/average_pool_host.c \
  %D%/batch_normalization_host.c \
  %D%/binary_host.c \
  %D%/cast_host.c \
  %D%/causal_conv_host.c \
  %D%/chain_host.c \
  %D%/col2im_host.c \
  %D%/compare_host.c \
  %D%/compress_host.c \
  %D%/concat_host.c \
  %D%/constant_of_shape_host.c \
  %D%/continuous_rnn_host.c \
  %D%/conv_grad_host.c \
  %D%/conv_host.c \
  %D%/conv_integer_host.c \
  %D%/conv_transpose_host.c \
  %D%/cum_sum_host.c \
  %D%/depth_to_space_host.c \
  %D%/det_host.c \
  %D%/dft_host.c \
  %D%/dropout_host.c \
  %D%/einsum_host.c \
  %D%/expand_host.c \
  %D%/gather_elements_host.c \
  %D%/gather_host.c \
  %D%/gather_nd_host.c \
  %D%/gemm_host.c \
  %D%/gradient_norm_host.c \
  %D%/grid_sample_host.c \
  %D%/hardmax_host.c \
  %D%/gru_host.c \
  %D%/layer_normalization_host.c \
  %D%/loss_dice_host.c \
  %D%/loss_elementwise_host.c \
  %D%/loss_softmax_host.c \
  %D%/lp_normalization_host.c \
  %D%/lp_pool_host.c \
  %D%/lrn_host.c \
  %D%/lstm_host.c \
  %D%/matmul_host.c \
  %D%/matmul_integer_host.c \
  %D%/max_pool_host.c \
  %D%/max_unpool_host.c \
  %D%/mean_variance_normalization_host.c \
  %D%/mel_weight_matrix_host.c \
  %D%/non_max_suppression_host.c \
  %D%/non_zero_host.c \
  %D%/normalization_scale_host.c \
  %D%/one_hot_host.c \
  %D%/optimizer_host.c \
  %D%/optimizer_onnx_host.c \
  %D%/pad_host.c \
  %D%/quantize_host.c \
  %D%/random_host.c \
  %D%/range_host.c \
  %D%/recurrent_cell_host.c \
  %D%/reduce_host.c \
  %D%/reorder_host.c \
  %D%/reshape_host.c \
  %D%/resize_host.c \
  %D%/reverse_sequence_host.c \
  %D%/rnn_host.c \
  %D%/roi_align_host.c \
  %D%/sampled_product_host.c \
  %D%/scatter_host.c \
  %D%/scatter_elements_host.c \
  %D%/scatter_nd_host.c \
  %D%/shape_host.c \
  %D%/slice_host.c \
  %D%/softmax_host.c \
  %D%/sparse_rnn_host.c \
  %D%/split_host.c \
  %D%/stft_host.c \
  %D%/tile_host.c \
  %D%/top_k_host.c \
  %D%/transpose_host.c \
  %D%/trilu_host.c \
  %D%/unary_host.c \
  %D%/unique_host.c \
  %D%/where_host.c \
  %D%/window_host.c

noinst_LTLIBRARIES += libatrous_host32.la libatrous_host64.la
# no-math-errno: sqrt is an instruction.
libatrous_host32_la_CFLAGS = $(AM_CFLAGS) -fno-math-errno $(ATR_VECTOR_CFLAGS)
libatrous_host32_la_SOURCES = $(ATR_HOST_SOURCES)
libatrous_host32_la_CPPFLAGS = $(AM_CPPFLAGS)
libatrous_host64_la_SOURCES = $(ATR_HOST_SOURCES)
libatrous_host64_la_CPPFLAGS = $(AM_CPPFLAGS) -DATR_REAL_IS_DOUBLE
libatrous_core_la_LIBADD += libatrous_host32.la libatrous_host64.la

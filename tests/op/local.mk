# Not a test: prints the descriptors, for scripts/operators-doc and tests/structure/operators.test.
check_PROGRAMS += %D%/list-operators
%C%_list_operators_SOURCES = %D%/list_operators.c
%C%_list_operators_LDADD = libatrous_core.la
if HAVE_CHECK
# What the operators' tests share.
check_LTLIBRARIES += %D%/libop_test.la
%C%_libop_test_la_SOURCES = %D%/op_plan.c %D%/op_plan.h %D%/op_case.h %D%/op_check.h %D%/sparse_case.h %D%/golden.h
OP_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
%C%_libop_test_la_CPPFLAGS = $(OP_TEST_CPPFLAGS)
OP_TEST_LIBS = %D%/libop_test.la libatrous_core.la $(JANSSON_LIBS) $(CHECK_LIBS)
OP_TESTS =
check_PROGRAMS += $(OP_TESTS)
TESTS += $(OP_TESTS)

OP_TESTS += %D%/affine_grid.test
%C%_affine_grid_test_SOURCES = %D%/affine_grid_test.c
%C%_affine_grid_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_affine_grid_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/arg.test
%C%_arg_test_SOURCES = %D%/arg_test.c
%C%_arg_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_arg_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/average_pool.test
%C%_average_pool_test_SOURCES = %D%/average_pool_test.c
%C%_average_pool_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_average_pool_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/batch_normalization.test
%C%_batch_normalization_test_SOURCES = %D%/batch_normalization_test.c
%C%_batch_normalization_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_batch_normalization_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/binary.test
%C%_binary_test_SOURCES = %D%/binary_test.c
%C%_binary_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_binary_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/cast.test
%C%_cast_test_SOURCES = %D%/cast_test.c
%C%_cast_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_cast_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/causal_conv.test
%C%_causal_conv_test_SOURCES = %D%/causal_conv_test.c
%C%_causal_conv_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_causal_conv_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/chain.test
%C%_chain_test_SOURCES = %D%/chain_test.c
%C%_chain_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_chain_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/col2im.test
%C%_col2im_test_SOURCES = %D%/col2im_test.c
%C%_col2im_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_col2im_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/compare.test
%C%_compare_test_SOURCES = %D%/compare_test.c
%C%_compare_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_compare_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/compress.test
%C%_compress_test_SOURCES = %D%/compress_test.c
%C%_compress_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_compress_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/concat.test
%C%_concat_test_SOURCES = %D%/concat_test.c
%C%_concat_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_concat_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/constant_of_shape.test
%C%_constant_of_shape_test_SOURCES = %D%/constant_of_shape_test.c
%C%_constant_of_shape_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_constant_of_shape_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/continuous_rnn.test
%C%_continuous_rnn_test_SOURCES = %D%/continuous_rnn_test.c
%C%_continuous_rnn_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_continuous_rnn_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/conv.test
%C%_conv_test_SOURCES = %D%/conv_test.c
%C%_conv_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_conv_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/conv_integer.test
%C%_conv_integer_test_SOURCES = %D%/conv_integer_test.c
%C%_conv_integer_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_conv_integer_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/conv_transpose.test
%C%_conv_transpose_test_SOURCES = %D%/conv_transpose_test.c
%C%_conv_transpose_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_conv_transpose_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/conv_winograd.test
%C%_conv_winograd_test_SOURCES = %D%/conv_winograd_test.c
%C%_conv_winograd_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_conv_winograd_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/depth_to_space.test
%C%_depth_to_space_test_SOURCES = %D%/depth_to_space_test.c
%C%_depth_to_space_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_depth_to_space_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/dft.test
%C%_dft_test_SOURCES = %D%/dft_test.c
%C%_dft_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_dft_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/dlprimitives.test
%C%_dlprimitives_test_SOURCES = %D%/dlprimitives_test.c
%C%_dlprimitives_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_dlprimitives_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/dropout.test
%C%_dropout_test_SOURCES = %D%/dropout_test.c
%C%_dropout_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_dropout_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/einsum.test
%C%_einsum_test_SOURCES = %D%/einsum_test.c
%C%_einsum_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_einsum_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/expand.test
%C%_expand_test_SOURCES = %D%/expand_test.c
%C%_expand_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_expand_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gather.test
%C%_gather_test_SOURCES = %D%/gather_test.c
%C%_gather_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gather_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gather_elements.test
%C%_gather_elements_test_SOURCES = %D%/gather_elements_test.c
%C%_gather_elements_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gather_elements_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gather_nd.test
%C%_gather_nd_test_SOURCES = %D%/gather_nd_test.c
%C%_gather_nd_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gather_nd_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gemm.test
%C%_gemm_test_SOURCES = %D%/gemm_test.c
%C%_gemm_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gemm_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gradient_norm.test
%C%_gradient_norm_test_SOURCES = %D%/gradient_norm_test.c
%C%_gradient_norm_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gradient_norm_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/grid_sample.test
%C%_grid_sample_test_SOURCES = %D%/grid_sample_test.c
%C%_grid_sample_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_grid_sample_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/hardmax.test
%C%_hardmax_test_SOURCES = %D%/hardmax_test.c
%C%_hardmax_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_hardmax_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/gru.test
%C%_gru_test_SOURCES = %D%/gru_test.c %D%/recurrent_case.h
%C%_gru_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_gru_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/layer_normalization.test
%C%_layer_normalization_test_SOURCES = %D%/layer_normalization_test.c
%C%_layer_normalization_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_layer_normalization_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/loss_dice.test
%C%_loss_dice_test_SOURCES = %D%/loss_dice_test.c
%C%_loss_dice_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_loss_dice_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/loss_elementwise.test
%C%_loss_elementwise_test_SOURCES = %D%/loss_elementwise_test.c
%C%_loss_elementwise_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_loss_elementwise_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/loss_softmax.test
%C%_loss_softmax_test_SOURCES = %D%/loss_softmax_test.c
%C%_loss_softmax_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_loss_softmax_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/lp_normalization.test
%C%_lp_normalization_test_SOURCES = %D%/lp_normalization_test.c
%C%_lp_normalization_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_lp_normalization_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/lp_pool.test
%C%_lp_pool_test_SOURCES = %D%/lp_pool_test.c
%C%_lp_pool_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_lp_pool_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/lrn.test
%C%_lrn_test_SOURCES = %D%/lrn_test.c
%C%_lrn_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_lrn_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/lstm.test
%C%_lstm_test_SOURCES = %D%/lstm_test.c %D%/recurrent_case.h
%C%_lstm_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_lstm_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/matmul.test
%C%_matmul_test_SOURCES = %D%/matmul_test.c
%C%_matmul_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_matmul_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/matmul_integer.test
%C%_matmul_integer_test_SOURCES = %D%/matmul_integer_test.c
%C%_matmul_integer_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_matmul_integer_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/max_pool.test
%C%_max_pool_test_SOURCES = %D%/max_pool_test.c
%C%_max_pool_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_max_pool_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/max_unpool.test
%C%_max_unpool_test_SOURCES = %D%/max_unpool_test.c
%C%_max_unpool_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_max_unpool_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/mean_variance_normalization.test
%C%_mean_variance_normalization_test_SOURCES = %D%/mean_variance_normalization_test.c
%C%_mean_variance_normalization_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_mean_variance_normalization_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/non_max_suppression.test
%C%_non_max_suppression_test_SOURCES = %D%/non_max_suppression_test.c
%C%_non_max_suppression_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_non_max_suppression_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/non_zero.test
%C%_non_zero_test_SOURCES = %D%/non_zero_test.c
%C%_non_zero_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_non_zero_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/normalization_scale.test
%C%_normalization_scale_test_SOURCES = %D%/normalization_scale_test.c
%C%_normalization_scale_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_normalization_scale_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/optimizer.test
%C%_optimizer_test_SOURCES = %D%/optimizer_test.c
%C%_optimizer_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_optimizer_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/optimizer_onnx.test
%C%_optimizer_onnx_test_SOURCES = %D%/optimizer_onnx_test.c
%C%_optimizer_onnx_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_optimizer_onnx_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/pad.test
%C%_pad_test_SOURCES = %D%/pad_test.c
%C%_pad_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_pad_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/quantize.test
%C%_quantize_test_SOURCES = %D%/quantize_test.c
%C%_quantize_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_quantize_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/recurrent_cell.test
%C%_recurrent_cell_test_SOURCES = %D%/recurrent_cell_test.c
%C%_recurrent_cell_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_recurrent_cell_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/reduce.test
%C%_reduce_test_SOURCES = %D%/reduce_test.c
%C%_reduce_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_reduce_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/reorder.test
%C%_reorder_test_SOURCES = %D%/reorder_test.c
%C%_reorder_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_reorder_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/reshape.test
%C%_reshape_test_SOURCES = %D%/reshape_test.c
%C%_reshape_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_reshape_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/resize.test
%C%_resize_test_SOURCES = %D%/resize_test.c
%C%_resize_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_resize_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/cum_sum.test
%C%_cum_sum_test_SOURCES = %D%/cum_sum_test.c
%C%_cum_sum_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_cum_sum_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/det.test
%C%_det_test_SOURCES = %D%/det_test.c
%C%_det_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_det_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/mel_weight_matrix.test
%C%_mel_weight_matrix_test_SOURCES = %D%/mel_weight_matrix_test.c
%C%_mel_weight_matrix_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_mel_weight_matrix_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/one_hot.test
%C%_one_hot_test_SOURCES = %D%/one_hot_test.c
%C%_one_hot_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_one_hot_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/random.test
%C%_random_test_SOURCES = %D%/random_test.c
%C%_random_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_random_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/range.test
%C%_range_test_SOURCES = %D%/range_test.c
%C%_range_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_range_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/trilu.test
%C%_trilu_test_SOURCES = %D%/trilu_test.c
%C%_trilu_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_trilu_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/window.test
%C%_window_test_SOURCES = %D%/window_test.c
%C%_window_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_window_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/reverse_sequence.test
%C%_reverse_sequence_test_SOURCES = %D%/reverse_sequence_test.c
%C%_reverse_sequence_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_reverse_sequence_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/rnn.test
%C%_rnn_test_SOURCES = %D%/rnn_test.c %D%/recurrent_case.h
%C%_rnn_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_rnn_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/roi_align.test
%C%_roi_align_test_SOURCES = %D%/roi_align_test.c
%C%_roi_align_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_roi_align_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/sampled_product.test
%C%_sampled_product_test_SOURCES = %D%/sampled_product_test.c
%C%_sampled_product_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_sampled_product_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/scatter_elements.test
%C%_scatter_elements_test_SOURCES = %D%/scatter_elements_test.c
%C%_scatter_elements_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_scatter_elements_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/scatter_nd.test
%C%_scatter_nd_test_SOURCES = %D%/scatter_nd_test.c
%C%_scatter_nd_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_scatter_nd_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/shape.test
%C%_shape_test_SOURCES = %D%/shape_test.c
%C%_shape_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_shape_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/slice.test
%C%_slice_test_SOURCES = %D%/slice_test.c
%C%_slice_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_slice_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/softmax.test
%C%_softmax_test_SOURCES = %D%/softmax_test.c
%C%_softmax_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_softmax_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/sparse_rnn.test
%C%_sparse_rnn_test_SOURCES = %D%/sparse_rnn_test.c
%C%_sparse_rnn_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_sparse_rnn_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/split.test
%C%_split_test_SOURCES = %D%/split_test.c
%C%_split_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_split_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/stft.test
%C%_stft_test_SOURCES = %D%/stft_test.c
%C%_stft_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_stft_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/tile.test
%C%_tile_test_SOURCES = %D%/tile_test.c
%C%_tile_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_tile_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/recurrent_host.test
%C%_recurrent_host_test_SOURCES = %D%/recurrent_host_test.c tests/test.h
%C%_recurrent_host_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_recurrent_host_test_LDADD = $(UNIT_TEST_LIBS)

OP_TESTS += %D%/tiles.test
%C%_tiles_test_SOURCES = %D%/tiles_test.c tests/test.h
%C%_tiles_test_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
%C%_tiles_test_LDADD = $(UNIT_TEST_LIBS)

OP_TESTS += %D%/top_k.test
%C%_top_k_test_SOURCES = %D%/top_k_test.c
%C%_top_k_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_top_k_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/transpose.test
%C%_transpose_test_SOURCES = %D%/transpose_test.c
%C%_transpose_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_transpose_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/unary.test
%C%_unary_test_SOURCES = %D%/unary_test.c
%C%_unary_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_unary_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/unique.test
%C%_unique_test_SOURCES = %D%/unique_test.c
%C%_unique_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_unique_test_LDADD = $(OP_TEST_LIBS)

OP_TESTS += %D%/where.test
%C%_where_test_SOURCES = %D%/where_test.c
%C%_where_test_CPPFLAGS = $(OP_TEST_CPPFLAGS)
%C%_where_test_LDADD = $(OP_TEST_LIBS)
endif

/* upgrade_test.c: forms of older opsets, run on the host: numbers worked by hand from the operators' old
 * texts. */
#include "onnx_test.h"

#include <atrous/plan.h>

/* Runs y = f(x) and compares. */
static void gives(draft *d, const atr_shape *in, const float *x, size_t n_x, const float *want, size_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_plan *plan;
  atr_run *run;
  atr_model *m = draft_good(d);
  ck_assert_int_eq(atr_context_open("host", NULL, &error, &context), ATR_OK);
  ck_assert_msg(atr_plan_create(m, context, in, 1, NULL, &error, &plan) == ATR_OK, "%s", error.text);
  ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
  ck_assert_int_eq(atr_run_write(run, "x", x, n_x * sizeof *x), ATR_OK);
  ck_assert_int_eq(atr_run_execute(run), ATR_OK);
  float *y = calloc(n, sizeof *y);
  ck_assert_msg(atr_run_read(run, "y", y, n * sizeof *y) == ATR_OK, "%s", atr_run_error(run));
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(y[i] <= want[i] + 1e-6f && y[i] >= want[i] - 1e-6f, "element %d is %g, must be %g", (int)i,
                  (double)y[i], (double)want[i]);
  free(y);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr_model_destroy(m);
}

static draft *old(int64_t opset, int rank, const int64_t *dims, const char *op, Atr__NodeProto **node) {
  draft *d = draft_new(opset);
  draft_port(d, 0, "x", rank, dims);
  draft_port(d, 1, "y", 0, NULL);
  *node = DRAFT_NODE(d, op, "node", "x", NULL, "y");
  return d;
}

static void ints(draft *d, Atr__NodeProto *node, const char *name, size_t n, int64_t *values) {
  Atr__AttributeProto *a = draft_attribute(d, node, name, 7);
  a->n_ints = n;
  a->ints = values;
}

static void real(draft *d, Atr__NodeProto *node, const char *name, float value) {
  Atr__AttributeProto *a = draft_attribute(d, node, name, 1);
  a->has_f = 1;
  a->f = value;
}

static void integer(draft *d, Atr__NodeProto *node, const char *name, int64_t value) {
  Atr__AttributeProto *a = draft_attribute(d, node, name, 2);
  a->has_i = 1;
  a->i = value;
}

START_TEST(dft_before_20_has_its_axis_as_attribute_and_the_first_as_default) {
  Atr__NodeProto *n;
  const atr_shape s = { 4, { 1, 2, 2, 1 } };
  const float x[] = { 1, 2, 3, 4 }, rows[] = { 4, 0, 6, 0, -2, 0, -2, 0 },
              columns[] = { 3, 0, -1, 0, 7, 0, -1, 0 };
  gives(old(17, 4, s.dim, "DFT", &n), &s, x, 4, rows, 8);
  draft *d = old(19, 4, s.dim, "DFT", &n);
  integer(d, n, "axis", -2);
  gives(d, &s, x, 4, columns, 8);
  gives(old(20, 4, s.dim, "DFT", &n), &s, x, 4, columns, 8);
}
END_TEST

START_TEST(softmax_before_13_takes_all_axes_from_its_own_on_together) {
  Atr__NodeProto *n;
  const atr_shape s = { 3, { 2, 2, 2 } };
  draft *d = old(11, 3, s.dim, "Softmax", &n);            /* axis 1 is the default */
  const float x[8] = { 0, 0, 0, 0, 0, 0, 0, 1.0986123f }; /* ln 3 */
  const float want[8] = { 0.25f, 0.25f, 0.25f, 0.25f, 1 / 6.f, 1 / 6.f, 1 / 6.f, 0.5f };
  gives(d, &s, x, 8, want, 8);
  d = old(11, 3, s.dim, "Softmax", &n);
  integer(d, n, "axis", -1);
  const float last[8] = { 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.25f, 0.75f };
  gives(d, &s, x, 8, last, 8);
}
END_TEST

START_TEST(bounds_of_clip_were_attributes) {
  Atr__NodeProto *n;
  const atr_shape s = { 1, { 3 } };
  draft *d = old(7, 1, s.dim, "Clip", &n);
  real(d, n, "max", 2);
  const float x[3] = { -5, 1, 5 }, want[3] = { -5, 1, 2 };
  gives(d, &s, x, 3, want, 3);
}
END_TEST

START_TEST(starts_and_ends_of_slice_were_attributes) {
  Atr__NodeProto *n;
  const atr_shape s = { 2, { 2, 3 } };
  int64_t starts[1] = { 1 }, ends[1] = { 1000 }, axes[1] = { 1 };
  draft *d = old(9, 2, s.dim, "Slice", &n);
  ints(d, n, "starts", 1, starts);
  ints(d, n, "ends", 1, ends);
  ints(d, n, "axes", 1, axes);
  const float x[6] = { 1, 2, 3, 4, 5, 6 }, want[4] = { 2, 3, 5, 6 };
  gives(d, &s, x, 6, want, 4);
}
END_TEST

START_TEST(pads_and_value_of_pad_were_attributes) {
  Atr__NodeProto *n;
  const atr_shape s = { 1, { 2 } };
  int64_t pads[2] = { 1, 2 };
  draft *d = old(10, 1, s.dim, "Pad", &n);
  ints(d, n, "pads", 2, pads);
  real(d, n, "value", 9);
  const float x[2] = { 1, 2 }, want[5] = { 9, 1, 2, 9, 9 };
  gives(d, &s, x, 2, want, 5);
}
END_TEST

START_TEST(axes_of_reductions_were_attributes) {
  Atr__NodeProto *n;
  const atr_shape s = { 2, { 2, 3 } };
  const float x[6] = { 1, 2, 3, 4, 5, 6 };
  int64_t axes[1] = { 1 };
  draft *d = old(17, 2, s.dim, "ReduceMean", &n);
  ints(d, n, "axes", 1, axes);
  gives(d, &s, x, 6, (const float[]){ 2, 5 }, 2);
  d = old(11, 2, s.dim, "ReduceSum", &n);
  ints(d, n, "axes", 1, axes);
  integer(d, n, "keepdims", 0);
  gives(d, &s, x, 6, (const float[]){ 6, 15 }, 2);
  d = old(11, 2, s.dim, "ReduceSum", &n);
  gives(d, &s, x, 6, (const float[]){ 21 }, 1);
}
END_TEST

START_TEST(upsample_repeats_from_the_corner) {
  Atr__NodeProto *n;
  const atr_shape s = { 3, { 1, 1, 2 } };
  float scales[3] = { 1, 1, 2.5f };
  draft *d = old(7, 3, s.dim, "Upsample", &n);
  Atr__AttributeProto *a = draft_attribute(d, n, "scales", 6);
  a->n_floats = 3;
  a->floats = scales;
  const float x[2] = { 1, 2 }, want[5] = { 1, 1, 1, 2, 2 }; /* floor(i / 2.5) */
  gives(d, &s, x, 2, want, 5);
}
END_TEST

START_TEST(operands_were_aligned_by_an_axis) {
  const atr_shape s = { 3, { 1, 2, 2 } };
  draft *d = draft_new(6);
  draft_port(d, 0, "x", 3, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  const float b[2] = { 10, 20 };
  draft_tensor(d, "b", ATR_F32, 1, (int64_t[]){ 2 }, b, sizeof b);
  Atr__NodeProto *n = DRAFT_NODE(d, "Add", "node", "x", "b", NULL, "y");
  integer(d, n, "broadcast", 1);
  integer(d, n, "axis", 1);
  const float x[4] = { 1, 2, 3, 4 }, want[4] = { 11, 12, 23, 24 };
  gives(d, &s, x, 4, want, 4);
}
END_TEST

START_TEST(dropout_and_normalization_of_old_pass_on_as_in_use) {
  Atr__NodeProto *n;
  const atr_shape s = { 2, { 1, 2 } };
  draft *d = old(7, 2, s.dim, "Dropout", &n);
  real(d, n, "ratio", 0.9f);
  const float x[2] = { 3, 4 };
  gives(d, &s, x, 2, x, 2);
  d = draft_new(8);
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  const float half[2] = { 0.5f, 0.5f }, one[2] = { 1, 1 }, zero[2] = { 0, 0 };
  draft_tensor(d, "scale", ATR_F32, 1, (int64_t[]){ 2 }, half, sizeof half);
  draft_tensor(d, "bias", ATR_F32, 1, (int64_t[]){ 2 }, one, sizeof one);
  draft_tensor(d, "mean", ATR_F32, 1, (int64_t[]){ 2 }, one, sizeof one);
  draft_tensor(d, "var", ATR_F32, 1, (int64_t[]){ 2 }, zero, sizeof zero);
  n = DRAFT_NODE(d, "BatchNormalization", "node", "x", "scale", "bias", "mean", "var", NULL, "y");
  real(d, n, "epsilon", 0.25f);
  integer(d, n, "spatial", 1);
  gives(d, &s, x, 2, (const float[]){ 3, 4 }, 2); /* (x - 1) / sqrt(0.25) · 0.5 + 1 */
  d = old(8, 2, s.dim, "Dropout", &n);
  n->n_output = 2;
  n->output[1] = (char *)(uintptr_t) "mask";
  draft_bad(d, ATR_E_UNSUPPORTED, "mask of floating-point");
}
END_TEST

START_TEST(scale_and_bias_of_group_normalization_were_one_a_group) {
  const atr_shape s = { 3, { 1, 4, 1 } };
  draft *d = draft_new(18);
  draft_port(d, 0, "x", 3, (int64_t[]){ -1, 4, -1 });
  draft_port(d, 1, "y", 0, NULL);
  const float scale[2] = { 1, 2 }, bias[2] = { 0, 10 };
  draft_tensor(d, "scale", ATR_F32, 1, (int64_t[]){ 2 }, scale, sizeof scale);
  draft_tensor(d, "bias", ATR_F32, 1, (int64_t[]){ 2 }, bias, sizeof bias);
  Atr__NodeProto *n = DRAFT_NODE(d, "GroupNormalization", "node", "x", "scale", "bias", NULL, "y");
  integer(d, n, "num_groups", 2);
  real(d, n, "epsilon", 0);
  const float x[4] = { 1, 3, 5, 9 }, want[4] = { -1, 1, 8, 12 };
  gives(d, &s, x, 4, want, 4);
  d = draft_new(18);
  draft_port(d, 0, "x", 3, (int64_t[]){ 1, -1, 1 });
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "scale", ATR_F32, 1, (int64_t[]){ 2 }, scale, sizeof scale);
  draft_tensor(d, "bias", ATR_F32, 1, (int64_t[]){ 2 }, bias, sizeof bias);
  n = DRAFT_NODE(d, "GroupNormalization", "node", "x", "scale", "bias", NULL, "y");
  integer(d, n, "num_groups", 2);
  draft_bad(d, ATR_E_UNSUPPORTED, "unknown number of channels");
}
END_TEST

START_TEST(axes_of_squeeze_and_unsqueeze_were_attributes) {
  Atr__NodeProto *n;
  const atr_shape s = { 3, { 1, 2, 1 } };
  int64_t last[1] = { 2 }, both[2] = { 0, 3 }, one[1] = { 1 };
  const float x[2] = { 3, 4 };
  draft *d = old(7, 3, s.dim, "Squeeze", &n);
  ints(d, n, "axes", 1, last);
  gives(d, &s, x, 2, x, 2);
  /* [1,2,1] to [1,1,2,1,1] and, summed along axis 2, to one number: the axes went where they belong. */
  d = draft_new(9);
  draft_port(d, 0, "x", 3, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  n = DRAFT_NODE(d, "Unsqueeze", "wide", "x", NULL, "u");
  ints(d, n, "axes", 2, both);
  n = DRAFT_NODE(d, "ReduceSum", "sum", "u", NULL, "y");
  ints(d, n, "axes", 1, last);
  gives(d, &s, x, 2, (const float[]){ 7 }, 1);
  /* Axis 1 of [1,2,1] is no dimension of 1. */
  d = old(9, 3, s.dim, "Squeeze", &n);
  ints(d, n, "axes", 1, one);
  draft_bad(d, ATR_E_SHAPE, "Squeeze");
}
END_TEST

START_TEST(bounds_of_clip_were_on_both_sides) {
  Atr__NodeProto *n;
  const atr_shape s = { 1, { 3 } };
  const float x[3] = { -5, 1, 5 };
  draft *d = old(10, 1, s.dim, "Clip", &n);
  real(d, n, "min", -1);
  real(d, n, "max", 2);
  gives(d, &s, x, 3, (const float[]){ -1, 1, 2 }, 3);
  gives(old(6, 1, s.dim, "Clip", &n), &s, x, 3, x, 3);
}
END_TEST

START_TEST(pads_by_reflection_and_edge_had_attributes_too) {
  static const struct {
    const char *mode;
    float want[6];
  } modes[] = { { "reflect", { 3, 2, 1, 2, 3, 2 } }, { "edge", { 1, 1, 1, 2, 3, 3 } } };
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    Atr__NodeProto *n;
    const atr_shape s = { 1, { 3 } };
    int64_t pads[2] = { 2, 1 };
    draft *d = old(7, 1, s.dim, "Pad", &n);
    ints(d, n, "pads", 2, pads);
    Atr__AttributeProto *a = draft_attribute(d, n, "mode", 3);
    a->has_s = 1;
    a->s = (ProtobufCBinaryData){ strlen(modes[i].mode), (uint8_t *)(uintptr_t)modes[i].mode };
    gives(d, &s, (const float[]){ 1, 2, 3 }, 3, modes[i].want, 6);
  }
}
END_TEST

START_TEST(slice_of_old_took_negative_ends_and_all_axes_in_order) {
  Atr__NodeProto *n;
  const atr_shape s = { 2, { 2, 3 } };
  int64_t starts[2] = { 1, -3 }, ends[2] = { 2, -1 };
  draft *d = old(7, 2, s.dim, "Slice", &n);
  ints(d, n, "starts", 2, starts);
  ints(d, n, "ends", 2, ends);
  gives(d, &s, (const float[]){ 1, 2, 3, 4, 5, 6 }, 6, (const float[]){ 4, 5 }, 2);
}
END_TEST

START_TEST(upsample_of_9_takes_scales_as_input) {
  const atr_shape s = { 4, { 1, 1, 1, 2 } };
  const float scales[4] = { 1, 1, 2, 2 }, x[2] = { 1, 2 };
  static const struct {
    const char *mode;
    float want[8];
  } modes[] = { { "nearest", { 1, 1, 2, 2, 1, 1, 2, 2 } },
                /* at i / 2: 1, 1.5, 2, and beyond the last the last */
                { "linear", { 1, 1.5f, 2, 2, 1, 1.5f, 2, 2 } } };
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    draft *d = draft_new(9);
    draft_port(d, 0, "x", 4, s.dim);
    draft_port(d, 1, "y", 0, NULL);
    draft_tensor(d, "scales", ATR_F32, 1, (int64_t[]){ 4 }, scales, sizeof scales);
    Atr__NodeProto *n = DRAFT_NODE(d, "Upsample", "node", "x", "scales", NULL, "y");
    Atr__AttributeProto *a = draft_attribute(d, n, "mode", 3);
    a->has_s = 1;
    a->s = (ProtobufCBinaryData){ strlen(modes[i].mode), (uint8_t *)(uintptr_t)modes[i].mode };
    gives(d, &s, x, 2, modes[i].want, 8);
  }
  /* Of opset 7: an attribute, and "bilinear" for the mode as some wrote it. */
  Atr__NodeProto *n;
  float list[4] = { 1, 1, 1, 2 };
  draft *d = old(7, 4, s.dim, "Upsample", &n);
  Atr__AttributeProto *a = draft_attribute(d, n, "scales", 6);
  a->n_floats = 4;
  a->floats = list;
  a = draft_attribute(d, n, "mode", 3);
  a->has_s = 1;
  a->s = (ProtobufCBinaryData){ 8, (uint8_t *)(uintptr_t) "bilinear" };
  gives(d, &s, x, 2, modes[1].want, 4);
}
END_TEST

START_TEST(log_softmax_and_hardmax_before_13_take_axes_together) {
  Atr__NodeProto *n;
  const atr_shape s = { 3, { 1, 2, 2 } };
  const float x[4] = { 0, 0, 0, 0 }, l = -1.3862944f; /* -ln 4 */
  gives(old(11, 3, s.dim, "LogSoftmax", &n), &s, x, 4, (const float[]){ l, l, l, l }, 4);
  const float z[4] = { 1, 2, 4, 3 };
  gives(old(9, 3, s.dim, "Hardmax", &n), &s, z, 4, (const float[]){ 0, 0, 1, 0 }, 4);
}
END_TEST

START_TEST(sizes_of_split_were_an_attribute) {
  Atr__NodeProto *n;
  const atr_shape s = { 1, { 5 } };
  const float x[5] = { 3, 1, 4, 1, 5 };
  int64_t sizes[2] = { 2, 3 };
  draft *d = draft_new(7);
  draft_port(d, 0, "x", 1, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  n = DRAFT_NODE(d, "Split", "node", "x", NULL, "u", "y");
  ints(d, n, "split", 2, sizes);
  gives(d, &s, x, 5, (const float[]){ 4, 1, 5 }, 3);
}
END_TEST

START_TEST(reshape_sum_and_gemm_of_opset_7) {
  const atr_shape s = { 2, { 2, 3 } };
  const float x[6] = { 1, 2, 3, 4, 5, 6 }, row[3] = { 10, 20, 30 }, w[3] = { 1, 0, 2 };
  const int64_t shape[2] = { 3, -1 };
  draft *d = draft_new(7);
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "shape", ATR_I64, 1, (int64_t[]){ 2 }, shape, sizeof shape);
  DRAFT_NODE(d, "Reshape", "node", "x", "shape", NULL, "y");
  gives(d, &s, x, 6, x, 6);
  d = draft_new(8); /* Sum broadcasts since 8; three operands of which one is a row */
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "row", ATR_F32, 1, (int64_t[]){ 3 }, row, sizeof row);
  DRAFT_NODE(d, "Sum", "node", "x", "row", "x", NULL, "y");
  gives(d, &s, x, 6, (const float[]){ 12, 24, 36, 18, 30, 42 }, 6);
  d = draft_new(7); /* 2 · x · w + 0.5 · 10, with C of one element */
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "w", ATR_F32, 2, (int64_t[]){ 3, 1 }, w, sizeof w);
  draft_tensor(d, "c", ATR_F32, 1, (int64_t[]){ 1 }, row, sizeof *row);
  Atr__NodeProto *n = DRAFT_NODE(d, "Gemm", "node", "x", "w", "c", NULL, "y");
  real(d, n, "alpha", 2);
  real(d, n, "beta", 0.5f);
  gives(d, &s, x, 6, (const float[]){ 19, 37 }, 2);
}
END_TEST

START_TEST(max_pool_and_flatten_of_opset_7) {
  Atr__NodeProto *n;
  const atr_shape s = { 4, { 1, 1, 2, 3 } };
  const float x[6] = { 1, 2, 3, 6, 5, 4 };
  int64_t window[2] = { 2, 2 };
  draft *d = old(7, 4, s.dim, "MaxPool", &n);
  ints(d, n, "kernel_shape", 2, window);
  gives(d, &s, x, 6, (const float[]){ 6, 5 }, 2);
  /* Flatten and a sum over axis 1 of the matrix: rows are the samples. */
  const atr_shape two = { 3, { 2, 3, 1 } };
  int64_t axes[1] = { 1 };
  d = draft_new(7);
  draft_port(d, 0, "x", 3, two.dim);
  draft_port(d, 1, "y", 0, NULL);
  DRAFT_NODE(d, "Flatten", "flat", "x", NULL, "f");
  n = DRAFT_NODE(d, "ReduceMax", "most", "f", NULL, "y");
  ints(d, n, "axes", 1, axes);
  gives(d, &two, x, 6, (const float[]){ 3, 6 }, 2);
}
END_TEST

START_TEST(normalization_of_opset_7_and_6) {
  const atr_shape s = { 2, { 1, 2 } };
  const float x[2] = { 3, 4 }, half[2] = { 0.5f, 0.5f }, one[2] = { 1, 1 }, zero[2] = { 0, 0 };
  for (int64_t opset = 6; opset < 8; opset++) {
    draft *d = draft_new(opset);
    draft_port(d, 0, "x", 2, s.dim);
    draft_port(d, 1, "y", 0, NULL);
    draft_tensor(d, "scale", ATR_F32, 1, (int64_t[]){ 2 }, half, sizeof half);
    draft_tensor(d, "bias", ATR_F32, 1, (int64_t[]){ 2 }, one, sizeof one);
    draft_tensor(d, "mean", ATR_F32, 1, (int64_t[]){ 2 }, one, sizeof one);
    draft_tensor(d, "var", ATR_F32, 1, (int64_t[]){ 2 }, zero, sizeof zero);
    Atr__NodeProto *n =
        DRAFT_NODE(d, "BatchNormalization", "node", "x", "scale", "bias", "mean", "var", NULL, "y");
    real(d, n, "epsilon", 0.25f);
    real(d, n, "momentum", 0.5f);
    if (opset < 7) integer(d, n, "is_test", 1);
    gives(d, &s, x, 2, (const float[]){ 3, 4 }, 2); /* (x - 1) / sqrt(0.25) · 0.5 + 1 */
  }
  draft *d = draft_new(7);
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "v", ATR_F32, 1, (int64_t[]){ 2 }, one, sizeof one);
  Atr__NodeProto *n = DRAFT_NODE(d, "BatchNormalization", "norm", "x", "v", "v", "v", "v", NULL, "y");
  integer(d, n, "spatial", 0);
  draft_bad(d, ATR_E_UNSUPPORTED, "node \"norm\" (BatchNormalization, opset 7): spatial = 0");
}
END_TEST

START_TEST(files_of_ir_3_list_initializers_among_the_inputs) {
  const atr_shape s = { 4, { 1, 1, 1, 3 } };
  const float w[2] = { 2, -1 }, b[1] = { 0.5f }, x[3] = { 1, 2, 4 };
  draft *d = draft_new(7);
  d->model.has_ir_version = 1;
  d->model.ir_version = 3;
  draft_port(d, 0, "w", 4, (int64_t[]){ 1, 1, 1, 2 });
  draft_port(d, 0, "x", 4, s.dim);
  draft_port(d, 0, "b", 1, (int64_t[]){ 1 });
  draft_port(d, 1, "y", 4, (int64_t[]){ 1, 1, 1, 2 });
  draft_tensor(d, "w", ATR_F32, 4, (int64_t[]){ 1, 1, 1, 2 }, w, sizeof w);
  draft_tensor(d, "b", ATR_F32, 1, (int64_t[]){ 1 }, b, sizeof b);
  DRAFT_NODE(d, "Conv", "conv", "x", "w", "b", NULL, "y");
  gives(d, &s, x, 3, (const float[]){ 0.5f, 0.5f }, 2); /* 2·1 - 2 + ½, 2·2 - 4 + ½ */
}
END_TEST

START_TEST(scatter_became_scatter_elements) {
  const atr_shape s = { 2, { 2, 2 } };
  const int64_t indices[2] = { 1, 0 };
  const float updates[2] = { 8, 9 }, x[4] = { 1, 2, 3, 4 };
  draft *d = draft_new(9);
  draft_port(d, 0, "x", 2, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "i", ATR_I64, 2, (int64_t[]){ 1, 2 }, indices, sizeof indices);
  draft_tensor(d, "u", ATR_F32, 2, (int64_t[]){ 1, 2 }, updates, sizeof updates);
  DRAFT_NODE(d, "Scatter", "node", "x", "i", "u", NULL, "y");
  gives(d, &s, x, 4, (const float[]){ 1, 9, 8, 4 }, 4);
}
END_TEST

START_TEST(k_of_top_k_was_an_attribute) {
  Atr__NodeProto *n;
  const atr_shape s = { 2, { 2, 3 } };
  const float x[6] = { 1, 3, 2, 6, 4, 5 };
  draft *d = old(9, 2, s.dim, "TopK", &n);
  integer(d, n, "k", 2);
  gives(d, &s, x, 6, (const float[]){ 3, 2, 6, 5 }, 4);
}
END_TEST

START_TEST(regions_before_16_were_not_moved_by_half_a_pixel) {
  const atr_shape s = { 4, { 1, 1, 3, 4 } };
  const float x[12] = { 0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23 }, region[4] = { 1, 0, 3, 2 };
  const int64_t image = 0;
  draft *d = draft_new(10);
  draft_port(d, 0, "x", 4, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "r", ATR_F32, 2, (int64_t[]){ 1, 4 }, region, sizeof region);
  draft_tensor(d, "i", ATR_I64, 1, (int64_t[]){ 1 }, &image, sizeof image);
  DRAFT_NODE(d, "RoiAlign", "node", "x", "r", "i", NULL, "y");
  gives(d, &s, x, 12, (const float[]){ 12 }, 1); /* the mean about (2, 1) */
}
END_TEST

START_TEST(modes_of_grid_sample_had_other_names) {
  const atr_shape s = { 4, { 1, 1, 2, 2 } };
  const float x[4] = { 1, 2, 3, 4 }, grid[4] = { 0, 0, 0, -0.5f };
  draft *d = draft_new(16);
  draft_port(d, 0, "x", 4, s.dim);
  draft_port(d, 1, "y", 0, NULL);
  draft_tensor(d, "g", ATR_F32, 4, (int64_t[]){ 1, 1, 2, 2 }, grid, sizeof grid);
  Atr__NodeProto *n = DRAFT_NODE(d, "GridSample", "node", "x", "g", NULL, "y");
  Atr__AttributeProto *a = draft_attribute(d, n, "mode", 3);
  a->has_s = 1;
  a->s = (ProtobufCBinaryData){ 8, (uint8_t *)(uintptr_t) "bilinear" };
  gives(d, &s, x, 4, (const float[]){ 2.5f, 1.5f }, 2);
}
END_TEST

START_TEST(before_opset_6_operators_of_one_form_are_read) {
  Atr__NodeProto *n;
  const atr_shape s = { 1, { 3 } };
  const float x[3] = { -3, 0, 1 }, want[3] = { -0.75f, 0, 0.5f }; /* x / (1 + |x|) */
  gives(old(1, 1, s.dim, "Softsign", &n), &s, x, 3, want, 3);
}
END_TEST

START_TEST(grus_of_exporters_known_for_the_wrong_form_are_told_and_can_be_set) {
  static const struct {
    const char *producer;
    int written, bias, told;
  } files[] = { { "pytorch", 0, 0, 1 },    { "pytorch", 1, 1, 0 }, { "keras2onnx", 0, 1, 1 },
                { "keras2onnx", 0, 0, 0 }, { "tf2onnx", 0, 1, 0 }, { NULL, 0, 1, 0 } };
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    const int64_t one[3] = { 1, 1, 1 }, rows[3] = { 1, 3, 1 }, line[2] = { 1, 6 };
    const float w[3] = { 0, 2, 1 }, b[6] = { 0, 0, 0, 0, 0, files[k].bias ? 1 : 0 };
    draft *d = draft_new(14);
    draft_port(d, 0, "x", 3, one);
    draft_port(d, 1, "y", 0, NULL);
    draft_tensor(d, "w", ATR_F32, 3, rows, w, sizeof w);
    draft_tensor(d, "r", ATR_F32, 3, rows, w, sizeof w);
    draft_tensor(d, "b", ATR_F32, 2, line, b, sizeof b);
    Atr__NodeProto *node = DRAFT_NODE(d, "GRU", "node", "x", "w", "r", "b", NULL, "y");
    if (files[k].written) {
      Atr__AttributeProto *a = draft_attribute(d, node, "linear_before_reset", 2);
      a->has_i = 1;
      a->i = 1;
    }
    d->model.producer_name = (char *)(uintptr_t)files[k].producer;
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = draft_good(d);
    const char *warning = atr_model_warning(m);
    ck_assert_int_eq(warning != NULL, files[k].told);
    if (warning)
      ck_assert_msg(strstr(warning, "\"node\" (GRU) has linear_before_reset 0") != NULL, "%s", warning);
    ck_assert_int_eq(atr_model_set_linear_before_reset(m, "other", 1, &error), ATR_E_PARAM);
    ck_assert_int_eq(atr_model_set_linear_before_reset(m, k % 2 ? "node" : NULL, 1, &error), ATR_OK);
    ck_assert_ptr_null(atr_model_warning(m));
    ck_assert_int_eq(atr__attrs_int(&m->nodes[m->n_nodes - 1].attrs, "linear_before_reset", 0), 1);
    atr_model_destroy(m);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("upgrade");
  TCase *tests = tcase_create("upgrade");
  tcase_add_test(tests, dft_before_20_has_its_axis_as_attribute_and_the_first_as_default);
  tcase_add_test(tests, softmax_before_13_takes_all_axes_from_its_own_on_together);
  tcase_add_test(tests, bounds_of_clip_were_attributes);
  tcase_add_test(tests, starts_and_ends_of_slice_were_attributes);
  tcase_add_test(tests, pads_and_value_of_pad_were_attributes);
  tcase_add_test(tests, axes_of_reductions_were_attributes);
  tcase_add_test(tests, upsample_repeats_from_the_corner);
  tcase_add_test(tests, operands_were_aligned_by_an_axis);
  tcase_add_test(tests, dropout_and_normalization_of_old_pass_on_as_in_use);
  tcase_add_test(tests, scale_and_bias_of_group_normalization_were_one_a_group);
  tcase_add_test(tests, before_opset_6_operators_of_one_form_are_read);
  tcase_add_test(tests, axes_of_squeeze_and_unsqueeze_were_attributes);
  tcase_add_test(tests, bounds_of_clip_were_on_both_sides);
  tcase_add_test(tests, pads_by_reflection_and_edge_had_attributes_too);
  tcase_add_test(tests, slice_of_old_took_negative_ends_and_all_axes_in_order);
  tcase_add_test(tests, upsample_of_9_takes_scales_as_input);
  tcase_add_test(tests, log_softmax_and_hardmax_before_13_take_axes_together);
  tcase_add_test(tests, sizes_of_split_were_an_attribute);
  tcase_add_test(tests, reshape_sum_and_gemm_of_opset_7);
  tcase_add_test(tests, max_pool_and_flatten_of_opset_7);
  tcase_add_test(tests, normalization_of_opset_7_and_6);
  tcase_add_test(tests, files_of_ir_3_list_initializers_among_the_inputs);
  tcase_add_test(tests, scatter_became_scatter_elements);
  tcase_add_test(tests, k_of_top_k_was_an_attribute);
  tcase_add_test(tests, regions_before_16_were_not_moved_by_half_a_pixel);
  tcase_add_test(tests, modes_of_grid_sample_had_other_names);
  tcase_add_test(tests, grus_of_exporters_known_for_the_wrong_form_are_told_and_can_be_set);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}

/* max_pool_test.c: MaxPool and MaxPoolGrad: hand-worked windows, properties, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

START_TEST(max_pool_takes_the_greatest_of_each_window) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 3, 4), (double[]){ 1, 5, 2, 0, 7, 3, 9, 4, 8, 6, 11, 10 });
  OP_INTS(&c, "kernel_shape", 2, 2);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 0, 0, 7, 9, 9, 8, 11, 11);
  OP_NEAR(&c, 1, 0, 4, 6, 6, 8, 10, 10);
  op_case_free(&c);
}
END_TEST

START_TEST(max_pool_indices_count_samples_channels_and_columns) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2, 3), (double[]){ 0, 1, 2, 3, 4, 5, 9, 0, 0, 0, 0, 8 });
  OP_INTS(&c, "kernel_shape", 2, 2);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 1, 0, 4, 5, 6, 11);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "storage_order", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 1, 0, 3, 5, 6, 11); /* h + 2 w within the plane of 6 */
  op_case_free(&c);
}
END_TEST

START_TEST(max_pool_padding_never_wins_and_nan_always_does) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 5), (double[]){ -3, -INFINITY, -INFINITY, NAN, 7 });
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "strides", 1);
  OP_INTS(&c, "pads", 1, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 0, 0, -3, -3, -INFINITY, NAN, NAN, 7);
  OP_NEAR(&c, 1, 0, 0, 0, 1, 3, 3, 4);
  op_case_free(&c);
}
END_TEST

/* Rows of every width, so that whole vectors, their rest and windows that reach over an edge meet each other;
 * against windows taken one by one, with NaN, infinities and equal numbers among them. */
START_TEST(max_pool_of_rows_is_that_of_each_window) {
  for (int64_t width = 1; width <= 43; width += width < 20 ? 1 : 3)
    for (int64_t stride = 1; stride <= 3; stride++)
      for (int64_t dilation = 1; dilation <= 2; dilation++) {
        enum { TAPS = 3, ROWS = 2, BEFORE = 2, AFTER = 1 };
        const int64_t reach = (TAPS - 1) * dilation + 1, room = width + BEFORE + AFTER - reach;
        if (room < 0 || (dilation == 1 && width < 2)) continue;
        const int64_t out = room / stride + 1;
        double x[ROWS * 43];
        op_case c = { 0 };
        for (int64_t i = 0; i < ROWS * width; i++) x[i] = (double)((i * 7 + width) % 5) - 2;
        if (width > 8) x[4] = NAN, x[width + 6] = -INFINITY, x[width + 7] = INFINITY;
        op_case_real(&c, OP_SHAPE(1, ROWS, width), x);
        OP_INTS(&c, "kernel_shape", TAPS);
        OP_INTS(&c, "strides", stride);
        OP_INTS(&c, "dilations", dilation);
        OP_INTS(&c, "pads", BEFORE, AFTER);
        for (size_t outputs = 1; outputs <= 2; outputs++) {
          OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", outputs), &c);
          ck_assert_int_eq(c.out[0].count, ROWS * out);
          for (int64_t i = 0; i < ROWS * out; i++) {
            int64_t best = -1;
            for (int64_t k = 0; k < TAPS; k++) {
              const int64_t at = i % out * stride - BEFORE + k * dilation, from = i / out * width + at;
              if (at < 0 || at >= width) continue;
              if (best < 0 || x[from] > x[best] || (isnan(x[from]) && !isnan(x[best]))) best = from;
            }
            ck_assert(isnan(x[best]) ? isnan(c.out[0].v[i]) : c.out[0].v[i] == x[best]);
            if (outputs == 2) ck_assert_int_eq((int64_t)c.out[1].v[i], best);
          }
        }
        op_case_free(&c);
      }
}
END_TEST

/* The same windows of the same numbers as floats. */
START_TEST(max_pool_of_bytes_agrees_with_that_of_floats) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  for (int t = 0; t < 2; t++)
    for (int order = 0; order < 2; order++) {
      op_case c = { 0 }, f = { 0 };
      op_case *const both[] = { &c, &f };
      op_case_add(&c, type[t], OP_SHAPE(2, 3, 7, 9), NULL);
      op_case_fill(&c.in[0], 5);
      for (int64_t i = 0; i < c.in[0].count; i++) c.in[0].v[i] = floor(c.in[0].v[i] * 128) + (t ? 0 : 128);
      op_case_real(&f, c.in[0].shape, c.in[0].v);
      for (int i = 0; i < 2; i++) {
        OP_INTS(both[i], "kernel_shape", 3, 2);
        OP_INTS(both[i], "strides", 2, 1);
        OP_INTS(both[i], "pads", 1, 0, 2, 1);
        OP_INTS(both[i], "dilations", 1, 3);
        ck_assert_int_eq(atr__attrs_set_int(&both[i]->attrs, "storage_order", order), ATR_OK);
        OP_CASE_GOOD(op_case_run(both[i], "", "MaxPool", 2), both[i]);
      }
      ck_assert_int_eq(c.out[0].type, type[t]);
      for (size_t i = 0; i < 2; i++) op_case_near(&c, i, f.out[i].v, f.out[i].count, 0);
      OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
      op_case_free(&c);
      op_case_free(&f);
    }
  op_case c = { 0 };
  op_case_add(&c, ATR_I8, OP_SHAPE(1, 1, 3), (double[]){ -128, -128, -5 });
  OP_INTS(&c, "kernel_shape", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 0, 0, -128, -5);
  OP_NEAR(&c, 1, 0, 0, 2);
  c.in[0].type = ATR_I32;
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, "input 0 is int32, only float32, uint8 and int8");
  op_case_free(&c);
}
END_TEST

START_TEST(max_pool_ceil_mode_drops_a_window_that_starts_in_the_padding) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 5), (double[]){ 1, 2, 3, 4, 5 });
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "strides", 2);
  OP_INTS(&c, "pads", 1, 1);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "ceil_mode", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 3, 5);
  OP_INTS(&c, "pads", 0, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 2, 4, 5);
  op_case_free(&c);
}
END_TEST

START_TEST(max_pool_auto_pad_splits_the_padding) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 4, 3, 2, 1 });
  OP_INTS(&c, "kernel_shape", 2);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 4, 3, 2, 1);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_LOWER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 4, 4, 3, 2);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "VALID"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 4, 3, 2);
  op_case_free(&c);
}
END_TEST

/* Runs the gradient of the forward case `c` (with its indices) for the given dy. */
static void grad(op_case *c, const double *dy, op_case *g) {
  *g = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_copy(&g->attrs, &c->attrs), ATR_OK);
  op_case_real(g, c->out[0].shape, dy);
  op_case_add(g, ATR_I64, c->out[1].shape, c->out[1].v);
  double shape[8];
  for (int k = 0; k < c->in[0].shape.rank; k++) shape[k] = (double)c->in[0].shape.dim[k];
  op_case_constant(g, ATR_I64, OP_SHAPE(c->in[0].shape.rank), shape);
  OP_CASE_GOOD(op_case_run(g, "org.atrous", "MaxPoolGrad", 1), g);
}

START_TEST(max_pool_gradient_gives_every_dy_to_one_input) {
  static const int64_t shapes[][5] = {
    { 2, 3, 1, 1, 1 }, { 1, 2, 1, 7, 1 }, { 2, 1, 4, 5, 6 }, { 1, 3, 3, 9, 8 }
  };
  for (size_t i = 0; i < 4; i++)
    for (int storage = 0; storage < 2; storage++)
      for (int64_t k = 1; k <= 3; k++) {
        op_case c = { 0 }, g;
        op_case_fill(op_case_real(&c, atr__shape_of(5, shapes[i]), NULL), 3 + (uint32_t)i);
        OP_INTS(&c, "kernel_shape", k, k, 2);
        OP_INTS(&c, "strides", 1, 2, 2);
        OP_INTS(&c, "pads", k - 1, k - 1, 1, k - 1, k - 1, 1);
        ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "storage_order", storage), ATR_OK);
        OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
        op_tensor dy = { .count = c.out[0].count, .v = calloc((size_t)c.out[0].count, 8) };
        ck_assert_ptr_nonnull(dy.v);
        op_case_fill(&dy, 77);
        grad(&c, dy.v, &g);
        double given = 0, kept = 0;
        for (int64_t j = 0; j < dy.count; j++) given += dy.v[j];
        for (int64_t j = 0; j < g.out[0].count; j++) kept += g.out[0].v[j];
        ck_assert_double_eq_tol(given, kept, 1e-9);
        free(dy.v);
        op_case_free(&g);
        op_case_free(&c);
      }
}
END_TEST

START_TEST(max_pool_gradient_agrees_with_finite_differences) {
  op_case c = { 0 }, g;
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 2, 5, 7), NULL);
  for (int64_t i = 0; i < x->count; i++) x->v[i] = (double)(i * 37 % 141) / 16; /* no two are equal */
  OP_INTS(&c, "kernel_shape", 3, 2);
  OP_INTS(&c, "strides", 2, 1);
  OP_INTS(&c, "dilations", 1, 2);
  OP_INTS(&c, "pads", 1, 1, 1, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  const int64_t n = c.out[0].count;
  op_tensor dy = { .count = n, .v = calloc((size_t)n, 8) };
  op_case_fill(&dy, 5);
  grad(&c, dy.v, &g);
  for (int64_t i = 0; i < x->count; i++) {
    const double was = x->v[i], step = 1.0 / 1024;
    double slope = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
      x->v[i] = was + sign * step;
      OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
      for (int64_t j = 0; j < n; j++) slope += sign * dy.v[j] * c.out[0].v[j] / (2 * step);
    }
    x->v[i] = was;
    ck_assert_double_eq_tol(slope, g.out[0].v[i], 1e-9);
  }
  free(dy.v);
  op_case_free(&g);
  op_case_free(&c);
}
END_TEST

/* Widths around those of the vector kernels, windows of one to three, both strides that they know and one
 * they do not; each also with its gradient, which must keep the sum of dy. */
START_TEST(max_pool_agrees_at_awkward_sizes) {
  static const int64_t widths[] = { 1, 7, 16, 31, 32, 33, 34, 66 };
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
    for (int64_t k = 1; k <= 3; k++)
      for (int64_t s = 1; s <= 3; s++)
        for (int64_t pad = 0; pad < k && pad < 2; pad++) {
          op_case c = { 0 }, g;
          if (widths[i] + 2 * pad < k || (s == 3 && k != 2)) continue;
          op_case_fill(op_case_real(&c, OP_SHAPE(1, 17, 4, widths[i]), NULL), 3);
          c.in[0].v[c.in[0].count / 2] = NAN;
          OP_INTS(&c, "kernel_shape", 2, k);
          OP_INTS(&c, "strides", 2, s);
          OP_INTS(&c, "pads", 0, pad, 0, pad);
          OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
          OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
          op_tensor dy = { .count = c.out[0].count, .v = calloc((size_t)c.out[0].count, 8) };
          ck_assert_ptr_nonnull(dy.v);
          op_case_fill(&dy, 77);
          grad(&c, dy.v, &g);
          double given = 0, kept = 0;
          for (int64_t j = 0; j < dy.count; j++) given += dy.v[j];
          for (int64_t j = 0; j < g.out[0].count; j++) kept += g.out[0].v[j];
          ck_assert_double_eq_tol(given, kept, 1e-9);
          free(dy.v);
          op_case_free(&g);
          op_case_free(&c);
        }
}
END_TEST

/* More than caches hold, where results are stored past them. */
START_TEST(max_pool_agrees_on_large_planes) {
  const uint64_t cache = op_plan_cache(1);
  op_case c = { 0 };
  op_case_fill(op_case_real(&c, OP_SHAPE(1, 5, 19, 96), NULL), 5);
  OP_INTS(&c, "kernel_shape", 3, 3);
  OP_INTS(&c, "strides", 2, 2);
  OP_INTS(&c, "pads", 1, 1, 1, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  op_case_free(&c);
  op_plan_cache(cache);
}
END_TEST

/* Rows wider than the blocked kernel keeps, windows whose rows and columns lie apart, three dimensions. */
START_TEST(max_pool_agrees_on_wide_rows_and_dilated_windows) {
  for (int64_t s = 1; s <= 4; s++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 3, 5, 530), NULL), (uint32_t)s);
    OP_INTS(&c, "kernel_shape", 3, 3);
    OP_INTS(&c, "strides", 1, s);
    OP_INTS(&c, "dilations", 2, s > 2 ? 2 : 1);
    OP_INTS(&c, "pads", 2, 1, 1, 1);
    OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
    op_case_free(&c);
    /* the same in pieces of a row, the last of which is less than a vector; and of less than a row */
    const int64_t width = s == 1 ? 517 : s == 2 ? 1033 : 700;
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 9, width), NULL), (uint32_t)s);
    c.in[0].v[width + 5] = NAN;
    OP_INTS(&c, "kernel_shape", 2, s > 2 ? 150 : 5);
    OP_INTS(&c, "strides", 2, s > 2 ? 1 : s);
    OP_INTS(&c, "dilations", 3, s > 2 ? s - 1 : 1);
    OP_INTS(&c, "pads", 1, 4, 1, 2);
    OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
    op_case_free(&c);
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 5, 4, 9), NULL), (uint32_t)s);
    OP_INTS(&c, "kernel_shape", 2, 3, 2);
    OP_INTS(&c, "strides", 1, 2, s);
    OP_INTS(&c, "pads", 1, 1, 1, 1, 1, 1);
    OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
    op_case_free(&c);
  }
}
END_TEST

static void rejects(const char *words, const char *attribute, size_t n, const int64_t *values) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4, 4), NULL);
  OP_INTS(&c, "kernel_shape", 2, 2);
  if (attribute) op_case_ints(&c, attribute, n, values);
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, words);
  op_case_free(&c);
}

START_TEST(max_pool_rejects_what_it_cannot_do_with_a_sentence) {
  rejects("strides[1] is 0, must be 1 or more", "strides", 2, (int64_t[]){ 1, 0 });
  rejects("dilations[0] is -1", "dilations", 2, (int64_t[]){ -1, 1 });
  rejects("kernel_shape has 3 entries, must have 2", "kernel_shape", 3, (int64_t[]){ 1, 1, 1 });
  rejects("pads[3] is -1", "pads", 4, (int64_t[]){ 0, 0, 0, -1 });
  rejects("reaches over 5 elements of spatial dimension 1, which has 4", "kernel_shape", 2,
          (int64_t[]){ 1, 5 });
  rejects("must be less than the window's reach", "pads", 4, (int64_t[]){ 2, 0, 0, 0 });
  rejects("kernel_shape[0] is 4611686018427387904", "kernel_shape", 2, (int64_t[]){ INT64_MAX / 2 + 1, 1 });
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4, 4), NULL);
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, "[4,4]");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 4), NULL);
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, "kernel_shape is missing");
  OP_INTS(&c, "kernel_shape", 2);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "sideways"), ATR_OK);
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, "auto_pad");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 1), NULL);
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "dilations", 4);
  OP_INTS(&c, "pads", 3, 2);
  OP_CASE_REJECTS(&c, "", "MaxPool", 1, "meets only padding");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *op, size_t rank) {
  json_t *root = golden_load("pool.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    op_case c = { 0 }, g;
    atr_shape shape;
    int64_t list[2], pads[4];
    double *x = golden_values(one, "inputs", "x", &shape);
    op_case_real(&c, shape, x);
    golden_ints(one, "kernel", 1, rank, list);
    op_case_ints(&c, "kernel_shape", rank, list);
    golden_ints(one, "stride", 1, rank, list);
    op_case_ints(&c, "strides", rank, list);
    golden_ints(one, "dilation", 1, rank, list);
    op_case_ints(&c, "dilations", rank, list);
    golden_ints(one, "pad", 0, rank, pads);
    golden_ints(one, "pad", 0, rank, pads + rank);
    op_case_ints(&c, "pads", 2 * rank, pads);
    golden_ints(one, "ceil_mode", 0, 1, list);
    ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "ceil_mode", list[0]), ATR_OK);
    OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
    double *y = golden_values(one, "outputs", "y", &shape);
    double *indices = golden_values(one, "outputs", "indices_onnx", NULL);
    double *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    ck_assert(atr__shape_equal(&shape, &c.out[0].shape));
    op_case_near(&c, 0, y, c.out[0].count, 1e-7);
    op_case_near(&c, 1, indices, c.out[1].count, 0);
    grad(&c, dy, &g);
    op_case_near(&g, 0, dx, c.in[0].count, 1e-6);
    free(x), free(y), free(indices), free(dy), free(dx);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(max_pool_agrees_with_pytorch_on_images) {
  torch_cases("max_pool2d_with_indices", 2);
}
END_TEST

START_TEST(max_pool_agrees_with_pytorch_on_series) {
  torch_cases("max_pool1d_with_indices", 1);
}
END_TEST

START_TEST(max_pool_is_differentiated_in_a_model) {
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 2, 5, 6), NULL);
  for (int64_t i = 0; i < x->count; i++) x->v[i] = (double)(i * 37 % 121) / 64; /* no two are equal */
  OP_INTS(&c, "kernel_shape", 3, 2);
  OP_INTS(&c, "strides", 2, 2);
  OP_INTS(&c, "pads", 1, 0, 1, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 1), &c);
  op_plan_gradient(&c, "", "MaxPool", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(global_max_pool_is_the_greatest_of_each_channel) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2, 3), (double[]){ 0, 1, 9, 3, 4, 5, -3, -1, -2, -4, -5, -6 });
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalMaxPool", 1), &c);
  OP_NEAR(&c, 0, 0, 9, -1);
  ck_assert_int_eq(c.out[0].shape.rank, 4);
  ck_assert_int_eq(c.out[0].shape.dim[3], 1);
  op_plan_gradient(&c, "", "GlobalMaxPool", 1, 0);
  op_case_free(&c);
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 17, 3, 2, 7), NULL);
  for (int64_t i = 0; i < x->count; i++) x->v[i] = (double)(i * 577 % 1429) / 64; /* no two are equal */
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalMaxPool", 1), &c);
  for (int64_t p = 0; p < 34; p++) {
    double most = -1;
    for (int64_t i = 0; i < 42; i++) most = fmax(most, x->v[p * 42 + i]);
    ck_assert_double_eq(c.out[0].v[p], most);
  }
  op_plan_gradient(&c, "", "GlobalMaxPool", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1), NULL);
  OP_CASE_REJECTS(&c, "", "GlobalMaxPool", 1, "rank must be 3");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 2, 0), NULL);
  OP_CASE_REJECTS(&c, "", "GlobalMaxPool", 1, "nothing to pool");
  op_case_free(&c);
}
END_TEST

/* Volumes, with dilations, ceil_mode and auto_pad: against differences, in both storage orders. */
START_TEST(max_pool_of_volumes_is_differentiated_in_a_model) {
  for (int i = 0; i < 8; i++) {
    op_case c = { 0 };
    op_tensor *x = op_case_real(&c, OP_SHAPE(1, 2, 3, 4, 5), NULL);
    for (int64_t k = 0; k < x->count; k++) x->v[k] = (double)(k * 37 % 121) / 64; /* no two are equal */
    OP_INTS(&c, "kernel_shape", 2, 2, 2);
    OP_INTS(&c, "strides", 1 + i % 2, 2, 1 + i % 2);
    OP_INTS(&c, "dilations", 1, 1 + i / 2 % 2, 2);
    if (i / 4) {
      ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", i % 2 ? "SAME_UPPER" : "SAME_LOWER"),
                       ATR_OK);
    } else {
      OP_INTS(&c, "pads", 0, 1, 1, 1, 0, 1);
      ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "ceil_mode", 1), ATR_OK);
    }
    for (int order = 0; order < 2; order++) {
      ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "storage_order", order), ATR_OK);
      OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
      op_plan_gradient(&c, "", "MaxPool", 1, 0);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(max_pool_indices_of_volumes_in_both_storage_orders) {
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(1, 2, 2, 3, 4), NULL);
  x->v[(1 * 3 + 2) * 4 + 1] = 5;      /* d 1, h 2, w 1 of channel 0 */
  x->v[24 + (0 * 3 + 1) * 4 + 3] = 5; /* d 0, h 1, w 3 of channel 1 */
  OP_INTS(&c, "kernel_shape", 2, 3, 4);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 1, 0, 21, 31);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "storage_order", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  OP_NEAR(&c, 1, 0, 1 + 2 * (2 + 3 * 1), 24 + 0 + 2 * (1 + 3 * 3)); /* d + 2 h + 6 w */
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("max_pool");
  TCase *tests = tcase_create("max_pool");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, max_pool_takes_the_greatest_of_each_window);
  tcase_add_test(tests, max_pool_indices_count_samples_channels_and_columns);
  tcase_add_test(tests, max_pool_padding_never_wins_and_nan_always_does);
  tcase_add_test(tests, max_pool_of_rows_is_that_of_each_window);
  tcase_add_test(tests, max_pool_of_bytes_agrees_with_that_of_floats);
  tcase_add_test(tests, max_pool_ceil_mode_drops_a_window_that_starts_in_the_padding);
  tcase_add_test(tests, max_pool_auto_pad_splits_the_padding);
  tcase_add_test(tests, max_pool_gradient_gives_every_dy_to_one_input);
  tcase_add_test(tests, max_pool_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, max_pool_agrees_at_awkward_sizes);
  tcase_add_test(tests, max_pool_agrees_on_large_planes);
  tcase_add_test(tests, max_pool_agrees_on_wide_rows_and_dilated_windows);
  tcase_add_test(tests, max_pool_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, max_pool_agrees_with_pytorch_on_images);
  tcase_add_test(tests, max_pool_agrees_with_pytorch_on_series);
  tcase_add_test(tests, max_pool_is_differentiated_in_a_model);
  tcase_add_test(tests, global_max_pool_is_the_greatest_of_each_channel);
  tcase_add_test(tests, max_pool_of_volumes_is_differentiated_in_a_model);
  tcase_add_test(tests, max_pool_indices_of_volumes_in_both_storage_orders);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}

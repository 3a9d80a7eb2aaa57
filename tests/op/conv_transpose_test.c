/* conv_transpose_test.c: ConvTranspose and its gradients: hand-worked numbers, properties (Conv's adjoint, a
 * convolution of an input stuffed with zeros), awkward shapes on every row, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_check.h"

#include <atrous/build.h>
#include <atrous/plan.h>

#include "backend/backend.h"
#include "plan/plan.h"

enum { MOST = 5 };

/* What a case is made of; 0 in a list means 1 (0 for pads and extra). oc of a whole, not of a group. */
typedef struct {
  int64_t n, c, oc, group;
  int spatial;
  int64_t in[3], filter[3], stride[3], dilation[3], pads[6], extra[3];
  int bias;
} shape_case;

static int64_t or1(int64_t v) {
  return v ? v : 1;
}

static void make(op_case *c, const shape_case *s) {
  int64_t x[MOST] = { s->n, s->c }, w[MOST] = { s->c, s->oc / or1(s->group) }, stride[3], dilation[3];
  const size_t n = (size_t)s->spatial;
  for (size_t i = 0; i < n; i++) {
    stride[i] = or1(s->stride[i]);
    dilation[i] = or1(s->dilation[i]);
    x[2 + i] = s->in[i];
    w[2 + i] = s->filter[i];
  }
  *c = (op_case){ .tolerance = 2e-5 };
  op_case_ints(c, "strides", n, stride);
  op_case_ints(c, "dilations", n, dilation);
  op_case_ints(c, "pads", 2 * n, s->pads);
  op_case_ints(c, "output_padding", n, s->extra);
  op_check_int(c, "group", or1(s->group));
  op_check_random(c, atr__shape_of(2 + s->spatial, x), 1);
  op_check_random(c, atr__shape_of(2 + s->spatial, w), 2);
  if (s->bias) op_check_random(c, OP_SHAPE(s->oc), 3);
}

static void series(op_case *c, int64_t length, const double *x, int64_t filter, const double *w) {
  *c = (op_case){ 0 };
  op_case_real(c, OP_SHAPE(1, 1, length), x);
  op_case_real(c, OP_SHAPE(1, 1, filter), w);
}

START_TEST(conv_transpose_lays_the_filter_down_at_every_input) {
  const double x[] = { 1, 2, 3 }, w[] = { 1, 10 };
  op_case c;
  series(&c, 3, x, 2, w);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 12, 23, 30);
  OP_INTS(&c, "strides", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 2, 20, 3, 30);
  OP_INTS(&c, "strides", 3);
  OP_INTS(&c, "output_padding", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 0, 2, 20, 0, 3, 30, 0);
  OP_INTS(&c, "pads", 1, 2);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 10, 0, 2, 20, 0, 3);
  OP_INTS(&c, "strides", 1);
  OP_INTS(&c, "output_padding", 0);
  OP_INTS(&c, "pads", 0, 0);
  OP_INTS(&c, "dilations", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 2, 13, 20, 30);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_transpose_image_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 2, 2), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(1, 2, 2, 2), (double[]){ 1, 10, 100, 1000, 0, 0, 0, 1 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 0.5, -1 });
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1.5, 12.5, 20.5, 103.5, 1234.5, 2040.5, 300.5, 3400.5, 4000.5, -1, -1, -1, -1, 0, 1, -1,
          2, 3);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_transpose_groups_keep_apart) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2), (double[]){ 1, 2, 10, 20 });
  op_case_real(&c, OP_SHAPE(2, 2, 1), (double[]){ 1, 2, 3, 4 });
  op_check_int(&c, "group", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 2, 2, 4, 30, 60, 40, 80);
  op_case_free(&c);
}
END_TEST

/* Natural length 9: 1 10 100, 2 20 200, 3 30 300. */
START_TEST(conv_transpose_pads_follow_from_the_size_that_is_asked_for) {
  const double x[] = { 1, 2, 3 }, w[] = { 1, 10, 100 };
  op_case c;
  series(&c, 3, x, 3, w);
  OP_INTS(&c, "strides", 3);
  OP_INTS(&c, "output_shape", 6);
  OP_INTS(&c, "pads", 7, 7); /* not heeded */
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 100, 2, 20, 200, 3, 30); /* two in front, one behind */
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 10, 100, 2, 20, 200, 3);
  OP_INTS(&c, "output_shape", 11);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 100, 2, 20, 200, 3, 30, 300, 0, 0);
  op_case_free(&c);
  /* Without output_shape: stride times the input. Natural length 7: 1 10 102 20 203 30 300. */
  series(&c, 3, x, 3, w);
  OP_INTS(&c, "strides", 2);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 102, 20, 203, 30);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_LOWER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 10, 102, 20, 203, 30, 300);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "VALID"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 102, 20, 203, 30, 300);
  OP_INTS(&c, "strides", 4); /* SAME of a filter shorter than the stride: zeros behind it */
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 10, 100, 0, 2, 20, 200, 0, 3, 30, 300, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_transpose_is_a_convolution_of_an_input_stuffed_with_zeros) {
  for (int64_t s = 1; s <= 4; s++)
    for (int64_t d = 1; d <= 3; d++) {
      const shape_case shape = { .n = 2,
                                 .c = 3,
                                 .oc = 5,
                                 .spatial = 2,
                                 .in = { 4, 5 },
                                 .filter = { 3, 2 },
                                 .stride = { s, s },
                                 .dilation = { d, 1 } };
      op_case a, b = { .tolerance = 2e-5 };
      make(&a, &shape);
      const int64_t h = 3 * s + 1, w = 4 * s + 1;
      op_tensor *x = op_case_real(&b, OP_SHAPE(2, 3, h, w), NULL);
      for (int64_t p = 0; p < 6; p++)
        for (int64_t y = 0; y < 4; y++)
          for (int64_t i = 0; i < 5; i++) x->v[(p * h + y * s) * w + i * s] = a.in[0].v[(p * 4 + y) * 5 + i];
      op_tensor *f = op_case_real(&b, OP_SHAPE(5, 3, 3, 2), NULL);
      for (int64_t o = 0; o < 5; o++)
        for (int64_t i = 0; i < 3; i++)
          for (int64_t k = 0; k < 6; k++) f->v[(o * 3 + i) * 6 + k] = a.in[1].v[(i * 5 + o) * 6 + 5 - k];
      OP_INTS(&b, "dilations", d, 1);
      OP_INTS(&b, "pads", 2 * d, 1, 2 * d, 1);
      OP_CASE_GOOD(op_case_run(&a, "", "ConvTranspose", 1), &a);
      OP_CASE_GOOD(op_case_run(&b, "", "Conv", 1), &b);
      op_case_near(&a, 0, b.out[0].v, b.out[0].count, 1e-12);
      op_case_free(&a);
      op_case_free(&b);
    }
}
END_TEST

static double inner(const op_tensor *a, const op_tensor *b) {
  double sum = 0;
  ck_assert_int_eq(a->count, b->count);
  for (int64_t i = 0; i < a->count; i++) sum += a->v[i] * b->v[i];
  return sum;
}

/* On the host and on every row of the device, against double; and Conv's adjoint: <T x, z> = <x, C z>, where
 * the convolution of what comes out has as many outputs as came in. */
static void everywhere(const shape_case *shape) {
  shape_case s = *shape;
  op_case c, back = { .tolerance = 1e-4 };
  make(&c, &s);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  op_case_free(&c);
  for (int i = 0; i < s.spatial; i++)
    if (s.extra[i] >= or1(s.stride[i])) return;
  s.bias = 0;
  make(&c, &s);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  ck_assert_int_eq(atr__attrs_copy(&back.attrs, &c.attrs), ATR_OK);
  op_check_random(&back, c.out[0].shape, 9);
  op_case_real(&back, c.in[1].shape, c.in[1].v);
  OP_CASE_GOOD(op_case_run(&back, "", "Conv", 1), &back);
  const double there = inner(&c.out[0], &back.in[0]), here = inner(&c.in[0], &back.out[0]);
  ck_assert_double_eq_tol(there, here, 1e-9 * (1 + fabs(there)));
  op_case_free(&back);
  op_case_free(&c);
}

START_TEST(conv_transpose_awkward_shapes) {
  static const shape_case list[] = {
    { .n = 1, .c = 1, .oc = 1, .spatial = 1, .in = { 1 }, .filter = { 1 } },
    { .n = 2, .c = 3, .oc = 17, .spatial = 1, .in = { 1 }, .filter = { 4 }, .stride = { 5 }, .bias = 1 },
    { .n = 3, .c = 17, .oc = 10, .spatial = 2, .in = { 7, 7 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 2, .c = 5, .oc = 8, .spatial = 2, .in = { 1, 47 }, .filter = { 1, 1 }, .bias = 1 },
    { .n = 1, .c = 5, .oc = 9, .spatial = 2, .in = { 5, 49 }, .filter = { 3, 5 }, .pads = { 0, 4, 2, 1 } },
    /* the decoders' usual ones: stride 2, filters of two to five */
    { .n = 2,
      .c = 6,
      .oc = 7,
      .spatial = 2,
      .in = { 5, 13 },
      .filter = { 2, 2 },
      .stride = { 2, 2 },
      .bias = 1 },
    { .n = 1,
      .c = 3,
      .oc = 8,
      .spatial = 2,
      .in = { 7, 17 },
      .filter = { 3, 3 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 },
      .extra = { 1, 1 },
      .bias = 1 },
    { .n = 2,
      .c = 3,
      .oc = 3,
      .spatial = 2,
      .in = { 6, 33 },
      .filter = { 4, 4 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 3,
      .oc = 2,
      .spatial = 2,
      .in = { 6, 9 },
      .filter = { 5, 4 },
      .stride = { 2, 3 },
      .pads = { 2, 0, 1, 3 },
      .extra = { 0, 2 } },
    /* strides and dilations with and without a common divisor; some positions are reached by no tap */
    { .n = 1,
      .c = 2,
      .oc = 3,
      .spatial = 2,
      .in = { 5, 6 },
      .filter = { 4, 5 },
      .stride = { 6, 4 },
      .dilation = { 4, 6 },
      .pads = { 3, 1, 0, 2 } },
    { .n = 1,
      .c = 2,
      .oc = 3,
      .spatial = 1,
      .in = { 9 },
      .filter = { 7 },
      .stride = { 3 },
      .dilation = { 2 } },
    { .n = 1,
      .c = 2,
      .oc = 3,
      .spatial = 1,
      .in = { 9 },
      .filter = { 3 },
      .stride = { 2 },
      .dilation = { 8 },
      .pads = { 5, 7 } },
    /* groups and depthwise */
    { .n = 2,
      .c = 6,
      .oc = 4,
      .group = 2,
      .spatial = 2,
      .in = { 4, 6 },
      .filter = { 3, 3 },
      .stride = { 2, 1 },
      .pads = { 1, 1, 1, 1 },
      .extra = { 1, 0 },
      .bias = 1 },
    { .n = 1, .c = 5, .oc = 5, .group = 5, .spatial = 1, .in = { 31 }, .filter = { 4 }, .pads = { 3, 0 } },
    { .n = 1, .c = 4, .oc = 12, .group = 4, .spatial = 1, .in = { 11 }, .filter = { 4 }, .stride = { 2 } },
    /* three dimensions */
    { .n = 2,
      .c = 2,
      .oc = 5,
      .spatial = 3,
      .in = { 3, 4, 5 },
      .filter = { 3, 3, 3 },
      .pads = { 1, 1, 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 3,
      .oc = 2,
      .spatial = 3,
      .in = { 3, 2, 7 },
      .filter = { 2, 3, 2 },
      .stride = { 2, 3, 1 },
      .dilation = { 1, 2, 3 },
      .pads = { 1, 0, 2, 0, 1, 0 },
      .extra = { 1, 1, 0 },
      .bias = 1 },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) everywhere(&list[i]);
}
END_TEST

/* What tiles in channel blocks have to get right: channels that fill no block or more than one, rows of a
 * phase that are shorter than a tile, as long, and one longer, and of one less in one phase than in another,
 * taps that reach outside on either side, phases without a tap, and more padding than the filter reaches. */
START_TEST(conv_transpose_in_channel_blocks) {
  const int slow = op_plan_slow();
  const int64_t wide[] = { 1, 7, 8, 14, 15, 29 };
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    for (int64_t stride = 1; stride <= 3; stride++)
      for (int64_t filter = 1; filter <= 5; filter++) {
        if ((filter + stride + (int64_t)i) % 3) continue;
        if (slow && (stride != 2 || i % 3)) continue;
        const int64_t front = filter / 2, behind = (filter - 1) / 2;
        const shape_case s = { .n = 1 + (int64_t)(i % 2),
                               .c = i % 2 ? 17 : 16,
                               .oc = filter % 2 ? 16 : 33,
                               .spatial = 2,
                               .in = { 3, wide[i] },
                               .filter = { 2, filter },
                               .stride = { 2, stride },
                               .pads = { 0, front, 1, behind },
                               .extra = { 1, stride - 1 },
                               .bias = 1 };
        op_case c;
        make(&c, &s);
        OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
        op_case_free(&c);
      }
  static const shape_case list[] = {
    { .n = 2,
      .c = 33,
      .oc = 40,
      .spatial = 1,
      .in = { 19 },
      .filter = { 4 },
      .stride = { 2 },
      .pads = { 1, 1 } },
    { .n = 1,
      .c = 16,
      .oc = 32,
      .spatial = 1,
      .in = { 5 },
      .filter = { 16 },
      .stride = { 8 },
      .pads = { 4, 4 } },
    { .n = 1,
      .c = 18,
      .oc = 16,
      .spatial = 1,
      .in = { 9 },
      .filter = { 7 },
      .stride = { 16 },
      .extra = { 15 } },
    /* dilations with and without a divisor in common with the stride; with 6 and 4 half of the phases have no
     * tap
     */
    { .n = 1,
      .c = 16,
      .oc = 18,
      .spatial = 2,
      .in = { 4, 15 },
      .filter = { 3, 4 },
      .stride = { 3, 2 },
      .dilation = { 2, 3 },
      .pads = { 2, 4, 1, 3 },
      .bias = 1 },
    { .n = 1,
      .c = 17,
      .oc = 16,
      .spatial = 2,
      .in = { 3, 9 },
      .filter = { 3, 4 },
      .stride = { 4, 4 },
      .dilation = { 6, 2 },
      .pads = { 5, 2, 0, 0 },
      .extra = { 3, 9 },
      .bias = 1 },
    { .n = 1,
      .c = 16,
      .oc = 16,
      .spatial = 2,
      .in = { 9, 11 },
      .filter = { 2, 3 },
      .stride = { 2, 2 },
      .pads = { 7, 6, 5, 4 } },
    /* more at the end than anything reaches */
    { .n = 1,
      .c = 16,
      .oc = 16,
      .spatial = 2,
      .in = { 2, 3 },
      .filter = { 2, 2 },
      .stride = { 2, 3 },
      .extra = { 5, 20 },
      .bias = 1 },
    /* a filter a channel, and few channels out */
    { .n = 2,
      .c = 35,
      .oc = 35,
      .group = 35,
      .spatial = 2,
      .in = { 3, 17 },
      .filter = { 4, 4 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 16,
      .oc = 16,
      .group = 16,
      .spatial = 2,
      .in = { 2, 15 },
      .filter = { 2, 3 },
      .stride = { 3, 4 },
      .dilation = { 1, 6 },
      .pads = { 1, 5, 0, 9 },
      .extra = { 2, 3 },
      .bias = 1 },
    { .n = 1, .c = 20, .oc = 20, .group = 20, .spatial = 1, .in = { 7 }, .filter = { 3 }, .stride = { 1 } },
    { .n = 2,
      .c = 33,
      .oc = 3,
      .spatial = 2,
      .in = { 3, 9 },
      .filter = { 4, 5 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 2 },
      .bias = 1 },
    { .n = 1,
      .c = 16,
      .oc = 8,
      .spatial = 1,
      .in = { 17 },
      .filter = { 6 },
      .stride = { 3 },
      .dilation = { 2 } },
    /* enough for a tile of another width */
    { .n = 1,
      .c = 64,
      .oc = 96,
      .spatial = 2,
      .in = { 32, 8 },
      .filter = { 4, 4 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    /* stride 1, by Winograd's algorithm too: padding from none to more than the filter reaches */
    { .n = 2, .c = 16, .oc = 17, .spatial = 1, .in = { 21 }, .filter = { 3 }, .dilation = { 2 }, .bias = 1 },
    { .n = 1,
      .c = 19,
      .oc = 35,
      .spatial = 2,
      .in = { 6, 9 },
      .filter = { 3, 3 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 16,
      .oc = 16,
      .spatial = 2,
      .in = { 9, 12 },
      .filter = { 3, 3 },
      .dilation = { 2, 1 },
      .pads = { 6, 2, 0, 4 } },
    { .n = 1, .c = 16, .oc = 16, .spatial = 2, .in = { 1, 4 }, .filter = { 3, 3 }, .extra = { 2, 0 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) everywhere(&list[i]);
}
END_TEST

START_TEST(conv_transpose_of_no_images_is_none_and_of_no_channels_is_bias) {
  const shape_case none = { .n = 0, .c = 3, .oc = 4, .spatial = 1, .in = { 8 }, .filter = { 3 }, .bias = 1 };
  const shape_case blank = { .n = 1, .c = 0, .oc = 2, .spatial = 1, .in = { 1 }, .filter = { 2 }, .bias = 1 };
  op_case c;
  make(&c, &none);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  op_check_shape(&c, 0, OP_SHAPE(0, 4, 10));
  op_case_free(&c);
  make(&c, &blank);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  OP_NEAR(&c, 0, 0, c.in[2].v[0], c.in[2].v[0], c.in[2].v[1], c.in[2].v[1]);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_transpose_gradients_agree_with_finite_differences) {
  static const shape_case list[] = {
    { .n = 2,
      .c = 3,
      .oc = 2,
      .spatial = 1,
      .in = { 5 },
      .filter = { 3 },
      .stride = { 2 },
      .dilation = { 2 },
      .pads = { 2, 1 },
      .extra = { 1 },
      .bias = 1 },
    /* more at the end than a stride: dy is cut */
    { .n = 1,
      .c = 2,
      .oc = 2,
      .spatial = 2,
      .in = { 3, 1 },
      .filter = { 2, 3 },
      .stride = { 2, 4 },
      .dilation = { 5, 1 },
      .pads = { 1, 0, 0, 0 },
      .extra = { 4, 3 },
      .bias = 1 },
    { .n = 2,
      .c = 4,
      .oc = 2,
      .group = 2,
      .spatial = 2,
      .in = { 3, 4 },
      .filter = { 4, 2 },
      .stride = { 2, 2 },
      .pads = { 1, 0, 1, 0 },
      .bias = 1 },
    { .n = 1,
      .c = 1,
      .oc = 2,
      .spatial = 3,
      .in = { 2, 3, 2 },
      .filter = { 2, 2, 3 },
      .stride = { 1, 2, 2 },
      .pads = { 0, 1, 1, 1, 0, 1 },
      .bias = 1 },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c;
    make(&c, &list[i]);
    OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
    op_plan_gradient(&c, "", "ConvTranspose", 7, 0);
    op_case_free(&c);
  }
  op_case c;
  make(&c, &list[0]);
  OP_INTS(&c, "output_shape", 17);
  OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
  op_plan_gradient(&c, "", "ConvTranspose", 7, 0);
  op_case_free(&c);
}
END_TEST

/* relu(transposed convolution), and where asked the convolution too, which keeps the two apart. */
static void enlarged(atr_context *context, const char *row, int64_t stride, int both, float *y, float *v,
                     size_t n) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 4, { 2, 5, 6, 9 } }, b = { 1, { 11 } };
  float x[2 * 5 * 6 * 9], bias[11];
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = (float)(i * 37 % 101) / 50 - 1;
  for (int i = 0; i < 11; i++) bias[i] = (float)i / 5 - 1;
  ck_assert_int_eq(atr_model_create(3, &error, &model), ATR_OK);
  const atr_value in = atr_model_add_input(model, "x", ATR_F32, &shape);
  const int64_t filter[4] = { 5, 11, 3, 3 }, strides[2] = { stride, stride };
  float w[5 * 11 * 9];
  for (size_t i = 0; i < sizeof w / sizeof *w; i++) w[i] = (float)(i * 53 % 97) / 48 - 1;
  const atr_shape filter_shape = atr__shape_of(4, filter);
  const atr_value list[3] = { in, atr_model_add_tensor(model, "w", ATR_F32, &filter_shape, w, 1),
                              atr_model_add_tensor(model, "b", ATR_F32, &b, bias, 1) };
  const atr_attribute steps = { .name = "strides", .kind = ATR_ATTRIBUTE_INTS, .ints = strides, .n = 2 };
  const atr_value conv = atr_model_add(model, NULL, "ConvTranspose", "conv", list, 3, &steps, 1, NULL, 1);
  atr_model_add_output(model, "y", atr_model_relu(model, conv));
  if (both) atr_model_add_output(model, "v", conv);
  context->prefer = row;
  ck_assert_msg(atr_plan_create(model, context, &shape, 1, NULL, &error, &plan) == ATR_OK, "%s", error.text);
  context->prefer = NULL;
  int relus = 0;
  for (size_t k = 0; k < plan->n_steps; k++) relus += !strcmp(plan->steps[k].op->name, "Relu");
  ck_assert_int_eq(relus, both);
  ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
  ck_assert_int_eq(atr_run_write(run, "x", x, sizeof x), ATR_OK);
  ck_assert_int_eq(atr_run_execute(run), ATR_OK);
  ck_assert_int_eq(atr_run_read(run, "y", y, n * sizeof *y), ATR_OK);
  if (both) ck_assert_int_eq(atr_run_read(run, "v", v, n * sizeof *v), ATR_OK);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(model);
}

START_TEST(conv_transpose_does_the_relu_behind_it) {
  enum { MOST_OUT = 2 * 11 * 18 * 27 };
  static float joined[MOST_OUT], apart[MOST_OUT], v[MOST_OUT];
  static const char *const rows[] = { NULL,
                                      "baseline",
                                      "direct_plain",
                                      "direct_plain_unpacked",
                                      "direct_lanes",
                                      "direct_lanes_unpacked",
                                      "direct_blocked" };
  const int slow = op_plan_slow();
  for (int64_t stride = slow ? 2 : 1; stride <= (slow ? 2 : 3); stride++)
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      for (int d = 0; d < 2; d++) {
        atr_context *context = d ? op_plan_device() : op_plan_host();
        const size_t n = (size_t)(2 * 11 * (5 * stride + 3) * (8 * stride + 3));
        if (!context || (!d && r)) continue;
        enlarged(context, rows[r], stride, 0, joined, NULL, n);
        enlarged(context, rows[r], stride, 1, apart, v, n);
        size_t below = 0;
        for (size_t i = 0; i < n; i++) {
          below += v[i] < 0;
          ck_assert_float_eq(apart[i], fmaxf(v[i], 0));
          ck_assert_float_eq_tol(joined[i], apart[i], 1e-5f);
        }
        ck_assert_uint_gt(below, n / 8);
      }
}
END_TEST

START_TEST(conv_transpose_rejects_what_does_not_fit_with_a_sentence) {
  const shape_case good = {
    .n = 1, .c = 4, .oc = 6, .spatial = 2, .in = { 5, 6 }, .filter = { 3, 3 }, .bias = 1
  };
  static const struct {
    const char *name;
    int64_t values[5];
    size_t n;
    const char *words;
  } bad[] = {
    { "strides", { 0, 1 }, 2, "strides[0] is 0, must be at least 1" },
    { "strides", { 1 << 30, 1 }, 2, "reach too far" },
    { "output_padding", { 1 }, 1, "output_padding has 1 values, must have 2" },
    { "output_padding", { 0, -1 }, 2, "output_padding[1] is -1" },
    { "output_shape", { 0, 4 }, 2, "output_shape[0] is 0, must be at least 1" },
    { "output_shape", { 1, 6, 9, 9 }, 4, "output_shape has 4 values, must have 2" },
    { "pads", { 4, 0, 3, 0 }, 4, "the padding of 4 and 3 leaves nothing of the output of 7" },
    { "kernel_shape", { 3, 5 }, 2, "kernel_shape[1] is 5, but the filter has length 3" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    op_case c;
    make(&c, &good);
    op_case_ints(&c, bad[i].name, bad[i].n, bad[i].values);
    OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, bad[i].words);
    op_case_free(&c);
  }
  op_case c;
  make(&c, &good);
  OP_INTS(&c, "output_padding", 3, 0);
  OP_INTS(&c, "pads", 8, 0, 0, 0);
  OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, "takes away all 7 positions");
  op_check_int(&c, "group", 3);
  OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, "4 input channels cannot be divided into 3 groups");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 4, 5), NULL);
  op_case_real(&c, OP_SHAPE(3, 4, 3), NULL);
  op_case_real(&c, OP_SHAPE(5), NULL);
  OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, "the input has 4 channels, but the filter takes 3");
  c.in[1].shape.dim[0] = 4;
  c.in[1].shape.dim[2] = 2;
  OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, "the bias has shape [5], must be [4]");
  c.in[1].shape.rank = 2;
  OP_CASE_REJECTS(&c, "", "ConvTranspose", 1, "must have the same rank");
  op_case_free(&c);
}
END_TEST

START_TEST(conv_transpose_agrees_with_pytorch) {
  json_t *root = golden_load("conv2d.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, "conv_transpose2d", &i)); seen++) {
    op_case c = { .tolerance = 2e-5 }, g = { .tolerance = 1e-4 };
    int64_t list[4];
    atr_shape shape;
    double *x = golden_values(one, "inputs", "x", &shape);
    op_case_real(&c, shape, x);
    double *w = golden_values(one, "inputs", "w", &shape);
    op_case_real(&c, shape, w);
    double *b = golden_values(one, "inputs", "b", &shape);
    op_case_real(&c, shape, b);
    golden_ints(one, "stride", 1, 2, list);
    op_case_ints(&c, "strides", 2, list);
    golden_ints(one, "dilation", 1, 2, list);
    op_case_ints(&c, "dilations", 2, list);
    golden_ints(one, "output_padding", 0, 2, list);
    op_case_ints(&c, "output_padding", 2, list);
    golden_ints(one, "pad", 0, 2, list);
    golden_ints(one, "pad", 0, 2, list + 2);
    op_case_ints(&c, "pads", 4, list);
    golden_ints(one, "group", 1, 1, list);
    op_check_int(&c, "group", list[0]);
    OP_CASE_GOOD(op_case_run(&c, "", "ConvTranspose", 1), &c);
    double *y = golden_values(one, "outputs", "y", &shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL),
           *dw = golden_values(one, "grads", "w", NULL), *db = golden_values(one, "grads", "b", NULL);
    op_check_shape(&c, 0, shape);
    op_case_near(&c, 0, y, c.out[0].count, 1e-6);
    /* The nodes that the gradient is made of. */
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    op_case_real(&g, shape, dy);
    op_case_real(&g, c.in[1].shape, w);
    OP_CASE_GOOD(op_case_run(&g, "", "Conv", 1), &g);
    op_case_near(&g, 0, dx, c.in[0].count, 1e-6);
    free(g.in[1].v);
    g.n_in = 1;
    op_case_real(&g, c.in[0].shape, x);
    double dims[4];
    for (int k = 0; k < 4; k++) dims[k] = (double)c.in[1].shape.dim[k];
    op_case_constant(&g, ATR_I64, OP_SHAPE(4), dims);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ConvGradFilter", 1), &g);
    op_case_near(&g, 0, dw, c.in[1].count, 1e-6);
    op_case_free(&g);
    op_case_real(&g, shape, dy);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ConvGradBias", 1), &g);
    op_case_near(&g, 0, db, c.in[2].count, 1e-6);
    free(x), free(w), free(b), free(y), free(dy), free(dx), free(dw), free(db);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("conv_transpose");
  TCase *tests = tcase_create("conv_transpose");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, conv_transpose_lays_the_filter_down_at_every_input);
  tcase_add_test(tests, conv_transpose_image_by_hand);
  tcase_add_test(tests, conv_transpose_groups_keep_apart);
  tcase_add_test(tests, conv_transpose_pads_follow_from_the_size_that_is_asked_for);
  tcase_add_test(tests, conv_transpose_is_a_convolution_of_an_input_stuffed_with_zeros);
  tcase_add_test(tests, conv_transpose_awkward_shapes);
  tcase_add_test(tests, conv_transpose_in_channel_blocks);
  tcase_add_test(tests, conv_transpose_of_no_images_is_none_and_of_no_channels_is_bias);
  tcase_add_test(tests, conv_transpose_gradients_agree_with_finite_differences);
  tcase_add_test(tests, conv_transpose_does_the_relu_behind_it);
  tcase_add_test(tests, conv_transpose_rejects_what_does_not_fit_with_a_sentence);
  tcase_add_test(tests, conv_transpose_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}

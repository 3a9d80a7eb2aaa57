/* layer_normalization_test.c: LayerNormalization, InstanceNormalization, GroupNormalization and their
 * gradient: numbers worked by hand, properties of a normalised line, finite differences, rejections,
 * PyTorch's cases. */
#include "golden.h"
#include "op_check.h"

/* x, scale and bias of random numbers. */
static void fill(op_case *c, atr_shape x, atr_shape scale) {
  op_check_random(c, x, 3);
  op_check_random(c, scale, 4);
  op_check_random(c, scale, 5);
}

START_TEST(layer_normalization_of_two_lines_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 4),
               (double[]){ 1, 3, 5, 7, 10, 10, 10, 10 }); /* means 4 and 10, variances 5 and 0 */
  op_case_real(&c, OP_SHAPE(4), (double[]){ 3, 1, 1, 2 });
  op_check_float(&c, "epsilon", 4);
  OP_CHECK(&c, "", "LayerNormalization", 3);
  OP_NEAR(&c, 0, 1e-12, -3, -1.0 / 3, 1.0 / 3, 2, 0, 0, 0, 0);
  op_check_shape(&c, 1, OP_SHAPE(2, 1));
  OP_NEAR(&c, 1, 1e-12, 4, 10);
  OP_NEAR(&c, 2, 1e-12, 1.0 / 3, 0.5);
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 2, 3, 4 });
  OP_CHECK(&c, "", "LayerNormalization", 1);
  OP_NEAR(&c, 0, 1e-12, -2, 2 - 1.0 / 3, 3 + 1.0 / 3, 6, 1, 2, 3, 4);
  op_case_free(&c);
}
END_TEST

START_TEST(layer_normalization_of_groups_and_channels_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 4, 2), (double[]){ 1, 3, 5, 7, 8, 2, 2, 0 }); /* variances 5 and 9 */
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 2, 1, 3 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 0, 1, 0, 10 });
  op_check_float(&c, "epsilon", 4);
  op_check_int(&c, "num_groups", 2);
  OP_CHECK(&c, "", "GroupNormalization", 3);
  const double s = 1 / sqrt(13);
  OP_NEAR(&c, 0, 1e-12, -1, -1.0 / 3, 1 + 2.0 / 3, 3, 5 * s, -s, 10 - 3 * s, 10 - 9 * s);
  op_check_shape(&c, 1, OP_SHAPE(1, 2));
  OP_NEAR(&c, 1, 1e-12, 4, 3);
  op_check_float(&c, "epsilon", 3);
  OP_CHECK(&c, "", "InstanceNormalization", 1); /* variances 1, 1, 9, 1 */
  const double t = sqrt(12);
  OP_NEAR(&c, 0, 1e-12, -0.5, 0.5, 0, 2, 3 / t, -3 / t, 11.5, 8.5);
  op_case_free(&c);
}
END_TEST

/* Far from zero the difference of squares would lose everything. */
START_TEST(layer_normalization_gives_every_line_mean_0_and_variance_1) {
  const atr_shape x[] = { OP_SHAPE(7, 3), OP_SHAPE(3, 5, 17), OP_SHAPE(2, 3, 64), OP_SHAPE(5, 1, 4099),
                          OP_SHAPE(1, 9001) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
    op_case c = { .tolerance = 4e-4 }; /* 1000 in float is known to 6e-5 */
    const int64_t length = x[i].dim[x[i].rank - 1];
    fill(&c, x[i], OP_SHAPE(length));
    for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] = 1000 + 4 * c.in[0].v[k];
    for (int64_t k = 0; k < length; k++) c.in[1].v[k] = 1, c.in[2].v[k] = 0;
    op_check_float(&c, "epsilon", 0);
    OP_CHECK(&c, "", "LayerNormalization", 1);
    for (int64_t line = 0; line < c.in[0].count / length; line++) {
      double sum = 0, squares = 0;
      for (int64_t k = 0; k < length; k++) {
        const double y = c.out[0].v[line * length + k];
        sum += y;
        squares += y * y;
      }
      ck_assert_double_eq_tol(sum / (double)length, 0, 1e-9);
      ck_assert_double_eq_tol(squares / (double)length, 1, 1e-9);
    }
    op_case_free(&c);
  }
}
END_TEST

/* GroupNormalization of one group a channel is InstanceNormalization; of one group it is LayerNormalization
 * from axis 1 on with the scale spread. */
START_TEST(layer_normalization_agrees_with_its_kin) {
  const atr_shape x[] = { OP_SHAPE(2, 6, 5, 7), OP_SHAPE(3, 4, 37), OP_SHAPE(1, 2, 3, 4, 5), OP_SHAPE(5, 4) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
    op_case c = { 0 }, other = { 0 };
    const int64_t channels = x[i].dim[1];
    fill(&c, x[i], OP_SHAPE(channels));
    fill(&other, x[i], OP_SHAPE(channels));
    op_check_int(&c, "num_groups", channels);
    OP_CHECK(&c, "", "GroupNormalization", 3);
    OP_CHECK(&other, "", "InstanceNormalization", 3);
    op_case_near(&c, 0, other.out[0].v, c.in[0].count, 1e-15);
    op_check_int(&c, "num_groups", 1);
    OP_CHECK(&c, "", "GroupNormalization", 3);
    for (int k = 1; k < 3; k++) {
      op_tensor *t = &other.in[k];
      t->shape = (atr_shape){ .rank = x[i].rank - 1 };
      for (int d = 0; d < t->shape.rank; d++) t->shape.dim[d] = d ? 1 : channels;
    }
    op_check_int(&other, "axis", 1);
    OP_CHECK(&other, "", "LayerNormalization", 3);
    op_case_near(&c, 0, other.out[0].v, c.in[0].count, 1e-15);
    op_case_free(&c);
    op_case_free(&other);
  }
}
END_TEST

/* A scale with fewer elements than a line, against the same one written out. */
/* Lines that end within a vector of sums and behind it; a scale an element, and one a channel. */
START_TEST(layer_normalization_of_lines_of_any_length) {
  static const int64_t lengths[] = { 1, 3, 15, 16, 17, 33, 70 };
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (int channels = 0; channels < 2; channels++) {
      const int64_t n = lengths[i], line = channels ? 2 * n : n;
      op_case c = { 0 };
      fill(&c, channels ? OP_SHAPE(3, 4, n) : OP_SHAPE(5, n), OP_SHAPE(channels ? 4 : n));
      if (channels) op_check_int(&c, "num_groups", 2);
      OP_CHECK(&c, "", channels ? "GroupNormalization" : "LayerNormalization", channels ? 1 : 3);
      for (int64_t k = 0; k < c.in[0].count; k++) {
        const double *x = c.in[0].v + k / line * line;
        double mean = 0, squares = 0;
        for (int64_t e = 0; e < line; e++) mean += x[e] / (double)line;
        for (int64_t e = 0; e < line; e++) squares += (x[e] - mean) * (x[e] - mean) / (double)line;
        const int64_t s = channels ? k / n % 4 : k % n;
        ck_assert_double_eq_tol(
            c.out[0].v[k], (x[k % line] - mean) / sqrt(squares + 1e-5) * c.in[1].v[s] + c.in[2].v[s], 1e-6);
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(layer_normalization_spreads_a_small_scale) {
  const atr_shape scale[] = { OP_SHAPE(1),       OP_SHAPE(5),       OP_SHAPE(4, 1),
                              OP_SHAPE(1, 1, 5), OP_SHAPE(3, 4, 1), OP_SHAPE(1, 4, 1) };
  for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
    op_case c = { 0 }, full = { 0 };
    const atr_shape x = OP_SHAPE(2, 3, 4, 5), line = OP_SHAPE(3, 4, 5);
    fill(&c, x, scale[i]);
    fill(&full, x, line);
    int64_t stride[ATR_RANK_MAX];
    atr__shape_broadcast_strides(&scale[i], &line, stride);
    for (int k = 1; k < 3; k++)
      for (int64_t e = 0; e < 60; e++)
        full.in[k].v[e] = c.in[k].v[e / 20 * stride[0] + e / 5 % 4 * stride[1] + e % 5 * stride[2]];
    op_check_int(&c, "axis", 1);
    op_check_int(&full, "axis", 1);
    OP_CHECK(&c, "", "LayerNormalization", 1);
    OP_CHECK(&full, "", "LayerNormalization", 1);
    op_case_near(&c, 0, full.out[0].v, c.in[0].count, 0);
    op_plan_gradient(&c, "", "LayerNormalization", 7, 0);
    op_case_free(&c);
    op_case_free(&full);
  }
}
END_TEST

START_TEST(layer_normalization_gradient_agrees_with_differences) {
  const atr_shape x[] = { OP_SHAPE(5, 3),       OP_SHAPE(3, 37), OP_SHAPE(2, 2, 17),
                          OP_SHAPE(2, 3, 2, 5), OP_SHAPE(70, 4), OP_SHAPE(4, 1) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (int axis = 0; axis < x[i].rank; axis++) {
      op_case c = { 0 };
      atr_shape scale = { .rank = x[i].rank - axis };
      for (int d = 0; d < scale.rank; d++) scale.dim[d] = x[i].dim[axis + d];
      fill(&c, x[i], scale);
      op_check_int(&c, "axis", axis - x[i].rank);
      op_check_float(&c, "epsilon", 0.01f);
      OP_CASE_GOOD(op_case_run(&c, "", "LayerNormalization", 3), &c);
      op_plan_gradient(&c, "", "LayerNormalization", 7, 0);
      c.in[2].type = ATR_TYPE_NONE;
      if (axis == 0) {
        OP_CASE_GOOD(op_case_run(&c, "", "LayerNormalization", 1), &c);
        op_plan_gradient(&c, "", "LayerNormalization", 3, 0);
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(layer_normalization_gradient_of_groups_agrees_with_differences) {
  static const struct {
    atr_shape x;
    int groups;
  } row[] = { { { 2, { 3, 4 } }, 2 },       { { 3, { 2, 6, 5 } }, 3 },      { { 4, { 2, 4, 3, 7 } }, 2 },
              { { 4, { 1, 2, 5, 5 } }, 0 }, { { 3, { 3, 5, 18 } }, 0 },     { { 3, { 2, 3, 1 } }, 1 },
              { { 3, { 65, 2, 2 } }, 2 },   { { 5, { 1, 4, 2, 3, 3 } }, 2 } };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    const char *name = row[i].groups ? "GroupNormalization" : "InstanceNormalization";
    fill(&c, row[i].x, OP_SHAPE(row[i].x.dim[1]));
    if (row[i].groups) op_check_int(&c, "num_groups", row[i].groups);
    op_check_float(&c, "epsilon", 0.01f);
    OP_CASE_GOOD(op_case_run(&c, "", name, 3), &c);
    op_plan_gradient(&c, "", name, 7, 0);
    op_case_free(&c);
  }
}
END_TEST

/* Every row of the gradient, and what it must be: nothing changes where a line is shifted, so its dx adds up
 * to 0. */
START_TEST(layer_normalization_gradient_at_awkward_sizes) {
  static const struct {
    atr_shape x;
    int groups;
  } row[] = { { { 2, { 3, 16 } }, 0 },       { { 2, { 131, 35 } }, 0 },  { { 2, { 2, 4500 } }, 0 },
              { { 3, { 3, 4, 16 } }, 2 },    { { 3, { 2, 6, 67 } }, 3 }, { { 4, { 1, 4, 33, 35 } }, 4 },
              { { 4, { 1, 2, 70, 65 } }, 1 } };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { .tolerance = 3e-5 }, g = { .tolerance = 5e-5 };
    const int groups = row[i].groups;
    const char *name = groups ? "GroupNormalization" : "LayerNormalization";
    fill(&c, row[i].x, groups ? OP_SHAPE(row[i].x.dim[1]) : OP_SHAPE(row[i].x.dim[row[i].x.rank - 1]));
    if (groups) op_check_int(&c, "num_groups", groups);
    OP_CHECK(&c, "", name, 3);
    ck_assert_int_eq(atr__attrs_set_int(&g.attrs, groups ? "num_groups" : "axis", groups ? groups : -1),
                     ATR_OK);
    op_check_random(&g, c.in[0].shape, 9);
    op_case_real(&g, c.in[0].shape, c.in[0].v);
    op_case_real(&g, c.in[1].shape, c.in[1].v);
    op_case_real(&g, c.out[1].shape, c.out[1].v);
    op_case_real(&g, c.out[2].shape, c.out[2].v);
    OP_CHECK(&g, "org.atrous", "LayerNormalizationGrad", 3);
    const int64_t length = c.in[0].count / c.out[1].count;
    for (int64_t line = 0; line < c.out[1].count; line++) {
      double sum = 0;
      for (int64_t k = 0; k < length; k++) sum += g.out[0].v[line * length + k];
      ck_assert_double_eq_tol(sum, 0, 1e-8);
    }
    op_case_free(&c);
    op_case_free(&g);
  }
}
END_TEST

START_TEST(layer_normalization_of_nothing) {
  op_case c = { 0 };
  fill(&c, OP_SHAPE(0, 4), OP_SHAPE(4));
  OP_CHECK(&c, "", "LayerNormalization", 3);
  op_check_shape(&c, 0, OP_SHAPE(0, 4));
  op_case_free(&c);
  fill(&c, OP_SHAPE(2, 0), OP_SHAPE(0));
  OP_CASE_REJECTS(&c, "", "LayerNormalization", 1, "nothing to normalize over: 2 lines of no elements");
  op_case_free(&c);
}
END_TEST

START_TEST(layer_normalization_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  fill(&c, OP_SHAPE(2, 4, 5), OP_SHAPE(4));
  OP_CASE_REJECTS(&c, "", "LayerNormalization", 1,
                  "input 1 has shape [4], which does not lie along the axes from 2 on of [2,4,5]");
  op_check_int(&c, "num_groups", 3);
  OP_CASE_REJECTS(&c, "", "GroupNormalization", 1, "4 channels cannot be divided into 3 groups");
  op_check_int(&c, "num_groups", 0);
  OP_CASE_REJECTS(&c, "", "GroupNormalization", 1, "into 0 groups");
  op_check_float(&c, "epsilon", -1);
  OP_CASE_REJECTS(&c, "", "InstanceNormalization", 1, "epsilon is -1");
  c.in[1].shape = c.in[2].shape = OP_SHAPE(2, 2);
  OP_CASE_REJECTS(&c, "", "InstanceNormalization", 1, "input 1 has shape [2,2], must be [4]");
  op_case_free(&c);
  fill(&c, OP_SHAPE(2, 5), OP_SHAPE(5));
  op_check_int(&c, "stash_type", 10);
  OP_CASE_REJECTS(&c, "", "LayerNormalization", 1, "stash_type is 10");
  op_check_int(&c, "stash_type", 1);
  op_check_int(&c, "axis", 2);
  OP_CASE_REJECTS(&c, "", "LayerNormalization", 1, "axis");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *op) {
  json_t *root = golden_load("norm.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    static const char *const names[] = { "x", "w", "b" };
    op_case c = { .tolerance = 2e-5 }, g = { .tolerance = 2e-5 };
    for (size_t k = 0; k < 3; k++) {
      atr_shape shape;
      double *v = golden_values(one, "inputs", names[k], &shape);
      op_case_real(&c, shape, v);
      free(v);
    }
    int64_t dims, groups;
    golden_ints(one, "normalized_dims", 1, 1, &dims);
    golden_ints(one, "groups", c.in[0].shape.dim[1], 1, &groups);
    const int layer = !strcmp(op, "layer_norm");
    const char *attribute = layer ? "axis" : "num_groups";
    ck_assert_int_eq(atr__attrs_set_int(&c.attrs, attribute, layer ? -dims : groups), ATR_OK);
    OP_CHECK(&c, "", layer ? "LayerNormalization" : "GroupNormalization", 3);
    double *y = golden_values(one, "outputs", "y", NULL), *dy = golden_values(one, "grad_outputs", "y", NULL);
    op_case_near(&c, 0, y, c.in[0].count, 1e-6);
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    op_case_real(&g, c.in[0].shape, dy);
    op_case_real(&g, c.in[0].shape, c.in[0].v);
    op_case_real(&g, c.in[1].shape, c.in[1].v);
    op_case_real(&g, c.out[1].shape, c.out[1].v);
    op_case_real(&g, c.out[2].shape, c.out[2].v);
    OP_CHECK(&g, "org.atrous", "LayerNormalizationGrad", 3);
    for (size_t k = 0; k < 3; k++) {
      double *want = golden_values(one, "grads", names[k], NULL);
      op_case_near(&g, k, want, g.out[k].count, 1e-6);
      free(want);
    }
    free(y), free(dy);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(layer_normalization_agrees_with_pytorch) {
  torch_cases("layer_norm");
}
END_TEST

START_TEST(layer_normalization_of_instances_agrees_with_pytorch) {
  torch_cases("instance_norm");
}
END_TEST

START_TEST(layer_normalization_of_groups_agrees_with_pytorch) {
  torch_cases("group_norm");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("layer_normalization");
  TCase *tests = tcase_create("layer_normalization");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, layer_normalization_of_two_lines_by_hand);
  tcase_add_test(tests, layer_normalization_of_groups_and_channels_by_hand);
  tcase_add_test(tests, layer_normalization_gives_every_line_mean_0_and_variance_1);
  tcase_add_test(tests, layer_normalization_agrees_with_its_kin);
  tcase_add_test(tests, layer_normalization_of_lines_of_any_length);
  tcase_add_test(tests, layer_normalization_spreads_a_small_scale);
  tcase_add_test(tests, layer_normalization_gradient_agrees_with_differences);
  tcase_add_test(tests, layer_normalization_gradient_of_groups_agrees_with_differences);
  tcase_add_test(tests, layer_normalization_gradient_at_awkward_sizes);
  tcase_add_test(tests, layer_normalization_of_nothing);
  tcase_add_test(tests, layer_normalization_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, layer_normalization_agrees_with_pytorch);
  tcase_add_test(tests, layer_normalization_of_instances_agrees_with_pytorch);
  tcase_add_test(tests, layer_normalization_of_groups_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}

/* binary_test.c: Add, Sub, Mul, Div, Pow, Max, Min, Sum, PRelu: hand-worked numbers, broadcasting at awkward
 * shapes against a plain loop, special values, gradients by differences, rejections. */
#include "op_check.h"

START_TEST(binary_does_the_arithmetic_it_is_named_after) {
  static const struct {
    const char *name;
    double want[4];
  } row[] = {
    { "Add", { 5, 1, -3, 2.5 } },
    { "Sub", { -1, -5, 5, 1.5 } },
    { "Mul", { 6, -6, -4, 1 } },
    { "Div", { 2. / 3, -2. / 3, -0.25, 4 } },
    { "Pow", { 8, -8, 1, 1.4142135623730951 } },
    { "Max", { 3, 3, 1, 2 } },
    { "Min", { 2, -2, -4, 0.5 } },
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(4), (double[]){ 2, -2, 1, 2 });
    op_case_real(&c, OP_SHAPE(4), (double[]){ 3, 3, -4, 0.5 });
    OP_CHECK(&c, "", row[i].name, 1);
    op_case_near(&c, 0, row[i].want, 4, 1e-12);
    op_case_free(&c);
  }
}
END_TEST

/* Every pair of shapes against index arithmetic written out. */
START_TEST(binary_broadcasts_in_both_directions) {
  const atr_shape pair[][2] = {
    { OP_SHAPE(2, 3, 4), OP_SHAPE(4) },
    { OP_SHAPE(3, 1), OP_SHAPE(1, 5) },
    { OP_SHAPE(2, 3, 5, 7), OP_SHAPE(3, 1, 1) },
    { { 0 }, OP_SHAPE(2, 3) },
    { OP_SHAPE(5), { 0 } },
    { { 0 }, { 0 } },
    { OP_SHAPE(1, 3, 1, 2), OP_SHAPE(4, 1, 5, 1) },
    { OP_SHAPE(3, 700), OP_SHAPE(3, 1) },
    { OP_SHAPE(2, 1, 67), OP_SHAPE(2, 5, 67) },
    { OP_SHAPE(2, 0, 3), OP_SHAPE(1, 3) },
    { OP_SHAPE(9001), OP_SHAPE(9001) },
    { OP_SHAPE(1, 2, 1, 2, 1, 2, 1, 2), OP_SHAPE(2, 1, 2, 1, 2, 1, 2, 1) },
  };
  for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
    op_case c = { 0 };
    op_check_random(&c, pair[i][0], 1);
    op_check_random(&c, pair[i][1], 2);
    OP_CHECK(&c, "", "Sub", 1);
    const atr_shape out = c.out[0].shape;
    for (int64_t k = 0; k < c.out[0].count; k++) {
      int64_t at[2] = { 0, 0 };
      for (int o = 0; o < 2; o++) {
        const atr_shape s = pair[i][o];
        int64_t rest = k, step = 1;
        for (int d = out.rank - 1; d >= 0; d--) {
          const int own = d - (out.rank - s.rank);
          const int64_t index = rest % out.dim[d];
          rest /= out.dim[d];
          if (own < 0) continue;
          at[o] += (s.dim[own] == 1 ? 0 : index) * step;
          step *= s.dim[own];
        }
      }
      ck_assert_double_eq(c.out[0].v[k], c.in[0].v[at[0]] - c.in[1].v[at[1]]);
    }
    op_case_free(&c);
  }
}
END_TEST

/* Channel blocks: full and part-filled, one number a channel, one a sample and channel, one number; either
 * operand first. */
/* Rows of every length, one operand or none a single number for all of a row, zeros of either sign among
 * them: to the bit, since float64 rounded to float is what float32 gives. */
START_TEST(binary_of_rows_is_that_of_each_element) {
  static const char *const names[] = { "Add", "Sub", "Mul", "Div" };
  static const int64_t lengths[] = { 7, 8, 27 };
  for (int l = 0; l < 3; l++)
    for (int which = 0; which < 12; which++) {
      const int kind = which % 4, one = which / 4; /* 0: neither; 1: x; 2: y */
      const int64_t n = lengths[l];
      double x[3 * 27], y[3 * 27];
      op_case c = { 0 };
      for (int64_t i = 0; i < 3 * 27; i++) {
        x[i] = i % 5 == 2 ? -0.0 : (double)(i * 7 % 11) / 8 - 0.5;
        y[i] = i % 4 == 1 && kind < 3 ? -0.0 : (double)(i * 5 % 13) / 8 + 0.25;
      }
      op_case_real(&c, OP_SHAPE(3, one == 1 ? 1 : n), x);
      op_case_real(&c, OP_SHAPE(3, one == 2 ? 1 : n), y);
      OP_CASE_GOOD(op_case_run(&c, "", names[kind], 1), &c);
      for (int64_t i = 0; i < 3 * n; i++) {
        const double a = x[one == 1 ? i / n : i], b = y[one == 2 ? i / n : i];
        const double want = kind == 0 ? a + b : kind == 1 ? a - b : kind == 2 ? a * b : a / b;
        ck_assert(c.out[0].v[i] == want && !signbit(c.out[0].v[i]) == !signbit(want));
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(binary_of_channel_blocks) {
  const atr_shape pair[][2] = {
    { OP_SHAPE(2, 32, 5, 3), OP_SHAPE(2, 32, 5, 3) },
    { OP_SHAPE(2, 19, 7), OP_SHAPE(2, 19, 7) },
    { OP_SHAPE(2, 32, 5, 7), OP_SHAPE(32, 1, 1) },
    { OP_SHAPE(2, 48, 6), OP_SHAPE(2, 48, 1) },
    { OP_SHAPE(3, 16, 5, 7), OP_SHAPE(1, 16, 1, 1) },
    { OP_SHAPE(2, 19, 7), OP_SHAPE(19, 1) },
    { OP_SHAPE(2, 37, 5, 7), OP_SHAPE(2, 37, 1, 1) },
    { OP_SHAPE(1, 35, 31, 37), OP_SHAPE(1) },
    { OP_SHAPE(2, 1, 3), OP_SHAPE(1, 1, 1) },
    { OP_SHAPE(2, 17), OP_SHAPE(17) },
    { OP_SHAPE(2, 0, 3), OP_SHAPE(1) },
    { OP_SHAPE(2, 16, 3, 2, 5), OP_SHAPE(16, 1, 1, 1) },
  };
  for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
    op_case c = { 0 };
    op_check_random(&c, pair[i][0], 1);
    op_check_random(&c, pair[i][1], 2);
    OP_CHECK(&c, "", "Sub", 1);
    OP_CHECK(&c, "", "Max", 1);
    op_case_free(&c);
    op_check_random(&c, pair[i][1], 2);
    op_check_random(&c, pair[i][0], 1);
    OP_CHECK(&c, "", "Sub", 1);
    OP_CHECK(&c, "", "Div", 1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(binary_keeps_nan_and_infinities) {
  const double x[6] = { NAN, 1, INFINITY, -INFINITY, -0.0, 1e38 };
  const double y[6] = { 1, NAN, 1, 1, 0, 1e38 };
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(6), x);
  op_case_real(&c, OP_SHAPE(6), y);
  OP_CHECK(&c, "", "Max", 1);
  OP_NEAR(&c, 0, 0, NAN, NAN, INFINITY, 1, 0, 1e38);
  OP_CHECK(&c, "", "Min", 1);
  OP_NEAR(&c, 0, 0, NAN, NAN, 1, -INFINITY, 0, 1e38);
  OP_CHECK(&c, "", "Div", 1);
  OP_NEAR(&c, 0, 0, NAN, NAN, INFINITY, -INFINITY, NAN, 1);
  op_case_free(&c);
  /* The same through whole vectors. */
  op_tensor *a = op_case_real(&c, OP_SHAPE(96), NULL), *b = op_case_real(&c, OP_SHAPE(96), NULL);
  for (int i = 0; i < 96; i++) a->v[i] = x[i % 5], b->v[i] = y[i % 5];
  OP_CHECK(&c, "", "Max", 1);
  OP_CHECK(&c, "", "Min", 1);
  for (int i = 0; i < 96; i++) ck_assert(isnan(c.out[0].v[i]) == (i % 5 < 2));
  op_case_free(&c);
}
END_TEST

START_TEST(binary_integers_truncate_wrap_and_survive_zero_division) {
  const atr_type type[2] = { ATR_I64, ATR_I32 };
  for (int t = 0; t < 2; t++) {
    op_case c = { 0 };
    op_case_add(&c, type[t], OP_SHAPE(6), (double[]){ 7, -7, 7, 3, -1, -2147483648. });
    op_case_add(&c, type[t], OP_SHAPE(6), (double[]){ 2, 2, 0, -1, 5, 3 });
    OP_CHECK(&c, "", "Div", 1);
    OP_NEAR(&c, 0, 0, 3, -3, 0, -3, 0, -715827882);
    OP_CHECK(&c, "", "Max", 1);
    OP_NEAR(&c, 0, 0, 7, 2, 7, 3, 5, 3);
    c.in[0].v[5] = -3;
    OP_CHECK(&c, "", "Pow", 1);
    OP_NEAR(&c, 0, 0, 49, 49, 1, 0, -1, -27);
    OP_CHECK(&c, "", "Mul", 1);
    OP_NEAR(&c, 0, 0, 14, -14, 0, -3, -5, -9);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(binary_folds_any_number_of_operands) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 1, -5 });
  OP_CHECK(&c, "", "Max", 1);
  OP_NEAR(&c, 0, 0, 1, -5);
  op_case_real(&c, OP_SHAPE(3), (double[]){ 0, 2, 7 });
  op_case_real(&c, (atr_shape){ 0 }, (double[]){ -1 });
  OP_CHECK(&c, "", "Max", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 7, 0, 2, 7);
  OP_CHECK(&c, "", "Sum", 1);
  OP_NEAR(&c, 0, 0, 0, 2, 7, -6, -4, 1);
  OP_CHECK(&c, "", "Min", 1);
  OP_NEAR(&c, 0, 0, -1, -1, -1, -5, -5, -5);
  op_plan_gradient(&c, "", "Max", 7, 0);
  op_plan_gradient(&c, "", "Min", 7, 0);
  op_plan_gradient(&c, "", "Sum", 7, 0);
  OP_CHECK(&c, "", "Mean", 1);
  OP_NEAR(&c, 0, 1e-15, 0, 2.0 / 3, 7.0 / 3, -2, -4.0 / 3, 1.0 / 3);
  op_plan_gradient(&c, "", "Mean", 7, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(3, 70), 1);
  op_check_random(&c, OP_SHAPE(3, 1), 2);
  OP_CHECK(&c, "", "Mean", 1);
  for (int i = 0; i < 210; i++)
    ck_assert_double_eq_tol(c.out[0].v[i], (c.in[0].v[i] + c.in[1].v[i / 70]) / 2, 1e-15);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, -5 });
  OP_CHECK(&c, "", "Mean", 1);
  OP_NEAR(&c, 0, 0, 1, -5);
  op_plan_gradient(&c, "", "Mean", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(binary_mod_takes_the_sign_of_the_divisor_or_as_c_does_of_the_dividend) {
  const atr_type type[3] = { ATR_I64, ATR_I32, ATR_I8 };
  for (int t = 0; t < 3; t++) {
    op_case c = { 0 };
    op_case_add(&c, type[t], OP_SHAPE(7), (double[]){ -4, 7, 5, 4, -7, 8, -128 });
    op_case_add(&c, type[t], OP_SHAPE(7), (double[]){ 2, -3, 8, -2, 3, 0, -1 });
    OP_CHECK(&c, "", "Mod", 1);
    OP_NEAR(&c, 0, 0, 0, -2, 5, 0, 2, 0, 0);
    op_check_int(&c, "fmod", 1);
    OP_CHECK(&c, "", "Mod", 1);
    OP_NEAR(&c, 0, 0, 0, 1, 5, 0, -1, 0, 0);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ -4.25, 7.25, 5, 4.5, -7.25, 8 });
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 2, -3 });
  OP_CASE_REJECTS(&c, "", "Mod", 1, "fmod = 1 only");
  op_check_int(&c, "fmod", 1);
  OP_CHECK(&c, "", "Mod", 1);
  OP_NEAR(&c, 0, 0, -0.25, 1.25, 1, 1.5, -1.25, 2);
  op_plan_gradient(&c, "", "Mod", 3, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(binary_small_integers_wrap) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 250, 3, 100 });
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 10, 5, 3 });
  OP_CHECK(&c, "", "Add", 1);
  OP_NEAR(&c, 0, 0, 4, 8, 103);
  OP_CHECK(&c, "", "Sub", 1);
  OP_NEAR(&c, 0, 0, 240, 254, 97);
  OP_CHECK(&c, "", "Mul", 1);
  OP_NEAR(&c, 0, 0, 196, 15, 44);
  OP_CHECK(&c, "", "Div", 1);
  OP_NEAR(&c, 0, 0, 25, 0, 33);
  OP_CHECK(&c, "", "Max", 1);
  OP_NEAR(&c, 0, 0, 250, 5, 100);
  op_case_free(&c);
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ 120, -128, -7 });
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ 10, -1, 2 });
  OP_CHECK(&c, "", "Add", 1);
  OP_NEAR(&c, 0, 0, -126, 127, -5);
  OP_CHECK(&c, "", "Div", 1);
  OP_NEAR(&c, 0, 0, 12, -128, -3);
  OP_CHECK(&c, "", "Min", 1);
  OP_NEAR(&c, 0, 0, 10, -128, -7);
  op_case_free(&c);
}
END_TEST

START_TEST(binary_powers_have_the_type_of_their_base) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 1.5, -2 });
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ 2, 3, 0 });
  OP_CHECK(&c, "", "Pow", 1);
  OP_NEAR(&c, 0, 1e-15, 2.25, 3.375, 1, 4, -8, 1);
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(3), (double[]){ 4, 9, -2 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 0.5, 1.5, 3 });
  OP_CHECK(&c, "", "Pow", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I32);
  OP_NEAR(&c, 0, 0, 2, 27, -8);
  op_case_free(&c);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 3, 0 });
  op_case_add(&c, ATR_I32, OP_SHAPE(2), (double[]){ 20, 5 });
  OP_CHECK(&c, "", "Pow", 1);
  OP_NEAR(&c, 0, 0, 3486784401., 0);
  op_case_free(&c);
}
END_TEST

START_TEST(binary_prelu_has_a_slope_a_channel) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 3), (double[]){ -1, 0, 2, -4, 3, -0.5 });
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 0.25, 2 });
  OP_CHECK(&c, "", "PRelu", 1);
  OP_NEAR(&c, 0, 0, -0.25, 0, 2, -8, 3, -1);
  c.in[0].v[1] = 1; /* differences are taken away from the kink */
  OP_CASE_GOOD(op_case_run(&c, "", "PRelu", 1), &c);
  op_plan_gradient(&c, "", "PRelu", 3, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 3), NULL);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_CASE_REJECTS(&c, "", "PRelu", 1, "slope [2,3] cannot be broadcast to the input [1,3]");
  op_case_free(&c);
}
END_TEST

START_TEST(binary_gradients_agree_with_differences) {
  static const char *const name[] = { "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min" };
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    op_case c = { 0 };
    op_tensor *x = op_check_random(&c, OP_SHAPE(2, 1, 3), 5);
    for (int64_t k = 0; k < x->count; k++) x->v[k] = fabs(x->v[k]) + 0.25;
    op_tensor *y = op_check_random(&c, OP_SHAPE(4, 1), 6);
    for (int64_t k = 0; k < y->count; k++) y->v[k] = y->v[k] < 0 ? y->v[k] - 0.5 : y->v[k] + 0.5;
    OP_CASE_GOOD(op_case_run(&c, "", name[i], 1), &c);
    op_plan_gradient(&c, "", name[i], 3, 0);
    op_case_free(&c);
  }
}
END_TEST

/* BinaryGrad(dy, a, b) at the points where a choice is made. */
START_TEST(binary_gradients_take_pytorchs_side_at_ties_and_zeros) {
  static const struct {
    const char *function;
    int side;
    double want[5];
  } row[] = {
    { "Max", 0, { 1, 0, 4, 0, 10 } },
    { "Max", 1, { 1, 4, 0, 0, 10 } },
    { "Min", 0, { 1, 4, 0, 0, 10 } },
    { "Pow", 0, { 8, 48, 0, 0, NAN } },
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(5), (double[]){ 2, 4, 4, 0, 10 });
    op_case_real(&c, OP_SHAPE(5), (double[]){ 2, 2, 3, 0, NAN });
    op_case_real(&c, OP_SHAPE(5), (double[]){ 2, 3, 0, 0, 1 });
    if (!strcmp(row[i].function, "Pow")) c.in[2].v[4] = 2.5, c.in[1].v[4] = -1;
    ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "function", row[i].function), ATR_OK);
    op_check_int(&c, "side", row[i].side);
    OP_CHECK(&c, "org.atrous", "BinaryGrad", 1);
    op_case_near(&c, 0, row[i].want, 5, 1e-12);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(binary_rejects_shapes_and_types_that_do_not_meet) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(4), NULL);
  OP_CASE_REJECTS(&c, "", "Add", 1, "[2,3] and [4] cannot be broadcast");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "Mul", 1, "input 0 is float32 and input 1 is int64");
  op_case_free(&c);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "Div", 1, "input 0 is bool");
  op_case_free(&c);
}
END_TEST

/* Worked by hand at the ends of each range: arithmetic wraps, order is the type's. */
START_TEST(binary_on_every_integer_type) {
  static const struct {
    atr_type type;
    double least, most;
  } types[] = { { ATR_I8, -128, 127 },
                { ATR_U8, 0, 255 },
                { ATR_I16, -32768, 32767 },
                { ATR_U16, 0, 65535 },
                { ATR_I32, -2147483648., 2147483647. },
                { ATR_U32, 0, 4294967295. },
                { ATR_I64, -4503599627370496., 4503599627370495. },
                { ATR_U64, 0, 0x1.fffffffffffffp63 } };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    op_case c = { 0 };
    const double least = types[i].least, most = types[i].most;
    const int wide = types[i].type == ATR_I64 || types[i].type == ATR_U64;
    op_case_add(&c, types[i].type, OP_SHAPE(4), (double[]){ most, least, 7, most });
    op_case_add(&c, types[i].type, OP_SHAPE(4), (double[]){ 1, 3, 0, most });
    OP_CHECK(&c, "", "Max", 1);
    OP_NEAR(&c, 0, 0, most, 3, 7, most);
    OP_CHECK(&c, "", "Min", 1);
    OP_NEAR(&c, 0, 0, 1, least, 0, most);
    OP_CHECK(&c, "", "Div", 1);
    OP_NEAR(&c, 0, 0, most, trunc(least / 3), 0, 1);
    OP_CHECK(&c, "", "Mod", 1);
    OP_NEAR(&c, 0, 0, 0, fmod(fmod(least, 3) + 3, 3), 0, 0);
    if (!wide) {
      OP_CHECK(&c, "", "Add", 1);
      OP_NEAR(&c, 0, 0, least, least + 3, 7, least < 0 ? -2 : most - 1);
      OP_CHECK(&c, "", "Mul", 1);
      OP_NEAR(&c, 0, 0, most, least < 0 ? least : 0, 0, 1);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(pow_with_exponents_of_every_type) {
  static const atr_type types[] = { ATR_F32, ATR_I8,  ATR_U8,  ATR_I16, ATR_U16,
                                    ATR_I32, ATR_U32, ATR_I64, ATR_U64 };
  enum { TYPES = sizeof types / sizeof *types };
  for (int i = 0; i < TYPES * TYPES; i++) {
    op_case c = { 0 };
    op_case_add(&c, types[i / TYPES], OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 5 });
    op_case_add(&c, types[i % TYPES], OP_SHAPE(2), (double[]){ 2, 3 });
    OP_CHECK(&c, "", "Pow", 1);
    OP_NEAR(&c, 0, 1e-6, 1, 8, 9, 125);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(bits_are_combined_and_shifted) {
  static const atr_type types[] = { ATR_U8, ATR_U16, ATR_U32, ATR_U64, ATR_I8, ATR_I16, ATR_I32, ATR_I64 };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    op_case c = { 0 };
    op_case_add(&c, types[i], OP_SHAPE(2, 2), (double[]){ 12, 10, 1, 127 });
    op_case_add(&c, types[i], OP_SHAPE(2), (double[]){ 10, 1 });
    OP_CHECK(&c, "", "BitwiseAnd", 1);
    OP_NEAR(&c, 0, 0, 8, 0, 0, 1);
    OP_CHECK(&c, "", "BitwiseOr", 1);
    OP_NEAR(&c, 0, 0, 14, 11, 11, 127);
    OP_CHECK(&c, "", "BitwiseXor", 1);
    OP_NEAR(&c, 0, 0, 6, 11, 11, 126);
    ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "direction", "LEFT"), ATR_OK);
    if (i > 3)
      OP_CASE_REJECTS(&c, "", "BitShift", 1, "must be an unsigned integer");
    else {
      const double size = ldexp(1, 8 * (int)atr_type_size(types[i]));
      OP_CHECK(&c, "", "BitShift", 1);
      OP_NEAR(&c, 0, 0, fmod(12288, size), 20, fmod(1024, size), 254);
      ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "direction", "RIGHT"), ATR_OK);
      c.in[1].v[0] = 2;
      OP_CHECK(&c, "", "BitShift", 1);
      OP_NEAR(&c, 0, 0, 3, 5, 0, 63);
      c.in[1].v[0] = c.in[1].v[1] = 64; /* as many as there are, or more */
      OP_CHECK(&c, "", "BitShift", 1);
      OP_NEAR(&c, 0, 0, 0, 0, 0, 0);
    }
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), NULL);
  op_case_real(&c, OP_SHAPE(2), NULL);
  OP_CASE_REJECTS(&c, "", "BitwiseAnd", 1, "must be an integer");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("binary");
  TCase *tests = tcase_create("binary");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, binary_does_the_arithmetic_it_is_named_after);
  tcase_add_test(tests, binary_broadcasts_in_both_directions);
  tcase_add_test(tests, binary_of_channel_blocks);
  tcase_add_test(tests, binary_of_rows_is_that_of_each_element);
  tcase_add_test(tests, binary_keeps_nan_and_infinities);
  tcase_add_test(tests, binary_mod_takes_the_sign_of_the_divisor_or_as_c_does_of_the_dividend);
  tcase_add_test(tests, binary_small_integers_wrap);
  tcase_add_test(tests, binary_powers_have_the_type_of_their_base);
  tcase_add_test(tests, binary_integers_truncate_wrap_and_survive_zero_division);
  tcase_add_test(tests, binary_folds_any_number_of_operands);
  tcase_add_test(tests, binary_prelu_has_a_slope_a_channel);
  tcase_add_test(tests, binary_gradients_agree_with_differences);
  tcase_add_test(tests, binary_gradients_take_pytorchs_side_at_ties_and_zeros);
  tcase_add_test(tests, binary_rejects_shapes_and_types_that_do_not_meet);
  tcase_add_test(tests, binary_on_every_integer_type);
  tcase_add_test(tests, pow_with_exponents_of_every_type);
  tcase_add_test(tests, bits_are_combined_and_shifted);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}

/* einsum_test.c: Einsum and its gradient: numbers worked by hand, what Transpose, MatMul and traces say,
 * broadcast and repeated labels, finite differences, rejections. */
#include "op_check.h"

static void equation(op_case *c, const char *text) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "equation", text), ATR_OK);
}

static void ramp(op_case *c, atr_shape shape) {
  op_tensor *t = op_case_real(c, shape, NULL);
  for (int64_t i = 0; i < t->count; i++) t->v[i] = (double)i + 1;
}

START_TEST(einsum_of_one_matrix_gives_its_transpose_trace_sums_and_diagonal) {
  static const struct {
    const char *text;
    int rank, n;
    double want[9];
  } list[] = {
    { "ij->ji", 2, 9, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } },
    { "ij", 2, 9, { 1, 2, 3, 4, 5, 6, 7, 8, 9 } },
    { "ji", 2, 9, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } },
    { "aZ", 2, 9, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } }, /* Z comes before a */
    { "ii", 0, 1, { 15 } },
    { "ii->i", 1, 3, { 1, 5, 9 } },
    { "ij->i", 1, 3, { 6, 15, 24 } },
    { "ij->j", 1, 3, { 12, 15, 18 } },
    { "ij->", 0, 1, { 45 } },
    { "...->...", 2, 9, { 1, 2, 3, 4, 5, 6, 7, 8, 9 } },
    { "i...", 2, 9, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } }, /* the ellipsis comes first */
    { "...j->...", 1, 3, { 6, 15, 24 } },
    { "i...->i", 1, 3, { 6, 15, 24 } },
    { " i j -> j i ", 2, 9, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c = { 0 };
    ramp(&c, OP_SHAPE(3, 3));
    equation(&c, list[i].text);
    OP_CHECK(&c, "", "Einsum", 1);
    ck_assert_int_eq(c.out[0].shape.rank, list[i].rank);
    op_case_near(&c, 0, list[i].want, list[i].n, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(einsum_of_two_gives_products_of_matrices_and_vectors) {
  static const struct {
    const char *text;
    int n;
    double want[12];
  } list[] = {
    /* a = [1 2 3; 4 5 6], b = [1 2; 3 4; 5 6] */
    { "ij,jk->ik", 4, { 22, 28, 49, 64 } },
    { "ij,jk", 4, { 22, 28, 49, 64 } },
    { "ij,jk->ki", 4, { 22, 49, 28, 64 } },
    { "ij,ji", 1, { 86 } },              /* the trace of the product: 22 + 64 */
    { "ij,ji->i", 2, { 22, 64 } },       /* its diagonal */
    { "ij,kl->", 1, { 21 * 21 } },       /* the product of the sums */
    { "ij,kl->k", 3, { 63, 147, 231 } }, /* 21 times the rows of b */
    { "ij,ji->ij", 6, { 1, 6, 15, 8, 20, 36 } },
    { "...j,jk->...k", 4, { 22, 28, 49, 64 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c = { 0 };
    ramp(&c, OP_SHAPE(2, 3));
    ramp(&c, OP_SHAPE(3, 2));
    equation(&c, list[i].text);
    OP_CHECK(&c, "", "Einsum", 1);
    op_case_near(&c, 0, list[i].want, list[i].n, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(einsum_of_three_operands_scalars_and_outer_products) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 2 });
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, -1, 2 });
  equation(&c, "i,ij,j->");
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 1 * (1 - 2 + 6) + 2 * (4 - 5 + 12));
  equation(&c, "i,ij,k->kj");
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 9, 12, 15, -9, -12, -15, 18, 24, 30);
  op_case_free(&c);
  op_case_real(&c, (atr_shape){ 0 }, (double[]){ 3 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 2 });
  equation(&c, ",i->i");
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 3, 6);
  op_case_free(&c);
}
END_TEST

START_TEST(einsum_broadcasts_an_ellipsis_and_extents_of_one) {
  op_case c = { 0 };
  /* batches [2,1] and [3] of matrices 1x2 and 2x1: every pair's scalar product */
  op_case_real(&c, OP_SHAPE(2, 1, 1, 2), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(3, 2, 1), (double[]){ 1, 1, 2, 0, 0, 5 });
  equation(&c, "...ij,...jk->...ik");
  OP_CHECK(&c, "", "Einsum", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3, 1, 1));
  OP_NEAR(&c, 0, 0, 3, 2, 10, 7, 6, 20);
  equation(&c, "...ij,...jk->ik"); /* summed over the batches too */
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 48);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 2, 3 });
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  equation(&c, "ij,ij->i");
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 12, 45);
  op_case_free(&c);
}
END_TEST

START_TEST(einsum_agrees_with_matmul_and_transpose) {
  op_case c = { 0 }, m = { 0 };
  op_check_random(&c, OP_SHAPE(5, 7, 11), 1);
  op_check_random(&c, OP_SHAPE(5, 11, 3), 2);
  equation(&c, "bij,bjk->bik");
  OP_CHECK(&c, "", "Einsum", 1);
  op_check_random(&m, OP_SHAPE(5, 7, 11), 1);
  op_check_random(&m, OP_SHAPE(5, 11, 3), 2);
  OP_CASE_GOOD(op_case_run(&m, "", "MatMul", 1), &m);
  op_case_near(&c, 0, m.out[0].v, m.out[0].count, 1e-12);
  op_case_free(&c);
  op_case_free(&m);
  op_check_random(&c, OP_SHAPE(2, 3, 5, 7), 3);
  equation(&c, "abcd->cadb");
  OP_CHECK(&c, "", "Einsum", 1);
  op_check_random(&m, OP_SHAPE(2, 3, 5, 7), 3);
  OP_INTS(&m, "perm", 2, 0, 3, 1);
  OP_CASE_GOOD(op_case_run(&m, "", "Transpose", 1), &m);
  op_case_near(&c, 0, m.out[0].v, m.out[0].count, 0);
  op_case_free(&c);
  op_case_free(&m);
}
END_TEST

START_TEST(einsum_of_integers_is_exact_and_of_doubles_runs_on_the_host) {
  static const atr_type type[] = { ATR_I32, ATR_I64, ATR_F64 };
  for (size_t i = 0; i < 3; i++) {
    op_case c = { 0 };
    op_case_add(&c, type[i], OP_SHAPE(2, 2), (double[]){ 30000, -1, 2, 16777217 });
    op_case_add(&c, type[i], OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 5 });
    equation(&c, "ij,jk");
    OP_CHECK(&c, "", "Einsum", 1);
    ck_assert_int_eq(c.out[0].type, type[i]);
    OP_NEAR(&c, 0, 0, 29997, 59995, 2 + 3 * 16777217.0, 4 + 5 * 16777217.0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(einsum_of_nothing_is_zero) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 0), NULL);
  op_case_real(&c, OP_SHAPE(0, 3), NULL);
  equation(&c, "ij,jk");
  OP_CHECK(&c, "", "Einsum", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 0);
  equation(&c, "ij,jk->j");
  OP_CHECK(&c, "", "Einsum", 1);
  op_check_shape(&c, 0, OP_SHAPE(0));
  op_case_free(&c);
}
END_TEST

START_TEST(einsum_gradient_agrees_with_differences) {
  static const struct {
    const char *text;
    int n;
    atr_shape in[3];
  } list[] = {
    { "ij,jk->ik", 2, { { 2, { 3, 5 } }, { 2, { 5, 2 } } } },
    { "bij,bjk->bik", 2, { { 3, { 2, 3, 2 } }, { 3, { 2, 2, 3 } } } },
    { "...ij,...jk->...ik", 2, { { 4, { 2, 1, 3, 2 } }, { 3, { 3, 2, 1 } } } },
    { "...ij,...jk->ik", 2, { { 4, { 2, 1, 3, 2 } }, { 3, { 3, 2, 1 } } } },
    { "ii->i", 1, { { 2, { 4, 4 } } } },
    { "ii", 1, { { 2, { 3, 3 } } } },
    { "iji,j->i", 2, { { 3, { 3, 2, 3 } }, { 1, { 2 } } } },
    { "ij->j", 1, { { 2, { 3, 4 } } } },
    { "ij,k->k", 2, { { 2, { 3, 2 } }, { 1, { 2 } } } },
    { "i,ij,j->", 3, { { 1, { 3 } }, { 2, { 3, 2 } }, { 1, { 2 } } } },
    { "ij,ij->i", 2, { { 2, { 3, 1 } }, { 2, { 3, 4 } } } },
    { ",i->i", 2, { { 0, { 0 } }, { 1, { 3 } } } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c = { 0 };
    for (int k = 0; k < list[i].n; k++) op_check_random(&c, list[i].in[k], (uint32_t)(7 * k + 3));
    equation(&c, list[i].text);
    OP_CASE_GOOD(op_case_run(&c, "", "Einsum", 1), &c);
    op_plan_gradient(&c, "", "Einsum", (1u << list[i].n) - 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(einsum_rejects_what_it_cannot_do_with_a_sentence) {
  static const struct {
    const char *text, *why;
  } list[] = {
    { "ij,jk->ii", "repeats a letter in its result" },
    { "ij,jk->iz", "a letter in its result that no operand has" },
    { "ij->ij", "has 1 operand(s), the node 2" },
    { "ij,jk,kl", "has 3 operand(s), the node 2" },
    { "ijk,jk->i", "input 0 has shape [2,3], but its term of the equation names 3" },
    { "i,jk->i", "names 1 dimension(s)" },
    { "ij,ik->i", "'i' is 3, elsewhere it is 2" },
    { "ii,jk", "'i' is 2 and 3" },
    { "i1,jk", "neither a letter" },
    { "i-j,jk", "'-' that is no" },
    { "ij,jk->i->j", "goes on after its result" },
    { "......,jk", "two ellipses" },
    { "abcdefghi,jk", "more than 8 letters" },
    { "a,b,c,d,e,f,g,h,i,j", "more than 8 operands" },
    { "...abcd,jk", "names 4 dimension(s)" },
  };
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(3, 4), 1);
  OP_CASE_REJECTS(&c, "", "Einsum", 1, "there is no equation");
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    equation(&c, list[i].text);
    OP_CASE_REJECTS(&c, "", "Einsum", 1, list[i].why);
  }
  op_case_free(&c);
  op_case_add(&c, ATR_I8, OP_SHAPE(2), NULL);
  equation(&c, "i");
  OP_CASE_REJECTS(&c, "", "Einsum", 1, "input 0 is int8");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("einsum");
  TCase *tests = tcase_create("einsum");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, einsum_of_one_matrix_gives_its_transpose_trace_sums_and_diagonal);
  tcase_add_test(tests, einsum_of_two_gives_products_of_matrices_and_vectors);
  tcase_add_test(tests, einsum_of_three_operands_scalars_and_outer_products);
  tcase_add_test(tests, einsum_broadcasts_an_ellipsis_and_extents_of_one);
  tcase_add_test(tests, einsum_agrees_with_matmul_and_transpose);
  tcase_add_test(tests, einsum_of_integers_is_exact_and_of_doubles_runs_on_the_host);
  tcase_add_test(tests, einsum_of_nothing_is_zero);
  tcase_add_test(tests, einsum_gradient_agrees_with_differences);
  tcase_add_test(tests, einsum_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}

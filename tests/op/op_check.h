/* op_check.h: a case of op_case.h run everywhere at once: double and float host functions, then plans on the
 * host and on the device with every row. */
#ifndef OP_CHECK_H
#define OP_CHECK_H

#include "op_case.h"
#include "op_plan.h"

#define OP_CHECK(c, domain, name, n_out)                                                                     \
  do {                                                                                                       \
    OP_CASE_GOOD(op_case_run(c, domain, name, n_out), c);                                                    \
    op_plan_agree(c, domain, name);                                                                          \
  } while (0)

static inline op_tensor *op_check_random(op_case *c, atr_shape shape, uint32_t seed) {
  op_tensor *t = op_case_real(c, shape, NULL);
  op_case_fill(t, seed);
  return t;
}
/* A constant int64 vector. */
static inline void op_check_list(op_case *c, size_t n, const double *values) {
  const int64_t dim = (int64_t)n;
  op_case_constant(c, ATR_I64, atr__shape_of(1, &dim), values);
}
#define OP_LIST(c, ...)                                                                                      \
  op_check_list(c, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), (double[]){ __VA_ARGS__ })

static inline void op_check_int(op_case *c, const char *name, int64_t value) {
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, name, value), ATR_OK);
}
static inline void op_check_float(op_case *c, const char *name, float value) {
  ck_assert_int_eq(atr__attrs_set_float(&c->attrs, name, value), ATR_OK);
}
static inline void op_check_shape(const op_case *c, size_t out, atr_shape want) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  ck_assert_msg(atr__shape_equal(&c->out[out].shape, &want), "shape %s, must be %s",
                atr__shape_text(&c->out[out].shape, a), atr__shape_text(&want, b));
}

#endif

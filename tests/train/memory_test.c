/* memory_test.c: memory that runs out at any allocation of a trainer's life, once or for good: an error with
 * a sentence, nothing leaked, and where it came back, a trainer that goes on. */
#include "config.h"

#include "train_test.h"

#include <unistd.h>

#include "base/alloc.h"

enum { N = 4, F = 3 };
static char file[64];

/* A trainer's whole life; the first status that is not ATR_OK. */
static atr_status life(const atr_model *m, atr_context *context, const float *x, const float *y) {
  const atr_shape shape = { 2, { N, F } };
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.weighted = 1;
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *t = NULL;
  atr_model *trained = NULL;
  atr_diagnosis list[4];
  size_t n;
  float loss;
  for (int i = 0; i < 4; i++) list[i].size = sizeof *list;
  atr_status status = atr_trainer_create(m, context, &shape, 1, &p, &error, &t);
  if (status) ck_assert(*error.text && !t);
  if (!status) status = atr_trainer_write(t, "x", x, N * F * sizeof *x);
  if (!status) status = atr_trainer_step(t, NULL, y, &loss);
  if (!status) status = atr_trainer_evaluate(t, NULL, y, &loss);
  if (!status) status = atr_trainer_diagnose(t, list, 4, &n);
  if (!status) status = atr_trainer_set_data(t, "order", 5);
  if (!status) status = atr_trainer_save(t, file);
  if (!status) status = atr_trainer_load(t, file);
  if (!status) {
    status = atr_trainer_step(t, (const float[N * F]){ NAN }, y, &loss); /* the guard looks */
    if (status == ATR_E_NONFINITE) status = ATR_OK;
  }
  if (!status) status = atr_trainer_export(t, &error, &trained);
  if (status && t) ck_assert(*atr_trainer_error(t) || *error.text);
  if (status && t) { /* usable again once there is memory */
    atr__alloc_fail(-1, 0);
    GOOD(atr_trainer_step(t, x, y, &loss), t);
  }
  atr_model_destroy(trained);
  atr_trainer_destroy(t);
  return status;
}

START_TEST(any_allocation_may_fail) {
  const atr_shape shape = { 2, { N, F } };
  float x[N * F], y[N * 2];
  fill(x, N * F, 1);
  fill(y, N * 2, 2);
  atr_context *context = context_at(0);
  atr_model *m = new_model(1);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  v = atr_model_dropout(m, 0.5f, atr_model_batch_normalization(m, "bn", 1e-5f, 0.9f, v));
  atr_model_add_output(m, "y", atr_model_dense(m, "d", 2, v));
  ck_assert_int_eq(life(m, context, x, y), ATR_OK);
  for (int for_ever = 0; for_ever < 2; for_ever++) {
    int failures = 0, harmless = 0;
    for (int64_t k = 0;; k += for_ever ? 7 : 1) {
      const int64_t live = atr__alloc_live();
      atr__alloc_fail(k, for_ever);
      const atr_status status = life(m, context, x, y);
      atr__alloc_fail(-1, 0);
      ck_assert_msg(atr__alloc_live() == live, "allocation %lld: %lld blocks leak", (long long)k,
                    (long long)(atr__alloc_live() - live));
      ck_assert_msg(!status || status == ATR_E_NOMEM, "allocation %lld: %s", (long long)k,
                    atr_status_name(status));
      failures += status != ATR_OK;
      harmless = status ? 0 : harmless + 1;
      if (harmless == 50) break; /* past the last allocation */
      ck_assert_int_lt(k, 100000);
    }
    ck_assert_int_gt(failures, 50);
    printf("# %d allocations failed\n", failures);
  }
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  snprintf(file, sizeof file, "memory-test-%ld", (long)getpid());
  Suite *suite = suite_create("memory");
  TCase *tests = tcase_create("memory");
  tcase_set_timeout(tests, 600);
  tcase_add_test(tests, any_allocation_may_fail);
  suite_add_tcase(suite, tests);
  const int result = run_tests(suite);
  unlink(file);
  return result;
}

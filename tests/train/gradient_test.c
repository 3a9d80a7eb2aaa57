/* gradient_test.c: the gradient of a whole network and its loss, computed in double, against central
 * differences in double: convolutions, batch normalization in training, dropout, pooling, upsampling, skips,
 * every loss. */
#include "config.h"

#include "train_test.h"

#include "plan/plan.h"
#include "train/trainer.h"

static atr_model *net(const atr_shape *shape, int64_t out) {
  const float twice[2] = { 2, 2 };
  atr_model *m = new_model(11);
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, shape);
  const atr_value a = atr_model_tanh(
      m, atr_model_batch_normalization(m, "bn", 1e-3f, 0.9f, conv(m, "a", 4, 3, 1, ATR_PAD_SAME, x)));
  atr_conv_params pool = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.filter[1] = pool.stride[0] = pool.stride[1] = 2;
  atr_value b = conv(m, "b", 5, 3, 2, ATR_PAD_SAME, atr_model_max_pool(m, &pool, a));
  b = atr_model_dropout(m, 0.3f, atr_model_sigmoid(m, b));
  const atr_value both[2] = { atr_model_upsample(m, twice, b), a };
  atr_model_add_output(m, "y", conv(m, "c", out, 1, 1, ATR_PAD_VALID, atr_model_concat(m, 1, both, 2)));
  return m;
}

static double loss_of(atr__form *form) {
  double loss = 0;
  if (atr_run_execute(form->run) || atr__run_read_real(form->run, "atrous.loss", &loss, 1))
    ck_abort_msg("%s", atr_run_error(form->run));
  return loss;
}

START_TEST(the_gradient_of_a_whole_network_agrees_with_differences_in_double) {
  const atr_shape shape = { 4, { 2, 2, 6, 8 } };
  for (int loss = ATR_LOSS_MSE; loss <= ATR_LOSS_DICE; loss++) {
    atr_model *m = net(&shape, 3);
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    const float weights[3] = { 1, 2, 0.5f };
    p.loss = (atr_loss)loss;
    const int labels = loss == ATR_LOSS_CROSS_ENTROPY || loss == ATR_LOSS_NLL;
    p.weighted = loss == ATR_LOSS_HUBER || loss == ATR_LOSS_DICE;
    p.positive_weight = 2;
    p.dice_smooth = 0.5f;
    if (labels) {
      p.class_weights = weights;
      p.n_classes = 3;
    }
    p.huber_delta = 0.5f;
    atr_trainer *t = new_trainer(m, context_at(0), &shape, &p);
    float x[2 * 2 * 6 * 8], target[2 * 3 * 6 * 8], mask[2 * 3 * 6 * 8];
    int32_t label[2 * 6 * 8];
    fill(x, sizeof x / sizeof *x, 1);
    fill(target, sizeof target / sizeof *target, 2);
    fill(mask, sizeof mask / sizeof *mask, 3);
    for (size_t i = 0; i < sizeof mask / sizeof *mask; i++) {
      mask[i] = mask[i] > 0 ? mask[i] : 0;
      if (loss == ATR_LOSS_BINARY || loss == ATR_LOSS_PROBABILITY || loss == ATR_LOSS_DICE)
        target[i] = fabsf(target[i]);
    }
    for (int i = 0; i < 2 * 6 * 8; i++) label[i] = i % 4 == 3 ? -1 : i % 4;
    if (p.weighted) GOOD(atr_trainer_write(t, "y.weight", mask, sizeof mask), t);
    atr__form form;
    atr_error error = ATR_ERROR_INIT;
    if (atr__form_make(t, ATR__FORM_EXPLAIN, &error, &form) ||
        atr__plan_create(form.model, context_at(0), form.inputs, form.n_inputs, NULL, 1, &error,
                         &form.plan) ||
        atr_run_create(form.plan, &error, &form.run))
      ck_abort_msg("%s", error.text);
    GOOD(atr__trainer_feed(t, &form, x, labels ? (void *)label : (void *)target), t);
    for (size_t i = 0; i < form.n_learned; i++) {
      loss_of(&form); /* with every weight as it was */
      const atr__learned *w = &form.learned[i];
      const char *name = atr__model_at(form.model, w->id)->name;
      double value[512], gradient[512];
      ck_assert_int_le(w->count, 512);
      ck_assert_int_ne(w->gradient, 0);
      ck_assert_int_eq(atr__run_read_real(form.run, name, value, (size_t)w->count), ATR_OK);
      ck_assert_int_eq(atr__run_read_real(form.run, atr__model_at(form.model, w->gradient)->name, gradient,
                                          (size_t)w->count),
                       ATR_OK);
      for (int64_t k = 0; k<w->count; k += w->count> 40 ? 7 : 1) {
        const double was = value[k], step = 1e-5;
        double side[2];
        for (int s = 0; s < 2; s++) {
          value[k] = was + (s ? step : -step);
          ck_assert_int_eq(atr__run_write_real(form.run, name, value, (size_t)w->count), ATR_OK);
          side[s] = loss_of(&form);
        }
        value[k] = was;
        ck_assert_int_eq(atr__run_write_real(form.run, name, value, (size_t)w->count), ATR_OK);
        const double want = (side[1] - side[0]) / (2 * step);
        ck_assert_msg(fabs(gradient[k] - want) <= 1e-7 + 1e-5 * fabs(want),
                      "loss %d, %s[%lld]: gradient %.10g, difference %.10g", loss, name, (long long)k,
                      gradient[k], want);
      }
    }
    atr__form_free(&form);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradient");
  TCase *tests = tcase_create("gradient");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, the_gradient_of_a_whole_network_agrees_with_differences_in_double);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}

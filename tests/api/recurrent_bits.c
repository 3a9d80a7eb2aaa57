/* recurrent_bits.c: as bits.c for layers with a state: every kind behind the other, trained for two steps,
 * and a hash of what each gives then. Once with units of one sample dealt out among threads, once with
 * samples, for same_bits.test to compare. Links the library as an application does.
 *
 *   recurrent-bits DEVICE */
#include <atrous.h>

#include <stdio.h>
#include <stdlib.h>

enum { FEATURES = 3, LAYERS = 9, STEPS_MOST = 40, NUMBERS_MOST = 40 * 9 * 160 };

static const char *const names[LAYERS] = { "rnn",       "lstm",     "gru",        "gru_linear", "cell_rnn",
                                           "cell_lstm", "cell_gru", "continuous", "sparse" };

static int failed(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return 1;
}

/* FNV-1a. */
static uint64_t hash_of(const void *bytes, size_t n) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
  return hash;
}

static atr_value layer(atr_model *m, int kind, int64_t hid, const atr_csr *csr, atr_value x) {
  const atr_value none = { 0 };
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.name = names[kind];
  p.hidden = hid;
  if (kind >= 4) p.layer_norm = 1, p.state_dropout = 0.1f;
  switch (kind) {
  case 0:
  case 4: return atr_model_rnn(m, &p, x, none, NULL);
  case 1:
  case 5: return atr_model_lstm(m, &p, x, none, none, NULL, NULL);
  case 2: return atr_model_gru(m, &p, 0, x, none, NULL);
  case 3:
  case 6: return atr_model_gru(m, &p, 1, x, none, NULL);
  case 8: return atr_model_sparse_rnn(m, names[kind], NULL, csr, x, none, NULL);
  default: break;
  }
  atr_continuous_params c = ATR_CONTINUOUS_PARAMS_INIT;
  c.name = names[kind], c.hidden = hid, c.method = ATR_INTEGRATOR_RK4, c.step = 0.2f;
  return atr_model_continuous_rnn(m, &c, x, none);
}

static int stack(atr_context *c, int64_t t, int64_t n, int64_t hid) {
  static float x[STEPS_MOST * 9 * FEATURES], y[NUMBERS_MOST];
  const atr_shape shape = { 3, { t, n, FEATURES } };
  const size_t count = (size_t)(t * n * hid);
  atr_error e = ATR_ERROR_INIT;
  atr_model *m = NULL;
  atr_trainer *trainer = NULL;
  atr_csr *csr = NULL;
  atr_train_params q = ATR_TRAIN_PARAMS_INIT;
  float loss = 0;
  int rc = 1;
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = (float)(i * 37 % 101) / 101 - 0.5f;
  if (atr_csr_random(hid, 0.2, 0.9, 2, &e, &csr) || atr_model_create(5, &e, &m)) {
    failed("stack", e.text);
    goto done;
  }
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape), value[LAYERS];
  for (int k = 0; k < LAYERS; k++) v = value[k] = layer(m, k, hid, csr, v);
  for (int k = LAYERS; k-- > 0;) atr_model_add_output(m, names[k], value[k]); /* the loss is the last one's */
  q.seed = 9;
  q.clip_through_time = 0.5f;
  if (atr_model_check(m, &e) || atr_trainer_create(m, c, &shape, 1, &q, &e, &trainer)) {
    failed("trainer", e.text);
    goto done;
  }
  for (int i = 0; i < 2; i++)
    if (atr_trainer_step(trainer, x, y, &loss)) { /* y is zeros */
      failed("step", atr_trainer_error(trainer));
      goto done;
    }
  printf("%lld samples of %lld units, loss %.9g\n", (long long)n, (long long)hid, (double)loss);
  if (atr_trainer_evaluate(trainer, x, y, &loss)) {
    failed("evaluate", atr_trainer_error(trainer));
    goto done;
  }
  for (int k = 0; k < LAYERS; k++) {
    if (atr_trainer_read(trainer, names[k], y, count * sizeof *y)) {
      failed(names[k], atr_trainer_error(trainer));
      goto done;
    }
    printf("%016llx %s\n", (unsigned long long)hash_of(y, count * sizeof *y), names[k]);
  }
  for (size_t i = 0; i < count; i++) y[i] = 0; /* the next one's target */
  rc = 0;
done:
  atr_trainer_destroy(trainer);
  atr_model_destroy(m);
  atr_csr_destroy(csr);
  return rc;
}

int main(int argc, char **argv) {
  atr_error e = ATR_ERROR_INIT;
  atr_context *c = NULL;
  if (argc < 2) return failed("recurrent-bits", "which device?");
  if (atr_context_open(argv[1], NULL, &e, &c)) return failed(argv[1], e.text);
  const int rc = stack(c, 5, 1, 160) || stack(c, STEPS_MOST, 9, 56);
  atr_context_destroy(c);
  return rc;
}

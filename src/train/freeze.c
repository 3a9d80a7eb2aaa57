/* freeze.c: which weights stay as they are: those whose names a pattern of atr_train_params.freeze matches.
 * A normalization whose running mean or variance is frozen trains as it predicts, by those statistics. */
#include "config.h"

#include "base/alloc.h"
#include "train/trainer.h"

/* `*` any run of characters, `?` any one; one step back at the last star suffices. */
static int matches(const char *pattern, const char *name) {
  const char *star = NULL, *from = NULL;
  while (*name)
    if (*pattern == '*') {
      star = pattern++;
      from = name;
    } else if (*pattern == '?' || *pattern == *name) {
      pattern++;
      name++;
    } else if (star) {
      pattern = star + 1;
      name = ++from;
    } else
      return 0;
  while (*pattern == '*') pattern++;
  return !*pattern;
}

static int is_float_weight(const atr__value *value) {
  return value->init && value->type == ATR_F32;
}

atr_status atr__freeze(atr_trainer *trainer, atr_error *error) {
  const atr_model *model = trainer->model;
  const atr_train_params *p = &trainer->params;
  trainer->frozen = atr__calloc(model->n_values, 1);
  if (!trainer->frozen) return atr__nomem(error, model->n_values);
  for (size_t k = 0; k < p->n_freeze; k++) {
    int any = 0;
    for (size_t i = 0; i < model->n_values; i++) {
      const atr__value *value = &model->values[i];
      if (!is_float_weight(value) || !matches(p->freeze[k], value->name)) continue;
      trainer->frozen[i] = 1;
      any = 1;
    }
    if (!any)
      return atr__fail(error, ATR_E_PARAM, "freeze pattern \"%.100s\" matches no weight of the model",
                       p->freeze[k]);
  }
  trainer->params.freeze = NULL; /* the caller's */
  return ATR_OK;
}

int atr__is_frozen(const atr_trainer *trainer, int id) {
  return id > 0 && (size_t)id <= trainer->model->n_values && trainer->frozen[id - 1];
}

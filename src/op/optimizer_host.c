/* optimizer_host.c: steps of gradient descent on the host. Outputs may be the inputs' own storage. */
#include "op/host.h"
#include "op/optimizer.h"

typedef struct {
  const atr__optimizer_params *p;
  const atr_real *from, *gradient, *s, *gate, *first, *second, *third; /* the states */
  atr_real *to, *to_first, *to_second, *to_third;
} job;

static atr_real gradient_at(const job *j, int64_t i) {
  const atr_real g = j->gradient[i] * j->gate[ATR__GATE_FACTOR], limit = j->s[ATR__STEP_CLIP_VALUE];
  if (limit > 0) return g > limit ? limit : g < -limit ? -limit : g;
  return g;
}

/* RMSprop; the velocity is the second state, the mean of gradients the last. */
static void rmsprop(const job *j, int64_t i) {
  const atr_real *s = j->s, p = j->from[i], g = gradient_at(j, i) + s[ATR__STEP_DECAY] * p;
  const int moves = j->p->states > 1 + j->p->centered;
  const atr_real *mean = moves ? j->third : j->second;
  const atr_real square = s[ATR__STEP_BETA2] * j->first[i] + s[ATR__STEP_NEW2] * g * g;
  atr_real spread = square;
  j->to_first[i] = square;
  if (j->p->centered) {
    const atr_real m = s[ATR__STEP_BETA2] * mean[i] + s[ATR__STEP_NEW2] * g;
    (moves ? j->to_third : j->to_second)[i] = m;
    spread -= m * m;
    if (spread < 0) spread = 0;
  }
  atr_real d = g / (ATR_MATH(sqrt)(spread) + s[ATR__STEP_EPSILON]);
  if (moves) j->to_second[i] = d = s[ATR__STEP_BETA1] * j->second[i] + d;
  j->to[i] = p - s[ATR__STEP_SIZE] * d;
}

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr_real *s = j->s;
  switch (j->p->kind) {
  case ATR__STEP_SGD:
    for (int64_t i = begin; i < end; i++) {
      atr_real d = gradient_at(j, i) + s[ATR__STEP_DECAY] * j->from[i];
      if (j->first) {
        const atr_real v = s[ATR__STEP_BETA1] * j->first[i] + d;
        j->to_first[i] = v;
        d = j->p->nesterov ? d + s[ATR__STEP_BETA1] * v : v;
      }
      j->to[i] = j->from[i] - s[ATR__STEP_SIZE] * d;
    }
    break;
  case ATR__STEP_ADAM:
  case ATR__STEP_ADAMW:
    for (int64_t i = begin; i < end; i++) {
      atr_real p = j->from[i], g = gradient_at(j, i);
      if (j->p->kind == ATR__STEP_ADAMW)
        p *= s[ATR__STEP_DECAY];
      else
        g += s[ATR__STEP_DECAY] * p;
      const atr_real m = s[ATR__STEP_BETA1] * j->first[i] + s[ATR__STEP_NEW1] * g;
      const atr_real v = s[ATR__STEP_BETA2] * j->second[i] + s[ATR__STEP_NEW2] * g * g;
      j->to_first[i] = m;
      j->to_second[i] = v;
      j->to[i] =
          p - s[ATR__STEP_SIZE] * (m / (ATR_MATH(sqrt)(v) * s[ATR__STEP_ROOT2] + s[ATR__STEP_EPSILON]));
    }
    break;
  case ATR__STEP_RMSPROP:
    for (int64_t i = begin; i < end; i++) rmsprop(j, i);
    break;
  case ATR__STEP_ADAGRAD:
    for (int64_t i = begin; i < end; i++) {
      const atr_real p = j->from[i], g = gradient_at(j, i) + s[ATR__STEP_DECAY] * p;
      const atr_real sum = j->first[i] + g * g;
      j->to_first[i] = sum;
      j->to[i] = p - s[ATR__STEP_SIZE] * (g / (ATR_MATH(sqrt)(sum) + s[ATR__STEP_EPSILON]));
    }
    break;
  case ATR__STEP_COMMIT: /* the gradient's place holds the new value */
    for (int64_t i = begin; i < end; i++) j->to[i] = j->gradient[i];
    break;
  }
}

/* A closed gate: what is not in place already is copied. */
static void keep(const atr__call *call, size_t out, const atr_real *from) {
  if (out < call->n_out && call->out[out].data && call->out[out].data != from)
    memcpy(call->out[out].data, from, (size_t)call->out[out].count * sizeof *from);
}

atr_status ATR_HOST(optimizer)(const atr__call *call) {
  const atr__optimizer_params *p = call->params;
  const int commit = p->kind == ATR__STEP_COMMIT;
  job j = { .p = p, .from = ATR_IN(call, 0), .gradient = ATR_IN(call, 1), .to = ATR_OUT(call, 0) };
  j.gate = ATR_IN(call, commit ? 2 : 3);
  j.s = commit ? NULL : ATR_IN(call, 2);
  j.first = p->states > 0 ? ATR_IN(call, 4) : NULL;
  j.second = p->states > 1 ? ATR_IN(call, 5) : NULL;
  j.third = p->states > 2 ? ATR_IN(call, 6) : NULL;
  if (p->states >= (int)call->n_out && p->states)
    return atr__fail(call->error, ATR_E_PARAM, "a state has no place to go");
  if (!(j.gate[ATR__GATE_OPEN] > 0)) {
    keep(call, 0, j.from);
    if (j.first) keep(call, 1, j.first);
    if (j.second) keep(call, 2, j.second);
    if (j.third) keep(call, 3, j.third);
    return ATR_OK;
  }
  j.to_first = p->states > 0 ? ATR_OUT(call, 1) : NULL;
  j.to_second = p->states > 1 ? ATR_OUT(call, 2) : NULL;
  j.to_third = p->states > 2 ? ATR_OUT(call, 3) : NULL;
  atr__pool_for(call->pool, p->count, 4096, range, &j);
  return ATR_OK;
}

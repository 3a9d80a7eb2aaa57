/* loss_softmax_host.c: cross-entropy of a softmax and its gradient on the host. Positions are cut in CHUNKS
 * equal runs, each summed in ascending order in double, then the runs in ascending order. */
#include "op/host.h"
#include "op/loss_softmax.h"

enum { CHUNKS = 64 };

typedef struct {
  const atr__loss_softmax_params *p;
  const atr_real *x, *target, *weight; /* weight NULL: 1 */
  const void *labels;
  int wide;                                  /* labels are int64 */
  atr_real *loss, *log_prob, *lse, *counted; /* each may be NULL; loss only where nothing is reduced */
  const atr_real *dy, *saved_lse, *saved_weight;
  atr_real *dx, scale;
  double value[CHUNKS], total[CHUNKS];
  int64_t bad[CHUNKS]; /* first position with a label out of range, -1: none */
} job;

static int64_t label_at(const job *j, int64_t position) {
  return j->wide ? ((const int64_t *)j->labels)[position] : ((const int32_t *)j->labels)[position];
}
static atr_real weight_of(const job *j, int64_t c) {
  return j->weight ? j->weight[c] : 1;
}

/* Loss and weight of one position; 0 on success. */
static int one_position(const job *j, int64_t position, atr_real *loss, atr_real *counted) {
  const atr__loss_softmax_params *p = j->p;
  const int64_t first = position / p->inner * p->c * p->inner + position % p->inner;
  const atr_real *x = j->x + first;
  atr_real most = p->logarithms ? 0 : x[0], sum = 0;
  for (int64_t c = 1; c < p->c && !p->logarithms; c++)
    if (x[c * p->inner] > most) most = x[c * p->inner];
  for (int64_t c = 0; c < p->c && !p->logarithms; c++) sum += ATR_MATH(exp)(x[c * p->inner] - most);
  /* x - lse is (x - most) - rest: exact also for huge scores */
  const atr_real rest = p->logarithms ? 0 : ATR_MATH(log)(sum);
  if (j->lse) j->lse[position] = most + rest;
  for (int64_t c = 0; j->log_prob && c < p->c; c++)
    j->log_prob[first + c * p->inner] = (x[c * p->inner] - most) - rest;
  *loss = *counted = 0;
  if (p->probability) {
    for (int64_t c = 0; c < p->c; c++) {
      const atr_real share = weight_of(j, c) * j->target[first + c * p->inner];
      *counted += share;
      if (share != 0) *loss += share * (rest + (most - x[c * p->inner]));
    }
  } else {
    const int64_t label = label_at(j, position);
    if (p->has_ignore && label == p->ignore) return 0;
    if (label < 0 || label >= p->c) return 1;
    *counted = weight_of(j, label);
    *loss = *counted * (rest + (most - x[label * p->inner]));
  }
  return 0;
}

static void chunks(void *user, int64_t begin, int64_t end) {
  job *j = user;
  const int64_t positions = j->p->n * j->p->inner, run = positions / CHUNKS + 1;
  for (int64_t k = begin; k < end; k++) {
    const int64_t last = atr__min_i64(positions, (k + 1) * run);
    double value = 0, total = 0;
    j->bad[k] = -1;
    for (int64_t i = k * run; i < last; i++) {
      atr_real loss, counted;
      if (one_position(j, i, &loss, &counted) && j->bad[k] < 0) j->bad[k] = i;
      if (j->loss) j->loss[i] = loss;
      if (j->counted) j->counted[i] = counted;
      value += (double)loss;
      total += (double)counted;
    }
    j->value[k] = value;
    j->total[k] = total;
  }
}

static atr_real *wanted(const atr__call *call, size_t i) {
  return i < call->n_out ? call->out[i].data : NULL;
}

atr_status ATR_HOST(loss_softmax)(const atr__call *call) {
  const atr__loss_softmax_params *p = call->params;
  job j = { .p = p, .x = ATR_IN(call, 0), .target = ATR_IN(call, 1), .labels = call->in[1].data };
  j.wide = call->in[1].type == ATR_I64;
  if (call->n_in > 2) j.weight = ATR_IN(call, 2);
  if (p->reduction == ATR__REDUCE_NONE) j.loss = wanted(call, 0);
  j.log_prob = wanted(call, 1);
  j.lse = wanted(call, 2);
  j.counted = wanted(call, 3);
  const int64_t positions = p->n * p->inner;
  atr__pool_for(call->pool, CHUNKS, 4096 / (positions * p->c / CHUNKS + 1) + 1, chunks, &j);
  double value = 0, total = 0;
  for (int k = 0; k < CHUNKS; k++) {
    if (j.bad[k] >= 0)
      return atr__fail(
          call->error, ATR_E_SHAPE, "label %lld at position %lld of %lld is outside the %lld classes",
          (long long)label_at(&j, j.bad[k]), (long long)j.bad[k], (long long)positions, (long long)p->c);
    value += j.value[k];
    total += j.total[k];
  }
  if (p->probability) total = (double)positions;
  if (p->reduction == ATR__REDUCE_MEAN) value = total != 0 ? value / total : 0;
  if (p->reduction != ATR__REDUCE_NONE && wanted(call, 0)) wanted(call, 0)[0] = (atr_real)value;
  if (wanted(call, 4)) wanted(call, 4)[0] = (atr_real)total;
  return ATR_OK;
}

static void grad_positions(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__loss_softmax_params *p = j->p;
  for (int64_t i = begin; i < end; i++) {
    const int64_t first = i / p->inner * p->c * p->inner + i % p->inner;
    const atr_real scale = j->dy ? j->dy[i] : j->scale, counted = j->saved_weight[i], lse = j->saved_lse[i];
    const int64_t label = p->probability ? -1 : label_at(j, i);
    for (int64_t c = 0; c < p->c; c++) {
      const int64_t at = first + c * p->inner;
      const atr_real share = p->probability ? weight_of(j, c) * j->target[at] : c == label ? counted : 0;
      const atr_real pull = p->logarithms ? 0 : counted * ATR_MATH(exp)(j->x[at] - lse);
      j->dx[at] = counted == 0 && share == 0 ? 0 : scale * (pull - share);
    }
  }
}

atr_status ATR_HOST(loss_softmax_grad)(const atr__call *call) {
  const atr__loss_softmax_params *p = call->params;
  job j = { .p = p, .x = ATR_IN(call, 4), .target = ATR_IN(call, 5), .labels = call->in[5].data };
  j.wide = call->in[5].type == ATR_I64;
  if (call->n_in > 6) j.weight = ATR_IN(call, 6);
  j.saved_lse = ATR_IN(call, 1);
  j.saved_weight = ATR_IN(call, 2);
  j.dx = ATR_OUT(call, 0);
  const atr_real divisor = ATR_IN(call, 3)[0];
  if (p->reduction == ATR__REDUCE_NONE)
    j.dy = ATR_IN(call, 0);
  else if (p->reduction == ATR__REDUCE_SUM)
    j.scale = ATR_IN(call, 0)[0];
  else
    j.scale = divisor != 0 ? ATR_IN(call, 0)[0] / divisor : 0;
  atr__pool_for(call->pool, p->n * p->inner, 2048 / p->c + 1, grad_positions, &j);
  return ATR_OK;
}

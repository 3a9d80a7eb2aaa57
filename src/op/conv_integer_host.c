/* conv_integer_host.c: convolution of 8-bit integers on the host, a row of outputs at a time. Sums are kept
 * unsigned, which wrap where signed ones must not. */
#include "op/conv_integer.h"
#include "op/quantize_host.h"

enum { STRIP = 256 };

typedef struct {
  const atr__call *call;
  const atr__conv_integer_params *p;
} job;

static const atr__view *view(const atr__call *call, size_t i) {
  static const atr__view none = { 0 };
  return i < call->n_in ? &call->in[i] : &none;
}

/* acc[i] += w · (x[from + i · stride] - zero). */
static void add_tap(uint32_t *acc, const atr__view *x, int64_t from, int64_t stride, int64_t n, int32_t zero,
                    int32_t w) {
  if (x->type == ATR_I8) {
    const int8_t *v = (const int8_t *)x->data + from;
    for (int64_t i = 0; i < n; i++) acc[i] += (uint32_t)(w * (v[i * stride] - zero));
  } else {
    const uint8_t *v = (const uint8_t *)x->data + from;
    for (int64_t i = 0; i < n; i++) acc[i] += (uint32_t)(w * (v[i * stride] - zero));
  }
}

/* Outputs [first, first + count) of the row at (n, oc, oz, oy). */
static void strip(const job *j, int64_t n, int64_t oc, int64_t oz, int64_t oy, int64_t first, int64_t count,
                  uint32_t acc[STRIP]) {
  const atr__conv_params *p = &j->p->conv;
  const atr__view *x = view(j->call, j->p->in.x), *w = view(j->call, j->p->in.w);
  const int64_t cg = p->c / p->group, fd = p->filter[0], fh = p->filter[1], fw = p->filter[2];
  const int64_t channel = oc / (p->oc / p->group) * cg;
  const int32_t x_zero = quantized(view(j->call, j->p->in.x_zero), 0);
  const int32_t w_zero = quantized(view(j->call, j->p->in.w_zero), j->p->w_zeros ? oc : 0);
  const uint32_t start = (uint32_t)quantized(view(j->call, j->p->in.bias), oc);
  for (int64_t i = 0; i < count; i++) acc[i] = start;
  for (int64_t k = 0; k < cg * fd * fh * fw; k++) {
    const int64_t fx = k % fw, fy = k / fw % fh, fz = k / fw / fh % fd, ic = k / fw / fh / fd;
    const int64_t z = oz * p->stride[0] + fz * p->dilation[0] - p->pad[0];
    const int64_t row = oy * p->stride[1] + fy * p->dilation[1] - p->pad[1];
    const int64_t shift = fx * p->dilation[2] - p->pad[2];
    int64_t low, high;
    if (z < 0 || z >= p->in[0] || row < 0 || row >= p->in[1]) continue;
    atr__conv_valid(shift, p->stride[2], p->in[2], p->out[2], &low, &high);
    low = atr__max_i64(low, first);
    high = atr__min_i64(high, first + count);
    if (low >= high) continue;
    const int64_t from = (((n * p->c + channel + ic) * p->in[0] + z) * p->in[1] + row) * p->in[2];
    add_tap(acc + low - first, x, from + low * p->stride[2] + shift, p->stride[2], high - low, x_zero,
            quantized(w, oc * cg * fd * fh * fw + k) - w_zero);
  }
}

static void finish(const job *j, int64_t oc, int64_t at, int64_t count, const uint32_t *acc) {
  const atr__view *y = &j->call->out[0];
  if (y->type == ATR_I32) {
    memcpy((int32_t *)y->data + at, acc, (size_t)count * sizeof *acc);
    return;
  }
  const atr_real factor = ATR_IN(j->call, j->p->in.x_scale)[0] *
                          ATR_IN(j->call, j->p->in.w_scale)[j->p->w_scales ? oc : 0] /
                          ATR_IN(j->call, j->p->in.y_scale)[0];
  const int32_t zero = quantized(view(j->call, j->p->in.y_zero), 0);
  for (int64_t i = 0; i < count; i++) {
    int32_t sum;
    memcpy(&sum, &acc[i], sizeof sum);
    quantize_put(y, at + i, (atr_real)sum * factor, zero);
  }
}

static void rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__conv_params *p = &j->p->conv;
  uint32_t acc[STRIP];
  for (int64_t i = begin; i < end; i++) {
    const int64_t oy = i % p->out[1], oz = i / p->out[1] % p->out[0], plane = i / p->out[1] / p->out[0];
    for (int64_t first = 0; first < p->out[2]; first += STRIP) {
      const int64_t count = atr__min_i64(STRIP, p->out[2] - first);
      strip(j, plane / p->oc, plane % p->oc, oz, oy, first, count, acc);
      finish(j, plane % p->oc, i * p->out[2] + first, count, acc);
    }
  }
}

static atr_status run(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, call->out[0].count / j.p->conv.out[2], 1, rows, &j);
  return ATR_OK;
}

atr_status ATR_HOST(conv_integer)(const atr__call *call) {
  return run(call);
}
atr_status ATR_HOST(qlinear_conv)(const atr__call *call) {
  return run(call);
}

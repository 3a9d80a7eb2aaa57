/* roi_align_host.c: RoiAlign and RoiAlignGrad on the host. A gradient adds regions, bins and samples in their
 * order. */
#include "op/host.h"
#include "op/index.h"
#include "op/roi_align.h"

/* A region along both axes (y, x): where it starts, how long a bin is, samples a bin. */
typedef struct {
  atr_real start[2], bin[2];
  int64_t image, n[2];
} region;

/* The four neighbours of a sample: offsets in a plane and weights; all 0 outside. */
typedef struct {
  int64_t at[4];
  atr_real w[4];
} sample;

static atr_status region_of(const atr__call *call, int64_t r, region *g) {
  const atr__roi_align_params *p = call->params;
  const atr_real *roi = ATR_IN(call, 1) + r * 4, shift = p->half ? (atr_real)0.5 : 0;
  const int64_t bins[2] = { p->oh, p->ow };
  const atr_status status = atr__index_at(call, 2, r, p->n, &g->image);
  for (int d = 0; d < 2 && !status; d++) {
    atr_real size;
    g->start[d] = roi[1 - d] * (atr_real)p->scale - shift;
    size = roi[3 - d] * (atr_real)p->scale - shift - g->start[d];
    if (!p->half && size < 1) size = 1;
    g->bin[d] = size / (atr_real)bins[d];
    if (!(g->bin[d] <= ATR__ROI_SAMPLES) || !(g->bin[d] >= -ATR_REAL_MAX))
      return atr__fail(call->error, ATR_E_PARAM, "region %lld has bins of %g by %g pixels", (long long)r,
                       (double)g->bin[1], (double)g->bin[0]);
    g->n[d] = p->samples ? p->samples
                         : (int64_t)atr__max_i64(0, (int64_t)ATR_MATH(ceil)(g->bin[d] < 0 ? 0 : g->bin[d]));
  }
  return status;
}

static int64_t divisor(const region *g) {
  return atr__max_i64(1, g->n[0] * g->n[1]);
}

static sample sample_of(const atr__roi_align_params *p, const region *g, const int64_t bin[2],
                        const int64_t k[2]) {
  const int64_t extent[2] = { p->h, p->w };
  int64_t low[2], high[2];
  atr_real rest[2];
  sample s = { { 0, 0, 0, 0 }, { 0, 0, 0, 0 } };
  for (int d = 0; d < 2; d++) {
    atr_real x = g->start[d] + (atr_real)bin[d] * g->bin[d] +
                 ((atr_real)k[d] + (atr_real)0.5) * g->bin[d] / (atr_real)g->n[d];
    if (!(x >= -1 && x <= (atr_real)extent[d])) return s;
    if (x < 0) x = 0;
    low[d] = (int64_t)x;
    if (low[d] >= extent[d] - 1) {
      low[d] = high[d] = extent[d] - 1;
      rest[d] = 0;
    } else {
      high[d] = low[d] + 1;
      rest[d] = x - (atr_real)low[d];
    }
  }
  for (int i = 0; i < 4; i++) {
    s.at[i] = (i < 2 ? low[0] : high[0]) * p->w + (i % 2 ? high[1] : low[1]);
    s.w[i] = (i < 2 ? 1 - rest[0] : rest[0]) * (i % 2 ? rest[1] : 1 - rest[1]);
  }
  return s;
}

static atr_real bin_of(const atr__roi_align_params *p, const region *g, const int64_t bin[2],
                       const atr_real *x) {
  atr_real sum = 0;
  int first = 1;
  for (int64_t i = 0; i < g->n[0]; i++)
    for (int64_t j = 0; j < g->n[1]; j++) {
      const sample s = sample_of(p, g, bin, (int64_t[]){ i, j });
      for (int k = 0; k < 4; k++) {
        const atr_real v = s.w[k] * x[s.at[k]];
        if (!p->max)
          sum += v;
        else if (first || v > sum)
          sum = v;
        first = 0;
      }
    }
  return p->max ? sum : sum / (atr_real)divisor(g);
}

atr_status ATR_HOST(roi_align)(const atr__call *call) {
  const atr__roi_align_params *p = call->params;
  atr_real *y = ATR_OUT(call, 0);
  for (int64_t r = 0; r < p->rois; r++) {
    region g;
    const atr_status status = region_of(call, r, &g);
    if (status) return status;
    for (int64_t c = 0; c < p->c; c++)
      for (int64_t i = 0; i < p->oh; i++)
        for (int64_t j = 0; j < p->ow; j++)
          *y++ = bin_of(p, &g, (int64_t[]){ i, j }, ATR_IN(call, 0) + (g.image * p->c + c) * p->h * p->w);
  }
  return ATR_OK;
}

static void give_back(const atr__roi_align_params *p, const region *g, const int64_t bin[2], atr_real dy,
                      atr_real *dx) {
  for (int64_t i = 0; i < g->n[0]; i++)
    for (int64_t j = 0; j < g->n[1]; j++) {
      const sample s = sample_of(p, g, bin, (int64_t[]){ i, j });
      for (int k = 0; k < 4; k++) dx[s.at[k]] += s.w[k] * dy;
    }
}

atr_status ATR_HOST(roi_align_grad)(const atr__call *call) {
  const atr__roi_align_params *p = call->params;
  const atr_real *dy = ATR_IN(call, 0);
  atr_real *dx = ATR_OUT(call, 0);
  for (int64_t i = 0; i < call->out[0].count; i++) dx[i] = 0;
  for (int64_t r = 0; r < p->rois; r++) {
    region g;
    const atr_status status = region_of(call, r, &g);
    if (status) return status;
    for (int64_t c = 0; c < p->c; c++)
      for (int64_t i = 0; i < p->oh; i++)
        for (int64_t j = 0; j < p->ow; j++)
          give_back(p, &g, (int64_t[]){ i, j }, *dy++ / (atr_real)divisor(&g),
                    dx + (g.image * p->c + c) * p->h * p->w);
  }
  return ATR_OK;
}

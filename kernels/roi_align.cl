/* roi_align.cl: regions of images brought to one size. Macro: INDEX (int, long). Words of both: count, (x or dy), regions,
 * numbers of their images, (y or dx), images, channels, height and width of x, regions, height and width of y, samples
 * a bin along an axis (0: by its size), half (coordinates are half a pixel off), max, scale, samples at most. A region whose
 * image is not there or that is too large sets the run's status, and is read as empty.
 * roi_align_fwd_f32_baseline: one item an element of y.
 * roi_align_bwd_f32_baseline: one item a plane of dx: it adds regions, bins and samples in their order. */
#ifndef INDEX
#error "roi_align.cl needs INDEX"
#endif

typedef struct {
  float start[2], bin[2];
  int image, n[2];
} ATR_FN(roi_region);

typedef struct {
  int at[4];
  float w[4];
} ATR_FN(roi_sample);

/* 0: it cannot be read. */
static int ATR_FN(roi_region_of)(__global const int *a, __global const float *roi, __global const INDEX *image, int r,
                                 ATR_FN(roi_region) *g) {
  const float shift = a[17] ? 0.5f : 0.0f, scale = ATR_FLOAT(19);
  const long own = image[r] < 0 ? (long)image[r] + a[9] : (long)image[r];
  g->image = (int)clamp(own, 0L, (long)a[9] - 1);
  g->n[0] = g->n[1] = 0;
  if (own < 0 || own >= a[9]) return 0;
  for (int d = 0; d < 2; d++) {
    g->start[d] = roi[r * 4 + 1 - d] * scale - shift;
    float size = roi[r * 4 + 3 - d] * scale - shift - g->start[d];
    if (!a[17] && size < 1.0f) size = 1.0f;
    g->bin[d] = size / (float)a[14 + d];
    if (!(g->bin[d] <= (float)a[20])) return 0;
    g->n[d] = a[16] ? a[16] : (int)ceil(fmax(g->bin[d], 0.0f));
  }
  return 1;
}

static ATR_FN(roi_sample) ATR_FN(roi_sample_of)(__global const int *a, const ATR_FN(roi_region) *g, const int *bin,
                                                const int *k) {
  int low[2], high[2];
  float rest[2];
  ATR_FN(roi_sample) s;
  for (int i = 0; i < 4; i++) {
    s.at[i] = 0;
    s.w[i] = 0.0f;
  }
  for (int d = 0; d < 2; d++) {
    const int extent = a[11 + d];
    float x = g->start[d] + (float)bin[d] * g->bin[d] + ((float)k[d] + 0.5f) * g->bin[d] / (float)g->n[d];
    if (!(x >= -1.0f && x <= (float)extent)) return s;
    x = fmax(x, 0.0f);
    low[d] = (int)x;
    high[d] = low[d] + 1;
    rest[d] = x - (float)low[d];
    if (low[d] >= extent - 1) {
      low[d] = high[d] = extent - 1;
      rest[d] = 0.0f;
    }
  }
  for (int i = 0; i < 4; i++) {
    s.at[i] = (i < 2 ? low[0] : high[0]) * a[12] + (i % 2 ? high[1] : low[1]);
    s.w[i] = (i < 2 ? 1.0f - rest[0] : rest[0]) * (i % 2 ? rest[1] : 1.0f - rest[1]);
  }
  return s;
}

ATR_ITEM_KERNEL(ATR_FN(roi_align_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  const int bin[2] = { item / a[15] % a[14], item % a[15] }, plane = item / (a[14] * a[15]);
  ATR_FN(roi_region) g;
  if (!ATR_FN(roi_region_of)(a, ATR_PTR(3), (__global const INDEX *)ATR_PTR(5), plane / a[10], &g)) {
    ATR_SET_STATUS(1);
    g.n[0] = g.n[1] = 0;
  }
  __global const float *x = ATR_PTR(1) + (g.image * a[10] + plane % a[10]) * (a[11] * a[12]);
  float sum = 0.0f;
  for (int i = 0; i < g.n[0]; i++)
    for (int j = 0; j < g.n[1]; j++) {
      const int own[2] = { i, j };
      const ATR_FN(roi_sample) s = ATR_FN(roi_sample_of)(a, &g, bin, own);
      for (int k = 0; k < 4; k++) {
        const float v = s.w[k] * x[s.at[k]];
        if (!a[18])
          sum += v;
        else if (i + j + k == 0 || v > sum)
          sum = v;
      }
    }
  ATR_PTR(7)[item] = a[18] ? sum : sum / (float)max(1, g.n[0] * g.n[1]);
}

ATR_ITEM_KERNEL(ATR_FN(roi_align_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int plane = ATR_ITEM;
  if (plane >= a[0]) return;
  const int size = a[11] * a[12], c = plane % a[10];
  __global float *dx = ATR_PTR(7) + plane * size;
  for (int i = 0; i < size; i++) dx[i] = 0.0f;
  for (int r = 0; r < a[13]; r++) {
    ATR_FN(roi_region) g;
    if (!ATR_FN(roi_region_of)(a, ATR_PTR(3), (__global const INDEX *)ATR_PTR(5), r, &g)) {
      ATR_SET_STATUS(1);
      continue;
    }
    if (g.image != plane / a[10]) continue;
    __global const float *dy = ATR_PTR(1) + (r * a[10] + c) * (a[14] * a[15]);
    for (int b = 0; b < a[14] * a[15]; b++) {
      const int bin[2] = { b / a[15], b % a[15] };
      const float v = dy[b] / (float)max(1, g.n[0] * g.n[1]);
      for (int i = 0; i < g.n[0]; i++)
        for (int j = 0; j < g.n[1]; j++) {
          const int own[2] = { i, j };
          const ATR_FN(roi_sample) s = ATR_FN(roi_sample_of)(a, &g, bin, own);
          for (int k = 0; k < 4; k++) dx[s.at[k]] += s.w[k] * v;
        }
    }
  }
}

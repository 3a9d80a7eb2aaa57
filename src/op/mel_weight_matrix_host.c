/* mel_weight_matrix_host.c: MelWeightMatrix on the host. */
#include "op/host.h"
#include "op/mel_weight_matrix.h"

static double mel(double hertz) {
  return 2595 * log10(1 + hertz / 700);
}

/* The bin where edge `i` of the bands lies. */
static int64_t edge(const atr__mel_weight_matrix_params *p, int64_t i) {
  const double low = mel(p->lowest), step = (mel(p->highest) - low) / (double)(p->bands + 2);
  const double hertz = 700 * (pow(10, (low + step * (double)i) / 2595) - 1);
  return (int64_t)floor((double)(p->dft_length + 1) * hertz / (double)p->sample_rate);
}

static void put(const atr__call *call, int64_t bin, int64_t band, atr_real weight) {
  const atr_shape *shape = &call->out[0].shape;
  if (bin >= 0 && bin < shape->dim[0]) ATR_OUT(call, 0)[bin * shape->dim[1] + band] = weight;
}

atr_status ATR_HOST(mel_weight_matrix)(const atr__call *call) {
  const atr__mel_weight_matrix_params *p = call->params;
  const int64_t bins = call->out[0].shape.dim[0];
  for (int64_t i = 0; i < call->out[0].count; i++) ATR_OUT(call, 0)[i] = 0;
  for (int64_t band = 0; band < p->bands; band++) {
    const int64_t from = edge(p, band), peak = edge(p, band + 1), to = edge(p, band + 2);
    if (peak == from) put(call, peak, band, 1);
    for (int64_t bin = from; peak > from && bin <= peak && bin < bins; bin++)
      put(call, bin, band, (atr_real)(bin - from) / (atr_real)(peak - from));
    for (int64_t bin = peak; bin < to && bin < bins; bin++)
      put(call, bin, band, (atr_real)(to - bin) / (atr_real)(to - peak));
  }
  return ATR_OK;
}

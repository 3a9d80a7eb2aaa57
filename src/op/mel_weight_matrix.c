/* mel_weight_matrix.c: MelWeightMatrix: triangles that gather the bins of a spectrum into bands of equal
 * width on the mel scale. Its five operands are constants; the host computes it, mostly when the plan is
 * made. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/mel_weight_matrix.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  static const char *const names[5] = { "num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz",
                                        "upper_edge_hertz" };
  atr__mel_weight_matrix_params *p = infer->params;
  const int64_t type = atr__attrs_int(infer->attrs, "output_datatype", ATR_F32);
  int64_t whole[5];
  double real[5];
  for (size_t i = 0; i < 5; i++) {
    const atr__blob *blob = atr__infer_known(infer, i, names[i]);
    if (!blob) return ATR_E_UNSUPPORTED;
    if (blob->count != 1)
      return atr__fail(infer->error, ATR_E_SHAPE, "MelWeightMatrix: %s has %lld numbers, must be one",
                       names[i], (long long)blob->count);
    whole[i] = atr__blob_int(blob, 0);
    real[i] = atr__blob_real(blob, 0);
  }
  for (size_t i = 0; i < 3; i++)
    if (whole[i] < (i == 0 ? 0 : 1) || whole[i] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_PARAM, "MelWeightMatrix: %s is %lld", names[i],
                       (long long)whole[i]);
  if (!(real[3] >= 0) || !(real[4] >= real[3]) || real[4] > 1e9)
    return atr__fail(infer->error, ATR_E_PARAM, "MelWeightMatrix: the edges are %.9g and %.9g hertz", real[3],
                     real[4]);
  if (type != ATR_F32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "MelWeightMatrix: output_datatype %lld is not supported", (long long)type);
  *p = (atr__mel_weight_matrix_params){ whole[0], whole[1], whole[2], real[3], real[4] };
  const int64_t dim[2] = { p->dft_length / 2 + 1, p->bands };
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(2, dim);
  return ATR_OK;
}

const atr__op atr__op_mel_weight_matrix = {
  .name = "MelWeightMatrix",
  .domain = "",
  .stem = "mel_weight_matrix",
  .since = 17,
  .min_in = 5,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__mel_weight_matrix_params),
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(mel_weight_matrix),
  ATR__HOST_ONLY,
};

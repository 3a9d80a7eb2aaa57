/* element.c: elements of every type; see element.h. */
#include "tensor/element.h"

#include <math.h>
#include <string.h>

int atr__type_real(atr_type type) {
  return type == ATR_F32 || type == ATR_F64 || type == ATR_F16 || type == ATR_BF16;
}

int atr__type_integer(atr_type type) {
  return atr_type_size(type) && type != ATR_BOOL && !atr__type_real(type);
}

int atr__type_unsigned(atr_type type) {
  return type == ATR_U8 || type == ATR_U16 || type == ATR_U32 || type == ATR_U64 || type == ATR_BOOL;
}

int64_t atr__element_int(atr_type type, const void *data, int64_t i) {
  switch (type) {
  case ATR_I64: return ((const int64_t *)data)[i];
  case ATR_U64: return (int64_t)((const uint64_t *)data)[i];
  case ATR_I32: return ((const int32_t *)data)[i];
  case ATR_U32: return ((const uint32_t *)data)[i];
  case ATR_I16: return ((const int16_t *)data)[i];
  case ATR_U16: return ((const uint16_t *)data)[i];
  case ATR_I8: return ((const int8_t *)data)[i];
  case ATR_U8:
  case ATR_BOOL: return ((const uint8_t *)data)[i];
  default: return 0;
  }
}

void atr__element_set_int(atr_type type, void *data, int64_t i, int64_t value) {
  switch (type) {
  case ATR_I64:
  case ATR_U64: ((int64_t *)data)[i] = value; break;
  case ATR_I32:
  case ATR_U32: ((uint32_t *)data)[i] = (uint32_t)value; break;
  case ATR_I16:
  case ATR_U16: ((uint16_t *)data)[i] = (uint16_t)value; break;
  case ATR_I8:
  case ATR_U8: ((uint8_t *)data)[i] = (uint8_t)value; break;
  case ATR_BOOL: ((uint8_t *)data)[i] = value != 0; break;
  default: break;
  }
}

uint64_t atr__element_bits(atr_type type, const void *data, int64_t i) {
  switch (atr_type_size(type)) {
  case 8: return ((const uint64_t *)data)[i];
  case 4: return ((const uint32_t *)data)[i];
  case 2: return ((const uint16_t *)data)[i];
  default: return ((const uint8_t *)data)[i];
  }
}

void atr__element_set_bits(atr_type type, void *data, int64_t i, uint64_t bits) {
  switch (atr_type_size(type)) {
  case 8: ((uint64_t *)data)[i] = bits; break;
  case 4: ((uint32_t *)data)[i] = (uint32_t)bits; break;
  case 2: ((uint16_t *)data)[i] = (uint16_t)bits; break;
  default: ((uint8_t *)data)[i] = (uint8_t)bits; break;
  }
}

enum { F16_EXPONENT = 5, F16_MANTISSA = 10, BF16_EXPONENT = 8, BF16_MANTISSA = 7, F64_MANTISSA = 52 };

uint64_t atr__float_pack(int negative, uint64_t m, int e, int exponent_bits, int mantissa_bits) {
  const uint64_t sign = (uint64_t)(negative != 0) << (exponent_bits + mantissa_bits);
  const uint64_t infinity = (((uint64_t)1 << exponent_bits) - 1) << mantissa_bits;
  if (!m) return sign;
  while (!(m >> 63)) m <<= 1, e--;
  int exponent = e + 63 + (1 << (exponent_bits - 1)) - 1, drop = 63 - mantissa_bits;
  if (exponent >= (1 << exponent_bits) - 1) return sign | infinity;
  if (exponent < 1) { /* a denormal has fewer bits */
    drop += 1 - exponent;
    exponent = 1;
    if (drop > 64) return sign;
  }
  const uint64_t half = (uint64_t)1 << (drop - 1), rest = drop == 64 ? m : m & (2 * half - 1);
  uint64_t kept = drop == 64 ? 0 : m >> drop;
  kept += rest > half || (rest == half && (kept & 1));
  return sign | (((uint64_t)(exponent - 1) << mantissa_bits) + kept); /* a carry raises the exponent */
}

static uint16_t small_of(atr_type type, double x) {
  const int eb = type == ATR_F16 ? F16_EXPONENT : BF16_EXPONENT, mb = 15 - eb;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int negative = (int)(bits >> 63), exponent = (int)(bits >> F64_MANTISSA & 2047);
  const uint64_t mantissa = bits & (((uint64_t)1 << F64_MANTISSA) - 1);
  if (exponent == 2047) {
    const uint32_t special = (uint32_t)negative << 15 | ((1u << eb) - 1) << mb;
    return (uint16_t)(mantissa ? special | 1u << (mb - 1) : special);
  }
  return (uint16_t)(exponent ? atr__float_pack(negative, mantissa | (uint64_t)1 << F64_MANTISSA,
                                               exponent - 1075, eb, mb)
                             : atr__float_pack(negative, mantissa, -1074, eb, mb));
}

uint16_t atr__float_small_int(atr_type type, int64_t whole, int is_unsigned) {
  const int eb = type == ATR_F16 ? F16_EXPONENT : BF16_EXPONENT, negative = !is_unsigned && whole < 0;
  const uint64_t m = negative ? 0 - (uint64_t)whole : (uint64_t)whole;
  return (uint16_t)atr__float_pack(negative, m, 0, eb, 15 - eb);
}

static double real_of_f16(uint16_t h) {
  const int exponent = h >> F16_MANTISSA & 31, mantissa = h & 1023;
  double v = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
  if (exponent == 31) v = mantissa ? (double)NAN : (double)INFINITY;
  return h >> 15 ? -v : v;
}

static double real_of_bf16(uint16_t h) {
  const uint32_t bits = (uint32_t)h << 16;
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

double atr__element_real(atr_type type, const void *data, int64_t i) {
  switch (type) {
  case ATR_F32: return ((const float *)data)[i];
  case ATR_F64: return ((const double *)data)[i];
  case ATR_F16: return real_of_f16(((const uint16_t *)data)[i]);
  case ATR_BF16: return real_of_bf16(((const uint16_t *)data)[i]);
  case ATR_U64: return (double)((const uint64_t *)data)[i];
  default: return (double)atr__element_int(type, data, i);
  }
}

void atr__element_set_real(atr_type type, void *data, int64_t i, double x) {
  switch (type) {
  case ATR_F32: ((float *)data)[i] = (float)x; return;
  case ATR_F64: ((double *)data)[i] = x; return;
  case ATR_F16:
  case ATR_BF16: ((uint16_t *)data)[i] = small_of(type, x); return;
  case ATR_BOOL: ((uint8_t *)data)[i] = x < 0 || x > 0 || x != x; return;
  case ATR_U64: ((uint64_t *)data)[i] = !(x > 0) ? 0 : x >= 0x1p64 ? UINT64_MAX : (uint64_t)x; return;
  default: break;
  }
  const int bits = 8 * (int)atr_type_size(type) - !atr__type_unsigned(type);
  const double most = ldexp(1, bits), least = atr__type_unsigned(type) ? 0 : -most;
  const int64_t top = (int64_t)(((uint64_t)1 << bits) - 1);
  int64_t whole = 0;
  if (x >= most)
    whole = top;
  else if (x <= least)
    whole = atr__type_unsigned(type) ? 0 : -top - 1;
  else if (x == x)
    whole = (int64_t)x;
  atr__element_set_int(type, data, i, whole);
}

/* continuous_rnn.cl: rate neurons in continuous time along a whole sequence, and back through it; a sample a work-group,
 * whose items share its neurons. src/op/continuous_rnn.c has the formulas.
 * Words: 0 t, 1 n, 2 hid, 3 substeps, 4 stages, 5 rate, 6 linear, 7 max_steps, 8 row (floats), 9 floats a sample, 10 step,
 * 11 leak, 12 noise, 13 tolerance, 14 seed, 16 method, 17 a[4], 21 b[4], 25 c[4], 29 drive [t][n][hid], 31 R [hid][hid],
 * 33 tau. continuous_rnn_fwd: 35 first x, 37 X, 39 states before substeps, 41 scratch, 43 row_start, 45 column. continuous_rnn_bwd:
 * 35 states before substeps, 37 dX, 39 dDrive, 41 dx before the beginning, 43 dtau [n][hid], 45 g, 47 rates
 * [evaluations][n][hid], 49 scratch, 51 row_start, 53 column, 55 start, 57 row, 59 entry of the transposed pattern. Drive and
 * R, which is [entries] where there is a pattern, are there; others may be absent. */
#include "random.clh"
#include "rate.clh"
#define ATR_C_EXPONENTIAL 3
#define ATR_C_DORMAND 4
#define ATR_C_SYNC barrier(CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE)
#define ATR_C_EACH(i) for (int i = (int)get_local_id(0); i < a[2]; i += (int)get_local_size(0))
#define ATR_C_INTS(word) (ATR_ABSENT(word) ? 0 : (__global const int *)ATR_PTR(word))
#define ATR_C_TAU(i) (tau ? tau[i] : 1.0f)

/* The drive of neuron i of this sample at the share `at` of interval s. now: drive[s][n]; apart: to the next interval's. */
static float ATR_FN(continuous_drive)(__global const float *now, int apart, float at, int i) {
  return apart ? now[i] + at * (now[i + apart] - now[i]) : now[i];
}

/* Rates of n neurons; in a group of one item 16 at once. */
static void ATR_FN(continuous_rates)(int kind, __global const float *x, int n, __global float *to) {
  int i = (int)get_local_id(0);
  if (get_local_size(0) == 1)
    for (; i + 16 <= n; i += 16) {
      const float16 v = vload16(0, x + i), one = 1.0f, zero = 0.0f;
      float16 rate = v;
      if (kind == 0) rate = tanh(v);
      else if (kind == 1) rate = one / (one + exp(-v));
      else if (kind == 2) rate = v < zero ? zero : v;
      else if (kind == 3) rate = fmax(v, zero) + log1p(exp(-fabs(v)));
      vstore16(rate, 0, to + i);
    }
  for (; i < n; i += (int)get_local_size(0)) to[i] = atr_rate(kind, x[i]);
}

/* to += R·x: an item a row; in a group of one item four rows of 16 numbers at once, their shares summed at the end. */
static void ATR_FN(continuous_rows)(__global const float *r, __global const float *x, int hid, __global float *to) {
  if (get_local_size(0) > 1) {
    for (int k = (int)get_local_id(0); k < hid; k += (int)get_local_size(0)) {
      float sum = to[k];
      for (int i = 0; i < hid; i++) sum += r[(size_t)k * hid + i] * x[i];
      to[k] = sum;
    }
    return;
  }
  float shares[64];
  for (int k = 0; k < hid; k += 4) {
    const int rows = min(4, hid - k);
    __global const float *r0 = r + (size_t)k * hid, *r1 = rows > 1 ? r0 + hid : r0, *r2 = rows > 2 ? r1 + hid : r0,
                         *r3 = rows > 3 ? r2 + hid : r0;
    float16 s0 = 0.0f, s1 = s0, s2 = s0, s3 = s0;
    float4 rest = 0.0f;
    int i = 0;
    for (; i + 16 <= hid; i += 16) {
      const float16 v = vload16(0, x + i);
      s0 = fma(vload16(0, r0 + i), v, s0);
      s1 = fma(vload16(0, r1 + i), v, s1);
      s2 = fma(vload16(0, r2 + i), v, s2);
      s3 = fma(vload16(0, r3 + i), v, s3);
    }
    for (; i < hid; i++) rest = fma((float4)(r0[i], r1[i], r2[i], r3[i]), (float4)(x[i]), rest);
    vstore16(s0, 0, shares);
    vstore16(s1, 1, shares);
    vstore16(s2, 2, shares);
    vstore16(s3, 3, shares);
    for (i = 0; i < 16; i++) rest += (float4)(shares[i], shares[16 + i], shares[32 + i], shares[48 + i]);
    to[k] += rest.x;
    if (rows > 1) to[k + 1] += rest.y;
    if (rows > 2) to[k + 2] += rest.z;
    if (rows > 3) to[k + 3] += rest.w;
  }
}

/* to = Rᵀ·g: an item a column, rows ascending; in a group of one item 64 columns at once, then 16. */
static void ATR_FN(continuous_columns)(__global const float *r, __global const float *g, int hid, __global float *to) {
  int i = (int)get_local_id(0);
  if (get_local_size(0) == 1) {
    for (; i + 64 <= hid; i += 64) {
      float16 s0 = 0.0f, s1 = s0, s2 = s0, s3 = s0;
      for (int j = 0; j < hid; j++) {
        __global const float *from = r + (size_t)j * hid + i;
        const float16 by = g[j];
        s0 = fma(vload16(0, from), by, s0);
        s1 = fma(vload16(1, from), by, s1);
        s2 = fma(vload16(2, from), by, s2);
        s3 = fma(vload16(3, from), by, s3);
      }
      vstore16(s0, 0, to + i);
      vstore16(s1, 1, to + i);
      vstore16(s2, 2, to + i);
      vstore16(s3, 3, to + i);
    }
    for (; i + 16 <= hid; i += 16) {
      float16 sum = 0.0f;
      for (int j = 0; j < hid; j++) sum = fma(vload16(0, r + (size_t)j * hid + i), (float16)(g[j]), sum);
      vstore16(sum, 0, to + i);
    }
  }
  for (; i < hid; i += (int)get_local_size(0)) {
    float sum = 0.0f;
    for (int j = 0; j < hid; j++) sum += r[(size_t)j * hid + i] * g[j];
    to[i] = sum;
  }
}

/* to = R·φ(x) + d, or dx/dt where leak and tau matter (plain 0). Everyone's x must be there; ends with everyone's `to`. */
static void ATR_FN(continuous_right)(__global const int *a, __global const float *r, __global const int *start,
                                     __global const int *column, __global const float *tau,
                                     __global const float *now, int apart, float at, int plain,
                                     __global const float *x, __global float *rates, __global float *to) {
  ATR_FN(continuous_rates)(a[5], x, a[2], rates);
  ATR_C_EACH(i) to[i] = ATR_FN(continuous_drive)(now, apart, at, i);
  ATR_C_SYNC;
  if (start)
    atr_sparse_rows(r, start, 0, column, rates, a[2], to);
  else
    ATR_FN(continuous_rows)(r, rates, a[2], to);
  ATR_C_SYNC;
  if (!plain) ATR_C_EACH(k) to[k] = (to[k] - ATR_FLOAT(11) * x[k]) / ATR_C_TAU(k);
  ATR_C_SYNC;
}

static float ATR_FN(continuous_normal)(__global const int *a, int substep, int n, int i) {
  const uint4 w = atr_philox((uint2)((uint)a[14], (uint)a[15]), (uint4)((uint)i, (uint)n, (uint)substep, 7u));
  const float u = ((float)(w.x >> 8) + 0.5f) / 16777216.0f, v = (float)(w.y >> 8) / 16777216.0f;
  return sqrt(-2.0f * log(u)) * cos(6.283185307179586f * v);
}

/* Dormand and Prince: stage q of seven. */
static float ATR_FN(continuous_dp_a)(int q, int b) {
  const float m[21] = { 1.0f / 5,
                        3.0f / 40, 9.0f / 40,
                        44.0f / 45, -56.0f / 15, 32.0f / 9,
                        19372.0f / 6561, -25360.0f / 2187, 64448.0f / 6561, -212.0f / 729,
                        9017.0f / 3168, -355.0f / 33, 46732.0f / 5247, 49.0f / 176, -5103.0f / 18656,
                        35.0f / 384, 0.0f, 500.0f / 1113, 125.0f / 192, -2187.0f / 6784, 11.0f / 84 };
  return m[q * (q - 1) / 2 + b];
}

ATR_KERNEL(ATR_FN(continuous_rnn_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int n = (int)(get_group_id(0) + get_num_groups(0) * get_group_id(1)), hid = a[2], row = a[8];
  if (n >= a[1]) return;
  const float share = 1.0f / (float)a[3], h = ATR_FLOAT(10) / (float)a[3], whole = ATR_FLOAT(10);
  const float dp_c[7] = { 0.0f, 1.0f / 5, 3.0f / 10, 4.0f / 5, 8.0f / 9, 1.0f, 1.0f };
  const float dp_e[7] = { 71.0f / 57600, 0.0f, -71.0f / 16695, 71.0f / 1920, -17253.0f / 339200, 22.0f / 525, -1.0f / 40 };
  __global float *x = ATR_PTR(41) + (size_t)n * a[9], *z = x + row, *rates = z + row, *k = rates + row;
  __global const float *r = ATR_PTR(31), *tau = ATR_ABSENT(33) ? 0 : ATR_PTR(33);
  __global const int *start = ATR_C_INTS(43), *column = ATR_C_INTS(45);
  float adapted = whole;
  ATR_C_EACH(i) x[i] = ATR_ABSENT(35) ? 0.0f : ATR_PTR(35)[(size_t)n * hid + i];
  ATR_C_SYNC;
  for (int s = 0; s < a[0]; s++) {
    __global const float *now = ATR_PTR(29) + ((size_t)s * a[1] + n) * hid;
    const int apart = a[6] && s + 1 < a[0] ? a[1] * hid : 0;
    for (int m = 0; m < a[3]; m++) {
      if (!ATR_ABSENT(39)) ATR_C_EACH(i) ATR_PTR(39)[(((size_t)s * a[3] + m) * a[1] + n) * hid + i] = x[i];
      if (a[16] == ATR_C_DORMAND) {
        float done = 0.0f;
        for (int step = 0; done < whole; step++) {
          const float left = whole - done;
          const int last = step >= a[7] || adapted >= left;
          const float use = last ? left : adapted;
          for (int q = 0; q < 7; q++) {
            ATR_C_EACH(i) {
              float sum = 0.0f;
              for (int b = 0; b < q; b++) sum += ATR_FN(continuous_dp_a)(q, b) * k[b * row + i];
              z[i] = x[i] + use * sum;
            }
            ATR_C_SYNC;
            ATR_FN(continuous_right)(a, r, start, column, tau, now, apart, (done + dp_c[q] * use) / whole, 0, z, rates, k + q * row);
          }
          ATR_C_EACH(i) {
            float e = 0.0f;
            for (int q = 0; q < 7; q++) e += dp_e[q] * k[q * row + i];
            e *= use / (ATR_FLOAT(13) * (1.0f + fmax(fabs(x[i]), fabs(z[i]))));
            rates[i] = e * e;
          }
          ATR_C_SYNC;
          float error = 0.0f;
          for (int i = 0; i < hid; i++) error += rates[i];
          error = sqrt(error / (float)hid);
          if (error <= 1.0f || step >= a[7]) {
            ATR_C_EACH(i) x[i] = z[i];
            done = last ? whole : done + use;
          }
          const float factor = error > 0.0f ? 0.9f * pow(error, -0.2f) : 5.0f;
          const float next = use * fmin(5.0f, fmax(0.2f, factor));
          if (!last || error > 1.0f || next > adapted) adapted = next;
          ATR_C_SYNC;
        }
      } else if (a[16] == ATR_C_EXPONENTIAL) {
        ATR_FN(continuous_right)(a, r, start, column, tau, now, apart, (float)m * share, 1, x, rates, z);
        ATR_C_EACH(i) {
          const float e = exp(-ATR_FLOAT(11) * h / ATR_C_TAU(i));
          x[i] = e * x[i] + (1.0f - e) * z[i] / ATR_FLOAT(11);
        }
      } else {
        for (int q = 0; q < a[4]; q++) {
          ATR_C_EACH(i) z[i] = q ? x[i] + h * ATR_FLOAT(17 + q) * k[(q - 1) * row + i] : x[i];
          ATR_C_SYNC;
          ATR_FN(continuous_right)(a, r, start, column, tau, now, apart, ((float)m + ATR_FLOAT(25 + q)) * share, 0, z, rates, k + q * row);
        }
        ATR_C_EACH(i) {
          float sum = 0.0f;
          for (int q = 0; q < a[4]; q++) sum += ATR_FLOAT(21 + q) * k[q * row + i];
          x[i] += h * sum;
        }
      }
      if (ATR_FLOAT(12) > 0.0f)
        ATR_C_EACH(i) x[i] += ATR_FLOAT(12) * sqrt(h) * ATR_FN(continuous_normal)(a, s * a[3] + m, n, i);
      ATR_C_SYNC;
    }
    if (!ATR_ABSENT(37)) ATR_C_EACH(i) ATR_PTR(37)[((size_t)s * a[1] + n) * hid + i] = x[i];
  }
}

ATR_KERNEL(ATR_FN(continuous_rnn_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int n = (int)(get_group_id(0) + get_num_groups(0) * get_group_id(1)), hid = a[2], row = a[8];
  if (n >= a[1]) return;
  const int exponential = a[16] == ATR_C_EXPONENTIAL;
  const float share = 1.0f / (float)a[3], h = ATR_FLOAT(10) / (float)a[3], leak = ATR_FLOAT(11);
  __global float *dx = ATR_PTR(49) + (size_t)n * a[9], *dz = dx + row, *g = dz + row, *rates = g + row;
  __global float *net = rates + row, *dtau = net + row, *k = dtau + row, *z = k + a[4] * row;
  __global const float *r = ATR_PTR(31), *tau = ATR_ABSENT(33) ? 0 : ATR_PTR(33);
  __global const int *start = ATR_C_INTS(51), *column = ATR_C_INTS(53);
  __global const int *back = ATR_C_INTS(55), *before = ATR_C_INTS(57), *entry = ATR_C_INTS(59);
  ATR_C_EACH(i) {
    dx[i] = dtau[i] = 0.0f;
    for (int s = 0; !ATR_ABSENT(39) && s < a[0]; s++) ATR_PTR(39)[((size_t)s * a[1] + n) * hid + i] = 0.0f;
  }
  for (int s = a[0] - 1; s >= 0; s--) {
    __global const float *now = ATR_PTR(29) + ((size_t)s * a[1] + n) * hid;
    const int apart = a[6] && s + 1 < a[0] ? a[1] * hid : 0;
    ATR_C_EACH(i) dx[i] += ATR_PTR(37)[((size_t)s * a[1] + n) * hid + i];
    for (int m = a[3] - 1; m >= 0; m--) {
      const size_t substep = (size_t)s * a[3] + m;
      __global const float *x = ATR_PTR(35) + (substep * a[1] + n) * hid;
      if (exponential) {
        ATR_FN(continuous_right)(a, r, start, column, tau, now, apart, (float)m * share, 1, x, rates, net);
        ATR_C_EACH(i) z[i] = x[i];
      } else
        for (int q = 0; q < a[4]; q++) {
          ATR_C_EACH(i) z[q * row + i] = q ? x[i] + h * ATR_FLOAT(17 + q) * k[(q - 1) * row + i] : x[i];
          ATR_C_SYNC;
          ATR_FN(continuous_right)(a, r, start, column, tau, now, apart, ((float)m + ATR_FLOAT(25 + q)) * share, 0, z + q * row, rates,
                                   k + q * row);
        }
      ATR_C_SYNC;
      for (int q = a[4] - 1; q >= 0; q--) {
        const float at = ((float)m + ATR_FLOAT(25 + q)) * share;
        const size_t to = ((substep * a[4] + q) * a[1] + n) * hid;
        ATR_C_EACH(i) {
          if (exponential) {
            const float t = ATR_C_TAU(i), e = exp(-leak * h / t);
            g[i] = dx[i] * (1.0f - e) / leak;
            dtau[i] += dx[i] * (x[i] - net[i] / leak) * e * leak * h / (t * t);
          } else {
            float dk = ATR_FLOAT(21 + q) * dx[i];
            if (q + 1 < a[4]) dk += ATR_FLOAT(17 + q + 1) * dz[i];
            else net[i] = 0.0f;
            g[i] = h * dk / ATR_C_TAU(i);
            dtau[i] -= g[i] * k[q * row + i];
          }
          dz[i] = 0.0f;
        }
        ATR_C_SYNC;
        if (back)
          atr_sparse_columns(r, back, entry, before, g, hid, dz);
        else
          ATR_FN(continuous_columns)(r, g, hid, dz);
        ATR_C_SYNC;
        ATR_C_EACH(i) {
          const float here = z[q * row + i];
          dz[i] = atr_rate_slope(a[5], here) * dz[i] - (exponential ? 0.0f : leak * g[i]);
          if (!ATR_ABSENT(39)) {
            __global float *ddrive = ATR_PTR(39) + ((size_t)s * a[1] + n) * hid + i;
            ddrive[0] += apart ? (1.0f - at) * g[i] : g[i];
            if (apart) ddrive[apart] += at * g[i];
          }
          if (!ATR_ABSENT(45)) ATR_PTR(45)[to + i] = g[i];
          if (!ATR_ABSENT(47)) ATR_PTR(47)[to + i] = atr_rate(a[5], here);
          if (exponential)
            dx[i] = dx[i] * exp(-leak * h / ATR_C_TAU(i)) + dz[i];
          else
            net[i] += dz[i];
        }
        ATR_C_SYNC;
      }
      if (!exponential) ATR_C_EACH(i) dx[i] += net[i];
      ATR_C_SYNC;
    }
  }
  ATR_C_EACH(i) {
    if (!ATR_ABSENT(41)) ATR_PTR(41)[(size_t)n * hid + i] = dx[i];
    if (!ATR_ABSENT(43)) ATR_PTR(43)[(size_t)n * hid + i] = dtau[i];
  }
}
#undef ATR_C_EXPONENTIAL
#undef ATR_C_DORMAND
#undef ATR_C_SYNC
#undef ATR_C_EACH
#undef ATR_C_INTS
#undef ATR_C_TAU

/* reduce_host.c: reductions on the host, in the order that reduce.c states. */
#include "op/host.h"
#include "op/reduce.h"
#include "tensor/element.h"

enum { PART = ATR__REDUCE_PART, LANES = ATR__REDUCE_LANES, SIDE = 128 };

typedef struct {
  atr__reduce_view view;
  atr__reduce_kind kind;
  const void *x;
  void *y;
  const atr_real *dy; /* ReduceProdGrad; then y is dx */
} job;

static atr_real identity(atr__reduce_kind kind) {
  return kind == ATR__REDUCE_MAX    ? -(atr_real)INFINITY
         : kind == ATR__REDUCE_MIN  ? (atr_real)INFINITY
         : kind == ATR__REDUCE_PROD ? 1
                                    : 0;
}

/* What an element contributes; `shift` is LogSumExp's maximum. */
static inline __attribute__((always_inline)) atr_real term(atr__reduce_kind kind, atr_real x,
                                                           atr_real shift) {
  switch (kind) {
  case ATR__REDUCE_L1: return ATR_MATH(fabs)(x);
  case ATR__REDUCE_L2:
  case ATR__REDUCE_SUM_SQUARE: return x * x;
  case ATR__REDUCE_LOG_SUM_EXP: return ATR_MATH(exp)(x - shift);
  default: return x;
  }
}

static inline __attribute__((always_inline)) atr_real join(atr__reduce_kind kind, atr_real x, atr_real y) {
  switch (kind) {
  case ATR__REDUCE_MAX: return x > y || x != x ? x : y;
  case ATR__REDUCE_MIN: return x < y || x != x ? x : y;
  case ATR__REDUCE_PROD: return x * y;
  default: return x + y;
  }
}

static atr_real finish(atr__reduce_kind kind, atr_real sum, int64_t count, atr_real shift) {
  switch (kind) {
  case ATR__REDUCE_MEAN: return sum / (atr_real)count;
  case ATR__REDUCE_L2: return ATR_MATH(sqrt)(sum);
  case ATR__REDUCE_LOG_SUM: return ATR_MATH(log)(sum);
  case ATR__REDUCE_LOG_SUM_EXP: return ATR_MATH(log)(sum) + shift;
  default: return sum;
  }
}

/* lane[l] takes x[i · LANES + l], i < turns, of neighbours in memory. */
#define NEIGHBOURS(name, ...)                                                                                \
  ATR__CLONES                                                                                                \
  static void name##_neighbours(int64_t turns, const atr_real *from, atr_real *lane) {                       \
    atr__reals a = *(const atr__reals *)lane, b = *(const atr__reals *)(lane + ATR__LANES);                  \
    for (int64_t i = 0; i < turns; i++, from += LANES) {                                                     \
      atr__reals x = *(const atr__reals *)from, y = a;                                                       \
      a = __VA_ARGS__;                                                                                       \
      x = *(const atr__reals *)(from + ATR__LANES), y = b;                                                   \
      b = __VA_ARGS__;                                                                                       \
    }                                                                                                        \
    *(atr__reals *)lane = a;                                                                                 \
    *(atr__reals *)(lane + ATR__LANES) = b;                                                                  \
  }
NEIGHBOURS(sum, y + x)
NEIGHBOURS(square, y + x * x)
NEIGHBOURS(l1, y + ATR__EITHER(x < 0, -x, x))
NEIGHBOURS(prod, y *x)
NEIGHBOURS(max, ATR__EITHER((y > x) | (y != y), y, x))
NEIGHBOURS(min, ATR__EITHER((y < x) | (y != y), y, x))
#undef NEIGHBOURS

static void neighbours(atr__reduce_kind kind, int64_t turns, const atr_real *from, atr_real *lane) {
  switch (kind) {
  case ATR__REDUCE_L1: l1_neighbours(turns, from, lane); break;
  case ATR__REDUCE_L2:
  case ATR__REDUCE_SUM_SQUARE: square_neighbours(turns, from, lane); break;
  case ATR__REDUCE_PROD: prod_neighbours(turns, from, lane); break;
  case ATR__REDUCE_MAX: max_neighbours(turns, from, lane); break;
  case ATR__REDUCE_MIN: min_neighbours(turns, from, lane); break;
  default: sum_neighbours(turns, from, lane);
  }
}

/* Over all reduced elements of the output whose input starts at `from`. */
static atr_real accumulate(const job *j, atr__reduce_kind kind, const atr_real *from, atr_real shift) {
  const atr__walk *walk = &j->view.reduced;
  const int64_t step = walk->rank ? walk->stride[0][walk->rank - 1] : 0;
  const int whole = step == 1 && kind != ATR__REDUCE_LOG_SUM_EXP;
  atr_real total = identity(kind);
  for (int64_t part = 0; part < walk->count; part += PART) {
    const int64_t end = atr__min_i64(part + PART, walk->count);
    atr_real lane[LANES];
    for (int l = 0; l < LANES; l++) lane[l] = identity(kind);
    for (int64_t i = part, n; i < end; i += n) {
      int64_t at[ATR__WALK_OPERANDS], k = 0;
      n = atr__walk_row(walk, i, end, at);
      const atr_real *x = from + at[0];
      while (k < n) {
        const int64_t l = (i - part + k) % LANES;
        if (whole && !l && k + LANES <= n) {
          neighbours(kind, (n - k) / LANES, x + k, lane);
          k += (n - k) / LANES * LANES;
        } else {
          lane[l] = join(kind, lane[l], term(kind, x[k * step], shift));
          k++;
        }
      }
    }
    for (int half = LANES / 2; half; half /= 2)
      for (int l = 0; l < half; l++) lane[l] = join(kind, lane[l], lane[l + half]);
    total = join(kind, total, lane[0]);
  }
  return total;
}

/* The same of SIDE outputs at most whose inputs are neighbours: to[c] takes x[c]. */
#define BESIDE(name, kind)                                                                                   \
  ATR__CLONES                                                                                                \
  static void name##_beside(int64_t n, const atr_real *x, atr_real *to) {                                    \
    for (int64_t c = 0; c < n; c++) to[c] = join(kind, to[c], term(kind, x[c], 0));                          \
  }
BESIDE(sum, ATR__REDUCE_SUM)
BESIDE(square, ATR__REDUCE_SUM_SQUARE)
BESIDE(l1, ATR__REDUCE_L1)
BESIDE(prod, ATR__REDUCE_PROD)
BESIDE(max, ATR__REDUCE_MAX)
BESIDE(min, ATR__REDUCE_MIN)
#undef BESIDE

typedef void beside(int64_t n, const atr_real *x, atr_real *to);

/* How two lanes are joined; terms: as elements that they take in. */
static beside *beside_of(atr__reduce_kind kind, int terms) {
  switch (kind) {
  case ATR__REDUCE_L1: return terms ? l1_beside : sum_beside;
  case ATR__REDUCE_L2:
  case ATR__REDUCE_SUM_SQUARE: return terms ? square_beside : sum_beside;
  case ATR__REDUCE_PROD: return prod_beside;
  case ATR__REDUCE_MAX: return max_beside;
  case ATR__REDUCE_MIN: return min_beside;
  default: return sum_beside;
  }
}

static void accumulate_beside(const job *j, int64_t outputs, const atr_real *from, atr_real *total) {
  const atr__walk *walk = &j->view.reduced;
  const int64_t step = walk->rank ? walk->stride[0][walk->rank - 1] : 0;
  beside *take = beside_of(j->kind, 1), *both = beside_of(j->kind, 0);
  for (int64_t c = 0; c < outputs; c++) total[c] = identity(j->kind);
  for (int64_t part = 0; part < walk->count; part += PART) {
    const int64_t end = atr__min_i64(part + PART, walk->count);
    atr_real lane[LANES][SIDE];
    for (int l = 0; l < LANES; l++)
      for (int64_t c = 0; c < outputs; c++) lane[l][c] = identity(j->kind);
    for (int64_t i = part, n; i < end; i += n) {
      int64_t at[ATR__WALK_OPERANDS];
      n = atr__walk_row(walk, i, end, at);
      for (int64_t k = 0; k < n; k++) take(outputs, from + at[0] + k * step, lane[(i - part + k) % LANES]);
    }
    for (int half = LANES / 2; half; half /= 2)
      for (int l = 0; l < half; l++) both(outputs, lane[l + half], lane[l]);
    both(outputs, lane[0], total);
  }
  for (int64_t c = 0; c < outputs; c++) total[c] = finish(j->kind, total[c], walk->count, 0);
}

/* Whether outputs in memory order have inputs that are neighbours, many enough. */
static int lie_beside(const job *j) {
  const atr__walk *kept = &j->view.kept;
  return kept->rank && kept->stride[0][kept->rank - 1] == 1 && kept->dim[kept->rank - 1] >= ATR__LANES &&
         j->kind != ATR__REDUCE_LOG_SUM_EXP;
}

static void reals(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int together = lie_beside(j);
  for (int64_t i = begin, n; i < end; i += n) {
    int64_t at[ATR__WALK_OPERANDS];
    n = atr__walk_row(&j->view.kept, i, end, at);
    const atr_real *from = (const atr_real *)j->x + at[0];
    if (together) {
      n = atr__min_i64(n, SIDE);
      accumulate_beside(j, n, from, (atr_real *)j->y + i);
      continue;
    }
    n = 1;
    atr_real shift = 0;
    if (j->kind == ATR__REDUCE_LOG_SUM_EXP) {
      shift = accumulate(j, ATR__REDUCE_MAX, from, 0);
      if (!isfinite(shift)) shift = 0;
    }
    ((atr_real *)j->y)[i] =
        finish(j->kind, accumulate(j, j->kind, from, shift), j->view.reduced.count, shift);
  }
}

/* Integers: any order gives the same result, since arithmetic wraps. uint64 has int64's order with the first
 * bit turned. */
static int64_t limit(atr_type type, int most) {
  const int bits = 8 * (int)atr_type_size(type);
  if (type == ATR_BOOL) return most;
  if (bits == 64) return most ? INT64_MAX : INT64_MIN;
  if (atr__type_unsigned(type)) return most ? ((int64_t)1 << bits) - 1 : 0;
  return most ? ((int64_t)1 << (bits - 1)) - 1 : -((int64_t)1 << (bits - 1));
}
static void integers(const job *j, atr_type type) {
  for (int64_t i = 0; i < j->view.kept.count; i++) {
    int64_t from[ATR__WALK_OPERANDS], at[ATR__WALK_OPERANDS];
    atr__walk_row(&j->view.kept, i, i + 1, from);
    const int64_t count = j->view.reduced.count;
    const int ordered = j->kind == ATR__REDUCE_MAX || j->kind == ATR__REDUCE_MIN;
    const uint64_t turn = type == ATR_U64 && ordered ? (uint64_t)1 << 63 : 0;
    uint64_t sum = j->kind == ATR__REDUCE_PROD  ? 1
                   : j->kind == ATR__REDUCE_MAX ? (uint64_t)limit(type, 0)
                   : j->kind == ATR__REDUCE_MIN ? (uint64_t)limit(type, 1)
                                                : 0;
    for (int64_t k = 0; k < count; k++) {
      atr__walk_row(&j->view.reduced, k, k + 1, at);
      const uint64_t u = (uint64_t)atr__element_int(type, j->x, from[0] + at[0]) ^ turn;
      const int64_t x = (int64_t)u;
      switch (j->kind) {
      case ATR__REDUCE_MAX: sum = x > (int64_t)sum ? u : sum; break;
      case ATR__REDUCE_MIN: sum = x < (int64_t)sum ? u : sum; break;
      case ATR__REDUCE_PROD: sum *= u; break;
      case ATR__REDUCE_L1: sum += x < 0 && !atr__type_unsigned(type) ? 0 - u : u; break;
      case ATR__REDUCE_SUM_SQUARE: sum += u * u; break;
      default: sum += u; break;
      }
    }
    int64_t result = (int64_t)(sum ^ turn);
    if (j->kind == ATR__REDUCE_MEAN && type == ATR_U64)
      result = count ? (int64_t)(sum / (uint64_t)count) : 0;
    else if (j->kind == ATR__REDUCE_MEAN)
      result = count ? result / count : 0;
    atr__element_set_int(type, j->y, i, result);
  }
}

atr_status ATR_HOST(reduce)(const atr__call *call) {
  const atr__reduce_params *p = call->params;
  job j = { atr__reduce_view_of(p, &call->in[0].shape), p->kind, call->in[0].data, call->out[0].data, NULL };
  const atr_type type = call->in[0].type;
  if (!j.view.kept.count) return ATR_OK;
  if (type == ATR_F32)
    atr__pool_for(call->pool, j.view.kept.count,
                  atr__max_i64(1, 16384 / atr__max_i64(1, j.view.reduced.count)), reals, &j);
  else
    integers(&j, type);
  return ATR_OK;
}

/* dx = dy · (product of those before) · (product of those after), in two passes over the line. */
static void products(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__walk *line = &j->view.reduced;
  for (int64_t i = begin; i < end; i++) {
    int64_t from[ATR__WALK_OPERANDS], at[ATR__WALK_OPERANDS];
    atr__walk_row(&j->view.kept, i, i + 1, from);
    const atr_real *x = (const atr_real *)j->x + from[0];
    atr_real *dx = (atr_real *)j->y + from[0], before = j->dy[i], after = 1;
    for (int64_t k = 0; k < line->count; k++) {
      atr__walk_row(line, k, k + 1, at);
      dx[at[0]] = before;
      before *= x[at[0]];
    }
    for (int64_t k = line->count - 1; k >= 0; k--) {
      atr__walk_row(line, k, k + 1, at);
      dx[at[0]] *= after;
      after *= x[at[0]];
    }
  }
}

atr_status ATR_HOST(reduce_prod_grad)(const atr__call *call) {
  job j = { atr__reduce_view_of(call->params, &call->in[1].shape), ATR__REDUCE_PROD, call->in[1].data,
            call->out[0].data, call->in[0].data };
  if (call->out[0].count) atr__pool_for(call->pool, j.view.kept.count, 16, products, &j);
  return ATR_OK;
}

/* continuous_rnn_host.c: ContinuousRNN and its gradient on the host, a sample a thread; see continuous_rnn.c.
 * Sums over neurons ascend. */
#include "base/alloc.h"
#include "base/random.h"
#include "op/continuous_rnn.h"
#include "op/host.h"
#include "op/rate_host.h"
#include "op/sparse_host.h"

typedef struct {
  const atr__call *call;
  const atr__continuous_params *p;
  const atr_real *drive, *r, *tau;
  sparse m;       /* R where it is sparse */
  atr_real *room; /* `own` numbers a sample */
  int64_t own;
} job;

static const void *input(const atr__call *call, size_t i) {
  return i < call->n_in ? call->in[i].data : NULL;
}
static atr_real *output(const atr__call *call, size_t i) {
  return i < call->n_out ? call->out[i].data : NULL;
}

static atr_real tau_of(const job *j, int64_t k) {
  return j->tau ? j->tau[k] : 1;
}

/* The drive of neuron k at the share `at` of interval s. */
static atr_real drive_at(const job *j, int64_t n, int64_t s, atr_real at, int64_t k) {
  const atr__continuous_params *p = j->p;
  const atr_real now = j->drive[(s * p->n + n) * p->hid + k];
  if (!p->linear || s + 1 == p->t) return now;
  return now + at * (j->drive[((s + 1) * p->n + n) * p->hid + k] - now);
}

/* to += R·x, four rows side by side, so that no sum waits for itself. */
static void add_rows(const atr_real *r, const atr_real *x, int64_t hid, atr_real *to) {
  int64_t k = 0;
  for (; k + 4 <= hid; k += 4) {
    const atr_real *a = r + k * hid, *b = a + hid, *c = b + hid, *d = c + hid;
    atr_real s = to[k], t = to[k + 1], u = to[k + 2], v = to[k + 3];
    for (int64_t i = 0; i < hid; i++) s += a[i] * x[i], t += b[i] * x[i], u += c[i] * x[i], v += d[i] * x[i];
    to[k] = s, to[k + 1] = t, to[k + 2] = u, to[k + 3] = v;
  }
  for (; k < hid; k++)
    for (int64_t i = 0; i < hid; i++) to[k] += r[k * hid + i] * x[i];
}

/* to = Rᵀ·g. */
static void columns(const atr_real *r, const atr_real *g, int64_t hid, atr_real *to) {
  memset(to, 0, (size_t)hid * sizeof *to);
  for (int64_t k = 0; k < hid; k++)
    for (int64_t i = 0; i < hid; i++) to[i] += r[k * hid + i] * g[k];
}

/* net = R·φ(x) + d; rates receives φ(x). */
static void net_of(const job *j, int64_t n, int64_t s, atr_real at, const atr_real *x, atr_real *rates,
                   atr_real *net) {
  const int64_t hid = j->p->hid;
  for (int64_t k = 0; k < hid; k++) rates[k] = rate_of(j->p->rate, x[k]);
  for (int64_t k = 0; k < hid; k++) net[k] = drive_at(j, n, s, at, k);
  if (j->p->sparse)
    sparse_rows(&j->m, rates, hid, net);
  else
    add_rows(j->r, rates, hid, net);
}

/* to = dx/dt at x. */
static void slope_of(const job *j, int64_t n, int64_t s, atr_real at, const atr_real *x, atr_real *rates,
                     atr_real *to) {
  net_of(j, n, s, at, x, rates, to);
  for (int64_t k = 0; k < j->p->hid; k++) to[k] = (to[k] - (atr_real)j->p->leak * x[k]) / tau_of(j, k);
}

/* A normal number of (substep, sample, neuron): the first two words of a block, by Box and Muller. */
static atr_real normal(const atr__continuous_params *p, int64_t substep, int64_t n, int64_t k) {
  const uint32_t counter[4] = { (uint32_t)k, (uint32_t)n, (uint32_t)substep, 7 };
  uint32_t word[4];
  atr__philox(p->seed, counter, word);
  const atr_real u = ((atr_real)(word[0] >> 8) + (atr_real)0.5) / 16777216,
                 v = (atr_real)(word[1] >> 8) / 16777216;
  return ATR_MATH(sqrt)(-2 * ATR_MATH(log)(u)) * ATR_MATH(cos)((atr_real)6.283185307179586 * v);
}

/* One substep of a fixed method; k[stages][hid], z and rates are room. */
static void advance(const job *j, int64_t n, int64_t s, int64_t m, atr_real *x, atr_real *k, atr_real *z,
                    atr_real *rates) {
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid;
  const atr_real h = (atr_real)p->step / (atr_real)p->substeps;
  const atr__tableau *t = atr__tableau_of(p->method);
  if (p->method == ATR__INTEGRATOR_EXPONENTIAL_EULER) {
    net_of(j, n, s, (atr_real)m / (atr_real)p->substeps, x, rates, z);
    for (int64_t i = 0; i < hid; i++) {
      const atr_real e = ATR_MATH(exp)(-(atr_real)p->leak * h / tau_of(j, i));
      x[i] = e * x[i] + (1 - e) * z[i] / (atr_real)p->leak;
    }
  } else {
    for (int q = 0; q < t->stages; q++) {
      for (int64_t i = 0; i < hid; i++) z[i] = q ? x[i] + h * (atr_real)t->a[q] * k[(q - 1) * hid + i] : x[i];
      slope_of(j, n, s, ((atr_real)m + (atr_real)t->c[q]) / (atr_real)p->substeps, z, rates, k + q * hid);
    }
    for (int64_t i = 0; i < hid; i++) {
      atr_real sum = 0;
      for (int q = 0; q < t->stages; q++) sum += (atr_real)t->b[q] * k[q * hid + i];
      x[i] += h * sum;
    }
  }
  if (p->noise > 0)
    for (int64_t i = 0; i < hid; i++)
      x[i] += (atr_real)p->noise * ATR_MATH(sqrt)(h) * normal(p, s * p->substeps + m, n, i);
}

/* Dormand and Prince's seven stages, the weights of order 5 (the last stage's row) and the difference to
 * order 4. */
static const double dp_a[7][6] = {
  { 0 },
  { 1.0 / 5 },
  { 3.0 / 40, 9.0 / 40 },
  { 44.0 / 45, -56.0 / 15, 32.0 / 9 },
  { 19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729 },
  { 9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656 },
  { 35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84 },
};
static const double dp_c[7] = { 0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1 };
static const double dp_e[7] = { 71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                -17253.0 / 339200, 22.0 / 525, -1.0 / 40 };

/* An interval with steps as the error asks; *h is kept for the next. */
static void adapt(const job *j, int64_t n, int64_t s, atr_real *x, atr_real *k, atr_real *z, atr_real *rates,
                  atr_real *h) {
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid;
  atr_real done = 0;
  for (int64_t step = 0; done < (atr_real)p->step; step++) {
    const atr_real left = (atr_real)p->step - done;
    const int last = step >= p->max_steps || *h >= left;
    const atr_real use = last ? left : *h;
    for (int q = 0; q < 7; q++) {
      for (int64_t i = 0; i < hid; i++) {
        atr_real sum = 0;
        for (int b = 0; b < q; b++) sum += (atr_real)dp_a[q][b] * k[b * hid + i];
        z[i] = x[i] + use * sum;
      }
      slope_of(j, n, s, (done + (atr_real)dp_c[q] * use) / (atr_real)p->step, z, rates, k + q * hid);
    }
    atr_real error = 0; /* z is the result of order 5 now */
    for (int64_t i = 0; i < hid; i++) {
      atr_real e = 0;
      for (int q = 0; q < 7; q++) e += (atr_real)dp_e[q] * k[q * hid + i];
      const atr_real size = ATR_MATH(fmax)(ATR_MATH(fabs)(x[i]), ATR_MATH(fabs)(z[i]));
      e *= use / ((atr_real)p->tolerance * (1 + size));
      error += e * e;
    }
    error = ATR_MATH(sqrt)(error / (atr_real)hid);
    if (error <= 1 || step >= p->max_steps) {
      memcpy(x, z, (size_t)hid * sizeof *x);
      if (last)
        done = (atr_real)p->step;
      else
        done += use;
    }
    const atr_real factor = error > 0 ? (atr_real)0.9 * ATR_MATH(pow)(error, (atr_real)-0.2) : 5;
    const atr_real next = use * ATR_MATH(fmin)(5, ATR_MATH(fmax)((atr_real)0.2, factor));
    if (!last || error > 1 || next > *h) *h = next; /* a step cut short by the end says little of the next */
  }
}

static void forward_samples(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid;
  const size_t line = (size_t)hid * sizeof(atr_real);
  const atr_real *first = input(j->call, 3);
  atr_real *y = output(j->call, 0), *saved = output(j->call, 1);
  for (int64_t n = begin; n < end; n++) {
    atr_real *x = j->room + n * j->own, *z = x + hid, *rates = z + hid, *k = rates + hid,
             h = (atr_real)p->step;
    if (first)
      memcpy(x, first + n * hid, line);
    else
      memset(x, 0, line);
    for (int64_t s = 0; s < p->t; s++) {
      for (int64_t m = 0; m < p->substeps; m++) {
        if (saved) memcpy(saved + ((s * p->substeps + m) * p->n + n) * hid, x, line);
        if (p->method == ATR__INTEGRATOR_DORMAND_PRINCE)
          adapt(j, n, s, x, k, z, rates, &h);
        else
          advance(j, n, s, m, x, k, z, rates);
      }
      if (y) memcpy(y + (s * p->n + n) * hid, x, line);
    }
  }
}

atr_status ATR_HOST(continuous_rnn_in)(const atr__call *call, void *room) {
  const atr__continuous_params *p = call->params;
  job j = { .call = call,
            .p = p,
            .drive = input(call, 0),
            .r = input(call, 1),
            .tau = input(call, 2),
            .room = room,
            .own = atr__continuous_room(p) };
  j.m = (sparse){ .value = j.r, .start = input(call, 4), .column = input(call, 5) };
  atr__pool_for(call->pool, p->n, 1, forward_samples, &j);
  return ATR_OK;
}

/* Calls `run` with memory of `own` numbers a sample. */
static atr_status with_room(const atr__call *call, int64_t own,
                            atr_status (*run)(const atr__call *call, void *room)) {
  const atr__continuous_params *p = call->params;
  atr_real *room = atr__calloc((size_t)p->n, (size_t)own * sizeof *room);
  if (!room)
    return atr__fail(call->error, ATR_E_NOMEM, "out of memory for the states of %lld samples",
                     (long long)p->n);
  const atr_status status = run(call, room);
  atr__free(room);
  return status;
}

atr_status ATR_HOST(continuous_rnn)(const atr__call *call) {
  return with_room(call, atr__continuous_room(call->params), ATR_HOST(continuous_rnn_in));
}

/* ---- backwards ---- */

typedef struct {
  atr_real *dx, *dz, *g, *k, *z, *rates, *net; /* k, z: [stages][hid] */
  atr_real *dtau;
} backward;

/* Where evaluation q of substep m of interval s keeps its rows. */
static int64_t evaluation(const atr__continuous_params *p, int64_t n, int64_t s, int64_t m, int q) {
  return (((s * p->substeps + m) * p->stages + q) * p->n + n) * p->hid;
}

/* From g (what enters the right side's sum) at z: dz = -leak·g + φ'(z)·(Rᵀ·g) where the leak is in the slope;
 * the drive's gradient; rows for R's. */
static void through(const job *j, const backward *b, int64_t n, int64_t s, int64_t m, int q,
                    const atr_real *z, atr_real leak) {
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid, at = evaluation(p, n, s, m, q);
  const atr_real share = ((atr_real)m + (atr_real)atr__tableau_of(p->method)->c[q]) / (atr_real)p->substeps;
  const int between = p->linear && s + 1 < p->t;
  atr_real *ddrive = output(j->call, 0), *entered = output(j->call, 3), *kept = output(j->call, 4);
  if (p->sparse)
    sparse_columns(&j->m, b->g, hid, b->dz);
  else
    columns(j->r, b->g, hid, b->dz);
  for (int64_t i = 0; i < hid; i++) {
    b->dz[i] = rate_slope(p->rate, z[i]) * b->dz[i] - leak * b->g[i];
    if (ddrive) {
      ddrive[(s * p->n + n) * hid + i] += between ? (1 - share) * b->g[i] : b->g[i];
      if (between) ddrive[((s + 1) * p->n + n) * hid + i] += share * b->g[i];
    }
    if (entered) entered[at + i] = b->g[i];
    if (kept) kept[at + i] = rate_of(p->rate, z[i]);
  }
}

static void retreat(const job *j, const backward *b, int64_t n, int64_t s, int64_t m, const atr_real *x) {
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid;
  const atr_real h = (atr_real)p->step / (atr_real)p->substeps, leak = (atr_real)p->leak;
  const atr__tableau *t = atr__tableau_of(p->method);
  if (p->method == ATR__INTEGRATOR_EXPONENTIAL_EULER) {
    net_of(j, n, s, (atr_real)m / (atr_real)p->substeps, x, b->rates, b->net);
    for (int64_t i = 0; i < hid; i++) {
      const atr_real tau = tau_of(j, i), e = ATR_MATH(exp)(-leak * h / tau);
      b->g[i] = b->dx[i] * (1 - e) / leak;
      b->dtau[i] += b->dx[i] * (x[i] - b->net[i] / leak) * e * leak * h / (tau * tau);
    }
    through(j, b, n, s, m, 0, x, 0);
    for (int64_t i = 0; i < hid; i++)
      b->dx[i] = b->dx[i] * ATR_MATH(exp)(-leak * h / tau_of(j, i)) + b->dz[i];
    return;
  }
  for (int q = 0; q < t->stages; q++) { /* the stages again */
    atr_real *z = b->z + q * hid;
    for (int64_t i = 0; i < hid; i++)
      z[i] = q ? x[i] + h * (atr_real)t->a[q] * b->k[(q - 1) * hid + i] : x[i];
    slope_of(j, n, s, ((atr_real)m + (atr_real)t->c[q]) / (atr_real)p->substeps, z, b->rates, b->k + q * hid);
  }
  /* dk(q) = h·(b(q)·dx' + a(q+1)·dz(q+1)); dx = dx' + Σ dz(q). `net` adds up the dz. */
  memset(b->net, 0, (size_t)hid * sizeof *b->net);
  for (int q = t->stages - 1; q >= 0; q--) {
    for (int64_t i = 0; i < hid; i++) {
      atr_real dk = (atr_real)t->b[q] * b->dx[i];
      if (q + 1 < t->stages) dk += (atr_real)t->a[q + 1] * b->dz[i];
      b->g[i] = h * dk / tau_of(j, i);
      b->dtau[i] -= b->g[i] * b->k[q * hid + i];
    }
    through(j, b, n, s, m, q, b->z + q * hid, leak);
    for (int64_t i = 0; i < hid; i++) b->net[i] += b->dz[i];
  }
  for (int64_t i = 0; i < hid; i++) b->dx[i] += b->net[i];
}

static void grad_samples(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__continuous_params *p = j->p;
  const int64_t hid = p->hid;
  const atr_real *saved = input(j->call, 1), *dy = input(j->call, 3);
  for (int64_t n = begin; n < end; n++) {
    backward b = { .dx = j->room + n * j->own };
    b.dz = b.dx + hid, b.g = b.dz + hid, b.rates = b.g + hid, b.net = b.rates + hid, b.dtau = b.net + hid;
    b.k = b.dtau + hid, b.z = b.k + p->stages * hid;
    atr_real *ddrive = output(j->call, 0), *dfirst = output(j->call, 1), *dtau = output(j->call, 2);
    for (int64_t s = 0; ddrive && s < p->t; s++)
      memset(ddrive + (s * p->n + n) * hid, 0, (size_t)hid * sizeof *ddrive);
    for (int64_t s = p->t - 1; s >= 0; s--) {
      for (int64_t i = 0; i < hid; i++) b.dx[i] += dy[(s * p->n + n) * hid + i];
      for (int64_t m = p->substeps - 1; m >= 0; m--)
        retreat(j, &b, n, s, m, saved + ((s * p->substeps + m) * p->n + n) * hid);
    }
    if (dfirst) memcpy(dfirst + n * hid, b.dx, (size_t)hid * sizeof *dfirst);
    if (dtau) memcpy(dtau + n * hid, b.dtau, (size_t)hid * sizeof *dtau);
  }
}

static int64_t grad_room(const atr__continuous_params *p) {
  return (6 + 2 * p->stages) * p->hid;
}

static atr_status grad_in(const atr__call *call, void *room) {
  const atr__continuous_params *p = call->params;
  job j = { .call = call,
            .p = p,
            .drive = input(call, 2),
            .r = input(call, 0),
            .tau = input(call, 4),
            .room = room,
            .own = grad_room(p) };
  j.m = (sparse){ .value = j.r,
                  .start = input(call, 5),
                  .column = input(call, 6),
                  .back = input(call, 7),
                  .row = input(call, 8),
                  .entry = input(call, 9) };
  atr__pool_for(call->pool, p->n, 1, grad_samples, &j);
  return ATR_OK;
}

atr_status ATR_HOST(continuous_rnn_grad)(const atr__call *call) {
  return with_room(call, grad_room(call->params), grad_in);
}

/* stream.c: pushing steps through a program's stages; see <atrous/stream.h>. */
#include "config.h"

#include <atrous/stream.h>

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cpu.h"
#include "stream/program.h"
#include "stream/resident.h"

static const char MAGIC[8] = "ATRSTRM1";
enum { HEADER_BYTES = 24, SETTLE_MOST = 1 << 16 };
static const unsigned IDLE_US = 10000, IDLE_MOST = 100000;

struct atr_stream {
  atr__stream_program *program;
  char *arena; /* the state first */
  atr__view *views;
  atr__resident *resident; /* NULL: the host computes */
  unsigned idle_us;
  atr_error error;
};

static int64_t *clock_of(const atr_stream *s) {
  return (int64_t *)(void *)s->arena;
}

/* ---- columns ---- */

/* Copies n columns: from [outer][columns_from][inner] at column `at` to [outer][columns_to][inner] at
 * `to_at`. */
static void copy_columns(const atr__column *c, const char *from, int64_t columns_from, int64_t at, char *to,
                         int64_t columns_to, int64_t to_at, int64_t n) {
  const size_t inner = (size_t)c->inner * c->width;
  for (int64_t o = 0; o < c->outer; o++)
    memcpy(to + (size_t)(o * columns_to + to_at) * inner, from + (size_t)(o * columns_from + at) * inner,
           (size_t)n * inner);
}

static void zero_columns(const atr__column *c, char *to, int64_t columns, int64_t n) {
  const size_t inner = (size_t)c->inner * c->width;
  for (int64_t o = 0; o < c->outer; o++) memset(to + (size_t)(o * columns) * inner, 0, (size_t)n * inner);
}

/* How many of the first columns of a block that begins at step t come before what begins at `offset`. */
static int64_t missing(int64_t t, int64_t offset, int64_t n) {
  const int64_t before = offset - t;
  return before < 0 ? 0 : before < n ? before : n;
}

/* Columns [0, n) of the block that begins at step t into the ring; those that are not there are zeros. */
static void keep(atr_stream *s, const atr__stage *stage, int64_t t, int64_t n) {
  const atr__column *c = &stage->in;
  const size_t width = (size_t)(c->outer * c->inner) * c->width, inner = (size_t)c->inner * c->width;
  const int64_t absent = missing(t, stage->offset, n), mask = stage->ring.rows - 1;
  char *ring = s->arena + stage->ring.at;
  const char *from = s->arena + c->at;
  for (int64_t i = 0; i < n; i++) {
    char *to = ring + (size_t)((t + i) & mask) * width;
    if (i < absent)
      memset(to, 0, width);
    else if (n == 1)
      memcpy(to, from, width);
    else if (c->inner == 1 && c->width == sizeof(float)) {
      const float *x = (const float *)(const void *)from + i;
      for (int64_t o = 0; o < c->outer; o++) ((float *)(void *)to)[o] = x[o * n];
    } else
      for (int64_t o = 0; o < c->outer; o++)
        memcpy(to + (size_t)o * inner, from + (size_t)(o * n + i) * inner, inner);
  }
}

/* Columns that are `steps` old, n of them, from the ring to [outer][columns][inner]. */
static void recall(const atr_stream *s, const atr__stage *stage, int64_t t, int64_t steps, int64_t n,
                   char *to, int64_t columns) {
  const atr__column *c = &stage->in;
  const size_t width = (size_t)(c->outer * c->inner) * c->width, inner = (size_t)c->inner * c->width;
  const int64_t mask = stage->ring.rows - 1;
  for (int64_t i = 0; i < n; i++) {
    const char *from = s->arena + stage->ring.at + (size_t)((t + i - steps) & mask) * width;
    for (int64_t o = 0; o < c->outer; o++)
      memcpy(to + (size_t)(o * columns + i) * inner, from + (size_t)o * inner, inner);
  }
}

/* ---- stages ---- */

static atr_status call_host(atr_stream *s, size_t index) {
  const atr__stage_call *c = &s->program->calls[index];
  const atr__view *views = s->views + c->first_view;
  const atr__call call = { c->params,       c->n_in, c->n_out,  views,
                           views + c->n_in, NULL,    &s->error, s->program->math == ATR_MATH_FAST };
  return c->op->host_f32(&call);
}

static void recur(atr_stream *s, const atr__stage *stage, int64_t t, int64_t n) {
  const atr__recurrent_step *r = &stage->recurrent;
  const int64_t hid = r->p.hid, wide = r->wide, lines = stage->lines, layout = r->p.layout;
  const float *x = (const float *)(const void *)(s->arena + stage->in.at);
  float *y = (float *)(void *)(s->arena + stage->out.at);
  float *h = (float *)(void *)(s->arena + stage->state), *c = h + lines * wide;
  float *scratch = (float *)(void *)(s->arena + stage->scratch);
  for (int64_t i = missing(t, stage->offset, n); i < n; i++)
    for (int64_t line = 0; line < lines; line++) {
      const int64_t row = layout ? line * n + i : i * lines + line;
      atr__recurrent_step_run(r, x + row * r->p.i, h + line * wide, c + line * wide, scratch);
      memcpy(y + row * hid, h + line * wide, (size_t)hid * sizeof *y);
    }
}

/* One step after the other, each from the state that the last one gave. */
static atr_status carry(atr_stream *s, const atr__stage *stage, int64_t t, int64_t n) {
  const atr__stage_call *c = &s->program->calls[stage->first_call];
  atr__view *views = s->views + c->first_view;
  const size_t in = (size_t)(stage->in.outer * stage->in.inner) * sizeof(float),
               out = (size_t)(stage->out.outer * stage->out.inner) * sizeof(float);
  const atr__call call = { c->params,       c->n_in, c->n_out,  views,
                           views + c->n_in, NULL,    &s->error, s->program->math == ATR_MATH_FAST };
  for (int64_t i = missing(t, stage->offset, n); i < n; i++) {
    views[0].data = s->arena + stage->in.at + (size_t)i * in;
    views[c->n_in].data = s->arena + stage->out.at + (size_t)i * out;
    const atr_status status = stage->carried->run(&call, s->arena + stage->scratch);
    if (status) return status;
    if (!stage->carried->after) memcpy(s->arena + stage->state, views[c->n_in].data, out);
  }
  return ATR_OK;
}

static void convolve(atr_stream *s, const atr__stage *stage, int64_t t, int64_t n) {
  const float *ring = (const float *)(const void *)(s->arena + stage->ring.at);
  const float *residual = stage->residual ? (const float *)(const void *)(s->arena + stage->residual) : NULL;
  float *y = (float *)(void *)(s->arena + stage->out.at);
  int64_t mask = stage->ring.rows - 1;
  if (n == 1 && stage->conv.row && t - stage->offset >= stage->history) {
    stage->conv.row(&stage->conv, (const float *)(const void *)(s->arena + stage->in.at),
                    (float *)(void *)(s->arena + stage->ring.at), mask, t, residual, y);
    return;
  }
  if (n == 1 && !stage->history) { /* the one row lies there as it is */
    ring = (const float *)(const void *)(s->arena + stage->in.at);
    mask = 0;
  } else
    keep(s, stage, t, n);
  atr__conv_step_run(&stage->conv, ring, mask, t, t - stage->offset, n, residual, y, n);
}

static atr_status run_stage(atr_stream *s, const atr__stage *stage, size_t size, int64_t t, int64_t n) {
  const atr__column *in = &stage->in, *out = &stage->out;
  char *arena = s->arena;
  int64_t absent;
  switch (stage->kind) {
  case ATR__STAGE_CALL: return call_host(s, stage->first_call + size);
  case ATR__STAGE_DELAY:
    keep(s, stage, t, n);
    recall(s, stage, t, stage->history, n, arena + out->at, n);
    return ATR_OK;
  case ATR__STAGE_MASK:
    absent = missing(t, stage->offset, n);
    zero_columns(in, arena + out->at, n, absent);
    copy_columns(in, arena + in->at, n, absent, arena + out->at, n, absent, n - absent);
    return ATR_OK;
  case ATR__STAGE_CONV: convolve(s, stage, t, n); return ATR_OK;
  case ATR__STAGE_WINDOW:
    keep(s, stage, t, n);
    recall(s, stage, t, stage->history, stage->history + n, arena + stage->scratch, stage->history + n);
    return call_host(s, stage->first_call + size);
  case ATR__STAGE_RECURRENT: recur(s, stage, t, n); return ATR_OK;
  case ATR__STAGE_CARRIED: return carry(s, stage, t, n);
  }
  return ATR_OK;
}

/* A block of 1 << size steps; in NULL: before the beginning. */
static atr_status run_block(atr_stream *s, size_t size, const float *in, float *out) {
  const atr__stream_program *p = s->program;
  const int64_t n = (int64_t)1 << size, t = *clock_of(s);
  const int64_t in_width = p->in.outer * p->in.inner, out_width = p->out.outer * p->out.inner;
  float *x = (float *)(void *)(s->arena + p->in.at);
  if (in && n == 1)
    memcpy(x, in, (size_t)in_width * sizeof *x);
  else
    for (int64_t i = 0; in && i < n; i++)
      for (int64_t o = 0; o < p->in.outer; o++)
        for (int64_t k = 0; k < p->in.inner; k++)
          x[(o * n + i) * p->in.inner + k] = in[i * in_width + o * p->in.inner + k];
  for (size_t k = 0; k < p->n_stages; k++) {
    const atr_status status = run_stage(s, &p->stages[k], size, t, n);
    if (status)
      return atr__fail_in(&s->error, status, "node \"%s\"", p->model->nodes[p->stages[k].node].name);
  }
  *clock_of(s) = t + n;
  if (!out) return ATR_OK;
  const float *y = (const float *)(const void *)(s->arena + p->out.at);
  const int64_t absent = missing(t, p->out_offset, n);
  if (n == 1 && !absent) {
    memcpy(out, y, (size_t)out_width * sizeof *out);
    return ATR_OK;
  }
  memset(out, 0, (size_t)(absent * out_width) * sizeof *out);
  for (int64_t i = absent; i < n; i++)
    for (int64_t o = 0; o < p->out.outer; o++)
      for (int64_t k = 0; k < p->out.inner; k++)
        out[i * out_width + o * p->out.inner + k] = y[(o * n + i) * p->out.inner + k];
  return ATR_OK;
}

/* in NULL: steps before the beginning, whose input counts nowhere. */
static atr_status run_steps(atr_stream *s, const float *in, float *out, size_t steps) {
  const atr__stream_program *p = s->program;
  const size_t in_width = (size_t)(p->in.outer * p->in.inner),
               out_width = (size_t)(p->out.outer * p->out.inner);
  const int flush = p->math == ATR_MATH_FAST;
  const unsigned before = flush ? atr__flush_denormals() : 0;
  atr_status status = ATR_OK;
  size_t size = p->n_sizes - 1;
  while (steps && !status) {
    while (((size_t)1 << size) > steps) size--;
    status = run_block(s, size, in, out);
    if (in) in += in_width << size;
    if (out) out += out_width << size;
    steps -= (size_t)1 << size;
  }
  if (flush) atr__restore_denormals(before);
  return status;
}

/* ---- streams ---- */

static atr_status open_stream(atr__stream_program *program, atr_error *error, atr_stream **stream) {
  atr_stream *s = atr__calloc(1, sizeof *s);
  *stream = NULL;
  if (!s) return atr__nomem(error, sizeof *s);
  atomic_fetch_add(&program->references, 1);
  s->program = program;
  s->arena = atr__calloc_aligned(program->arena_bytes);
  s->views = atr__calloc(program->n_views, sizeof *s->views);
  if (!s->arena || !s->views) {
    atr_stream_destroy(s);
    return atr__nomem(error, program->arena_bytes);
  }
  for (size_t i = 0; i < program->n_views; i++) {
    const atr__place *place = &program->places[i];
    s->views[i] = program->views[i];
    s->views[i].data = place->changes ? s->arena + place->at : (void *)(uintptr_t)place->constant;
  }
  memcpy(s->arena, program->initial, program->state_bytes);
  *stream = s;
  return ATR_OK;
}

/* Brings the initial state to step 0: what lies before the beginning is worked out once. */
static atr_status prime(atr_stream *s, atr_error *error) {
  atr__stream_program *p = s->program;
  const atr_status status = run_steps(s, NULL, NULL, (size_t)-p->begin);
  if (status) return atr__fail(error, status, "%s", s->error.text);
  memcpy(p->initial, s->arena, p->state_bytes);
  return ATR_OK;
}

static int states_rest(const atr_stream *s, const float *before) {
  int rest = 1;
  for (size_t k = 0; k < s->program->n_stages; k++) {
    const atr__stage *stage = &s->program->stages[k];
    const size_t n = stage->state_floats, at = stage->state / sizeof(float);
    const float *now = (const float *)(const void *)s->arena;
    for (size_t i = 0; i < n; i++)
      rest = rest && fabsf(now[at + i] - before[at + i]) <= 1e-6f * (1 + fabsf(now[at + i]));
  }
  return rest;
}

/* The state after zeros: as many as convolutions look back, then until recurrent states rest. */
static atr_status settle(atr_stream *s, atr_error *error) {
  atr__stream_program *p = s->program;
  const size_t in_width = (size_t)(p->in.outer * p->in.inner), block = p->max_block;
  size_t reach = 0, done = 0;
  for (size_t k = 0; k < p->n_stages; k++) reach += (size_t)p->stages[k].history;
  float *zeros = atr__calloc(block * in_width, sizeof *zeros);
  p->settled = atr__calloc_aligned(p->state_bytes);
  atr_status status = ATR_OK;
  if (!zeros || !p->settled) status = atr__nomem(error, p->state_bytes);
  for (int rest = 0; !status && !rest && done < reach + SETTLE_MOST; done += block) {
    memcpy(p->settled, s->arena, p->state_bytes);
    status = run_steps(s, zeros, NULL, block);
    if (status) atr__fail(error, status, "%s", s->error.text);
    rest = done >= reach && states_rest(s, (const float *)(const void *)p->settled);
  }
  if (!status) {
    memcpy(p->settled, s->arena, p->state_bytes);
    memcpy(s->arena, p->initial, p->state_bytes);
  }
  atr__free(zeros);
  return status;
}

static atr_status open_resident(atr_stream *s, atr_error *error) {
  return atr__resident_open(s->program, s->arena, s->idle_us, error, &s->resident);
}

/* What the arena's state was changed to is told to the device. */
static atr_status changed(atr_stream *s) {
  return s->resident ? atr__resident_store(s->resident, s->arena, &s->error) : ATR_OK;
}

static atr_status check_options(const atr_stream_options *given, atr_stream_options *options,
                                atr_error *error) {
  const atr_stream_options init = ATR_STREAM_OPTIONS_INIT;
  *options = init;
  if (given) {
    if (given->size < sizeof given->size || given->size > sizeof *options)
      return atr__fail(error, ATR_E_PARAM, "stream options of %zu bytes, this library has %zu", given->size,
                       sizeof *options);
    memcpy(options, given, given->size);
  }
  if (options->math != ATR_MATH_FAST && options->math != ATR_MATH_EXACT)
    return atr__fail(error, ATR_E_UNSUPPORTED, "streams compute ATR_MATH_FAST or ATR_MATH_EXACT, not %d",
                     (int)options->math);
  if (options->max_block < 1 || options->max_block > 65536)
    return atr__fail(error, ATR_E_PARAM, "max_block is %zu, must be 1 to 65536", options->max_block);
  if (options->idle_us > IDLE_MOST)
    return atr__fail(error, ATR_E_PARAM, "idle_us is %u, must be 0 to %u", options->idle_us, IDLE_MOST);
  return ATR_OK;
}

atr_status atr_stream_create(const atr_model *model, const atr_stream_options *given, atr_error *error,
                             atr_stream **stream) {
  atr_stream_options options;
  atr_model *copy = NULL;
  atr__stream_program *program = NULL;
  *stream = NULL;
  atr_status status = check_options(given, &options, error);
  if (!status) status = atr_model_check(model, error);
  if (!status) status = atr__model_copy(model, error, &copy);
  if (!status && options.params) status = atr_params_store(options.params, copy, error);
  if (status) {
    atr_model_destroy(copy);
    return status;
  }
  status = atr__stream_program_create(copy, &options, error, &program);
  if (!status) status = open_stream(program, error, stream);
  if (!status) status = prime(*stream, error);
  if (!status && options.settle) status = settle(*stream, error);
  if (!status && options.resident) {
    (*stream)->idle_us = options.idle_us ? options.idle_us : IDLE_US;
    status = atr__resident_code_create(program, options.resident, error, &program->resident);
    if (!status) status = open_resident(*stream, error);
  }
  if (status) {
    atr_stream_destroy(*stream);
    *stream = NULL;
  }
  atr__stream_program_release(program);
  return status;
}

atr_status atr_stream_clone(const atr_stream *stream, atr_error *error, atr_stream **clone) {
  atr_status status = open_stream(stream->program, error, clone);
  if (!status && stream->resident) status = atr__resident_load(stream->resident, stream->arena, error);
  if (!status) memcpy((*clone)->arena, stream->arena, stream->program->state_bytes);
  if (!status && stream->resident) {
    (*clone)->idle_us = stream->idle_us;
    status = open_resident(*clone, error);
  }
  if (status) {
    atr_stream_destroy(*clone);
    *clone = NULL;
  }
  return status;
}

atr_status atr_stream_push(atr_stream *stream, const float *in, float *out, size_t steps) {
  if (stream->resident) return atr__resident_push(stream->resident, in, out, steps, &stream->error);
  return run_steps(stream, in, out, steps);
}

atr_status atr_stream_reset(atr_stream *stream, int settled) {
  const atr__stream_program *p = stream->program;
  if (settled && !p->settled)
    return atr__fail(&stream->error, ATR_E_PARAM, "the settled state was not asked for (options.settle)");
  memcpy(stream->arena, settled ? p->settled : p->initial, p->state_bytes);
  return changed(stream);
}

atr_stream_info atr_stream_get_info(const atr_stream *stream) {
  const atr__stream_program *p = stream->program;
  return (atr_stream_info){ (size_t)(p->in.outer * p->in.inner), (size_t)(p->out.outer * p->out.inner),
                            p->out_offset, HEADER_BYTES + p->state_bytes, p->max_block };
}

atr_status atr_stream_get_state(const atr_stream *stream, void *bytes, size_t room, size_t *size) {
  const atr__stream_program *p = stream->program;
  const uint64_t facts[2] = { p->fingerprint, p->state_bytes };
  *size = HEADER_BYTES + p->state_bytes;
  if (room < *size) return ATR_E_PARAM;
  if (stream->resident) {
    atr_error error = ATR_ERROR_INIT;
    const atr_status status = atr__resident_load(stream->resident, stream->arena, &error);
    if (status) return status;
  }
  memcpy(bytes, MAGIC, sizeof MAGIC);
  memcpy((char *)bytes + sizeof MAGIC, facts, sizeof facts);
  memcpy((char *)bytes + HEADER_BYTES, stream->arena, p->state_bytes);
  return ATR_OK;
}

atr_status atr_stream_set_state(atr_stream *stream, const void *bytes, size_t size) {
  const atr__stream_program *p = stream->program;
  uint64_t facts[2];
  int64_t clock;
  if (size < HEADER_BYTES || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
    return atr__fail(&stream->error, ATR_E_FORMAT, "these %zu bytes are no state of a stream", size);
  memcpy(facts, (const char *)bytes + sizeof MAGIC, sizeof facts);
  if (facts[0] != p->fingerprint || facts[1] != p->state_bytes)
    return atr__fail(&stream->error, ATR_E_SHAPE, "the state is of another model or another max_block");
  if (size != HEADER_BYTES + p->state_bytes)
    return atr__fail(&stream->error, ATR_E_FORMAT, "the state has %zu bytes, must have %zu", size,
                     HEADER_BYTES + p->state_bytes);
  memcpy(&clock, (const char *)bytes + HEADER_BYTES, sizeof clock);
  if (clock < 0 || clock > INT64_MAX / 2)
    return atr__fail(&stream->error, ATR_E_FORMAT, "the state is at step %lld", (long long)clock);
  memcpy(stream->arena, (const char *)bytes + HEADER_BYTES, p->state_bytes);
  return changed(stream);
}

const char *atr_stream_error(const atr_stream *stream) {
  return stream->error.text;
}

void atr_stream_destroy(atr_stream *stream) {
  if (!stream) return;
  atr__resident_close(stream->resident);
  atr__stream_program_release(stream->program);
  atr__free_aligned(stream->arena);
  atr__free(stream->views);
  atr__free(stream);
}

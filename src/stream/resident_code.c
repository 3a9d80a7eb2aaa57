/* resident_code.c: see resident_code.h. Words are those of kernels/stream.cl. */
#include "config.h"

#include "stream/resident_code.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "op/binary.h"
#include "op/unary.h"
#include "tensor/shape.h"

enum {
  LINE = 16,
  HEADER = 16,
  RECORD = 16,
  BOX_IN = 18,
  BOX_ANSWER = 3,
  COST_FLOATS = 2048,
  COST_MOST = 1 << 14
};
enum { CONV, DELAY, MASK, UNARY, BINARY, MOVE, RECURRENT };
enum { RELU, SIGMOID, TANH, LEAKY_RELU };  /* functions */
static const int64_t EXACT_MOST = 1 << 24; /* up to which floats number elements one by one */

static const char KERNEL[] = "stream_fwd_f32_resident";

typedef struct {
  const atr__stream_program *p;
  atr_error *error;
  int32_t *words; /* the argument block; records come first, lists of places behind them */
  size_t n_words, room_words, n_records;
  float *weights, *constants;
  size_t n_weights, room_weights, n_constants, room_constants;
} build;

static atr_status refuse(const build *b, const atr__stage *stage, const char *why) {
  const atr__node *node = &b->p->model->nodes[stage->node];
  return atr__fail(b->error, ATR_E_UNSUPPORTED,
                   "node \"%s\" (%s) %s; without `resident` the stream runs on the host", node->name,
                   node->op->name, why);
}

/* n zeros at the end of a list of floats, from a whole line on; *at is where. */
static atr_status add_floats(build *b, float **list, size_t *used, size_t *room, size_t n, size_t *at) {
  const size_t whole = (n + LINE - 1) / LINE * LINE;
  if (atr__grow(list, room, *used + whole, sizeof **list)) return atr__nomem(b->error, n * sizeof **list);
  memset(*list + *used, 0, whole * sizeof **list);
  *at = *used;
  *used += whole;
  return ATR_OK;
}

static atr_status add_constants(build *b, size_t n, size_t *place) {
  size_t at;
  const atr_status status = add_floats(b, &b->constants, &b->n_constants, &b->room_constants, n, &at);
  if (!status) *place = b->p->arena_bytes + at * sizeof(float);
  return status;
}

/* A place in the arena: it is no larger than 4 GiB. */
static int32_t place_of(size_t at) {
  return (int32_t)(at / 64);
}

static int32_t numbers_of(const atr__column *c) {
  return (int32_t)(c->outer * c->inner);
}

/* Zeros but for what every record has. */
static atr_status add_record(build *b, int kind, size_t x, size_t y, int64_t n, int32_t **record) {
  const size_t at = HEADER + b->n_records * RECORD;
  *record = b->words + at; /* there is room for one a stage */
  b->n_records++;
  const int32_t first[4] = { kind, place_of(x), place_of(y), (int32_t)n };
  memcpy(*record, first, sizeof first);
  return ATR_OK;
}

static atr_status add_conv(build *b, const atr__stage *stage, int lanes) {
  const atr__conv_step *s = &stage->conv;
  const int64_t wide = (s->oc + lanes - 1) / lanes * lanes, bias = (wide + LINE - 1) / LINE * LINE;
  const int exact = b->p->math == ATR_MATH_EXACT;
  int32_t *r;
  size_t at;
  atr_status status =
      add_floats(b, &b->weights, &b->n_weights, &b->room_weights, (size_t)(bias + s->k * s->c * wide), &at);
  if (!status) status = add_record(b, CONV, stage->in.at, stage->out.at, s->c, &r);
  if (status) return status;
  float *w = b->weights + at;
  memcpy(w, s->b, (size_t)s->oc * sizeof *w);
  for (int64_t i = 0; i < s->c; i++)
    for (int64_t f = 0; f < s->k; f++)
      memcpy(w + bias + (exact ? i * s->k + f : f * s->c + i) * wide, s->w + (i * s->k + f) * s->wide,
             (size_t)s->oc * sizeof *w);
  r[4] = (int32_t)s->oc;
  r[5] = (int32_t)s->k;
  r[6] = (int32_t)s->d;
  r[7] = place_of(stage->ring.at);
  r[8] = (int32_t)(stage->ring.rows - 1);
  r[9] = (int32_t)(at / LINE);
  r[10] = place_of(stage->residual);
  r[11] = s->relu;
  r[12] = (int32_t)stage->offset;
  r[13] = (int32_t)wide;
  return ATR_OK;
}

static atr_status add_delay(build *b, const atr__stage *stage) {
  int32_t *r;
  const atr_status status = add_record(b, DELAY, stage->in.at, stage->out.at, numbers_of(&stage->in), &r);
  if (status) return status;
  r[4] = (int32_t)stage->history;
  r[7] = place_of(stage->ring.at);
  r[8] = (int32_t)(stage->ring.rows - 1);
  r[12] = (int32_t)stage->offset;
  return ATR_OK;
}

static atr_status add_mask(build *b, const atr__stage *stage) {
  int32_t *r;
  const atr_status status = add_record(b, MASK, stage->in.at, stage->out.at, numbers_of(&stage->in), &r);
  if (!status) r[12] = (int32_t)stage->offset;
  return status;
}

static atr_status add_recurrent(build *b, const atr__stage *stage) {
  const atr__recurrent_step *s = &stage->recurrent;
  const int64_t gates = s->gates_wide, w = s->p.i * gates, r = s->p.hid * gates;
  const int used = s->cell == ATR__CELL_LSTM ? 3 : s->cell == ATR__CELL_GRU ? 2 : 1;
  int32_t functions = 0, *record;
  size_t at;
  if (s->look || s->p.input_forget || s->p.clip < FLT_MAX)
    return refuse(b, stage,
                  "has peepholes, gates in common or a clip, which the resident kernel does not do");
  for (int k = 0; k < used; k++) {
    const atr__recurrent_kind kind = s->p.f[0][k].kind;
    if (kind != ATR__RECURRENT_RELU && kind != ATR__RECURRENT_SIGMOID && kind != ATR__RECURRENT_TANH)
      return refuse(b, stage, "has other functions than Relu, Sigmoid and Tanh");
    functions |= (kind == ATR__RECURRENT_RELU      ? RELU
                  : kind == ATR__RECURRENT_SIGMOID ? SIGMOID
                                                   : TANH)
                 << 8 * k;
  }
  atr_status status =
      add_floats(b, &b->weights, &b->n_weights, &b->room_weights, (size_t)(gates + w + r + s->wide), &at);
  if (!status) status = add_record(b, RECURRENT, stage->in.at, stage->out.at, s->p.i, &record);
  if (status) return status;
  float *to = b->weights + at;
  memcpy(to, s->b, (size_t)gates * sizeof *to);
  memcpy(to + gates, s->w, (size_t)w * sizeof *to);
  memcpy(to + gates + w, s->r, (size_t)r * sizeof *to);
  memcpy(to + gates + w + r, s->met, (size_t)s->wide * sizeof *to);
  record[4] = (int32_t)s->p.hid;
  record[5] = (int32_t)stage->lines;
  record[6] = s->cell == ATR__CELL_LSTM ? 1 : s->cell == ATR__CELL_GRU ? 2 : 0;
  record[7] = place_of(stage->state);
  record[8] = place_of(stage->scratch);
  record[9] = (int32_t)(at / LINE);
  record[12] = (int32_t)stage->offset;
  record[13] = (int32_t)s->wide;
  record[14] = s->p.linear_before_reset;
  record[15] = functions;
  return ATR_OK;
}

/* ---- calls of operators, on one step ---- */

typedef struct {
  const atr__stage_call *call;
  const atr__view *view; /* inputs, then outputs */
  const atr__place *place;
} step;

static step step_of(const build *b, const atr__stage *stage) {
  const atr__stage_call *c = &b->p->calls[stage->first_call];
  return (step){ c, b->p->views + c->first_view, b->p->places + c->first_view };
}

static atr_status add_unary(build *b, const atr__stage *stage, const atr__unary_params *p) {
  static const struct {
    atr__unary_kind kind;
    int function;
  } list[] = { { ATR__UNARY_RELU, RELU },
               { ATR__UNARY_SIGMOID, SIGMOID },
               { ATR__UNARY_TANH, TANH },
               { ATR__UNARY_LEAKY_RELU, LEAKY_RELU } };
  const step s = step_of(b, stage);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    if (list[i].kind != p->kind) continue;
    const float number = (float)p->a;
    int32_t *r;
    const atr_status status = add_record(b, UNARY, s.place[0].at, s.place[1].at, s.view[1].count, &r);
    if (status) return status;
    r[4] = list[i].function;
    memcpy(&r[5], &number, sizeof number);
    return ATR_OK;
  }
  return refuse(b, stage, "is a function that the resident kernel does not have");
}

/* A constant operand as large as the result: its product with ones. */
static atr_status widen(build *b, const atr__stage *stage, size_t operand, size_t *place) {
  const step s = step_of(b, stage);
  const atr__view *out = &s.view[2];
  atr__view in[2] = { s.view[0], s.view[1] }, result = *out;
  const atr__binary_params times = { .kind = ATR__BINARY_MUL };
  float *ones = atr__calloc((size_t)out->count, sizeof *ones), *wide = NULL;
  atr_status status = ones ? add_constants(b, (size_t)out->count, place)
                           : atr__nomem(b->error, (size_t)out->count * sizeof *ones);
  if (!status) {
    wide = b->constants + (*place - b->p->arena_bytes) / sizeof *wide;
    for (int64_t i = 0; i < out->count; i++) ones[i] = 1;
    in[operand].data = (void *)(uintptr_t)s.place[operand].constant;
    in[1 - operand].data = ones;
    result.data = wide;
    const atr__call call = { &times, 2, 1, in, &result, NULL, b->error, 0 };
    status = s.call->op->host_f32(&call);
  }
  atr__free(ones);
  return status;
}

static atr_status add_binary(build *b, const atr__stage *stage, const atr__binary_params *p) {
  const step s = step_of(b, stage);
  size_t at[2];
  int32_t *r;
  if (p->kind > ATR__BINARY_DIV || s.call->n_in != 2 || s.view[2].type != ATR_F32)
    return refuse(b, stage, "is an operation that the resident kernel does not have");
  for (size_t i = 0; i < 2; i++) {
    at[i] = s.place[i].at;
    if (s.place[i].changes && s.view[i].count != s.view[2].count)
      return refuse(b, stage, "repeats an operand along an axis, which the resident kernel does not");
    if (s.place[i].changes) continue;
    const atr_status status = widen(b, stage, i, &at[i]);
    if (status) return status;
  }
  const atr_status status = add_record(b, BINARY, at[0], s.place[2].at, s.view[2].count, &r);
  if (status) return status;
  r[4] = (int32_t)p->kind;
  r[5] = place_of(at[1]);
  return ATR_OK;
}

/* Which operators only move numbers; their inputs from the second on are numbers too where `all`. */
static int moves(const atr__op *op, int *all) {
  static const char *const list[] = { "Concat", "Expand", "Flatten", "Identity",  "Reshape",
                                      "Slice",  "Split",  "Squeeze", "Transpose", "Unsqueeze" };
  *all = !strcmp(op->name, "Concat");
  for (size_t i = 0; !op->domain[0] && i < sizeof list / sizeof *list; i++)
    if (!strcmp(op->name, list[i])) return 1;
  return 0;
}

/* One output, of whose elements `number` says the place among those of all inputs, which `from` has. */
static atr_status add_move(build *b, const float *number, const int32_t *from, int64_t n, size_t y) {
  int run = 1;
  int32_t *r;
  for (int64_t i = 1; i < n; i++) run = run && from[(int64_t)number[i]] == from[(int64_t)number[0]] + i;
  const size_t list = b->n_words;
  if (!run) {
    if (atr__grow(&b->words, &b->room_words, list + (size_t)n, sizeof *b->words))
      return atr__nomem(b->error, (size_t)n * sizeof *b->words);
    for (int64_t i = 0; i < n; i++) b->words[list + (size_t)i] = from[(int64_t)number[i]];
    b->n_words += (size_t)n;
  }
  const atr_status status = add_record(b, MOVE, 0, y, n, &r);
  if (status) return status;
  r[4] = run ? 0 : (int32_t)list;
  r[5] = n ? from[(int64_t)number[0]] : 0;
  return ATR_OK;
}

/* The operator itself says what goes where: it is given numbers that are their own places. */
static atr_status add_moves(build *b, const atr__stage *stage, int all) {
  const step s = step_of(b, stage);
  const size_t n_in = s.call->n_in, n_out = s.call->n_out, n_data = all ? n_in : 1;
  int64_t count = 0, most = 0, at = 0;
  for (size_t i = 0; i < n_data; i++) count += s.view[i].count;
  for (size_t i = 0; i < n_out; i++) most += s.view[n_in + i].count;
  if (s.view[0].type != ATR_F32 || count > EXACT_MOST)
    return refuse(b, stage, "moves what the resident kernel does not: other types than float32, or too much");
  atr__view *view = atr__memdup(s.view, (n_in + n_out) * sizeof *view);
  float *number = atr__calloc((size_t)(count + most), sizeof *number);
  int32_t *from = atr__calloc((size_t)count, sizeof *from);
  atr_status status =
      view && number && from ? ATR_OK : atr__nomem(b->error, (size_t)(count + most) * sizeof *number);
  for (size_t i = 0; !status && i < n_in; i++) {
    if (i >= n_data) {
      view[i].data = (void *)(uintptr_t)s.place[i].constant;
      continue;
    }
    size_t place = s.place[i].at;
    view[i].data = number + at;
    if (!s.place[i].changes) {
      status = add_constants(b, (size_t)view[i].count, &place);
      if (!status)
        memcpy(b->constants + (place - b->p->arena_bytes) / sizeof *number, s.place[i].constant,
               (size_t)view[i].count * sizeof *number);
    }
    for (int64_t k = 0; k < view[i].count; k++, at++) {
      number[at] = (float)at;
      from[at] = (int32_t)((int64_t)(place / sizeof *number) + k);
    }
  }
  for (size_t i = 0; !status && i < n_out; at += view[n_in + i++].count)
    view[n_in + i].data = s.place[n_in + i].changes ? number + at : NULL;
  if (!status) {
    const atr__call call = { s.call->params, n_in, n_out, view, view + n_in, NULL, b->error, 0 };
    status = s.call->op->host_f32(&call);
  }
  for (size_t i = 0; !status && i < n_out; i++)
    if (view[n_in + i].data)
      status = add_move(b, view[n_in + i].data, from, view[n_in + i].count, s.place[n_in + i].at);
  atr__free(view);
  atr__free(number);
  atr__free(from);
  return status;
}

static atr_status add_call(build *b, const atr__stage *stage) {
  const atr__stage_call *c = &b->p->calls[stage->first_call];
  int all;
  if (c->op->host_f32 == atr__unary_host_f32) return add_unary(b, stage, c->params);
  if (c->op->host_f32 == atr__binary_host_f32) return add_binary(b, stage, c->params);
  if (moves(c->op, &all)) return add_moves(b, stage, all);
  return refuse(b, stage, "is no operator that the resident kernel does");
}

static atr_status add_stage(build *b, const atr__stage *stage, int lanes) {
  if (stage->offset < INT32_MIN || stage->offset > INT32_MAX)
    return refuse(b, stage, "begins at a step too far away for the resident kernel");
  switch (stage->kind) {
  case ATR__STAGE_CONV: return add_conv(b, stage, lanes);
  case ATR__STAGE_DELAY: return add_delay(b, stage);
  case ATR__STAGE_MASK: return add_mask(b, stage);
  case ATR__STAGE_CALL: return add_call(b, stage);
  case ATR__STAGE_RECURRENT: return add_recurrent(b, stage);
  case ATR__STAGE_WINDOW:
    return refuse(b, stage,
                  "is a convolution with groups, of several samples or of two dimensions, which "
                  "the resident kernel does not do");
  default: return refuse(b, stage, "is no layer that the resident kernel does");
  }
}

/* ---- the whole ---- */

static size_t records_most(const atr__stream_program *p) {
  size_t n = 0;
  for (size_t k = 0; k < p->n_stages; k++)
    n += p->stages[k].kind == ATR__STAGE_CALL ? p->calls[p->stages[k].first_call].n_out : 1;
  return n;
}

static atr_status add_all(build *b, struct atr__resident_code *code, int lanes) {
  const atr__stream_program *p = b->p;
  b->n_words = HEADER + records_most(p) * RECORD;
  if (atr__grow(&b->words, &b->room_words, b->n_words, sizeof *b->words))
    return atr__nomem(b->error, b->n_words * sizeof *b->words);
  memset(b->words, 0, b->n_words * sizeof *b->words);
  for (size_t k = 0; k < p->n_stages; k++) {
    const atr_status status = add_stage(b, &p->stages[k], lanes);
    if (status) return status;
  }
  const size_t in = (size_t)numbers_of(&p->in), out = (size_t)numbers_of(&p->out),
               answer = (BOX_IN + p->max_block * in + LINE - 1) / LINE * LINE;
  const uint64_t cost = 1 + b->n_weights / COST_FLOATS;
  code->in_word = BOX_IN;
  code->answer_word = answer;
  code->out_word = answer + BOX_ANSWER;
  code->box_bytes = (code->out_word + p->max_block * out) * sizeof *b->words;
  if (p->arena_bytes / 64 + b->n_constants / LINE > INT32_MAX || b->n_words > INT32_MAX ||
      b->n_weights / LINE > INT32_MAX || code->box_bytes / sizeof *b->words > INT32_MAX)
    return atr__fail(b->error, ATR_E_LIMIT, "the stream is too large for a resident kernel");
  const int32_t header[] = { (int32_t)b->n_records,
                             p->math == ATR_MATH_FAST,
                             (int32_t)in,
                             (int32_t)out,
                             place_of(p->in.at),
                             place_of(p->out.at),
                             (int32_t)atr__min_i64(p->out_offset, INT32_MAX),
                             (int32_t)code->in_word,
                             (int32_t)code->out_word,
                             (int32_t)(cost < COST_MOST ? cost : COST_MOST) };
  memcpy(b->words, header, sizeof header);
  return ATR_OK;
}

static atr_status upload(atr_context *context, const void *data, uint64_t bytes, uint64_t before,
                         atr_error *error, atr__buffer **buffer) {
  atr_status status = atr__context_alloc(context, before + bytes, error, buffer);
  if (status) return status;
  atr__mutex_lock(context->lock);
  status = context->backend->write(context->queue, *buffer, before, data, bytes, error);
  atr__mutex_unlock(context->lock);
  return status;
}

atr_status atr__resident_code_create(const atr__stream_program *program, atr_context *context,
                                     atr_error *error, struct atr__resident_code **result) {
  atr_status status = ATR_OK;
  build b = { .p = program, .error = error };
  *result = NULL;
  if (!context->backend->stay)
    return atr__fail(error, ATR_E_UNSUPPORTED,
                     "a resident stream needs an OpenCL device; this context is on %s", context->info.id);
  struct atr__resident_code *code = atr__calloc(1, sizeof *code);
  if (!code) return atr__nomem(error, sizeof *code);
  atr__context_retain(context);
  code->context = context;
  const int floats = context->device.vector_floats, lanes = floats >= 16 ? 16 : floats >= 8 ? 8 : 4;
  char suffix[16], defines[32];
  snprintf(suffix, sizeof suffix, "_%d%s", lanes, program->math == ATR_MATH_EXACT ? "_exact" : "");
  snprintf(defines, sizeof defines, "VL=%d EXACT=%d", lanes, program->math == ATR_MATH_EXACT);
  const atr__instance instance = { "stream.cl", suffix, defines, KERNEL };
  ATR__CHECK(add_all(&b, code, lanes));
  ATR__CHECK(context->backend->program_get(context, &instance, 1, error, &code->kernels));
  snprintf(code->kernel, sizeof code->kernel, "%s%s", KERNEL, suffix);
  code->words_bytes = (LINE + b.n_words) * sizeof *b.words; /* behind the line of a run's status */
  code->weights_bytes = b.n_weights * sizeof *b.weights;
  ATR__CHECK(
      upload(context, b.words, b.n_words * sizeof *b.words, LINE * sizeof *b.words, error, &code->words));
  ATR__CHECK(upload(context, b.weights, code->weights_bytes, 0, error, &code->weights));
  code->constants = b.constants;
  code->constants_bytes = b.n_constants * sizeof *b.constants;
  b.constants = NULL;
  *result = code;
fail:
  if (status) atr__resident_code_destroy(code);
  atr__free(b.words);
  atr__free(b.weights);
  atr__free(b.constants);
  return status;
}

void atr__resident_code_destroy(struct atr__resident_code *code) {
  if (!code) return;
  if (code->kernels) code->context->backend->program_release(code->kernels);
  atr__context_free(code->context, code->words, code->words_bytes);
  atr__context_free(code->context, code->weights, code->weights_bytes);
  atr__free(code->constants);
  atr__context_release(code->context);
  atr__free(code);
}

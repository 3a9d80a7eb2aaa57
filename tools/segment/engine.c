/* engine.c: pictures through a network; see engine.h. */
#include "segment/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "segment/net.h"

static size_t round_up(size_t n) {
  return (n + NET_MULTIPLE - 1) / NET_MULTIPLE * NET_MULTIPLE;
}

static void plan_close(struct engine_plan *p) {
  atr_run_destroy(p->run);
  atr_plan_destroy(p->plan);
  memset(p, 0, sizeof *p);
}

void engine_close(struct engine *e) {
  for (int i = 0; i < ENGINE_PLANS; i++) plan_close(&e->plan[i]);
}

static bool wrong(struct fault *fault, const char *what) {
  fault_set(fault, FAULT_UNSUPPORTED, "the model %s", what);
  return fault_remedy(fault, "its input must be [n][1 or 3][h][w] with h and w free, its output "
                             "[n][classes][h][w]");
}

bool engine_open(struct engine *e, struct report *report, atr_context *context, const atr_model *model,
                 atr_params *params, const struct pixels *pixels, int64_t tile, int classes,
                 struct fault *fault) {
  memset(e, 0, sizeof *e);
  const atr_port in = atr_model_input(model, 0);
  if (!in.name || atr_model_input(model, 1).name) return wrong(fault, "has not one input");
  if (in.type != ATR_F32 || in.shape.rank != 4 || (in.shape.dim[1] != 1 && in.shape.dim[1] != 3))
    return wrong(fault, "has no image as input");
  if (in.shape.dim[2] > 0 || in.shape.dim[3] > 0) return wrong(fault, "takes images of one size only");
  for (size_t i = 0;; i++) {
    const atr_port out = atr_model_output(model, i);
    if (!out.name) break;
    if (out.type != ATR_F32 || out.shape.rank != 4) continue;
    if (!e->output || !strcmp(out.name, "probability")) e->output = out.name;
  }
  if (!e->output) return wrong(fault, "has no output with a number for each class and pixel");
  e->report = report;
  e->context = context;
  e->model = model;
  e->params = params;
  e->pixels = *pixels;
  e->classes = classes;
  e->channels = (int)in.shape.dim[1];
  e->tile = (size_t)tile;
  e->input = in.name;
  int64_t field = 0;
  for (int axis = 2; axis < 4; axis++) {
    const int64_t f = atr_model_receptive_field(model, axis);
    if (f > field) field = f;
  }
  e->overlap = (int64_t)round_up((size_t)(field / 2));
  return true;
}

static bool check_output(const struct engine *e, const atr_plan *plan, size_t h, size_t w,
                         struct fault *fault) {
  for (size_t i = 0;; i++) {
    const atr_port out = atr_plan_output(plan, i);
    if (!out.name) return wrong(fault, "has lost its output");
    if (strcmp(out.name, e->output) != 0) continue;
    if (out.shape.dim[2] != (int64_t)h || out.shape.dim[3] != (int64_t)w)
      return wrong(fault, "gives another size than it takes");
    if (out.shape.dim[1] != e->classes)
      return fault_set(fault, FAULT_DATA, "the model has %lld classes, but %d are named",
                       (long long)out.shape.dim[1], e->classes);
    return true;
  }
}

/* The plan for this size: one kept, or a new one in the place of that used longest ago. */
static struct engine_plan *plan_for(struct engine *e, size_t h, size_t w, struct fault *fault) {
  struct engine_plan *oldest = &e->plan[0];
  for (int i = 0; i < ENGINE_PLANS; i++) {
    struct engine_plan *p = &e->plan[i];
    if (p->plan && p->height == h && p->width == w) {
      p->used = ++e->uses;
      return p;
    }
    if (p->used < oldest->used) oldest = p;
  }
  plan_close(oldest);
  const atr_shape shape = { 4, { 1, e->channels, (int64_t)h, (int64_t)w } };
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  options.math = (atr_math)e->report->options->math;
  options.params = e->params;
  const double started = report_now();
  if (atr_plan_create(e->model, e->context, &shape, 1, &options, &error, &oldest->plan) ||
      atr_run_create(oldest->plan, &error, &oldest->run)) {
    if (error.status == ATR_E_CANCELLED && signals_pending())
      fault_set(fault, FAULT_INTERRUPTED, "interrupted");
    else
      fault_from_error(fault, &error);
    plan_close(oldest);
    return NULL;
  }
  session_plan(e->report, oldest->plan, started);
  if (!check_output(e, oldest->plan, h, w, fault)) {
    plan_close(oldest);
    return NULL;
  }
  oldest->height = h;
  oldest->width = w;
  oldest->used = ++e->uses;
  return oldest;
}

static bool compute(struct engine *e, const struct engine_plan *p, const float *x, float *y,
                    struct fault *fault) {
  const size_t area = p->height * p->width;
  atr_status status = atr_run_write(p->run, e->input, x, (size_t)e->channels * area * sizeof *x);
  if (!status) status = atr_run_execute(p->run);
  if (!status) status = atr_run_read(p->run, e->output, y, (size_t)e->classes * area * sizeof *y);
  if (!status) return true;
  if (status == ATR_E_CANCELLED && signals_pending())
    return fault_set(fault, FAULT_INTERRUPTED, "interrupted");
  return fault_set(fault, FAULT_DEVICE, "%s", atr_run_error(p->run));
}

/* Cutting one axis: tiles of `tile`, of which core k (step · k …) is used, begin as far before it as the
 * overlap and the picture's ends allow. All begin at multiples of NET_MULTIPLE, so that pooling meets the
 * same pixels together as in the whole picture. */
struct axis {
  size_t length, padded, tile, step, count, out;
};

static struct axis axis_of(size_t length, size_t out, size_t tile, int64_t overlap, bool cut) {
  struct axis a = { length, round_up(length), 0, 0, 1, out };
  a.tile = !cut || a.padded <= tile ? a.padded : tile;
  a.step = a.tile;
  if (a.tile < a.padded) {
    size_t margin = round_up(tile / 4);
    if ((size_t)overlap < margin) margin = (size_t)overlap;
    a.step = tile > 2 * margin ? tile - 2 * margin : NET_MULTIPLE;
    a.count = (length + a.step - 1) / a.step;
  }
  return a;
}

static size_t axis_begin(const struct axis *a, size_t k) {
  if (a->tile >= a->padded) return 0;
  const size_t margin = (a->tile - a->step) / 2, core = k * a->step;
  const size_t begin =
      core > margin / NET_MULTIPLE * NET_MULTIPLE ? core - margin / NET_MULTIPLE * NET_MULTIPLE : 0;
  return begin + a->tile > a->padded ? a->padded - a->tile : begin;
}

/* Where output pixel i lies among the network's pixels: between floor and floor + 1. */
static double axis_at(const struct axis *a, size_t i) {
  const double at = ((double)i + 0.5) * (double)a->length / (double)a->out - 0.5;
  return at < 0 ? 0 : at > (double)(a->length - 1) ? (double)(a->length - 1) : at;
}

/* The first output pixel that belongs to core k or a later one. */
static size_t axis_first(const struct axis *a, size_t k) {
  size_t low = 0, high = a->out;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (axis_at(a, middle) < (double)(k * a->step))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct spot {
  size_t at, next;
  float share;
};

static struct spot spot_of(const struct axis *a, size_t begin, size_t i) {
  const double at = axis_at(a, i);
  const size_t whole = (size_t)at, last = begin + a->tile < a->length ? begin + a->tile : a->length;
  struct spot s = { whole - begin, whole + 1 < last ? whole + 1 - begin : whole - begin,
                    (float)(at - (double)whole) };
  return s;
}

/* Writes the output pixels that belong to core (ky, kx) from the tile's probabilities. */
static void take(const struct engine *e, const struct axis *v, const struct axis *h, size_t ky, size_t kx,
                 const float *y, struct segmentation *r) {
  const size_t top = axis_begin(v, ky), left = axis_begin(h, kx), area = v->tile * h->tile;
  const size_t y1 = axis_first(v, ky + 1), x0 = axis_first(h, kx), x1 = axis_first(h, kx + 1);
  const bool same = v->length == v->out && h->length == h->out;
  for (size_t row = axis_first(v, ky); row < y1; row++) {
    const struct spot a = spot_of(v, top, row);
    for (size_t col = x0; col < x1; col++) {
      const struct spot b = spot_of(h, left, col);
      int best = 0;
      float most = -INFINITY;
      for (int c = 0; c < e->classes; c++) {
        const float *p = y + (size_t)c * area, *up = p + a.at * h->tile, *down = p + a.next * h->tile;
        float value = up[b.at];
        if (!same) {
          const float high = up[b.at] + b.share * (up[b.next] - up[b.at]);
          const float low = down[b.at] + b.share * (down[b.next] - down[b.at]);
          value = high + a.share * (low - high);
        }
        if (value > most) most = value, best = c;
        if (r->probability) {
          const float kept = value < 0 ? 0 : value > 1 ? 1 : value;
          r->probability[((size_t)c * r->height + row) * r->width + col] = (uint8_t)lrintf(255 * kept);
        }
      }
      r->label[row * r->width + col] = (uint8_t)best;
      r->score[row * r->width + col] = (uint8_t)lrintf(255 * (most < 0 ? 0 : most > 1 ? 1 : most));
    }
  }
}

void segmentation_destroy(struct segmentation *r) {
  free(r->label);
  free(r->score);
  free(r->probability);
  memset(r, 0, sizeof *r);
}

static bool room(struct segmentation *r, size_t classes, bool probability, struct fault *fault) {
  const size_t area = r->width * r->height;
  r->label = malloc(area);
  r->score = malloc(area);
  if (probability) r->probability = malloc(classes * area);
  if (!r->label || !r->score || (probability && !r->probability)) return fault_nomem(fault, classes * area);
  return true;
}

bool engine_run(struct engine *e, const struct picture *picture, size_t width, size_t height,
                bool probability, struct segmentation *r, struct fault *fault) {
  const size_t large = (size_t)TILE_LARGEST * TILE_LARGEST;
  const bool cut = e->tile || picture->width * picture->height > large;
  const size_t tile = e->tile ? round_up(e->tile) : 3 * TILE_LARGEST / 4;
  const struct axis v = axis_of(picture->height, height, tile, e->overlap, cut);
  const struct axis h = axis_of(picture->width, width, tile, e->overlap, cut);
  const size_t area = v.tile * h.tile;
  *r = (struct segmentation){ .width = width, .height = height, .tiles = (int)(v.count * h.count) };
  float *x = malloc((size_t)e->channels * area * sizeof *x),
        *y = malloc((size_t)e->classes * area * sizeof *y);
  bool ok = (x && y) || fault_nomem(fault, (size_t)e->classes * area * sizeof *y);
  ok = ok && room(r, (size_t)e->classes, probability, fault);
  struct engine_plan *plan = ok ? plan_for(e, v.tile, h.tile, fault) : NULL;
  ok = plan != NULL;
  for (size_t ky = 0; ok && ky < v.count; ky++)
    for (size_t kx = 0; ok && kx < h.count; kx++) {
      picture_window(picture, &e->pixels, (int64_t)axis_begin(&h, kx), (int64_t)axis_begin(&v, ky), v.tile,
                     h.tile, e->channels, x);
      ok = compute(e, plan, x, y, fault);
      if (ok) take(e, &v, &h, ky, kx, y, r);
    }
  free(x);
  free(y);
  if (!ok) segmentation_destroy(r);
  return ok;
}

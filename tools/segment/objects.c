/* objects.c: connected objects and their agreement; see objects.h. */
#include "segment/objects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void objects_destroy(struct objects *o) {
  free(o->item);
  free(o->id);
  memset(o, 0, sizeof *o);
}

struct search {
  const uint8_t *label, *score;
  size_t width, height;
  struct objects *objects;
  uint32_t *stack; /* each pixel is pushed once */
};

/* Takes everything that hangs together with pixel `first`. */
static void flood(const struct search *s, size_t first, struct object *o, uint32_t id) {
  const size_t w = s->width;
  size_t depth = 0;
  double score = 0;
  *o = (struct object){ s->label[first], 0, w, s->height, 0, 0, 0, 0, 0 };
  s->stack[depth++] = (uint32_t)first;
  s->objects->id[first] = id;
  while (depth) {
    const size_t at = s->stack[--depth], x = at % w, y = at / w;
    if (x < o->left) o->left = x;
    if (x > o->right) o->right = x;
    if (y < o->top) o->top = y;
    if (y > o->bottom) o->bottom = y;
    o->area++;
    o->x += (double)x;
    o->y += (double)y;
    if (s->score) score += s->score[at] / 255.0;
    for (size_t ny = y ? y - 1 : 0; ny <= y + 1 && ny < s->height; ny++)
      for (size_t nx = x ? x - 1 : 0; nx <= x + 1 && nx < w; nx++) {
        const size_t next = ny * w + nx;
        if (s->objects->id[next] || s->label[next] != o->class) continue;
        s->objects->id[next] = id;
        s->stack[depth++] = (uint32_t)next;
      }
  }
  o->x /= (double)o->area;
  o->y /= (double)o->area;
  o->score = score / (double)o->area;
}

bool objects_find(const uint8_t *label, const uint8_t *score, size_t width, size_t height, struct objects *o,
                  struct fault *fault) {
  const size_t pixels = width * height;
  size_t room = 0;
  memset(o, 0, sizeof *o);
  o->id = calloc(pixels, sizeof *o->id);
  const struct search s = { label, score, width, height, o, malloc(pixels * sizeof *s.stack) };
  bool ok = (o->id && s.stack) || fault_nomem(fault, pixels * sizeof *o->id);
  for (size_t i = 0; ok && i < pixels; i++) {
    if (label[i] == 0 || label[i] == CLASS_IGNORED || o->id[i]) continue;
    if (o->count == room) {
      room = room ? 2 * room : 64;
      struct object *larger = realloc(o->item, room * sizeof *larger);
      if (!larger) {
        ok = fault_nomem(fault, room * sizeof *larger);
        break;
      }
      o->item = larger;
    }
    flood(&s, i, &o->item[o->count], (uint32_t)(o->count + 1));
    o->count++;
  }
  free(s.stack);
  if (!ok) objects_destroy(o);
  return ok;
}

static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void match(struct agreement *a, const struct object *t, const struct object *p, size_t common) {
  const double iou = (double)common / (double)(t->area + p->area - common);
  if (t->class != p->class || !(iou > 0.5)) return;
  a->of[t->class].iou += iou;
  for (int k = 0; k < AGREEMENT_LEVELS; k++)
    if (iou > 0.5 + 0.05 * k) a->of[t->class].matched[k]++;
}

bool agreement_add(struct agreement *a, const struct objects *truth, const struct objects *predicted,
                   size_t pixels, struct fault *fault) {
  uint64_t *both = malloc(pixels * sizeof *both);
  size_t n = 0;
  if (!both) return fault_nomem(fault, pixels * sizeof *both);
  for (size_t i = 0; i < truth->count; i++) a->of[truth->item[i].class].truth++;
  for (size_t i = 0; i < predicted->count; i++) a->of[predicted->item[i].class].predicted++;
  for (size_t i = 0; i < pixels; i++)
    if (truth->id[i] && predicted->id[i]) both[n++] = (uint64_t)truth->id[i] << 32 | predicted->id[i];
  qsort(both, n, sizeof *both, by_value);
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && both[end] == both[i]; end++) continue;
    match(a, &truth->item[(both[i] >> 32) - 1], &predicted->item[(uint32_t)both[i] - 1], end - i);
  }
  free(both);
  return true;
}

double agreement_ap(const struct agreement *a) {
  double all = 0, sum = 0;
  for (int k = 0; k < AGREEMENT_LEVELS; k++) {
    double matched = 0;
    all = 0;
    for (int c = 0; c < CLASSES_MOST; c++) {
      matched += (double)a->of[c].matched[k];
      all += (double)(a->of[c].truth + a->of[c].predicted - a->of[c].matched[k]);
    }
    if (all > 0) sum += matched / all;
  }
  return all > 0 ? sum / AGREEMENT_LEVELS : NAN;
}

double agreement_pq(const struct agreement *a, double *sq, double *rq) {
  double n = 0, pq = 0;
  *sq = *rq = 0;
  for (int c = 0; c < CLASSES_MOST; c++) {
    const double objects = (double)(a->of[c].truth + a->of[c].predicted), tp = (double)a->of[c].matched[0];
    if (objects == 0) continue;
    const double s = tp > 0 ? a->of[c].iou / tp : 0, r = 2 * tp / objects;
    n++;
    *sq += s;
    *rq += r;
    pq += s * r;
  }
  if (n == 0) return *sq = *rq = NAN;
  *sq /= n;
  *rq /= n;
  return pq / n;
}

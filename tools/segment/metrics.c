/* metrics.c: agreement of class maps; see metrics.h. */
#include "segment/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void confusion_add(struct confusion *c, const uint8_t *truth, const uint8_t *predicted, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (truth[i] != CLASS_IGNORED) c->n[truth[i]][predicted[i]]++;
}

struct sums {
  double tp, truth, predicted;
};

static struct sums sums_of(const struct confusion *c, int class) {
  struct sums s = { (double)c->n[class][class], 0, 0 };
  for (int i = 0; i < c->classes; i++) {
    s.truth += (double)c->n[class][i];
    s.predicted += (double)c->n[i][class];
  }
  return s;
}

static double share(double part, double whole) {
  return whole > 0 ? part / whole : NAN;
}

double confusion_iou(const struct confusion *c, int class) {
  const struct sums s = sums_of(c, class);
  return share(s.tp, s.truth + s.predicted - s.tp);
}

double confusion_dice(const struct confusion *c, int class) {
  const struct sums s = sums_of(c, class);
  return share(2 * s.tp, s.truth + s.predicted);
}

double confusion_precision(const struct confusion *c, int class) {
  const struct sums s = sums_of(c, class);
  return share(s.tp, s.predicted);
}

double confusion_recall(const struct confusion *c, int class) {
  const struct sums s = sums_of(c, class);
  return share(s.tp, s.truth);
}

double confusion_accuracy(const struct confusion *c) {
  double right = 0, all = 0;
  for (int i = 0; i < c->classes; i++) {
    const struct sums s = sums_of(c, i);
    right += s.tp;
    all += s.truth;
  }
  return share(right, all);
}

static double mean(const struct confusion *c, double (*of)(const struct confusion *, int)) {
  double sum = 0, n = 0;
  for (int i = 0; i < c->classes; i++)
    if (sums_of(c, i).truth > 0) sum += of(c, i), n++;
  return share(sum, n);
}

double confusion_mean_iou(const struct confusion *c) {
  return mean(c, confusion_iou);
}

double confusion_mean_dice(const struct confusion *c) {
  return mean(c, confusion_dice);
}

/* Whether pixel (x, y) is of the class and a neighbour (of four) is not. */
static bool edge(const uint8_t *m, size_t width, size_t height, size_t x, size_t y, int class) {
  const size_t at = y * width + x;
  if (m[at] != class) return false;
  return (x > 0 && m[at - 1] != class) || (x + 1 < width && m[at + 1] != class) ||
         (y > 0 && m[at - width] != class) || (y + 1 < height && m[at + width] != class);
}

static void edges(const uint8_t *m, size_t width, size_t height, int class, uint8_t *out) {
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) out[y * width + x] = edge(m, width, height, x, y, class);
}

/* How many edge pixels of `from` have one of `to` within the radius. */
static double near(const uint8_t *from, const uint8_t *to, size_t width, size_t height, double radius,
                   double *all) {
  const int64_t reach = (int64_t)radius;
  double hits = 0;
  *all = 0;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      if (!from[y * width + x]) continue;
      bool hit = false;
      for (int64_t dy = -reach; dy <= reach && !hit; dy++)
        for (int64_t dx = -reach; dx <= reach && !hit; dx++) {
          const int64_t at_x = (int64_t)x + dx, at_y = (int64_t)y + dy;
          hit = at_x >= 0 && at_y >= 0 && at_x < (int64_t)width && at_y < (int64_t)height &&
                (double)(dx * dx + dy * dy) <= radius * radius && to[at_y * (int64_t)width + at_x];
        }
      hits += hit;
      ++*all;
    }
  return hits;
}

double metrics_boundary_f(const uint8_t *truth, const uint8_t *predicted, size_t width, size_t height,
                          int classes) {
  double radius = 0.0075 * hypot((double)width, (double)height), sum = 0, n = 0;
  if (radius < 1.5) radius = 1.5;
  uint8_t *seen = malloc(3 * width * height);
  if (!seen) return NAN;
  uint8_t *t = seen + width * height, *p = t + width * height;
  for (size_t i = 0; i < width * height; i++) /* what is ignored is taken as right */
    seen[i] = truth[i] == CLASS_IGNORED ? truth[i] : predicted[i];
  for (int class = 0; class < classes; class ++) {
    double all_t, all_p;
    if (!memchr(truth, class, width * height)) continue;
    edges(truth, width, height, class, t);
    edges(seen, width, height, class, p);
    const double hit_p = near(p, t, width, height, radius, &all_p);
    const double hit_t = near(t, p, width, height, radius, &all_t);
    if (all_t == 0 && all_p == 0) continue; /* the class fills the image in both */
    const double precision = all_p > 0 ? hit_p / all_p : 0, recall = all_t > 0 ? hit_t / all_t : 0;
    sum += precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    n++;
  }
  free(seen);
  return share(sum, n);
}

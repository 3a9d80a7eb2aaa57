/* baseline.c: segmentations without a network; see baseline.h. */
#include "segment/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 4096, GREYS = 256 };

bool baseline_create(struct baseline *b, int classes, struct fault *fault) {
  memset(b, 0, sizeof *b);
  b->classes = classes;
  if (classes != 2) return true;
  b->otsu = calloc(1, sizeof *b->otsu);
  if (!b->otsu) return fault_nomem(fault, sizeof *b->otsu);
  b->otsu->classes = 2;
  return true;
}

void baseline_destroy(struct baseline *b) {
  for (size_t i = 0; i < b->images; i++) free(b->cell[i]);
  free(b->cell);
  free(b->otsu);
  memset(b, 0, sizeof *b);
}

/* The threshold with the largest variance between the two groups; grey above it is the bright group. */
static int otsu_threshold(int64_t count[GREYS][2]) {
  double all = 0, sum = 0, below = 0, sum_below = 0, most = -1;
  int best = 0;
  for (int g = 0; g < GREYS; g++) {
    all += (double)(count[g][0] + count[g][1]);
    sum += g * (double)(count[g][0] + count[g][1]);
  }
  for (int g = 0; g + 1 < GREYS; g++) {
    below += (double)(count[g][0] + count[g][1]);
    sum_below += g * (double)(count[g][0] + count[g][1]);
    if (below == 0 || below == all) continue;
    const double apart = sum_below / below - (sum - sum_below) / (all - below);
    const double between = below * (all - below) * apart * apart;
    if (between > most) most = between, best = g;
  }
  return best;
}

static void add_otsu(struct baseline *b, const uint8_t *truth, size_t pixels, const struct picture *p) {
  int64_t count[GREYS][2] = { { 0 } }, bright = 0, all = 0;
  for (size_t i = 0; i < pixels; i++) {
    const double grey = 0.299 * p->plane[i] + 0.587 * p->plane[i + pixels] + 0.114 * p->plane[i + 2 * pixels];
    const int level = (int)(grey / 257);
    if (truth[i] < 2) count[level > 255 ? 255 : level][truth[i]]++;
  }
  const int threshold = otsu_threshold(count);
  for (int g = 0; g < GREYS; g++) {
    all += count[g][0] + count[g][1];
    if (g > threshold) bright += count[g][0] + count[g][1];
  }
  for (int g = 0; g < GREYS; g++)
    for (int t = 0; t < 2; t++) b->otsu->n[t][(g > threshold) == (2 * bright <= all)] += count[g][t];
}

bool baseline_add(struct baseline *b, const uint8_t *truth, size_t pixels, const struct picture *p,
                  struct fault *fault) {
  if (b->images == b->room) {
    const size_t room = b->room ? 2 * b->room : 16;
    uint32_t **larger = realloc(b->cell, room * sizeof *larger);
    if (!larger) return fault_nomem(fault, room * sizeof *larger);
    b->cell = larger;
    b->room = room;
  }
  for (size_t i = 0; i < pixels; i++)
    if (truth[i] != CLASS_IGNORED) b->pixels[truth[i]]++;
  b->cell[b->images++] = NULL;
  if (!p) return true;
  b->seen = true;
  const size_t classes = (size_t)b->classes;
  uint32_t *cell = calloc(CELLS * classes, sizeof *cell);
  if (!cell) return fault_nomem(fault, CELLS * classes * sizeof *cell);
  b->cell[b->images - 1] = cell;
  for (size_t i = 0; i < pixels; i++) {
    const size_t at = (size_t)(p->plane[i] >> 12) << 8 | (size_t)(p->plane[i + pixels] >> 12) << 4 |
                      p->plane[i + 2 * pixels] >> 12;
    if (truth[i] != CLASS_IGNORED) cell[at * classes + truth[i]]++;
  }
  if (b->otsu) add_otsu(b, truth, pixels, p);
  return true;
}

static int most_frequent(const int64_t *count, int classes) {
  int best = 0;
  for (int c = 1; c < classes; c++)
    if (count[c] > count[best]) best = c;
  return best;
}

/* Each class is predicted nowhere but the most frequent everywhere: one class has an IoU, the others 0. */
double baseline_majority(const struct baseline *b) {
  double all = 0, present = 0;
  for (int c = 0; c < b->classes; c++) {
    all += (double)b->pixels[c];
    present += b->pixels[c] > 0;
  }
  return all > 0 ? (double)b->pixels[most_frequent(b->pixels, b->classes)] / all / present : NAN;
}

double baseline_otsu(const struct baseline *b) {
  return b->otsu && b->seen ? confusion_mean_iou(b->otsu) : NAN;
}

double baseline_histogram(const struct baseline *b) {
  const size_t classes = (size_t)b->classes;
  double result = NAN;
  if (!b->seen || b->images < 2) return NAN;
  struct confusion *c = calloc(1, sizeof *c);
  int64_t *all = calloc(CELLS * classes, sizeof *all), others[CLASSES_MOST];
  for (size_t i = 0; all && i < b->images; i++)
    for (size_t j = 0; b->cell[i] && j < CELLS * classes; j++) all[j] += b->cell[i][j];
  for (size_t i = 0; c && all && i < b->images; i++)
    for (size_t j = 0; b->cell[i] && j < CELLS; j++) {
      int64_t known = 0;
      for (size_t k = 0; k < classes; k++) {
        others[k] = all[j * classes + k] - b->cell[i][j * classes + k];
        known += others[k];
      }
      /* A colour that no other image has: the most frequent class of all. */
      const int predicted = most_frequent(known ? others : b->pixels, b->classes);
      for (size_t k = 0; k < classes; k++) c->n[k][predicted] += b->cell[i][j * classes + k];
    }
  if (c && all) {
    c->classes = b->classes;
    result = confusion_mean_iou(c);
  }
  free(c);
  free(all);
  return result;
}

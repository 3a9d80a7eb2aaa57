/* palette.c: colours of classes, declared in image.h. Chosen greedily from a grid of 7 × 7 × 7 colours in
 * whole numbers; the distance weights red and blue by the amount of red, which is near to how eyes see
 * ("redmean"). */
#include "common/image.h"

enum { LEVELS = 7, GRID = LEVELS * LEVELS * LEVELS, STRONG = 24 };

static int64_t distance(const int *a, const int *b) {
  int64_t red = (a[0] + b[0]) / 2, r = a[0] - b[0], g = a[1] - b[1], bl = a[2] - b[2];
  return ((512 + red) * r * r >> 8) + 4 * g * g + ((767 - red) * bl * bl >> 8);
}

/* Bright and saturated enough to be told from a photograph under it. */
static bool strong(const int *c) {
  int high = c[0], low = c[0];
  for (int k = 1; k < 3; k++) {
    if (c[k] > high) high = c[k];
    if (c[k] < low) low = c[k];
  }
  return high >= 170 && high - low >= 120;
}

void class_palette(uint8_t palette[256][3]) {
  int colour[GRID][3];
  int64_t nearest[GRID];
  for (int i = 0; i < GRID; i++) {
    int at[3] = { i / (LEVELS * LEVELS), i / LEVELS % LEVELS, i % LEVELS };
    for (int k = 0; k < 3; k++) colour[i][k] = at[k] * 255 / (LEVELS - 1);
    nearest[i] = INT64_MAX;
  }
  int chosen = 0; /* black */
  for (int n = 0; n < 256; n++) {
    for (int k = 0; k < 3; k++) palette[n][k] = (uint8_t)colour[chosen][k];
    int64_t most = -1;
    int next = 0;
    for (int i = 0; i < GRID; i++) {
      int64_t d = distance(colour[i], colour[chosen]);
      if (d < nearest[i]) nearest[i] = d;
      if (n + 1 < STRONG && !strong(colour[i])) continue;
      if (nearest[i] > most) most = nearest[i], next = i;
    }
    chosen = next;
  }
}

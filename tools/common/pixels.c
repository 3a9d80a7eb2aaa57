/* pixels.c: pictures and the network's numbers; see pixels.h. */
#include "common/pixels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

static bool bad(struct fault *fault, const char *part) {
  fault_set(fault, FAULT_PARAM, "\"%.80s\" is no part of how pixels become numbers", part);
  return fault_remedy(fault,
                      "write layout=nchw|nhwc,scale=1/255,mean=A:B:C,std=A:B:C,resize=stretch|fit|crop");
}

/* "x" or "x/y" */
static bool ratio(const char *text, double *value) {
  char copy[64], *slash;
  double below = 1;
  snprintf(copy, sizeof copy, "%s", text);
  slash = strchr(copy, '/');
  if (slash) *slash = 0;
  if (!number_parse(copy, '.', value) || (slash && !number_parse(slash + 1, '.', &below)) || below == 0)
    return false;
  *value /= below;
  return true;
}

/* One number for all channels, or three separated by colons. */
static bool triple(const char *text, double value[3]) {
  char copy[128];
  int n = 0;
  snprintf(copy, sizeof copy, "%s", text);
  for (char *at = copy, *next; at && n < 3; at = next) {
    next = strchr(at, ':');
    if (next) *next++ = 0;
    if (!number_parse(at, '.', &value[n++])) return false;
    if (n == 3 && next) return false;
  }
  if (n == 1) value[1] = value[2] = value[0];
  return n == 1 || n == 3;
}

static bool part(struct pixels *p, char *text) {
  char *value = strchr(text, '=');
  if (!value) return false;
  *value++ = 0;
  if (!strcmp(text, "layout")) {
    p->nhwc = !strcmp(value, "nhwc");
    return p->nhwc || !strcmp(value, "nchw");
  }
  if (!strcmp(text, "resize")) {
    p->resize = !strcmp(value, "fit") ? PIXELS_FIT : !strcmp(value, "crop") ? PIXELS_CROP : PIXELS_STRETCH;
    return p->resize != PIXELS_STRETCH || !strcmp(value, "stretch");
  }
  if (!strcmp(text, "scale")) return ratio(value, &p->scale);
  if (!strcmp(text, "mean")) return triple(value, p->mean);
  if (!strcmp(text, "std"))
    return triple(value, p->std) && p->std[0] != 0 && p->std[1] != 0 && p->std[2] != 0;
  return false;
}

bool pixels_parse(struct pixels *p, const char *text, struct fault *fault) {
  char copy[512], one[512];
  *p = (struct pixels){ 1.0 / 255, { 0, 0, 0 }, { 1, 1, 1 }, false, PIXELS_STRETCH };
  if (!text || !*text) return true;
  if (strlen(text) >= sizeof copy) return bad(fault, text);
  strcpy(copy, text);
  for (char *at = copy, *next; at; at = next) {
    next = strchr(at, ',');
    if (next) *next++ = 0;
    strcpy(one, at);
    if (!part(p, one)) return bad(fault, at);
  }
  return true;
}

void pixels_text(const struct pixels *p, char *text, size_t size) {
  snprintf(text, size, "layout=%s,scale=1/255,mean=%.6g:%.6g:%.6g,std=%.6g:%.6g:%.6g",
           p->nhwc ? "nhwc" : "nchw", p->mean[0], p->mean[1], p->mean[2], p->std[0], p->std[1], p->std[2]);
}

bool picture_from_image(const struct image *m, struct picture *picture, struct fault *fault) {
  const size_t pixels = m->width * m->height, channels = (size_t)m->channels;
  const bool alpha = channels == 2 || channels == 4;
  *picture = (struct picture){ m->width, m->height, malloc(3 * pixels * sizeof *picture->plane) };
  if (!picture->plane) return fault_nomem(fault, 3 * pixels * sizeof *picture->plane);
  for (size_t i = 0; i < pixels; i++)
    for (size_t k = 0; k < 3; k++) {
      const size_t at = i * channels + (channels < 3 ? 0 : k), over = i * channels + channels - 1;
      uint64_t v = m->bits == 16 ? ((const uint16_t *)m->data)[at] : ((const uint8_t *)m->data)[at] * 257u;
      if (alpha) { /* white behind it, as image_to_planes does */
        uint64_t a =
            m->bits == 16 ? ((const uint16_t *)m->data)[over] : ((const uint8_t *)m->data)[over] * 257u;
        v = (a * v + (65535 - a) * 65535 + 32767) / 65535;
      }
      picture->plane[k * pixels + i] = (uint16_t)v;
    }
  return true;
}

bool picture_read(const char *path, struct picture *picture, struct fault *fault) {
  struct image image;
  memset(picture, 0, sizeof *picture);
  if (!image_read(path, &image, fault)) return false;
  bool ok = picture_from_image(&image, picture, fault);
  image_destroy(&image);
  return ok;
}

void picture_destroy(struct picture *picture) {
  free(picture->plane);
  memset(picture, 0, sizeof *picture);
}

size_t picture_scaled(size_t length, double scale) {
  size_t scaled = (size_t)((double)length * scale + 0.5);
  return scaled ? scaled : 1;
}

/* Mean of the source's pixels under the new one, those at its edges by the share that is covered. */
static uint16_t covered(const uint16_t *plane, size_t width, size_t height, double x0, double x1, double y0,
                        double y1) {
  double sum = 0, area = 0;
  for (size_t y = (size_t)y0; y < height && (double)y < y1; y++) {
    const double top = y0 > (double)y ? y0 : (double)y, end = y1 < (double)y + 1 ? y1 : (double)y + 1;
    for (size_t x = (size_t)x0; x < width && (double)x < x1; x++) {
      const double left = x0 > (double)x ? x0 : (double)x, right = x1 < (double)x + 1 ? x1 : (double)x + 1;
      const double a = (end - top) * (right - left);
      sum += a * plane[y * width + x];
      area += a;
    }
  }
  return (uint16_t)(sum / area + 0.5);
}

bool picture_scale(struct picture *p, double scale, struct fault *fault) {
  const size_t w = picture_scaled(p->width, scale), h = picture_scaled(p->height, scale);
  if (w == p->width && h == p->height) return true;
  uint16_t *plane = malloc(3 * w * h * sizeof *plane);
  if (!plane) return fault_nomem(fault, 3 * w * h * sizeof *plane);
  const double sx = (double)p->width / (double)w, sy = (double)p->height / (double)h;
  for (size_t k = 0; k < 3; k++)
    for (size_t y = 0; y < h; y++)
      for (size_t x = 0; x < w; x++)
        plane[(k * h + y) * w + x] =
            covered(p->plane + k * p->width * p->height, p->width, p->height, (double)x * sx,
                    (double)(x + 1) * sx, (double)y * sy, (double)(y + 1) * sy);
  free(p->plane);
  *p = (struct picture){ w, h, plane };
  return true;
}

static size_t clamp(int64_t at, size_t length) {
  return at < 0 ? 0 : at >= (int64_t)length ? length - 1 : (size_t)at;
}

/* One line of `n` numbers, `step` apart, to `m` of them: means where it shrinks, half-pixel linear
 * interpolation where it grows. */
static void resample(const uint16_t *from, size_t n, uint16_t *to, size_t m, size_t step) {
  const double ratio = (double)n / (double)m;
  for (size_t i = 0; i < m; i++) {
    double v = 0;
    if (n > m) {
      const double begin = (double)i * ratio, end = (double)(i + 1) * ratio;
      for (size_t k = (size_t)begin; k < n && (double)k < end; k++) {
        const double left = begin > (double)k ? begin : (double)k;
        const double right = end < (double)k + 1 ? end : (double)k + 1;
        v += (right - left) * from[k * step];
      }
      v /= ratio;
    } else {
      const double at = ((double)i + 0.5) * ratio - 0.5;
      const int64_t below = at < 0 ? -1 : (int64_t)at;
      const double share = at - (double)below;
      v = (1 - share) * from[clamp(below, n) * step] + share * from[clamp(below + 1, n) * step];
    }
    to[i * step] = (uint16_t)(v + 0.5);
  }
}

/* The whole picture at another size, in planes. */
static uint16_t *stretched(const struct picture *p, size_t w, size_t h, struct fault *fault) {
  uint16_t *wide = malloc(3 * w * p->height * sizeof *wide), *plane = malloc(3 * w * h * sizeof *plane);
  if (!wide || !plane) {
    free(wide);
    free(plane);
    fault_nomem(fault, 3 * w * (h + p->height) * sizeof *plane);
    return NULL;
  }
  for (size_t y = 0; y < 3 * p->height; y++) resample(p->plane + y * p->width, p->width, wide + y * w, w, 1);
  for (size_t k = 0; k < 3; k++)
    for (size_t x = 0; x < w; x++)
      resample(wide + k * w * p->height + x, p->height, plane + k * w * h + x, h, w);
  free(wide);
  return plane;
}

bool picture_resize(struct picture *p, const struct pixels *pixels, size_t width, size_t height,
                    struct fault *fault) {
  const double fx = (double)width / (double)p->width, fy = (double)height / (double)p->height;
  const double factor = (pixels->resize == PIXELS_FIT) == (fx < fy) ? fx : fy;
  size_t w = width, h = height;
  if (width == p->width && height == p->height) return true;
  if (pixels->resize != PIXELS_STRETCH) {
    w = picture_scaled(p->width, factor);
    h = picture_scaled(p->height, factor);
    if (pixels->resize == PIXELS_FIT ? w > width : w < width) w = width;
    if (pixels->resize == PIXELS_FIT ? h > height : h < height) h = height;
  }
  uint16_t *part = stretched(p, w, h, fault);
  if (!part) return false;
  uint16_t *plane = w == width && h == height ? part : malloc(3 * width * height * sizeof *plane);
  if (!plane) {
    free(part);
    return fault_nomem(fault, 3 * width * height * sizeof *plane);
  }
  const int64_t left = ((int64_t)w - (int64_t)width) / 2, top = ((int64_t)h - (int64_t)height) / 2;
  for (size_t k = 0; plane != part && k < 3; k++) {
    const double mean = pixels->mean[k] / pixels->scale * 257;
    const uint16_t rest = (uint16_t)(mean < 0 ? 0 : mean > 65535 ? 65535 : mean + 0.5);
    for (size_t y = 0; y < height; y++)
      for (size_t x = 0; x < width; x++) {
        const int64_t at_x = (int64_t)x + left, at_y = (int64_t)y + top;
        const bool inside = at_x >= 0 && at_y >= 0 && at_x < (int64_t)w && at_y < (int64_t)h;
        plane[(k * height + y) * width + x] = inside ? part[(k * h + (size_t)at_y) * w + (size_t)at_x] : rest;
      }
  }
  if (plane != part) free(part);
  free(p->plane);
  *p = (struct picture){ width, height, plane };
  return true;
}

void pixels_affine(const struct pixels *pixels, float factor[3], float offset[3]) {
  for (int k = 0; k < 3; k++) {
    factor[k] = (float)(pixels->scale / 257 / pixels->std[k]);
    offset[k] = (float)(-pixels->mean[k] / pixels->std[k]);
  }
}

void picture_window(const struct picture *p, const struct pixels *pixels, int64_t x0, int64_t y0, size_t h,
                    size_t w, int channels, float *into) {
  static const double grey[3] = { 0.299, 0.587, 0.114 };
  float factor[3], offset[3];
  pixels_affine(pixels, factor, offset);
  for (size_t k = 0; k < (size_t)channels; k++)
    for (size_t y = 0; y < h; y++) {
      const size_t row = (k * p->height + clamp(y0 + (int64_t)y, p->height)) * p->width;
      float *to = into + (k * h + y) * w;
      for (size_t x = 0; x < w; x++) {
        const size_t at = row + clamp(x0 + (int64_t)x, p->width);
        float v = (float)p->plane[at];
        if (channels == 1) {
          const size_t plane = p->width * p->height;
          v = (float)(grey[0] * p->plane[at] + grey[1] * p->plane[at + plane] +
                      grey[2] * p->plane[at + 2 * plane]);
        }
        to[x] = v * factor[k] + offset[k];
      }
    }
}

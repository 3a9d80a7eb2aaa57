/* pixels.c: pictures and the network's numbers; see pixels.h. */
#include "segment/pixels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

static bool bad(struct fault *fault, const char *part) {
  fault_set(fault, FAULT_PARAM, "\"%.80s\" is no part of how pixels become numbers", part);
  return fault_remedy(fault, "write scale=1/255,mean=A:B:C,std=A:B:C");
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
  if (!strcmp(text, "layout")) return !strcmp(value, "nchw");
  if (!strcmp(text, "resize")) return !strcmp(value, "stretch");
  if (!strcmp(text, "scale")) return ratio(value, &p->scale);
  if (!strcmp(text, "mean")) return triple(value, p->mean);
  if (!strcmp(text, "std"))
    return triple(value, p->std) && p->std[0] != 0 && p->std[1] != 0 && p->std[2] != 0;
  return false;
}

bool pixels_parse(struct pixels *p, const char *text, struct fault *fault) {
  char copy[512], one[512];
  *p = (struct pixels){ 1.0 / 255, { 0, 0, 0 }, { 1, 1, 1 } };
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
  snprintf(text, size, "layout=nchw,scale=1/255,mean=%.6g:%.6g:%.6g,std=%.6g:%.6g:%.6g", p->mean[0],
           p->mean[1], p->mean[2], p->std[0], p->std[1], p->std[2]);
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

void picture_window(const struct picture *p, const struct pixels *pixels, int64_t x0, int64_t y0, size_t h,
                    size_t w, int channels, float *into) {
  static const double grey[3] = { 0.299, 0.587, 0.114 };
  float factor[3], offset[3];
  for (int k = 0; k < 3; k++) {
    factor[k] = (float)(pixels->scale / 257 / pixels->std[k]);
    offset[k] = (float)(-pixels->mean[k] / pixels->std[k]);
  }
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

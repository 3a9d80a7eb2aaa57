/* tiles_test.c: products by tiles of sums on the host. Convolution, the gradient of its input, and Gemm are
 * those of plain loops written here in the order that conv_host.c, conv_grad_host.c and gemm_host.c state, to
 * the last bit, for every set of instructions that this machine has and any number of threads; the filter's
 * gradient is near the one in double. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "op/conv_tiles.h"
#include "op/gemm.h"
#include "op/register_tile.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

static float *numbers(int64_t n, unsigned seed) {
  float *values = malloc((size_t)(n + 1) * sizeof *values);
  for (int64_t i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u;
    values[i] = (float)(seed >> 8) / (1 << 23) - 1;
  }
  return values;
}

static void same(const float *a, const float *b, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    if (memcmp(&a[i], &b[i], sizeof *a))
      ck_abort_msg("element %d is %.9g, not %.9g", (int)i, (double)a[i], (double)b[i]);
}

static void multiply_case(const atr__tile *tile, int64_t m, int64_t n, int64_t k, int turned) {
  const int64_t a_row = turned ? 1 : k + 2, a_col = turned ? m + 1 : 1, columns = tile->columns,
                c_row = n + 3;
  float *a = numbers((m + 2) * (k + 2), 1), *b = numbers((k + 1) * columns, 2), *c = numbers(m * c_row, 3);
  float *expected = numbers(m * c_row, 3);
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++)
      for (int64_t q = 0; q < k; q++)
        expected[i * c_row + j] += a[i * a_row + q * a_col] * b[q * columns + j];
  tile->multiply(m, n, k, a, a_row, a_col, b, columns, c, c_row);
  same(c, expected, m * c_row);
  free(a), free(b), free(c), free(expected);
}

START_TEST(every_tile_sums_in_order_and_writes_only_its_own) {
  static const int64_t rows[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 17 }, depth[] = { 0, 1, 2, 7 };
  const atr__tile *tile;
  for (int i = 0; (tile = atr__tile_at(i)); i++)
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
      for (size_t k = 0; k < sizeof depth / sizeof *depth; k++)
        for (int64_t n = 1; n <= tile->columns; n++) multiply_case(tile, rows[m], n, depth[k], (int)(n % 2));
}
END_TEST

START_TEST(every_tile_sums_over_rows_of_a_turned_matrix_and_reads_and_writes_only_its_own) {
  static const int64_t lines[] = { 1, 2, 3, 4, 5, 7, 8, 11 }, depth[] = { 0, 1, 3, 4, 7, 8, 15, 16, 17, 50 };
  const atr__tile *tile;
  for (int i = 0; (tile = atr__tile_at(i)); i++)
    for (size_t q = 0; q < sizeof lines / sizeof *lines; q++)
      for (size_t d = 0; d < sizeof depth / sizeof *depth; d++)
        for (int64_t n = 1; n <= 35; n += n < 18 ? 1 : 5) {
          const int64_t m = lines[q], k = depth[d], a_row = k + 1, b_row = k + 3, c_row = n + 2;
          const int64_t b_count = (n - 1) * b_row + k; /* nothing may be read behind: a sanitizer sees it */
          float *a = numbers(m * a_row, 1), *all = numbers(n * b_row, 2), *c = numbers(m * c_row, 3);
          float *b = malloc((size_t)b_count * sizeof *b + 1), *expected = numbers(m * c_row, 3);
          memcpy(b, all, (size_t)b_count * sizeof *b);
          for (int64_t line = 0; line < m; line++)
            for (int64_t j = 0; j < n; j++)
              for (int64_t e = 0; e < k; e++)
                expected[line * c_row + j] += b[j * b_row + e] * a[line * a_row + e];
          tile->lines(m, n, k, a, a_row, b, b_row, c, c_row);
          same(c, expected, m * c_row);
          free(a), free(all), free(b), free(c), free(expected);
        }
}
END_TEST

START_TEST(every_tile_sums_over_planes_and_writes_only_its_own) {
  static const int64_t high[] = { 1, 2, 4, 5, 9 }, apart[] = { 0, 3 };
  enum { K = 3, LINE = 200 };
  const int32_t offset[K] = { 1, LINE, 3 };
  const atr__tile *tile;
  for (int i = 0; (tile = atr__tile_at(i)); i++)
    for (size_t h = 0; h < sizeof high / sizeof *high; h++)
      for (size_t d = 0; d < sizeof apart / sizeof *apart; d++)
        for (int64_t n = 1; n <= 130; n += n < 50 ? 1 : 11) {
          const int64_t row = n + apart[d], count = high[h] * row + 20;
          float *from = numbers((high[h] + 3) * LINE, 1), *to = numbers(count, 2),
                *expected = numbers(count, 2);
          const float a[K] = { 0.75f, -1.25f, 0.3f };
          for (int64_t r = 0; r < high[h]; r++)
            for (int64_t j = 0; j < n; j++) {
              float sum = 0.1f;
              for (int k = 0; k < K; k++) sum += from[r * LINE + j + offset[k]] * a[k];
              expected[r * row + j] = sum;
            }
          tile->plane(high[h], n, K, a, offset, from, LINE, 0.1f, to, row);
          same(to, expected, count);
          free(from), free(to), free(expected);
        }
}
END_TEST

START_TEST(every_tile_copies_turns_and_fills) {
  const atr__tile *tile;
  for (int i = 0; (tile = atr__tile_at(i)); i++)
    for (int64_t n = 1; n <= 70; n++) {
      enum { ROWS = 18, TO = 75, FROM = 210 };
      float *from = numbers(TO * FROM, 4), *to = numbers(ROWS * TO, 5), *expected = numbers(ROWS * TO, 5);
      for (int64_t stride = 1; stride <= 3; stride++) {
        for (int64_t r = 0; r < ROWS; r++)
          for (int64_t j = 0; j < n; j++) expected[r * TO + j] = from[r * FROM + j * stride];
        tile->copy(to, TO, from, FROM, stride, n, ROWS);
        same(to, expected, ROWS * TO);
      }
      for (int64_t r = 0; r < ROWS; r++)
        for (int64_t j = 0; j < n; j++) expected[r * TO + j] = from[j * FROM + r];
      tile->turn(to, TO, from, FROM, n, ROWS);
      same(to, expected, ROWS * TO);
      for (int64_t r = 0; r < 2; r++)
        for (int64_t j = 0; j < n; j++) expected[r * TO + j] = 0;
      tile->copy(to, TO, NULL, 0, 1, n, 2);
      for (int64_t j = 0; j < n; j++) expected[3 * TO + j] = 2.5f;
      tile->fill(n, 2.5f, to + 3 * TO);
      const float factor = 1.25f;
      for (int64_t j = 0; j < n; j++) {
        float *y = &expected[5 * TO + j];
        *y = *y * factor + 0.5f;
        *y += from[j];
        *y = *y < -0.5f ? -0.5f : *y > 1 ? 1 : *y;
      }
      tile->finish(n, &factor, 0.5f, from, -0.5f, 1, to + 5 * TO);
      same(to, expected, ROWS * TO);
      free(from), free(to), free(expected);
    }
}
END_TEST

typedef struct {
  int64_t n, group, c, oc; /* channels of a group */
  int64_t in[3], filter[3], stride[3], dilation[3], before[3], after[3];
  int joined; /* factor, residual and clipping */
} shape;

static const shape shapes[] = {
  { 1, 1, 5, 17, { 1, 13, 11 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 0 },
  { 2, 1, 33, 9, { 1, 7, 7 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 2, 2 }, { 0, 2, 2 }, { 0, 2, 2 }, 1 },
  { 3, 1, 300, 8, { 1, 1, 53 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
  { 1, 1, 3, 20, { 1, 37, 41 }, { 1, 7, 7 }, { 1, 2, 2 }, { 1, 1, 1 }, { 0, 3, 3 }, { 0, 3, 3 }, 1 },
  { 1, 1, 16, 16, { 1, 1, 211 }, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 16 }, { 0, 0, 32 }, { 0, 0, 0 }, 0 },
  { 1, 1, 4, 6, { 1, 1, 97 }, { 1, 1, 40 }, { 1, 1, 1 }, { 1, 1, 2 }, { 0, 0, 70 }, { 0, 0, 50 }, 0 },
  { 2, 3, 4, 5, { 5, 6, 7 }, { 3, 2, 3 }, { 2, 1, 3 }, { 1, 2, 1 }, { 1, 0, 2 }, { 1, 1, 0 }, 0 },
  { 2, 4, 2, 3, { 1, 19, 23 }, { 1, 3, 5 }, { 1, 3, 2 }, { 1, 1, 3 }, { 0, 2, 6 }, { 0, 2, 4 }, 1 },
  { 1, 1, 1, 13, { 1, 29, 31 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 0 },
  { 4, 1, 13, 1, { 1, 29, 31 }, { 1, 2, 2 }, { 1, 2, 2 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
  { 1, 1, 7, 7, { 1, 53, 57 }, { 1, 2, 2 }, { 1, 4, 4 }, { 1, 2, 2 }, { 0, 1, 1 }, { 0, 0, 0 }, 0 },
  { 1, 1, 64, 64, { 1, 1, 1 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 0 },
  { 1, 1, 40, 260, { 1, 2, 9 }, { 1, 3, 3 }, { 1, 1, 2 }, { 1, 1, 3 }, { 0, 1, 9 }, { 0, 1, 9 }, 1 },
};

static int64_t product(const int64_t *v) {
  return v[0] * v[1] * v[2];
}

static atr__conv_params params_of(const shape *s) {
  atr__conv_params p = {
    .spatial = 3, .n = s->n, .c = s->c * s->group, .oc = s->oc * s->group, .group = s->group
  };
  for (int i = 0; i < 3; i++) {
    p.in[i] = s->in[i];
    p.filter[i] = s->filter[i];
    p.stride[i] = s->stride[i];
    p.dilation[i] = s->dilation[i];
    p.pad[i] = s->before[i];
    p.out[i] =
        (s->in[i] + s->before[i] + s->after[i] - (s->filter[i] - 1) * s->dilation[i] - 1) / s->stride[i] + 1;
  }
  return p;
}

/* Offset in the input that tap `tap` of position `at` reads, or -1. */
static int64_t source(const atr__conv_params *p, int64_t at, int64_t tap) {
  int64_t o[3] = { at / p->out[2] / p->out[1], at / p->out[2] % p->out[1], at % p->out[2] }, offset = 0;
  const int64_t f[3] = { tap / p->filter[2] / p->filter[1], tap / p->filter[2] % p->filter[1],
                         tap % p->filter[2] };
  for (int i = 0; i < 3; i++) {
    const int64_t x = o[i] * p->stride[i] + f[i] * p->dilation[i] - p->pad[i];
    if (x < 0 || x >= p->in[i]) return -1;
    offset = offset * p->in[i] + x;
  }
  return offset;
}

/* The three arrays of a convolution, and room for two results. */
typedef struct {
  atr__conv_params p;
  int64_t x_count, w_count, y_count, in, out, taps, cg, ocg;
  float *x, *w, *y, *b, *factor, *got, *expected;
} fixture;

static fixture fixture_of(const shape *s) {
  fixture f = { .p = params_of(s), .cg = s->c, .ocg = s->oc };
  f.in = product(f.p.in), f.out = product(f.p.out), f.taps = product(f.p.filter);
  f.x_count = f.p.n * f.p.c * f.in;
  f.y_count = f.p.n * f.p.oc * f.out;
  f.w_count = f.p.oc * f.cg * f.taps;
  const int64_t most = f.x_count + f.w_count + f.y_count;
  f.x = numbers(f.x_count, 1);
  f.w = numbers(f.w_count, 2);
  f.y = numbers(f.y_count, 3);
  f.b = numbers(f.p.oc + f.p.c, 4);
  f.factor = numbers(f.p.oc, 5);
  f.got = numbers(most, 6);
  f.expected = numbers(most, 6);
  return f;
}

static void fixture_free(fixture *f) {
  free(f->x), free(f->w), free(f->y), free(f->b), free(f->factor), free(f->got), free(f->expected);
}

static void forward(const fixture *f, int joined, float *y) {
  const atr__conv_params *p = &f->p;
  for (int64_t i = 0; i < f->y_count; i++) {
    const int64_t at = i % f->out, oc = i / f->out % p->oc, n = i / f->out / p->oc,
                  first = oc / f->ocg * f->cg;
    float sum = joined ? 0 : f->b[oc];
    for (int64_t c = 0; c < f->cg; c++)
      for (int64_t t = 0; t < f->taps; t++) {
        const int64_t from = source(p, at, t);
        if (from >= 0)
          sum += f->w[(oc * f->cg + c) * f->taps + t] * f->x[(n * p->c + first + c) * f->in + from];
      }
    if (joined) {
      sum = sum * f->factor[oc] + f->b[oc];
      sum += f->y[i];
      sum = sum < -0.25f ? -0.25f : sum > 0.75f ? 0.75f : sum;
    }
    y[i] = sum;
  }
}

/* Adds what each output gives, so that a sum's order is channels, then taps from the last one. */
static void backward(const fixture *f, float *dx) {
  const atr__conv_params *p = &f->p;
  for (int64_t i = 0; i < f->x_count; i++) dx[i] = f->b[i / f->in % p->c];
  for (int64_t n = 0; n < p->n; n++)
    for (int64_t oc = 0; oc < p->oc; oc++)
      for (int64_t t = f->taps - 1; t >= 0; t--)
        for (int64_t c = 0; c < f->cg; c++)
          for (int64_t at = 0; at < f->out; at++) {
            const int64_t from = source(p, at, t);
            if (from >= 0)
              dx[(n * p->c + oc / f->ocg * f->cg + c) * f->in + from] +=
                  f->w[(oc * f->cg + c) * f->taps + t] * f->y[(n * p->oc + oc) * f->out + at];
          }
}

static atr__pool *pool_of(int threads) {
  atr_error error = ATR_ERROR_INIT;
  atr__pool *pool;
  must(atr__pool_create(threads, &error, &pool));
  return pool;
}

typedef int convolution(const atr__conv_params *p, const float *x, const float *w, const float *b,
                        const float *residual, const float *factor, float *y, atr__pool *pool);

/* How many of the shapes it took. */
static int convolutions(convolution *run, const shape *list, size_t n) {
  int done = 0;
  for (size_t i = 0; i < n; i++) {
    fixture f = fixture_of(&list[i]);
    const int joined = list[i].joined;
    if (joined) f.p.activation = ATR__ACT_CLIP, f.p.low = -0.25f, f.p.high = 0.75f;
    forward(&f, joined, f.expected);
    for (int threads = 1; threads <= 4; threads *= 2) {
      atr__pool *pool = pool_of(threads);
      if (run(&f.p, f.x, f.w, f.b, joined ? f.y : NULL, joined ? f.factor : NULL, f.got, pool)) {
        done += threads == 1;
        same(f.got, f.expected, f.x_count + f.w_count + f.y_count);
      }
      atr__pool_destroy(pool);
    }
    fixture_free(&f);
  }
  return done;
}

START_TEST(a_convolution_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  const size_t n = sizeof shapes / sizeof *shapes;
  ck_assert_int_eq(convolutions(atr__conv_tiles, shapes, n), (int)n);
}
END_TEST

/* Few output channels: rows that end within a vector, with one, and behind it; strides, which are laid side
 * by side; strips along both axes; and padding that reaches over whole strips. */
static const shape narrow[] = {
  { 1, 1, 1, 2, { 1, 1, 1000 }, { 1, 1, 5 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
  { 2, 1, 1, 12, { 1, 1, 1000 }, { 1, 1, 5 }, { 1, 1, 3 }, { 1, 1, 1 }, { 0, 0, 2 }, { 0, 0, 0 }, 1 },
  { 1, 1, 3, 9, { 1, 17, 16 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 0 },
  { 1, 1, 2, 8, { 1, 5, 17 }, { 1, 2, 2 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 1 },
  { 3, 1, 5, 3, { 1, 9, 19 }, { 1, 3, 4 }, { 1, 2, 2 }, { 1, 1, 3 }, { 0, 2, 4 }, { 0, 1, 5 }, 1 },
  { 1, 2, 3, 5, { 1, 11, 15 }, { 1, 4, 3 }, { 1, 3, 1 }, { 1, 2, 2 }, { 0, 9, 3 }, { 0, 7, 2 }, 0 },
  { 1, 1, 6, 32, { 1, 32, 8 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 4, 4 }, { 0, 4, 4 }, { 0, 4, 4 }, 0 },
  { 1, 1, 30, 7, { 1, 70, 61 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 2, 2 }, { 0, 2, 2 }, { 0, 2, 2 }, 1 },
  { 1, 1, 4, 31, { 1, 1, 5003 }, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 512 }, { 0, 0, 1024 }, { 0, 0, 0 }, 1 },
  { 1, 1, 3, 16, { 1, 50, 49 }, { 1, 7, 7 }, { 1, 2, 8 }, { 1, 1, 1 }, { 0, 3, 30 }, { 0, 3, 30 }, 0 },
  { 1, 1, 2, 4, { 1, 3, 9 }, { 1, 5, 5 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 8, 2 }, { 0, 8, 2 }, 0 },
};

START_TEST(a_convolution_of_few_channels_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  const size_t n = sizeof narrow / sizeof *narrow;
  ck_assert_int_eq(convolutions(atr__conv_rows, narrow, n), (int)n);
  convolutions(atr__conv_rows, shapes, sizeof shapes / sizeof *shapes);
}
END_TEST

/* One output channel of a group, of one channel or some: widths within a vector, of one and behind it,
 * strides, a dilation beyond the image, padding on one side, strips along both axes. */
static const shape single[] = {
  { 1, 5, 1, 1, { 1, 7, 7 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 0 },
  { 2, 3, 1, 1, { 1, 14, 16 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 1 },
  { 1, 4, 1, 1, { 1, 19, 17 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 30, 30 }, { 0, 30, 30 }, { 0, 30, 30 }, 0 },
  { 1, 3, 1, 1, { 1, 9, 67 }, { 1, 3, 3 }, { 1, 2, 2 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 1, 1 }, 1 },
  { 1, 2, 1, 1, { 1, 33, 41 }, { 1, 5, 5 }, { 1, 2, 3 }, { 1, 2, 2 }, { 0, 4, 4 }, { 0, 3, 5 }, 0 },
  { 1, 6, 1, 1, { 1, 1, 1000 }, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 4 }, { 0, 0, 8 }, { 0, 0, 0 }, 1 },
  { 1, 1, 1, 1, { 1, 1, 70001 }, { 1, 1, 4 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 3 }, { 0, 0, 0 }, 0 },
  { 1, 1, 37, 1, { 1, 50, 49 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
  { 1, 2, 3, 1, { 1, 211, 190 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 2, 2 }, { 0, 2, 2 }, { 0, 2, 2 }, 1 },
};

START_TEST(a_convolution_of_one_channel_a_group_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  const size_t n = sizeof single / sizeof *single;
  ck_assert_int_eq(convolutions(atr__conv_rows, single, n), (int)n);
}
END_TEST

/* Few positions: one, some of several images, taps of which none or only some are inside, groups. */
static const shape short_ones[] = {
  { 1, 1, 1, 258, { 1, 1, 640 }, { 1, 1, 256 }, { 1, 1, 300 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
  { 1, 1, 29, 67, { 1, 1, 2 }, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 1 }, { 0, 0, 1 }, 1 },
  { 2, 1, 7, 16, { 1, 1, 1 }, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 1, 1 }, { 0, 1, 1 }, 1 },
  { 1, 2, 5, 33, { 2, 2, 3 }, { 2, 2, 3 }, { 1, 2, 2 }, { 1, 1, 1 }, { 0, 0, 1 }, { 0, 0, 1 }, 0 },
  { 1, 1, 3, 128, { 1, 3, 3 }, { 1, 3, 3 }, { 1, 9, 1 }, { 1, 5, 2 }, { 0, 7, 2 }, { 0, 7, 1 }, 1 },
  { 2, 1, 600, 40, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
};

START_TEST(a_convolution_of_few_positions_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  const size_t n = sizeof short_ones / sizeof *short_ones;
  ck_assert_int_eq(convolutions(atr__conv_lines, short_ones, n), (int)n);
  convolutions(atr__conv_lines, shapes, sizeof shapes / sizeof *shapes);
}
END_TEST

START_TEST(the_gradient_of_an_input_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    fixture f = fixture_of(&shapes[i]);
    backward(&f, f.expected);
    for (int threads = 1; threads <= 4; threads *= 2) {
      atr__pool *pool = pool_of(threads);
      ck_assert_int_eq(atr__conv_tiles_input(&f.p, f.y, f.w, f.b, f.got, pool), 1);
      same(f.got, f.expected, f.x_count + f.w_count + f.y_count);
      atr__pool_destroy(pool);
    }
    fixture_free(&f);
  }
}
END_TEST

START_TEST(the_gradient_of_a_filter_is_near_that_in_double_and_the_same_on_any_number_of_threads) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    if (shapes[i].oc < 2) continue; /* left to the plain loops */
    fixture f = fixture_of(&shapes[i]);
    const atr__conv_params *p = &f.p;
    for (int threads = 1; threads <= 4; threads *= 2) {
      atr__pool *pool = pool_of(threads);
      ck_assert_int_eq(atr__conv_tiles_filter(p, f.x, f.y, threads == 1 ? f.expected : f.got, pool), 1);
      if (threads > 1) same(f.got, f.expected, f.x_count + f.w_count + f.y_count);
      atr__pool_destroy(pool);
    }
    for (int64_t k = 0; k < f.w_count; k++) {
      const int64_t t = k % f.taps, c = k / f.taps % f.cg, oc = k / f.taps / f.cg;
      double sum = 0;
      for (int64_t n = 0; n < p->n; n++)
        for (int64_t at = 0; at < f.out; at++) {
          const int64_t from = source(p, at, t);
          if (from >= 0)
            sum += (double)f.x[(n * p->c + oc / f.ocg * f.cg + c) * f.in + from] *
                   (double)f.y[(n * p->oc + oc) * f.out + at];
        }
      ck_assert_double_le(fabs(sum - (double)f.expected[k]), 2e-5 * fmax(1, fabs(sum)));
    }
    fixture_free(&f);
  }
}
END_TEST

typedef struct {
  int64_t batch, m, n, k;
  int a_turned, b_turned, b_shared;
  float alpha, beta;
  int64_t c_row, c_col; /* of c; both 0: there is none */
} matrices;

static const matrices products[] = {
  { 1, 67, 53, 19, 0, 0, 0, 1, 1, 53, 1 },     { 1, 33, 130, 300, 1, 0, 0, 1, 1, 0, 1 },
  { 1, 8, 200, 70, 0, 0, 0, 0.5f, 2, 200, 1 }, { 1, 5, 49, 260, 1, 1, 0, -1, 1, 1, 0 },
  { 1, 1, 301, 257, 0, 1, 0, 1, 1, 0, 0 },     { 1, 1, 77, 513, 0, 0, 0, 1, 1, 0, 1 },
  { 1, 401, 1, 128, 0, 0, 0, 2, 1, 1, 0 },     { 1, 401, 1, 128, 1, 1, 0, 1, 1, 0, 0 },
  { 6, 17, 16, 31, 0, 1, 0, 1, 1, 0, 0 },      { 3, 100, 3, 64, 1, 0, 0, 1, 1, 0, 0 },
  { 5, 40, 1, 300, 0, 0, 1, 1, 1, 0, 0 },      { 1, 2, 1000, 17, 0, 0, 0, 1, 1, 0, 0 },
  { 1, 1, 1031, 300, 0, 1, 0, 1, 1, 0, 1 },    { 3, 4, 50, 47, 0, 1, 1, 2, 1, 50, 1 },
  { 1, 10, 10, 3, 0, 1, 0, 1, 1, 0, 0 },       { 1, 1, 2, 129, 0, 1, 0, 1, -1, 2, 1 },
};

START_TEST(a_product_of_matrices_has_the_bits_of_plain_loops_on_any_number_of_threads) {
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    const matrices *s = &products[i];
    const atr_shape batch = { 1, { s->batch } };
    atr__gemm_problem g = { .m = s->m, .n = s->n, .k = s->k, .alpha = s->alpha, .beta = s->beta };
    g.a_row = s->a_turned ? 1 : s->k, g.a_col = s->a_turned ? s->m : 1;
    g.b_row = s->b_turned ? 1 : s->n, g.b_col = s->b_turned ? s->k : 1;
    g.c_row = s->c_row, g.c_col = s->c_col, g.with_c = s->c_row || s->c_col;
    g.batch = atr__walk_over(&batch);
    const int64_t a_step = s->m * s->k, b_step = s->b_shared ? 0 : s->k * s->n;
    atr__walk_strided(&g.batch, &a_step, 0);
    atr__walk_strided(&g.batch, &b_step, 0);
    atr__walk_join(&g.batch);
    const int64_t count = s->batch * s->m * s->n;
    float *a = numbers(s->batch * a_step, 1), *b = numbers(s->batch * s->k * s->n, 2),
          *c = numbers(s->m * s->n, 3);
    float *got = numbers(count, 4), *expected = numbers(count, 4);
    for (int64_t e = 0; e < count; e++) {
      const int64_t col = e % s->n, row = e / s->n % s->m, at = e / s->n / s->m;
      float sum = 0;
      for (int64_t k = 0; k < s->k; k++)
        sum += a[at * a_step + row * g.a_row + k * g.a_col] * b[at * b_step + k * g.b_row + col * g.b_col];
      expected[e] = s->alpha * sum;
      if (g.with_c) expected[e] += s->beta * c[row * g.c_row + col * g.c_col];
    }
    for (int threads = 1; threads <= 4; threads *= 2) {
      atr__pool *pool = pool_of(threads);
      atr_error e = ATR_ERROR_INIT;
      const atr__view in[3] = { { .data = a }, { .data = b }, { .data = c } }, out = { .data = got };
      const atr__call call = { NULL, 3, 1, in, &out, pool, &e, 0 };
      ck_assert_int_eq(atr__gemm_tiles(&call, &g), 1);
      same(got, expected, count);
      atr__pool_destroy(pool);
    }
    free(a), free(b), free(c), free(got), free(expected);
  }
}
END_TEST

START_TEST(without_memory_or_a_pool_nothing_is_done) {
  fixture f = fixture_of(&shapes[0]);
  ck_assert_int_eq(atr__conv_tiles(&f.p, f.x, f.w, f.b, NULL, NULL, f.got, NULL), 0);
  for (int at = 0; at < 2; at++) {
    atr__pool *pool = pool_of(2);
    atr__alloc_fail(at, 0);
    ck_assert_int_eq(atr__conv_tiles(&f.p, f.x, f.w, f.b, NULL, NULL, f.got, pool), 0);
    atr__alloc_fail(at, 0);
    ck_assert_int_eq(atr__conv_rows(&f.p, f.x, f.w, f.b, NULL, NULL, f.got, pool), 0);
    atr__alloc_fail(at, 0);
    ck_assert_int_eq(atr__conv_tiles_input(&f.p, f.y, f.w, f.b, f.got, pool), 0);
    atr__alloc_fail(at, 0);
    ck_assert_int_eq(atr__conv_tiles_filter(&f.p, f.x, f.y, f.got, pool), 0);
    atr__alloc_fail(-1, 0);
    same(f.got, f.expected, f.x_count + f.w_count + f.y_count);
    atr__pool_destroy(pool);
  }
  fixture_free(&f);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    every_tile_sums_in_order_and_writes_only_its_own,
    every_tile_sums_over_rows_of_a_turned_matrix_and_reads_and_writes_only_its_own,
    every_tile_sums_over_planes_and_writes_only_its_own,
    every_tile_copies_turns_and_fills,
    a_convolution_has_the_bits_of_plain_loops_on_any_number_of_threads,
    a_convolution_of_few_channels_has_the_bits_of_plain_loops_on_any_number_of_threads,
    a_convolution_of_one_channel_a_group_has_the_bits_of_plain_loops_on_any_number_of_threads,
    a_convolution_of_few_positions_has_the_bits_of_plain_loops_on_any_number_of_threads,
    the_gradient_of_an_input_has_the_bits_of_plain_loops_on_any_number_of_threads,
    the_gradient_of_a_filter_is_near_that_in_double_and_the_same_on_any_number_of_threads,
    a_product_of_matrices_has_the_bits_of_plain_loops_on_any_number_of_threads,
    without_memory_or_a_pool_nothing_is_done
  };
  return test_run(test_suite("tiles", tests, sizeof tests / sizeof *tests, 120));
}

/* plot_test.c: ticks by hand, and that charts are pictures with something in them, also for awkward data. */
#include <math.h>

#include "common/charts.h"
#include "common/image.h"
#include "common/plot.h"
#include "tools_test.h"

static struct fault fault;

START_TEST(number_ticks_are_round_and_inside) {
  static const double spans[][2] = { { 0, 1 },       { -3.7, 12.2 }, { 99.98, 100.03 },
                                     { 1e-9, 3e-9 }, { -1e9, 4e9 },  { 0.1, 0.7 } };
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
    for (size_t most = 3; most <= 12; most++) {
      double at[16], step;
      char text[2][40];
      size_t n = number_ticks(spans[i][0], spans[i][1], most, at, &step);
      ck_assert(n >= 1 && n <= most);
      double mantissa = step / pow(10, floor(log10(step) + 1e-9));
      ck_assert(fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6);
      for (size_t k = 0; k < n; k++) {
        ck_assert(at[k] >= spans[i][0] - 1e-6 * step && at[k] <= spans[i][1] + 1e-6 * step);
        number_tick_text(at[k], step, text[k % 2], sizeof text[0]);
        if (k) ck_assert_str_ne(text[0], text[1]);
      }
    }
  char text[40];
  number_tick_text(0.30000000000000004, 0.1, text, sizeof text);
  ck_assert_str_eq(text, "0.3");
  number_tick_text(-20, 10, text, sizeof text);
  ck_assert_str_eq(text, "-20");
}
END_TEST

START_TEST(powers_are_written_raised) {
  static const struct {
    double at;
    const char *text;
  } want[] = { { 0, "1" },       { -1, "0.1" },    { 2, "100" },     { 3, "10³" },
               { -12, "10⁻¹²" }, { 350, "10³⁵⁰" }, { -0.5, "0.316" } };
  char text[40];
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    power_tick_text(want[i].at, text, sizeof text);
    ck_assert_str_eq(text, want[i].text);
  }
}
END_TEST

START_TEST(date_ticks_are_whole_units) {
  double at[16];
  enum frequency_unit unit;
  char text[40];
  double day = 86400, start = (double)date_days(2023, 11, 20) * day;
  size_t n = date_ticks(start, start + 200 * day, 10, at, &unit);
  ck_assert_uint_eq(n, 7);
  date_tick_text(at[0], unit, text, sizeof text);
  ck_assert_str_eq(text, "2023-12");
  n = date_ticks(start, start + 40 * 365 * day, 10, at, &unit);
  date_tick_text(at[0], unit, text, sizeof text);
  ck_assert_str_eq(text, "2025");
  ck_assert_double_eq(at[1] - at[0], (double)(date_days(2030, 1, 1) - date_days(2025, 1, 1)) * day);
  n = date_ticks(start + 3600, start + 6 * 3600, 10, at, &unit);
  date_tick_text(at[0], unit, text, sizeof text);
  ck_assert_str_eq(text, "01:00");
  n = date_ticks(start - 3 * 3600, start + 3 * 3600, 10, at, &unit);
  date_tick_text(at[3], unit, text, sizeof text);
  ck_assert_str_eq(text, "2023-11-20");
}
END_TEST

/* Share of pixels that are not white. */
static double inked(const char *path) {
  struct image m;
  ck_assert_good(image_read(path, &m, &fault), &fault);
  size_t n = m.width * m.height, ink = 0;
  for (size_t i = 0; i < n; i++) ink += memcmp((uint8_t *)m.data + 3 * i, "\xff\xff\xff", 3) != 0;
  image_destroy(&m);
  return (double)ink / (double)n;
}

START_TEST(loss_chart_is_drawn) {
  enum { N = 30 };
  double train[N], valid[N];
  for (int i = 0; i < N; i++)
    train[i] = 1.8 * exp(-0.15 * i) + 0.1, valid[i] = i % 2 ? NAN : train[i] + 0.002 * i * i;
  ck_assert_good(chart_loss(test_path("loss.png"), false, "Training", train, valid, N, 13, &fault), &fault);
  ck_assert_double_ge(inked(test_path("loss.png")), 0.02);
  ck_assert_good(chart_loss(test_path("one.png"), false, NULL, train, NULL, 1, 0, &fault), &fault);
  ck_assert_good(chart_loss(test_path("none.png"), false, NULL, train, NULL, 0, 0, &fault), &fault);
  double bad[] = { NAN, INFINITY, NAN };
  ck_assert_good(chart_loss(test_path("nan.png"), false, NULL, bad, bad, 3, 2, &fault), &fault);
  ck_assert(!chart_loss(test_path("loss.png"), true, NULL, train, NULL, 1, 0, &fault));
  ck_assert_fault(&fault, "--no-clobber");
}
END_TEST

START_TEST(forecast_chart_is_drawn) {
  enum { H = 400, S = 14, K = 8 };
  static double hx[H], hy[H], x[S], y[S], low[S], high[S], part[K * S];
  static const char *const names[K] = { "1", "2", "4", "8", "16", "32", "64", "128" };
  double day = 86400, start = (double)date_days(2025, 3, 1) * day;
  for (int i = 0; i < H; i++)
    hx[i] = start + i * day, hy[i] = 70 + 6 * sin(i / 25.0) + (i * 7919 % 97) / 60.0;
  for (int i = 0; i < S; i++) {
    x[i] = start + (H + i) * day;
    y[i] = hy[H - 1] + 0.15 * i;
    low[i] = y[i] - 0.9 * sqrt(i + 1.0);
    high[i] = y[i] + 0.9 * sqrt(i + 1.0);
    for (int k = 0; k < K; k++) part[k * S + i] = 0.1 * sin(0.5 * i + k) * (k % 3 + 1);
  }
  struct forecast_chart c = {
    "Oil price, 14 days ahead", "Price", true, H, hx, hy, S, x, y, low, high, NULL, 0.8, K, part, names, "%"
  };
  ck_assert_good(chart_forecast(test_path("f.png"), false, &c, &fault), &fault);
  ck_assert_double_ge(inked(test_path("f.png")), 0.05);
  c.history = 0;
  c.steps = 1;
  c.scales = 0;
  c.dates = false;
  ck_assert_good(chart_forecast(test_path("one.png"), false, &c, &fault), &fault);
}
END_TEST

/* The last of hundreds of lines, thick and across all of the panel, is there. */
START_TEST(however_many_lines_there_are_all_are_drawn) {
  enum { N = 300 };
  struct plot *plot = plot_create(400, 300, NULL);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, NULL);
  for (int i = 0; i <= N; i++) {
    const double x[2] = { 0, 1 }, y[2] = { i == N ? 0.5 : i & 1, i == N ? 0.5 : i & 1 };
    plot_line(panel, x, y, 2, PLOT_BLUE, i == N ? 120 : 1, NULL);
  }
  ck_assert_good(plot_write(plot, test_path("lines.png"), false, &fault), &fault);
  plot_destroy(plot);
  ck_assert_double_ge(inked(test_path("lines.png")), 0.3);
}
END_TEST

/* The colour of a pixel as 0xrrggbb. */
static unsigned pixel(const struct image *m, size_t x, size_t y) {
  const uint8_t *p = (const uint8_t *)m->data + 3 * (y * m->width + x);
  return (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

/* A heat fills its panel: its lowest row at the bottom, low blue, high red, the middle white, NaN grey. */
START_TEST(heat_has_its_colours_where_they_belong) {
  const double values[4] = { -1, 1, 0, NAN }, box[4] = { 0, 2, 0, 2 };
  struct plot *plot = plot_create(400, 300, NULL);
  struct image m;
  plot_heat(plot_add_panel(plot, 1, NULL, NULL), values, 2, 2, box, -1, 1, "state");
  ck_assert_good(plot_write(plot, test_path("heat.png"), false, &fault), &fault);
  plot_destroy(plot);
  ck_assert_good(image_read(test_path("heat.png"), &m, &fault), &fault);
  const unsigned low = pixel(&m, 110, 220), high = pixel(&m, 300, 220);
  ck_assert((low & 0xff) > (low >> 16) + 80 && (high >> 16) > (high & 0xff) + 80);
  ck_assert_uint_eq(pixel(&m, 110, 80), 0xffffff);
  ck_assert_uint_eq(pixel(&m, 300, 80), 0x999999);
  image_destroy(&m);
}
END_TEST

/* The unit circle in a wide picture: as many pixels across as up. */
START_TEST(a_plane_of_equal_scales_draws_circles_round) {
  double x[361], y[361];
  struct image m;
  for (int i = 0; i < 361; i++) x[i] = cos(0.0174533 * i), y[i] = sin(0.0174533 * i);
  struct plot *plot = plot_create(700, 400, NULL);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, NULL);
  plot_plane(panel, true);
  plot_line(panel, x, y, 361, PLOT_RED, 2, NULL);
  ck_assert_good(plot_write(plot, test_path("round.png"), false, &fault), &fault);
  plot_destroy(plot);
  ck_assert_good(image_read(test_path("round.png"), &m, &fault), &fault);
  size_t left = m.width, right = 0, top = m.height, bottom = 0;
  for (size_t r = 0; r < m.height; r++)
    for (size_t c = 0; c < m.width; c++)
      if (pixel(&m, c, r) == 0xd55e00) {
        left = c < left ? c : left, right = c > right ? c : right;
        top = r < top ? r : top, bottom = r > bottom ? r : bottom;
      }
  ck_assert(right > left + 200);
  ck_assert_int_le(labs((long)(right - left) - (long)(bottom - top)), 2);
  image_destroy(&m);
}
END_TEST

START_TEST(arrows_and_rings_are_drawn_or_left_out) {
  const double x[3] = { 0, 1, NAN }, y[3] = { 0, 1, 2 }, d[3] = { 0.3, INFINITY, 1 };
  struct plot *plot = plot_create(400, 300, NULL);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, NULL);
  plot_plane(panel, false);
  plot_arrows(panel, x, y, d, d, 3, PLOT_GREY, "field");
  plot_rings(panel, x, y, 3, PLOT_RED, "unstable");
  plot_arrows(panel, x, y, d, d, 0, PLOT_GREY, NULL);
  ck_assert_good(plot_write(plot, test_path("arrows.png"), false, &fault), &fault);
  plot_destroy(plot);
  ck_assert_double_ge(inked(test_path("arrows.png")), 0.01);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("plot");
  TCase *tc = tcase_create("plot");
  tcase_add_checked_fixture(tc, test_setup, test_teardown);
  tcase_add_test(tc, number_ticks_are_round_and_inside);
  tcase_add_test(tc, powers_are_written_raised);
  tcase_add_test(tc, date_ticks_are_whole_units);
  tcase_add_test(tc, loss_chart_is_drawn);
  tcase_add_test(tc, forecast_chart_is_drawn);
  tcase_add_test(tc, however_many_lines_there_are_all_are_drawn);
  tcase_add_test(tc, heat_has_its_colours_where_they_belong);
  tcase_add_test(tc, a_plane_of_equal_scales_draws_circles_round);
  tcase_add_test(tc, arrows_and_rings_are_drawn_or_left_out);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}

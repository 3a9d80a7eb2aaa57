/* filters.c: "same" padding, and a dilated filter. */
#include "by-hand.h"

enum { X, W };

/* A 1-D convolution of x by w, both whole tables. */
static struct library convolution(struct session *s, const struct numbers *n, int64_t dilation,
                                  const char *pad) {
  struct library none = { s, 0, 0, 0 };
  atr_model *m = model_new(s);
  if (!m) return none;
  const int64_t filter = n[W].n;
  const atr_value in[2] = { model_input(m, "x", (struct shape){ 3, { 1, 1, n[X].n } }),
                            model_weight(m, "w", (struct shape){ 3, { 1, 1, n[W].n } }, n[W].v) };
  const atr_attribute attributes[] = {
    { .name = "kernel_shape", .kind = ATR_ATTRIBUTE_INTS, .ints = &filter, .n = 1 },
    { .name = "dilations", .kind = ATR_ATTRIBUTE_INTS, .ints = &dilation, .n = 1 },
    { .name = "auto_pad", .kind = ATR_ATTRIBUTE_STRING, .s = pad },
  };
  atr_model_add_output(m, "y", model_node(m, "Conv", in, 2, attributes, 3));
  struct library l = library_open(s, m, NULL);
  library_write(&l, "x", n[X].v, n[X].n);
  library_run(&l);
  return l;
}

static int outputs(const struct library *l) {
  return l->plan ? (int)atr_plan_output(l->plan, 0).shape.dim[2] : 0;
}

static void solve_padding(struct session *s, const struct numbers *n) {
  const int k = n[W].n, length = n[X].n, before = (k - 1) / 2, after = k - 1 - before;
  double theirs[NUMBERS_MOST];
  struct library valid = convolution(s, n, 1, "VALID"), l = convolution(s, n, 1, "SAME_UPPER");
  compare(s, length - k + 1, outputs(&valid), "outputs without padding");
  compare(s, length + before + after - k + 1, outputs(&l), "outputs with %d + %d zeros", before, after);
  library_read(&l, "y", theirs, length);
  for (int i = 0; i < length; i++) {
    double y = 0;
    for (int j = 0; j < k; j++)
      if (i + j >= before && i + j - before < length) y += n[W].v[j] * n[X].v[i + j - before];
    compare(s, y, theirs[i], "y%d", i + 1);
  }
  library_close(&valid);
  library_close(&l);
}

static struct numbers padding_numbers[] = {
  { "x", 6, { 1, 2, 3, 4, 5, 6 } },
  { "w", 5, { 1, 0, 2, 0, -1 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_padding = { "padding", "\"same\" padding for a filter five wide",
                                         padding_numbers, solve_padding };

static void solve_dilation(struct session *s, const struct numbers *n) {
  static const int days[] = { 1, 3, 6 };
  const int k = n[W].n, length = n[X].n;
  double theirs[NUMBERS_MOST];
  for (int c = 0; c < 3 && !s->failed; c++) {
    const int d = days[c], extent = d * (k - 1) + 1, count = length - extent + 1;
    struct library l = convolution(s, n, d, "VALID");
    compare(s, extent, (double)(l.model ? atr_model_receptive_field(l.model, 2) : 0), "every %d: days seen",
            d);
    compare(s, count, outputs(&l), "every %d: outputs", d);
    library_read(&l, "y", theirs, count);
    for (int i = 0; i < count; i++) {
      double y = 0;
      for (int j = 0; j < k; j++) y += n[W].v[j] * n[X].v[i + j * d];
      compare(s, y, theirs[i], "every %d: ending on day %d", d, i + extent);
    }
    library_close(&l);
  }
}

static struct numbers dilation_numbers[] = {
  { "prices", 12, { 10, 11, 10, 12, 11, 11, 13, 12, 12, 14, 13, 13 } },
  { "w", 2, { -1, 1 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_dilation = { "dilation", "a dilated filter over twelve prices", dilation_numbers,
                                          solve_dilation };

/* cut.c: see cut.h. */
#include "dynamics/cut.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

static bool whole(const char *text, size_t length, size_t *value) {
  char word[24];
  int64_t number;
  if (!length || length >= sizeof word) return false;
  memcpy(word, text, length);
  word[length] = 0;
  if (!number_integer(word, &number) || number < 0) return false;
  *value = (size_t)number;
  return true;
}

static bool equal_blocks(size_t count, size_t neurons, struct cut_blocks *b, struct fault *fault) {
  if (count < 1 || count > CUT_BLOCKS || count > neurons)
    return fault_set(fault, FAULT_USAGE, "%zu neurons cannot be %zu blocks, and there are at most %d",
                     neurons, count, CUT_BLOCKS);
  b->count = count;
  for (size_t i = 0; i < count; i++) {
    b->first[i] = i * neurons / count;
    b->last[i] = (i + 1) * neurons / count - 1;
  }
  return true;
}

bool cut_blocks_parse(const char *text, size_t neurons, struct cut_blocks *b, struct fault *fault) {
  size_t value;
  memset(b, 0, sizeof *b);
  if (whole(text, strlen(text), &value)) return equal_blocks(value, neurons, b, fault);
  for (const char *at = text;; at++) {
    const size_t length = strcspn(at, ","), dash = strcspn(at, "-");
    const size_t k = b->count;
    if (k == CUT_BLOCKS) return fault_set(fault, FAULT_USAGE, "there are more than %d blocks", CUT_BLOCKS);
    if (dash >= length || !whole(at, dash, &b->first[k]) ||
        !whole(at + dash + 1, length - dash - 1, &b->last[k])) {
      fault_set(fault, FAULT_USAGE, "\"%.60s\" does not say blocks of neurons", text);
      return fault_remedy(fault, "write a number of blocks, 4, or ranges from 0, 0-15,16-31");
    }
    if (b->first[k] > b->last[k] || b->last[k] >= neurons)
      return fault_set(fault, FAULT_USAGE, "block %zu-%zu is not within the %zu neurons, 0-%zu", b->first[k],
                       b->last[k], neurons, neurons - 1);
    for (size_t i = 0; i < k; i++)
      if (b->first[k] <= b->last[i] && b->first[i] <= b->last[k])
        return fault_set(fault, FAULT_USAGE, "blocks %zu-%zu and %zu-%zu overlap", b->first[i], b->last[i],
                         b->first[k], b->last[k]);
    b->count++;
    at += length;
    if (!*at) return true;
  }
}

static size_t block_of(const struct cut_blocks *b, size_t neuron) {
  for (size_t i = 0; i < b->count; i++)
    if (neuron >= b->first[i] && neuron <= b->last[i]) return i;
  return CUT_NONE;
}

size_t cut_count(const struct cut_blocks *b) {
  return b->count ? 2 + 3 * b->count : 1;
}

enum cut_kind cut_kind_of(const struct cut_blocks *b, size_t i, size_t *block) {
  *block = i < 2 ? CUT_NONE : (i - 2) % b->count;
  return i < 2 ? (enum cut_kind)i : (enum cut_kind)(CUT_WITHIN + (i - 2) / b->count);
}

void cut_name(const struct cut_blocks *b, size_t i, char *name, size_t size) {
  static const char *const words[CUT_KINDS] = { "rec", "between", "within", "into", "from" };
  size_t block;
  const enum cut_kind kind = cut_kind_of(b, i, &block);
  if (block == CUT_NONE)
    snprintf(name, size, "%s", words[kind]);
  else
    snprintf(name, size, "%s %zu-%zu", words[kind], b->first[block], b->last[block]);
}

/* Whether the connection from a neuron of block `from` to one of block `to` is cut. */
static bool is_cut(enum cut_kind kind, size_t block, size_t to, size_t from) {
  switch (kind) {
  case CUT_ALL: return true;
  case CUT_BETWEEN: return to != from;
  case CUT_WITHIN: return to == block && from == block;
  case CUT_INTO: return to == block && from != block;
  default: return from == block && to != block;
  }
}

size_t cut_apply(const struct cut_blocks *b, size_t i, struct system *s) {
  const size_t n = s->neurons;
  size_t block, count = 0;
  const enum cut_kind kind = cut_kind_of(b, i, &block);
  for (size_t row = 0; row < s->gates * n; row++) {
    const size_t to = block_of(b, row % n);
    for (size_t k = 0; k < n; k++)
      if (s->w_rec[row * n + k] != 0 && is_cut(kind, block, to, block_of(b, k))) {
        s->w_rec[row * n + k] = 0;
        count++;
      }
  }
  return count;
}

struct cut_effect cut_compare(const double *before, const double *after, size_t steps, size_t n,
                              double threshold) {
  struct cut_effect e = { 0, 0, 0, NAN, -1 };
  const double all = (double)steps * (double)n;
  for (size_t i = 0; i < steps * n; i++) {
    const double d = after[i] - before[i];
    e.before += before[i] * before[i] / all;
    e.after += after[i] * after[i] / all;
    e.change += d * d / all;
  }
  e.before = sqrt(e.before);
  e.after = sqrt(e.after);
  e.change = sqrt(e.change);
  if (e.before > 0) e.relative = e.change / e.before;
  for (size_t t = 0; e.at_step < 0 && t < steps; t++) {
    double square = 0;
    for (size_t i = t * n; i < (t + 1) * n; i++) square += (after[i] - before[i]) * (after[i] - before[i]);
    if (sqrt(square / (double)n) > threshold * e.before) e.at_step = (int64_t)t;
  }
  return e;
}

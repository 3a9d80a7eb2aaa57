/* flow_check.c: tries ATR__FLOW on a device before any plan relies on it: a chain of small launches, each of
 * which needs what all tiles of the one before made, twice over; numbers and counters must be as they have
 * to. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/flow.h"

enum { LAUNCHES = 12, COUNT = 61, BLOCK = 16, TRY = 65534 /* ATR_TILE_TRY of kernels/common.clh */ };

/* What a launch makes of n numbers (atr_tile_try of kernels/common.clh). */
static void expect(const uint32_t *from, uint32_t *to, uint32_t number) {
  for (int g = 0; g < COUNT; g++) {
    uint32_t v = from[g];
    for (int i = 0; i < g % 5 * 50; i++) v = v * 1664525u + 1013904223u;
    to[g] = v + 3u * from[(g * 7 + 3) % COUNT] + number;
  }
}

static uint32_t first(int i) {
  return (uint32_t)i * 2654435761u;
}

/* Blocks, two rows of numbers that launches read and write in turn, and the block of ATR__FLOW. */
static atr_status try_it(atr_context *context, atr__program *program, atr__flow_block *b, int32_t *got,
                         atr_error *error) {
  const atr__backend *backend = context->backend;
  const char *const name = ATR__FLOW;
  const size_t bytes = b->n * sizeof *b->words;
  atr__queue *queue = NULL;
  atr__buffer *words = NULL;
  atr_status status = backend->queue_create(context, program, &name, 1, error, &queue);
  if (!status) status = atr__context_alloc(context, bytes, error, &words);
  if (!status) status = backend->write(queue, words, 0, b->words, bytes, error);
  atr__buffer *const base[ATR__BASES] = { words };
  const atr__launch launch = atr__flow_launch(b, 0);
  for (int i = 0; i < 2 && !status; i++) status = backend->launch(queue, base, &launch, 1, NULL, error);
  if (!status) status = backend->read(queue, words, 0, got, bytes, error);
  if (queue) backend->queue_destroy(queue);
  atr__context_free(context, words, bytes);
  return status;
}

/* 1: it works; -1: it does not; 0: who knows, something failed. */
static int check(atr_context *context, atr__program *program) {
  const size_t rows = LAUNCHES * BLOCK, apart = (COUNT + BLOCK - 1) / BLOCK * BLOCK;
  atr_error ignored = ATR_ERROR_INIT;
  atr__flow_block b = { .n = rows + 2 * apart };
  int works = 0;
  if (atr__grow(&b.words, &b.room, b.n, sizeof *b.words)) return 0;
  memset(b.words, 0, b.n * sizeof *b.words);
  atr__flow_begin(&b, LAUNCHES, context->device.compute_units);
  for (int i = 0; i < LAUNCHES && !b.failed; i++) {
    const int32_t words[] = { COUNT, (int32_t)(rows + (size_t)(i % 2) * apart),
                              (int32_t)(rows + (size_t)(1 - i % 2) * apart), i };
    const atr__launch launch = { 0, (uint32_t)(i * BLOCK), { COUNT, 1, 1 }, 1, 0, 0 };
    memcpy(b.words + i * BLOCK, words, sizeof words);
    atr__flow_push(&b, (size_t)i, TRY, &launch, 1, 1);
  }
  int32_t *got = b.failed ? NULL : atr__calloc(b.n, sizeof *got);
  uint32_t row[2][COUNT];
  for (int g = 0; g < COUNT; g++) row[0][g] = first(g);
  if (got) memcpy(b.words + rows, row[0], sizeof row[0]);
  if (got && !try_it(context, program, &b, got, &ignored)) {
    for (int i = 0; i < 2 * LAUNCHES; i++) expect(row[i % 2], row[1 - i % 2], (uint32_t)(i % LAUNCHES));
    /* All else, counters too, is as it was. */
    memcpy(b.words + rows, row[0], sizeof row[0]);
    memcpy(b.words + rows + apart, row[1], sizeof row[1]);
    works = memcmp(got, b.words, b.n * sizeof *got) ? -1 : 1;
  }
  atr__free(got);
  atr__free(b.words);
  return works;
}

int atr__flow_works(atr_context *context, atr__program *program) {
  int known = atomic_load(&context->flow);
  if (known) return known > 0;
  if (!(known = check(context, program))) return 0;
  atomic_store(&context->flow, known);
  atr__context_log(context, 2, "%s: %s", context->info.id,
                   known > 0 ? "many launches can be one" : "many launches cannot be one, which was tried");
  return known > 0;
}

/* ceilings.c: what devices can do: read from a file, or guessed from what their drivers say.
 *
 * A line of the file (device_file.h) has the seven numbers of atr_ceilings in their order, in decimal digits.
 */
#include "config.h"

#include <atrous/choose.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "op/register_tile.h"
#include "plan/choose.h"
#include "plan/device_file.h"

enum { NUMBERS = 7 };
static const char NAME[] = "ceilings.txt";
static const uint64_t UNIT_HZ = 2500000000; /* where the driver does not say */

static char *folder_of(const atr_context_options *options) {
  const size_t length = atr_cache_folder(options, NULL, 0);
  char *folder = length ? atr__malloc(length + 1) : NULL;
  if (folder) atr_cache_folder(options, folder, length + 1);
  return folder;
}

/* Digits, then `end`. */
static int number(const char **at, char end, uint64_t *value) {
  const char *c = *at;
  *value = 0;
  if (*c < '0' || *c > '9') return 0;
  for (; *c >= '0' && *c <= '9'; c++) {
    const uint64_t digit = (uint64_t)(*c - '0');
    if (*value > (UINT64_MAX - digit) / 10) return 0;
    *value = *value * 10 + digit;
  }
  *at = c + 1;
  return *c == end;
}

static uint64_t *field(atr_ceilings *c, int i) {
  uint64_t *const list[NUMBERS] = { &c->flops,         &c->cache_rate,  &c->memory_rate, &c->cache_bytes,
                                    &c->transfer_rate, &c->transfer_ns, &c->launch_ns };
  return list[i];
}

static int makes_sense(const atr_ceilings *c) {
  return c->flops && c->cache_rate && c->memory_rate;
}

void atr__ceilings_guess(const atr_device_info *d, atr_ceilings *c) {
  const uint64_t units = d->compute_units > 0 ? (uint64_t)d->compute_units : 1;
  const uint64_t ticks = units * (d->clock_hz ? d->clock_hz : UNIT_HZ);
  const int host = !strcmp(d->id, "host");
  c->measured = 0;
  if (d->is_gpu) { /* a hundred lanes a unit, a third of them kept busy; memory of its own behind a bus */
    c->flops = ticks * 64;
    c->cache_rate = ticks * 16;
    c->memory_rate = ticks * 4;
    c->cache_bytes = 4 << 20;
    c->transfer_rate = UINT64_C(8000000000);
    c->transfer_ns = 30000;
    c->launch_ns = 8000;
  } else { /* what a machine was measured to do, by the vectors of this one */
    const uint64_t lanes = (uint64_t)atr__tile_best()->lanes;
    c->flops = ticks * lanes * (host ? 3 : 4);
    c->cache_rate = ticks * (host ? 12 : 32);
    c->memory_rate = UINT64_C(10000000000) + (units < 8 ? units : 8) * UINT64_C(5000000000);
    c->cache_bytes = units << 22;
    c->transfer_rate = host ? 0 : UINT64_C(10000000000);
    c->transfer_ns = host ? 100 : 30000; /* threads are woken */
    c->launch_ns = host ? 150 : 500;
  }
}

atr_status atr_ceilings_find(const atr_device_info *device, const atr_context_options *options,
                             atr_error *error, atr_ceilings *ceilings) {
  if (!device || !ceilings || ceilings->size != sizeof *ceilings)
    return atr__fail(error, ATR_E_PARAM, "atr_ceilings: size is not set to sizeof (atr_ceilings)");
  atr__ceilings_guess(device, ceilings);
  atr__text key = ATR__TEXT_INIT;
  atr__device_file_key(&key, device);
  if (key.failed) {
    atr__text_free(&key);
    return atr__nomem(error, 1);
  }
  char *folder = folder_of(options), *file = atr__device_file_read(folder, NAME);
  const char *after, *at = atr__device_file_find(file, key.data, &after);
  atr_ceilings read = { .size = sizeof read, .measured = 1 };
  int good = at != NULL;
  if (good) at += key.length;
  for (int i = 0; good && i < NUMBERS; i++)
    good = number(&at, i + 1 < NUMBERS ? '\t' : '\n', field(&read, i));
  if (good && makes_sense(&read)) *ceilings = read;
  atr__free(file);
  atr__free(folder);
  atr__text_free(&key);
  return ATR_OK;
}

atr_status atr_ceilings_store(const atr_device_info *device, const atr_context_options *options,
                              const atr_ceilings *ceilings, atr_error *error) {
  if (!device || !ceilings || ceilings->size != sizeof *ceilings)
    return atr__fail(error, ATR_E_PARAM, "atr_ceilings: size is not set to sizeof (atr_ceilings)");
  if (!makes_sense(ceilings))
    return atr__fail(error, ATR_E_PARAM,
                     "ceilings of %s: %llu operations, %llu and %llu bytes a second; none may be 0",
                     device->id, (unsigned long long)ceilings->flops,
                     (unsigned long long)ceilings->cache_rate, (unsigned long long)ceilings->memory_rate);
  atr_ceilings copy = *ceilings;
  atr__text line = ATR__TEXT_INIT, key = ATR__TEXT_INIT;
  char *folder = folder_of(options);
  atr__device_file_key(&key, device);
  atr__text_add(&line, "%s", key.failed ? "" : key.data);
  for (int i = 0; i < NUMBERS; i++)
    atr__text_add(&line, "%llu%s", (unsigned long long)*field(&copy, i), i + 1 < NUMBERS ? "\t" : "\n");
  const char *begin = key.data;
  const atr_status status =
      key.failed ? atr__nomem(error, 1) : atr__device_file_replace(folder, NAME, &begin, 1, &line, error);
  atr__text_free(&line);
  atr__text_free(&key);
  atr__free(folder);
  return status;
}

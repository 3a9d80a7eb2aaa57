/* ceilings.c: what devices can do: read from a file, or guessed from what their drivers say.
 *
 * A line of the file is a device: "1" (the edition), name, platform, driver, units, then the seven numbers of
 * atr_ceilings in their order, all separated by tabs, numbers in decimal digits. Whatever else stands there
 * is left out on reading and lost on writing. */
#include "config.h"

#include <atrous/choose.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/choose.h"

enum { EDITION = 1, NUMBERS = 7, FILE_MAX = 1 << 20 };
static const uint64_t UNIT_HZ = 2500000000; /* where the driver does not say */

static char *path_of(const atr_context_options *options, size_t *folder) {
  *folder = atr_cache_folder(options, NULL, 0);
  char *path = *folder ? atr__malloc(*folder + sizeof "/ceilings.txt") : NULL;
  if (!path) return NULL;
  atr_cache_folder(options, path, *folder + 1);
  strcpy(path + *folder, "/ceilings.txt");
  return path;
}

/* What a device's line begins with; its texts cannot tear the line. */
static void add_key(atr__text *text, const atr_device_info *d) {
  const char *const part[] = { d->name, d->platform, d->driver };
  atr__text_add(text, "%d", EDITION);
  for (int i = 0; i < 3; i++) {
    atr__text_add(text, "\t");
    for (const char *c = part[i]; *c; c++) atr__text_add(text, "%c", (unsigned char)*c < ' ' ? ' ' : *c);
  }
  atr__text_add(text, "\t%d\t", d->compute_units);
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

/* The line of this key, or NULL; *after: behind it. */
static const char *find_line(const char *file, const char *key, const char **after) {
  const size_t length = strlen(key);
  for (const char *line = file; line && *line; line = *after) {
    const char *end = strchr(line, '\n');
    *after = end ? end + 1 : line + strlen(line);
    if (!strncmp(line, key, length)) return line;
  }
  return NULL;
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
  } else { /* a core: vectors of eight, two at a time, half of them kept busy; the host's plain C one */
    c->flops = host ? ticks : ticks * 16;
    c->cache_rate = host ? ticks * 2 : ticks * 16;
    c->memory_rate = UINT64_C(5000000000) + (uint64_t)units * UINT64_C(1000000000);
    c->cache_bytes = units << 20;
    c->transfer_rate = host ? 0 : UINT64_C(5000000000);
    c->transfer_ns = host ? 500 : 20000;
    c->launch_ns = host ? 500 : 15000;
  }
}

/* The whole file with a NUL behind it; NULL where there is none that may be believed. */
static char *read_file(const atr_context_options *options) {
  size_t length, size;
  void *bytes = NULL;
  char *path = path_of(options, &length);
  if (!path) return NULL;
  path[length] = 0;
  const int ours = !atr__folder_private(path, 0, NULL);
  path[length] = '/';
  if (ours && !atr__file_read(path, FILE_MAX, NULL, &bytes, &size)) ((char *)bytes)[size] = 0;
  atr__free(path);
  return bytes;
}

atr_status atr_ceilings_find(const atr_device_info *device, const atr_context_options *options,
                             atr_error *error, atr_ceilings *ceilings) {
  if (!device || !ceilings || ceilings->size != sizeof *ceilings)
    return atr__fail(error, ATR_E_PARAM, "atr_ceilings: size is not set to sizeof (atr_ceilings)");
  atr__ceilings_guess(device, ceilings);
  atr__text key = ATR__TEXT_INIT;
  add_key(&key, device);
  if (key.failed) {
    atr__text_free(&key);
    return atr__nomem(error, 1);
  }
  char *file = read_file(options);
  const char *after, *at = file ? find_line(file, key.data, &after) : NULL;
  atr_ceilings read = { .size = sizeof read, .measured = 1 };
  int good = at != NULL;
  if (good) at += key.length;
  for (int i = 0; good && i < NUMBERS; i++)
    good = number(&at, i + 1 < NUMBERS ? '\t' : '\n', field(&read, i));
  if (good && makes_sense(&read)) *ceilings = read;
  atr__free(file);
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
  size_t length;
  atr_ceilings copy = *ceilings;
  atr_status status = ATR_OK;
  atr__text text = ATR__TEXT_INIT, key = ATR__TEXT_INIT;
  char *file = NULL, *path = path_of(options, &length);
  if (!path)
    return length ? atr__nomem(error, length)
                  : atr__fail(error, ATR_E_IO,
                              "there is no folder to keep ceilings in: HOME or "
                              "ATROUS_CACHE_DIR would name one");
  path[length] = 0;
  ATR__CHECK(atr__folder_private(path, 1, error));
  path[length] = '/';
  add_key(&key, device);
  file = read_file(options);
  /* The lines of other devices of this edition, then its own. */
  for (const char *line = file, *end; line && (end = strchr(line, '\n')); line = end + 1)
    if (!strncmp(line, "1\t", 2) && !key.failed && strncmp(line, key.data, key.length) != 0)
      atr__text_add_bytes(&text, line, (size_t)(end + 1 - line));
  if (!key.failed) atr__text_add_bytes(&text, key.data, key.length);
  for (int i = 0; i < NUMBERS; i++)
    atr__text_add(&text, "%llu%s", (unsigned long long)*field(&copy, i), i + 1 < NUMBERS ? "\t" : "\n");
  if (key.failed || text.failed)
    status = atr__nomem(error, 1);
  else
    status = atr__file_write(path, text.data, text.length, error);
fail:
  atr__text_free(&text);
  atr__text_free(&key);
  atr__free(file);
  atr__free(path);
  return status;
}

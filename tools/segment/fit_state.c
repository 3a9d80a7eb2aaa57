/* fit_state.c: the caller's bytes of a checkpoint; see fit_state.h. They are not trusted when read. */
#include "segment/fit_state.h"

#include <stdlib.h>
#include <string.h>

enum { STATE_MAGIC = 0x31475341 }; /* "ASG1" */

struct header {
  uint32_t magic, unused;
  uint64_t fingerprint, count, best, step;
  double sum;
};

/* FNV-1a over everything that decides what a step sees, but not over how long to train. */
static uint64_t fold(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < size; i++) hash = (hash ^ b[i]) * 0x100000001B3u;
  return hash;
}

static uint64_t fingerprint(const struct fit_task *t) {
  uint64_t hash = 0xCBF29CE484222325u;
  const uint64_t numbers[] = {
    t->seed,         (uint64_t)t->size,           (uint64_t)t->batch,   t->train->count,
    t->valid->count, (uint64_t)t->classes->count, (uint64_t)t->augment, (uint64_t)t->weights
  };
  hash = fold(hash, numbers, sizeof numbers);
  for (size_t i = 0; i < t->train->count; i++) {
    const struct sample *s = &t->train->sample[i];
    const size_t area = s->picture.width * s->picture.height;
    hash = fold(hash, s->label, area);
    for (size_t j = 0; j < area; j += 61) hash = fold(hash, &s->picture.plane[j], 2);
  }
  return hash;
}

bool fit_state_grow(struct fit *fit, size_t count, struct fault *fault) {
  if (count <= fit->room) return true;
  const size_t room = 2 * count + 32;
  struct fit_epoch *larger = realloc(fit->epoch, room * sizeof *larger);
  if (!larger) return fault_nomem(fault, room * sizeof *larger);
  fit->epoch = larger;
  fit->room = room;
  return true;
}

bool fit_state_keep(const struct fit_task *task, const struct fit *fit, const struct fit_place *place,
                    atr_trainer *trainer, struct fault *fault) {
  const struct header h = {
    STATE_MAGIC, 0, fingerprint(task), fit->count, fit->best, place->step, place->sum
  };
  const size_t epochs = fit->count * sizeof *fit->epoch;
  char *bytes = malloc(sizeof h + epochs);
  if (!bytes) return fault_nomem(fault, sizeof h + epochs);
  memcpy(bytes, &h, sizeof h);
  if (epochs) memcpy(bytes + sizeof h, fit->epoch, epochs);
  const atr_status status = atr_trainer_set_data(trainer, bytes, sizeof h + epochs);
  free(bytes);
  return !status || fault_set(fault, FAULT_NOMEM, "%s", atr_trainer_error(trainer));
}

bool fit_state_restore(const struct fit_task *task, struct fit *fit, struct fit_place *place,
                       const atr_trainer *trainer, struct fault *fault) {
  size_t size = 0;
  const char *bytes = atr_trainer_data(trainer, &size);
  struct header h;
  if (bytes && size >= sizeof h) memcpy(&h, bytes, sizeof h);
  if (!bytes || size < sizeof h || h.magic != STATE_MAGIC || h.best > h.count || h.count > 10000000 ||
      h.step > 1000000 || size != sizeof h + h.count * sizeof *fit->epoch) {
    fault_set(fault, FAULT_FORMAT, "this is no checkpoint of atrous-segment");
    return fault_at(fault, task->checkpoint, 0, 0);
  }
  if (h.fingerprint != fingerprint(task)) {
    fault_set(fault, FAULT_DATA, "the checkpoint was made from other images, another seed or other options");
    fault_at(fault, task->checkpoint, 0, 0);
    return fault_remedy(fault, "give what was given then, or remove the file");
  }
  if (!fit_state_grow(fit, (size_t)h.count + 1, fault)) return false;
  fit->count = (size_t)h.count;
  fit->best = (size_t)h.best;
  *place = (struct fit_place){ (size_t)h.step, h.sum };
  memcpy(fit->epoch, bytes + sizeof h, fit->count * sizeof *fit->epoch);
  return true;
}

/* fit_state.c: the caller's bytes of a checkpoint; see fit_state.h. They are not trusted when read. */
#include "forecast/fit_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_MAGIC = 0x31534641 }; /* "AFS1" */

struct header {
  uint32_t magic, unused;
  uint64_t fingerprint, count, best, parameters;
};

bool fit_state_there(const char *path) {
  return access(path, F_OK) == 0;
}

/* FNV-1a over everything that decides what a step sees, but not over --epochs: more may be asked for. */
static uint64_t fold(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < size; i++) hash = (hash ^ b[i]) * 0x100000001B3u;
  return hash;
}

static uint64_t fingerprint(const struct fit_task *t) {
  uint64_t hash = 0xCBF29CE484222325u;
  const uint64_t numbers[] = { t->seed,
                               t->split.first,
                               t->split.train_end,
                               t->split.valid_end,
                               (uint64_t)t->net->horizon,
                               (uint64_t)t->net->kind };
  hash = fold(hash, numbers, sizeof numbers);
  hash = fold(hash, t->target, t->split.rows * sizeof *t->target);
  for (size_t c = 0; c < t->features->channels; c++)
    hash = fold(hash, t->features->x + c * t->features->n, t->split.rows * sizeof *t->features->x);
  return hash;
}

bool fit_state_keep(const struct fit_task *task, const struct fit *fit, atr_trainer *trainer,
                    struct fault *fault) {
  struct header h = { STATE_MAGIC, 0, fingerprint(task), fit->count, fit->best, fit->parameters };
  size_t epochs = (fit->count + 1) * sizeof *fit->epoch, weights = fit->parameters * sizeof *fit->weights;
  char *bytes = malloc(sizeof h + epochs + weights);
  if (!bytes) return fault_nomem(fault, sizeof h + epochs + weights);
  memcpy(bytes, &h, sizeof h);
  memcpy(bytes + sizeof h, fit->epoch, epochs);
  memcpy(bytes + sizeof h + epochs, fit->weights, weights);
  atr_status status = atr_trainer_set_data(trainer, bytes, sizeof h + epochs + weights);
  free(bytes);
  return !status || fault_set(fault, FAULT_NOMEM, "%s", atr_trainer_error(trainer));
}

bool fit_state_other(const struct fit_task *task, struct fault *fault) {
  fault_set(fault, FAULT_DATA, "the checkpoint was made from other data, another seed or other options");
  fault_at(fault, task->checkpoint, 0, 0);
  return fault_remedy(fault, "give what was given then, or remove the file");
}

bool fit_state_restore(const struct fit_task *task, struct fit *fit, const atr_trainer *trainer,
                       struct fault *fault) {
  size_t size = 0;
  const char *bytes = atr_trainer_data(trainer, &size);
  struct header h;
  if (bytes && size >= sizeof h) memcpy(&h, bytes, sizeof h);
  if (!bytes || size < sizeof h || h.magic != STATE_MAGIC || h.parameters != fit->parameters ||
      h.best > h.count || h.count > 1000000 ||
      size != sizeof h + (h.count + 1) * sizeof *fit->epoch + h.parameters * sizeof *fit->weights) {
    fault_set(fault, FAULT_FORMAT, "this is no checkpoint of atrous-forecast");
    return fault_at(fault, task->checkpoint, 0, 0);
  }
  if (h.fingerprint != fingerprint(task)) return fit_state_other(task, fault);
  if (h.count > (uint64_t)task->epochs) {
    fault_set(fault, FAULT_DATA, "the checkpoint has %llu epochs behind it, more than the %lld asked for",
              (unsigned long long)h.count, (long long)task->epochs);
    return fault_at(fault, task->checkpoint, 0, 0);
  }
  fit->count = (size_t)h.count;
  fit->best = (size_t)h.best;
  size_t epochs = (fit->count + 1) * sizeof *fit->epoch;
  memcpy(fit->epoch, bytes + sizeof h, epochs);
  memcpy(fit->weights, bytes + sizeof h + epochs, fit->parameters * sizeof *fit->weights);
  return true;
}

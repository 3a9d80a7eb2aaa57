/* params.h: weights on a device: canonical values in ONNX layout with a version number, and packed forms made
 * from them.
 *
 * Two buffers, base 2 (canonical) and base 1 (packed), that only grow: an entry's offset never changes. Plans
 * find entries by name and add what is missing, so a training model, an evaluation model and the model itself
 * share one. On the host canonical entries have buffers of their own, which are the model's own values until
 * something writes to them: no copy is made of what is only read. */
#ifndef ATR_PLAN_PARAMS_H
#define ATR_PLAN_PARAMS_H

#include <stdatomic.h>

#include <atrous/plan.h>

#include "backend/backend.h"
#include "model/graph.h"

typedef struct atr__param {
  char *name;
  atr_type type;
  atr_shape shape;
  atr__blob *initial; /* where `own` is or was lent by it */
  atr__buffer *own;   /* the host, canonical: this entry's alone; else NULL */
  int lent;           /* own is the model's, only to be read */
  int of;             /* packed entries: the canonical entry it is made from; else -1 */
  const char *packing;
  uint64_t offset, bytes; /* multiples of 64 */
  uint64_t version, made; /* canonical: counts changes; packed: the version it was made from, 0: never */
} atr__param;

/* Chunk k has 64 << k entries: an entry stays where it is, so plans on other threads may read theirs while
 * this one adds more. */
enum { ATR__PARAM_FIRST = 64, ATR__PARAM_CHUNKS = 24 };

struct atr_params {
  atr_context *context;
  atr__mutex *lock;
  atomic_int references;
  uint64_t model;   /* the id of the model these are the context's own for; 0: none's */
  atr_params *next; /* in the context's list */
  int real64;
  atr__param *chunk[ATR__PARAM_CHUNKS];
  size_t n;
  atr__buffer *buffer[2]; /* canonical, packed */
  uint64_t used[2], size[2];
  uint64_t generation; /* changes when a buffer is replaced */
  /* New small entries wait here to go to a device together: `waiting` bytes of canonical ones from offset
   * `first` on. NULL: none ever did. */
  unsigned char *stage;
  uint64_t first, waiting;
};

static inline atr__param *atr__param_at(const atr_params *params, int64_t index) {
  int64_t first = 0, size = ATR__PARAM_FIRST, k = 0;
  while (index - first >= size) {
    first += size;
    size *= 2;
    k++;
  }
  return &params->chunk[k][index - first];
}

atr_status atr__params_new(atr_context *context, int real64, atr_error *error, atr_params **params);
/* The context's own for this model, found or made; retained. */
atr_status atr__params_of(const atr_model *model, atr_context *context, atr_error *error,
                          atr_params **params);
void atr__params_retain(atr_params *params);

/* The entry of this name, added where it is missing; ATR_E_SHAPE where its shape or type differs. After the
 * last of them, and before any of them is used other than by the functions here, atr__params_settle uploads
 * them. */
atr_status atr__params_add(atr_params *params, const char *name, const atr__blob *initial, atr_error *error,
                           int *entry);
atr_status atr__params_settle(atr_params *params, atr_error *error);
/* The packed entry of this form, with room made for it. */
atr_status atr__params_add_packed(atr_params *params, int of, const char *packing, uint64_t bytes,
                                  atr_error *error, int *entry);
/* Room for all that the model will add, so that no buffer has to grow; likewise for packed forms. */
atr_status atr__params_expect(atr_params *params, const atr_model *model, atr_error *error);
atr_status atr__params_expect_packed(atr_params *params, uint64_t bytes, atr_error *error);
/* The packed entry of this form, or -1. */
int atr__params_find_packed(const atr_params *params, int of, const char *packing);
/* Before anything but the functions below writes to a canonical entry. */
atr_status atr__params_own(atr_params *params, int entry, atr_error *error);
/* Where a canonical entry lies. */
atr__buffer *atr__params_place(const atr_params *params, int entry, uint64_t *offset);
int atr__params_find(const atr_params *params, const char *name); /* -1: none */
/* Copies a canonical entry out or in (as float where the entry is ATR_F32, also in the oracle). Blocking. */
atr_status atr__params_read(atr_params *params, int entry, void *data, size_t bytes, atr_error *error);
atr_status atr__params_write(atr_params *params, int entry, const void *data, size_t bytes, atr_error *error);

#endif

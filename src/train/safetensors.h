/* safetensors.h: the safetensors container: a JSON header and raw tensors. Files are not trusted.
 *
 * Layout: 8 bytes, the header's length (little-endian); the header, one JSON object {name: {"dtype", "shape",
 * "data_offsets"}, …, "__metadata__": {text: text}}; then the data, which the offsets cover without gap or
 * overlap. Source: the safetensors format description. Little-endian machines only, like the rest of the
 * library. */
#ifndef ATR_TRAIN_SAFETENSORS_H
#define ATR_TRAIN_SAFETENSORS_H

#include <atrous/limits.h>
#include <atrous/tensor.h>

#include "base/status.h"

typedef struct atr__stored {
  char *name;
  atr_type type;
  atr_shape shape;
  size_t bytes;
  unsigned char *data; /* within the file's bytes; of no alignment */
} atr__stored;

typedef struct atr__safetensors {
  atr__stored *tensors;
  size_t n, room;
  char **metadata;                  /* key, value, key, value … */
  size_t n_metadata, room_metadata; /* strings */
} atr__safetensors;

/* Copies name and texts. ATR_E_NOMEM. */
atr_status atr__safetensors_add(atr__safetensors *file, const char *name, atr_type type,
                                const atr_shape *shape, atr_error *error);
atr_status atr__safetensors_note(atr__safetensors *file, const char *key, const char *value,
                                 atr_error *error);
/* A new block (atr__free) with the header; every tensor's `data` points to its place in it, to be filled. */
atr_status atr__safetensors_make(atr__safetensors *file, atr_error *error, unsigned char **bytes,
                                 size_t *size);

/* Fills *file from a file's bytes, which must stay; `what` names it in sentences. ATR_E_FORMAT, ATR_E_LIMIT,
 * ATR_E_NOMEM; *file is then empty. */
atr_status atr__safetensors_parse(unsigned char *bytes, size_t size, const atr_limits *limits,
                                  const char *what, atr_error *error, atr__safetensors *file);
const atr__stored *atr__safetensors_find(const atr__safetensors *file, const char *name);
const char *atr__safetensors_metadata(const atr__safetensors *file, const char *key);
void atr__safetensors_free(atr__safetensors *file);

#endif

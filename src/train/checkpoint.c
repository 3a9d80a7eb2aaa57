/* checkpoint.c: the state of a trainer in one safetensors file, and back.
 *
 * Tensors: every learned weight and its optimizer states, the running statistics, carried states as
 * "atrous.state.INPUT", and the caller's bytes as "atrous.data". Metadata: format, version, model (a hash of
 * the network), optimizer, step, seed. Dropout's random numbers are counted by seed and step, so nothing else
 * is needed to go on bit for bit. The file is replaced atomically (base/file.h); doc/formats.md describes it.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/params.h"
#include "tensor/shape.h"
#include "train/safetensors.h"
#include "train/trainer.h"

static const char data_name[] = "atrous.data", state_prefix[] = "atrous.state.";

/* The carried state that a tensor of this name holds, or NULL. */
static const atr__carried *state_named(const atr_trainer *trainer, const char *name) {
  const size_t length = sizeof state_prefix - 1;
  for (size_t i = 0; !strncmp(name, state_prefix, length) && i < trainer->n_carried; i++)
    if (!strcmp(name + length, trainer->carried[i].input->name)) return &trainer->carried[i];
  return NULL;
}

static int same_form(const atr__stored *t, const atr__trainer_input *input) {
  return t->type == input->type && atr__shape_equal(&t->shape, &input->shape);
}

/* The i-th tensor of a checkpoint, in a fixed order; NULL past the end. */
static const char *tensor_name(const atr_trainer *trainer, size_t i) {
  const atr__form *form = &trainer->train;
  for (size_t k = 0; k < form->n_learned; k++) {
    const atr__learned *w = &form->learned[k];
    for (int s = -1; s < ATR__STATES_MAX; s++) {
      const int id = s < 0 ? w->id : w->state[s];
      if (id && !i--) return atr__model_at(form->model, id)->name;
    }
  }
  return i < form->n_statistics ? atr__model_at(form->model, form->statistics[i])->name : NULL;
}

static int is_statistic(const atr_trainer *trainer, int id) {
  for (size_t i = 0; i < trainer->train.n_statistics; i++)
    if (trainer->train.statistics[i] == id) return 1;
  return 0;
}

/* What must be the same for a checkpoint to fit: nodes, attributes, wiring, types and shapes of weights, and
 * the values of those that never change. Names of nodes and the sizes of inputs may differ. */
static atr_status describe(const atr_trainer *trainer, atr__text *text) {
  const atr_model *model = trainer->model;
  for (size_t k = 0; k < model->n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    atr__text_add(text, "%s.%s(", node->op->domain, node->op->name);
    for (size_t i = 0; i < node->n_in; i++) atr__text_add(text, "%d,", node->in[i]);
    for (size_t i = 0; i < node->n_out; i++) atr__text_add(text, ">%d", node->out[i]);
    for (size_t i = 0; i < node->attrs.n; i++) {
      const atr__attr *a = &node->attrs.list[i];
      atr__text_add(text, ";%s=%d:%" PRId64 ",%a,%s", a->name, (int)a->kind, a->i, (double)a->f,
                    a->s ? a->s : "");
      for (size_t j = 0; j < a->n; j++)
        if (a->ints)
          atr__text_add(text, ",%" PRId64, a->ints[j]);
        else
          atr__text_add(text, ",%a", (double)a->floats[j]);
      if (a->tensor) atr__text_add_bytes(text, a->tensor->data, a->tensor->bytes);
    }
    atr__text_add(text, ")\n");
  }
  for (size_t i = 0; i < model->n_values; i++) {
    const atr__value *value = &model->values[i];
    if (!value->init) continue;
    atr__text_add(text, "%zu %d[", i + 1, (int)value->type);
    for (int k = 0; k < value->init->shape.rank; k++)
      atr__text_add(text, "%" PRId64 ",", value->init->shape.dim[k]);
    atr__text_add(text, "]\n");
    if ((!value->learns || trainer->frozen[i]) && !is_statistic(trainer, (int)i + 1))
      atr__text_add_bytes(text, value->init->data, value->init->bytes);
  }
  return text->failed ? ATR_E_NOMEM : ATR_OK;
}

static atr_status model_hash(const atr_trainer *trainer, atr_error *error, char hash[33]) {
  atr__text text = ATR__TEXT_INIT;
  if (describe(trainer, &text)) {
    atr__text_free(&text);
    return atr__nomem(error, text.length);
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data ? text.data : "", text.length));
  for (int i = 0; i < 16; i++) snprintf(hash + 2 * i, 3, "%02x", canonical.digest[i]);
  atr__text_free(&text);
  return ATR_OK;
}

static const char *optimizer_name(const atr_trainer *trainer) {
  static const char *const name[] = { "sgd", "adam", "adamw", "rmsprop", "adagrad" };
  return name[trainer->params.optimizer];
}

atr_status atr_trainer_save(atr_trainer *trainer, const char *path) {
  atr_error *error = &trainer->error;
  atr__safetensors file;
  unsigned char *bytes = NULL;
  size_t size;
  char hash[33], number[32];
  memset(&file, 0, sizeof file);
  atr_status status = model_hash(trainer, error, hash);
  if (status) return status;
  ATR__CHECK(atr__safetensors_note(&file, "format", "atrous-checkpoint", error));
  ATR__CHECK(atr__safetensors_note(&file, "version", "1", error));
  ATR__CHECK(atr__safetensors_note(&file, "model", hash, error));
  ATR__CHECK(atr__safetensors_note(&file, "optimizer", optimizer_name(trainer), error));
  snprintf(number, sizeof number, "%" PRId64, trainer->step);
  ATR__CHECK(atr__safetensors_note(&file, "step", number, error));
  snprintf(number, sizeof number, "%" PRIu64, trainer->params.seed);
  ATR__CHECK(atr__safetensors_note(&file, "seed", number, error));
  const char *name;
  for (size_t i = 0; (name = tensor_name(trainer, i)); i++) {
    const atr__param *p = atr__param_at(trainer->weights, atr__params_find(trainer->weights, name));
    ATR__CHECK(atr__safetensors_add(&file, name, p->type, &p->shape, error));
  }
  for (size_t i = 0; i < trainer->n_carried; i++) {
    const atr__trainer_input *input = trainer->carried[i].input;
    char *own = atr__name(state_prefix, input->name);
    status = own ? atr__safetensors_add(&file, own, input->type, &input->shape, error) : atr__nomem(error, 1);
    atr__free(own);
    if (status) goto fail;
  }
  if (trainer->data_size) {
    const atr_shape shape = { 1, { (int64_t)trainer->data_size } };
    ATR__CHECK(atr__safetensors_add(&file, data_name, ATR_U8, &shape, error));
  }
  ATR__CHECK(atr__safetensors_make(&file, error, &bytes, &size));
  for (size_t i = 0; i < file.n; i++) {
    const atr__stored *t = &file.tensors[i];
    const atr__carried *state = state_named(trainer, t->name);
    if (!strcmp(t->name, data_name))
      memcpy(t->data, trainer->data, t->bytes);
    else if (state)
      memcpy(t->data, state->input->kept, t->bytes);
    else
      ATR__CHECK(atr__params_read(trainer->weights, atr__params_find(trainer->weights, t->name), t->data,
                                  t->bytes, error));
  }
  status = atr__file_write(path, bytes, size, error);
fail:
  atr__free(bytes);
  atr__safetensors_free(&file);
  return status;
}

static atr_status wrong(atr_trainer *trainer, const char *path, const char *key, const char *got,
                        const char *want) {
  return atr__fail(&trainer->error, ATR_E_PARAM, "%s: its %s is %.64s, this trainer's %s", path, key,
                   got ? got : "missing", want);
}

static int natural(const char *text, uint64_t most, uint64_t *value) {
  *value = 0;
  if (!text || !*text) return 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || *value > (most - (uint64_t)(*text - '0')) / 10) return 0;
    *value = *value * 10 + (uint64_t)(*text - '0');
  }
  return 1;
}

static atr_status check_notes(atr_trainer *trainer, const char *path, const atr__safetensors *file,
                              uint64_t *step) {
  char hash[33], number[32];
  const atr_status status = model_hash(trainer, &trainer->error, hash);
  if (status) return status;
  snprintf(number, sizeof number, "%" PRIu64, trainer->params.seed);
  const struct {
    const char *key, *want;
  } list[] = { { "format", "atrous-checkpoint" },
               { "version", "1" },
               { "model", hash },
               { "optimizer", optimizer_name(trainer) },
               { "seed", number } };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    const char *got = atr__safetensors_metadata(file, list[i].key);
    if (got && !strcmp(got, list[i].want)) continue;
    if (i < 2)
      return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: no checkpoint of this version (%s is %.64s)", path,
                       list[i].key, got ? got : "missing");
    return wrong(trainer, path, list[i].key, got, list[i].want);
  }
  if (!natural(atr__safetensors_metadata(file, "step"), INT64_MAX, step))
    return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: its step is no number", path);
  return ATR_OK;
}

/* Every tensor that is needed, of the right type and shape, and nothing else. */
static atr_status check_tensors(atr_trainer *trainer, const char *path, const atr__safetensors *file) {
  const char *name;
  size_t n = 0;
  for (; (name = tensor_name(trainer, n)); n++) {
    const atr__param *p = atr__param_at(trainer->weights, atr__params_find(trainer->weights, name));
    const atr__stored *t = atr__safetensors_find(file, name);
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    if (!t) return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: tensor \"%s\" is missing", path, name);
    if (t->type != p->type || !atr__shape_equal(&t->shape, &p->shape))
      return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: tensor \"%s\" is %s%s, must be %s%s", path, name,
                       atr_type_name(t->type), atr__shape_text(&t->shape, a), atr_type_name(p->type),
                       atr__shape_text(&p->shape, b));
  }
  const atr__stored *data = atr__safetensors_find(file, data_name);
  if (data && (data->type != ATR_U8 || data->shape.rank != 1))
    return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: \"%s\" is no vector of bytes", path, data_name);
  n += data != NULL;
  for (size_t i = 0; i < file->n; i++) n += state_named(trainer, file->tensors[i].name) != NULL;
  if (file->n != n)
    return atr__fail(&trainer->error, ATR_E_FORMAT, "%s: %zu tensors, must be %zu", path, file->n, n);
  return ATR_OK;
}

atr_status atr_trainer_load(atr_trainer *trainer, const char *path) {
  atr_error *error = &trainer->error;
  const atr_limits limits = ATR_LIMITS_INIT;
  atr__safetensors file;
  void *bytes = NULL;
  size_t size;
  uint64_t step = 0, expected = UINT64_C(1) << 30; /* the header and the caller's bytes */
  const char *name;
  memset(&file, 0, sizeof file);
  for (size_t i = 0; (name = tensor_name(trainer, i)); i++)
    expected += atr__param_at(trainer->weights, atr__params_find(trainer->weights, name))->bytes;
  atr_status status = atr__file_read(path, expected, error, &bytes, &size);
  if (status) return status;
  ATR__CHECK(atr__safetensors_parse(bytes, size, &limits, path, error, &file));
  ATR__CHECK(check_notes(trainer, path, &file, &step));
  ATR__CHECK(check_tensors(trainer, path, &file));
  const atr__stored *data = atr__safetensors_find(&file, data_name);
  ATR__CHECK(atr_trainer_set_data(trainer, data ? data->data : NULL, data ? data->bytes : 0));
  for (size_t i = 0; (name = tensor_name(trainer, i)); i++) {
    const atr__stored *t = atr__safetensors_find(&file, name);
    ATR__CHECK(atr__params_write(trainer->weights, atr__params_find(trainer->weights, name), t->data,
                                 t->bytes, error));
  }
  ATR__CHECK(atr_trainer_restart(trainer, 0, -1));
  ATR__CHECK(atr_trainer_restart(trainer, 1, -1));
  for (size_t i = 0; i < file.n; i++) {
    const atr__carried *state = state_named(trainer, file.tensors[i].name);
    if (state && same_form(&file.tensors[i], state->input))
      memcpy(state->input->kept, file.tensors[i].data, file.tensors[i].bytes);
  }
  trainer->step = (int64_t)step;
  trainer->evaluated = 0;
  memset(&trainer->guard, 0, sizeof trainer->guard);
fail:
  atr__safetensors_free(&file);
  atr__free(bytes);
  return status;
}

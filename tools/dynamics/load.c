/* load.c: which SYSTEM is meant, and the changes of the command line; see load.h. */
#include "dynamics/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/output.h"

/* "1.5" a number, "1,2,3" a list of numbers, else a word. */
static json_t *value_of(const char *text) {
  double number;
  if (number_parse(text, '.', &number)) return json_real(number);
  if (!strchr(text, ',')) return json_string(text);
  json_t *list = json_array();
  for (const char *at = text;; at++) {
    char word[64];
    const size_t n = strcspn(at, ",");
    snprintf(word, sizeof word, "%.*s", n < sizeof word ? (int)n : 0, at);
    if (!number_parse(word, '.', &number)) {
      json_decref(list);
      return json_string(text);
    }
    json_array_append_new(list, json_real(number));
    at += n;
    if (!*at) return list;
  }
}

/* "w_rec.radius=1.2": the key of an object within. */
static bool set_one(json_t *config, const char *text, struct fault *fault) {
  const char *equals = strchr(text, '=');
  char path[128];
  if (!equals || equals == text || (size_t)(equals - text) >= sizeof path) {
    fault_set(fault, FAULT_USAGE, "--set \"%.80s\" is not KEY=VALUE", text);
    return fault_remedy(fault, "for instance --set r=3.5 or --set initial=1,1,20");
  }
  snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
  json_t *object = config;
  char *key = path;
  for (char *dot; (dot = strchr(key, '.')) != NULL; key = dot + 1) {
    *dot = 0;
    object = json_object_get(object, key);
    if (!json_is_object(object)) {
      fault_set(fault, FAULT_USAGE, "--set \"%.80s\": \"%s\" holds no keys", text, key);
      return fault_remedy(fault, "leave out what is behind the dot, or change the file");
    }
  }
  json_object_set_new(object, key, value_of(equals + 1));
  return true;
}

static bool set_all(json_t *config, const struct load *load, struct fault *fault) {
  if (load->dt > 0) json_object_set_new(config, "dt", json_real(load->dt));
  if (load->method < METHODS) json_object_set_new(config, "method", json_string(method_names[load->method]));
  for (int i = 0; load->set && i < load->set->count; i++)
    if (!set_one(config, load->set->item[i], fault)) return false;
  return true;
}

static json_t *built_in(const struct load *load, struct fault *fault) {
  int64_t n;
  if (!strcmp(load->name, "lorenz") || !strcmp(load->name, "logistic"))
    return json_pack("{s:s}", "kind", load->name);
  if (!strncmp(load->name, "random:", 7)) {
    if (number_integer(load->name + 7, &n) && n >= 1 && n <= SYSTEM_STATES)
      return json_pack("{s:s, s:I, s:i, s:{s:s, s:f}, s:{s:s}, s:{s:s, s:f}}", "kind", "rnn", "neurons",
                       (json_int_t)n, "inputs", 1, "w_rec", "draw", "normal", "radius", 0.95, "w_in", "draw",
                       "uniform", "initial", "draw", "uniform", "gain", 0.5);
    fault_set(fault, FAULT_USAGE, "\"%.60s\": the number of neurons is from 1 to %d", load->name,
              SYSTEM_STATES);
    return NULL;
  }
  fault_set(fault, FAULT_USAGE, "\"%.200s\" is no system", load->name);
  fault_remedy(fault, "give FILE.json, MODEL.onnx, lorenz, logistic or random:N");
  return NULL;
}

static json_t *from_file(const char *path, struct fault *fault) {
  char *bytes;
  size_t size;
  json_error_t error;
  if (!input_read(path, (size_t)1 << 28, &bytes, &size, fault)) return NULL;
  json_t *config = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
  free(bytes);
  if (!config) {
    fault_set(fault, FAULT_FORMAT, "not JSON: %.200s", error.text);
    fault_at(fault, path, error.line, error.column);
  }
  return config;
}

static bool ends(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n > m && !strcmp(text + n - m, end);
}

bool load_system(const struct load *load, struct system *system, struct fault *fault) {
  memset(system, 0, sizeof *system);
  if (ends(load->name, ".onnx")) {
    json_t *changes = json_object();
    bool ok = set_all(changes, load, fault) && onnx_system(load->name, load->node, system, fault);
    if (ok && !config_change(changes, NULL, load->seed, system, fault)) {
      system_destroy(system);
      ok = false;
    }
    json_decref(changes);
    return ok;
  }
  if (load->node)
    return fault_set(fault, FAULT_USAGE, "--node is for models, and %.200s is none", load->name);
  const bool file = ends(load->name, ".json");
  json_t *config = file ? from_file(load->name, fault) : built_in(load, fault);
  const bool ok = config && (!json_is_object(config) || set_all(config, load, fault)) &&
                  config_system(config, file ? load->name : NULL, load->seed, system, fault);
  json_decref(config);
  return ok;
}

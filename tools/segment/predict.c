/* predict.c: atrous-segment predict: images and a network in, class maps, overlays, probabilities, objects
 * and a table out. One image that cannot be used is told and left out; the others go on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/output.h"
#include "common/progress.h"
#include "segment/engine.h"
#include "segment/inputs.h"
#include "segment/metrics.h"
#include "segment/objects.h"
#include "segment/render.h"
#include "segment/segment.h"

/* One image under way. */
struct work {
  struct image image;
  struct picture picture, seen; /* as it is; as the network sees it */
  struct segmentation result;
  struct objects objects;
  uint8_t *truth;
};

struct prediction {
  struct job *job;
  struct network network;
  struct engine engine;
  struct inputs inputs;
  struct work first; /* the first image, which is read with the network, or what was wrong with it */
  struct fault first_fault;
  bool first_read;
  struct confusion *confusion;
  FILE *table; /* NULL: none */
};

static void work_destroy(struct work *w) {
  image_destroy(&w->image);
  picture_destroy(&w->picture);
  picture_destroy(&w->seen);
  segmentation_destroy(&w->result);
  objects_destroy(&w->objects);
  free(w->truth);
}

static bool read_truth(struct prediction *p, const struct input *in, struct work *w, struct fault *fault) {
  struct label_map map;
  if (!label_map_read(in->truth, &map, fault)) return false;
  bool ok = true;
  if (map.width != w->picture.width || map.height != w->picture.height) {
    fault_set(fault, FAULT_DATA, "the mask is %zu x %zu, its image %zu x %zu", map.width, map.height,
              w->picture.width, w->picture.height);
    ok = fault_at(fault, in->truth, 0, 0);
  }
  if (ok) w->truth = malloc(map.width * map.height);
  if (ok && !w->truth) ok = fault_nomem(fault, map.width * map.height);
  ok = ok && classes_label(&p->network.classes, in->truth, &map, w->truth, NULL, fault);
  label_map_destroy(&map);
  return ok;
}

/* Reads everything before anything is written. */
static bool read_input(struct prediction *p, const struct input *in, struct work *w, struct fault *fault) {
  if (!image_read(in->path, &w->image, fault) || !picture_from_image(&w->image, &w->picture, fault))
    return false;
  if (in->truth && !read_truth(p, in, w, fault)) return false;
  if (!picture_from_image(&w->image, &w->seen, fault)) return false;
  image_destroy(&w->image);
  return picture_scale(&w->seen, p->network.scale, fault);
}

static bool take_input(struct prediction *p, const struct input *in, struct work *w, struct fault *fault) {
  if (in != p->inputs.item) return read_input(p, in, w, fault);
  *w = p->first;
  memset(&p->first, 0, sizeof p->first);
  if (!p->first_read) *fault = p->first_fault;
  return p->first_read;
}

static bool write_probabilities(const struct prediction *p, const struct input *in, const struct work *w,
                                struct fault *fault) {
  char path[OUTPUT_PATH];
  for (int c = 0; c < p->network.classes.count; c++) {
    inputs_class_path(in->probability, c, path);
    if (!render_probability(path, p->job->common->no_clobber, &w->result, c, fault)) return false;
  }
  return true;
}

static bool write_outputs(const struct prediction *p, const struct input *in, const struct work *w,
                          struct fault *fault) {
  const bool keep = p->job->common->no_clobber;
  const struct segmentation *r = &w->result;
  return (!in->mask || render_map(in->mask, keep, r, p->network.classes.count, fault)) &&
         (!in->overlay || render_overlay(in->overlay, keep, r, &w->picture, fault)) &&
         (!in->probability || write_probabilities(p, in, w, fault)) &&
         (!in->objects || render_objects(in->objects, keep, &w->objects, r->width, r->height, fault));
}

static json_t *objects_json(const struct objects *o) {
  json_t *list = json_array();
  for (size_t i = 0; i < o->count; i++) {
    const struct object *a = &o->item[i];
    json_array_append_new(
        list,
        json_pack("{s:I, s:i, s:o, s:[I,I,I,I], s:I, s:[o,o]}", "id", (json_int_t)(i + 1), "class", a->class,
                  "score", report_number(a->score), "box_px", (json_int_t)a->left, (json_int_t)a->top,
                  (json_int_t)(a->right - a->left + 1), (json_int_t)(a->bottom - a->top + 1), "area_px",
                  (json_int_t)a->area, "centroid_px", report_number(a->x), report_number(a->y)));
  }
  return list;
}

/* The table's lines of one image, and the same as JSON. */
static json_t *tell(const struct prediction *p, const struct input *in, const struct work *w) {
  const struct segmentation *r = &w->result;
  const size_t pixels = r->width * r->height;
  int64_t count[256] = { 0 };
  json_t *list = json_array();
  for (size_t i = 0; i < pixels; i++) count[r->label[i]]++;
  memset(p->confusion, 0, sizeof *p->confusion);
  p->confusion->classes = p->network.classes.count;
  if (w->truth) confusion_add(p->confusion, w->truth, r->label, pixels);
  for (int c = 0; c < p->network.classes.count; c++) {
    const double iou = w->truth ? confusion_iou(p->confusion, c) : NAN;
    const double share = (double)count[c] / (double)pixels;
    const char *name = p->network.classes.name[c];
    char text[32] = "-";
    if (isfinite(iou)) snprintf(text, sizeof text, "%.4f", iou);
    if (p->table)
      fprintf(p->table, "%s\t%s\t%lld\t%.6f\t%s\n", in->path, name, (long long)count[c], share, text);
    json_array_append_new(list, json_pack("{s:i, s:o, s:I, s:o, s:o}", "id", c, "name", report_text(name),
                                          "pixels", (json_int_t)count[c], "share", report_number(share),
                                          "iou", report_number(iou)));
  }
  return list;
}

static json_t *text_or_null(const char *text) {
  return text ? report_text(text) : json_null();
}

static bool predict(struct prediction *p, const struct input *in, struct work *w, json_t *entry,
                    struct fault *fault) {
  const double started = report_now();
  if (!take_input(p, in, w, fault)) return false;
  json_object_set_new(entry, "width_px", json_integer((json_int_t)w->picture.width));
  json_object_set_new(entry, "height_px", json_integer((json_int_t)w->picture.height));
  if (!engine_run(&p->engine, &w->seen, w->picture.width, w->picture.height, in->probability != NULL,
                  &w->result, fault))
    return false;
  if (in->objects &&
      !objects_find(w->result.label, w->result.score, w->result.width, w->result.height, &w->objects, fault))
    return false;
  if (!write_outputs(p, in, w, fault)) return false;
  json_object_set_new(entry, "mask", text_or_null(in->mask));
  json_object_set_new(entry, "overlay", text_or_null(in->overlay));
  json_object_set_new(entry, "tiles", json_integer(w->result.tiles));
  json_object_set_new(entry, "time_s", report_number(report_now() - started));
  json_object_set_new(entry, "classes", tell(p, in, w));
  if (in->objects) json_object_set_new(entry, "objects", objects_json(&w->objects));
  return true;
}

/* False only after a signal. */
static bool one(struct prediction *p, const struct input *in, json_t *list) {
  struct fault fault = FAULT_INIT;
  struct work w;
  memset(&w, 0, sizeof w);
  json_t *entry =
      json_pack("{s:o, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:[], s:[]}", "file", report_text(in->path),
                "width_px", "height_px", "mask", "overlay", "tiles", "time_s", "error", "classes", "objects");
  bool ok = predict(p, in, &w, entry, &fault);
  work_destroy(&w);
  if (!ok && signals_pending()) {
    json_decref(entry);
    return false;
  }
  if (!ok) {
    if (!fault.file[0]) fault_at(&fault, in->path, 0, 0);
    json_object_set_new(entry, "error", report_text(fault.text));
    progress_clear();
    report_fault(p->job->report, &fault);
    p->job->report->partial = true;
  }
  json_t *event = json_copy(entry);
  json_object_set_new(event, "event", json_string("image"));
  report_event(p->job->report, event);
  json_array_append_new(list, entry);
  return true;
}

static bool load_network(void *user, struct fault *fault) {
  struct prediction *p = user;
  const struct settings *o = p->job->settings;
  if (!network_load(o->model, o->pixels, &p->network, fault)) return false;
  p->network.classes.ignore = o->ignore;
  p->network.classes.binary = o->binary;
  if (p->inputs.count && !p->job->common->dry_run)
    p->first_read = read_input(p, p->inputs.item, &p->first, &p->first_fault);
  return true;
}

static bool open_network(struct prediction *p, struct fault *fault) {
  const struct settings *o = p->job->settings;
  const bool dry = p->job->common->dry_run;
  int64_t tile;
  if (!inputs_tile(o->tile, &tile))
    return options_usage(p->job->program, fault, "--tile is auto or 64 to 8192, not \"%.40s\"", o->tile);
  if (!(dry ? load_network(p, fault)
            : session_open_beside(p->job->report, &p->job->context, load_network, p, fault)))
    return false;
  if (dry) return true;
  return engine_open(&p->engine, p->job->report, p->job->context, p->network.model, NULL, &p->network.pixels,
                     tile, p->network.classes.count, fault);
}

static bool run(struct prediction *p, struct output *out, json_t *list, struct fault *fault) {
  const struct common_options *common = p->job->common;
  const bool to_file = common->output && strcmp(common->output, "-") != 0;
  if (to_file && !output_open(out, common->output, common->no_clobber, fault)) return false;
  if (to_file)
    p->table = out->file;
  else if (!p->inputs.on_stdout && p->job->report->data_on_stdout)
    p->table = stdout;
  p->confusion = calloc(1, sizeof *p->confusion);
  if (!p->confusion) return fault_nomem(fault, sizeof *p->confusion);
  if (p->table) fputs("file\tclass\tpixels\tshare\tiou\n", p->table);
  for (size_t i = 0; i < p->inputs.count; i++) {
    progress_show("predicting", i, p->inputs.count, -1, p->inputs.item[i].stem);
    if (signals_pending() || !one(p, &p->inputs.item[i], list)) break;
  }
  progress_clear();
  return !to_file || output_commit(out, fault);
}

json_t *predict_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  struct prediction *p = calloc(1, sizeof *p);
  struct output out = { 0 };
  json_t *list = json_array();
  if (!p) {
    fault_nomem(fault, sizeof *p);
    return NULL;
  }
  p->job = job;
  bool ok = true;
  if (!o->model || job->count == 0)
    ok = options_usage(job->program, fault, "predict needs images (or a folder, or -) and --model M.onnx");
  const double started = report_rest(job->report);
  ok = ok && inputs_open(&p->inputs, job, fault) && open_network(p, fault) &&
       inputs_check(&p->inputs, p->network.classes.count, job->common, fault);
  report_time(job->report, "load", report_rest(job->report) - started);
  if (ok && !job->common->dry_run) ok = run(p, &out, list, fault);
  output_discard(&out);
  engine_close(&p->engine);
  work_destroy(&p->first);
  network_destroy(&p->network);
  inputs_close(&p->inputs);
  free(p->confusion);
  free(p);
  if (ok) return json_pack("{s:o}", "images", list);
  json_decref(list);
  return NULL;
}

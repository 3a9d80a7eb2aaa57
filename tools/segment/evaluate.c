/* evaluate.c: atrous-segment evaluate: predicted class maps, or a network's, against the truth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/output.h"
#include "common/plot.h"
#include "common/progress.h"
#include "segment/baseline.h"
#include "segment/engine.h"
#include "segment/inputs.h"
#include "segment/metrics.h"
#include "segment/objects.h"
#include "segment/pairs.h"
#include "segment/segment.h"

struct evaluation {
  struct job *job;
  struct network network; /* model NULL with --predicted */
  struct engine engine;
  struct classes classes;
  struct pairs truths; /* first: predicted map or image; second: truth */
  struct pairs images; /* beside --predicted, for the baselines */
  struct confusion confusion;
  struct agreement agreement;
  struct baseline baseline;
  double boundary, boundary_images;
};

/* One image under way. */
struct work {
  struct picture picture;
  struct segmentation result;
  uint8_t *truth, *predicted;
};

static void work_destroy(struct work *w) {
  picture_destroy(&w->picture);
  segmentation_destroy(&w->result);
  free(w->truth);
  free(w->predicted);
}

static bool read_labels(const char *path, const struct classes *classes, uint8_t **label, size_t *width,
                        size_t *height, struct fault *fault) {
  struct label_map map;
  if (!label_map_read(path, &map, fault)) return false;
  *width = map.width;
  *height = map.height;
  *label = malloc(map.width * map.height);
  bool ok = *label ? classes_label(classes, path, &map, *label, NULL, fault)
                   : fault_nomem(fault, map.width * map.height);
  label_map_destroy(&map);
  return ok;
}

static bool same_size(const char *path, size_t w, size_t h, size_t width, size_t height,
                      struct fault *fault) {
  if (w == width && h == height) return true;
  fault_set(fault, FAULT_DATA, "it is %zu x %zu, its true mask %zu x %zu", w, h, width, height);
  return fault_at(fault, path, 0, 0);
}

static const char *image_of(const struct evaluation *e, size_t i) {
  if (e->network.model) return e->truths.item[i].first;
  for (size_t k = 0; k < e->images.count; k++)
    if (!strcmp(e->images.item[k].stem, e->truths.item[i].stem)) return e->images.item[k].first;
  return NULL;
}

static bool segment(struct evaluation *e, const char *path, size_t width, size_t height, struct work *w,
                    struct fault *fault) {
  struct picture seen;
  bool ok = picture_read(path, &seen, fault) && picture_scale(&seen, e->network.scale, fault) &&
            engine_run(&e->engine, &seen, width, height, false, &w->result, fault);
  picture_destroy(&seen);
  if (!ok && !fault->file[0]) fault_at(fault, path, 0, 0);
  return ok;
}

static bool add_objects(struct evaluation *e, const uint8_t *truth, uint8_t *predicted, size_t width,
                        size_t height, struct fault *fault) {
  struct objects t = { 0 }, p = { 0 };
  for (size_t i = 0; i < width * height; i++)
    if (truth[i] == CLASS_IGNORED) predicted[i] = CLASS_IGNORED;
  bool ok = objects_find(truth, NULL, width, height, &t, fault) &&
            objects_find(predicted, NULL, width, height, &p, fault) &&
            agreement_add(&e->agreement, &t, &p, width * height, fault);
  objects_destroy(&t);
  objects_destroy(&p);
  return ok;
}

static bool one(struct evaluation *e, size_t i, struct work *w, struct fault *fault) {
  const struct pair *pair = &e->truths.item[i];
  const char *image = image_of(e, i);
  size_t width, height, own_width, own_height;
  if (!read_labels(pair->second, &e->classes, &w->truth, &width, &height, fault)) return false;
  if (image && (!picture_read(image, &w->picture, fault) ||
                !same_size(image, w->picture.width, w->picture.height, width, height, fault)))
    return false;
  if (e->network.model) {
    if (!segment(e, pair->first, width, height, w, fault)) return false;
  } else {
    struct classes plain = e->classes; /* predictions are classes already, and none is ignored */
    plain.ignore = -1;
    if (!read_labels(pair->first, &plain, &w->predicted, &own_width, &own_height, fault) ||
        !same_size(pair->first, own_width, own_height, width, height, fault))
      return false;
  }
  uint8_t *predicted = e->network.model ? w->result.label : w->predicted;
  confusion_add(&e->confusion, w->truth, predicted, width * height);
  const double f = metrics_boundary_f(w->truth, predicted, width, height, e->classes.count);
  if (isfinite(f)) e->boundary += f, e->boundary_images++;
  return baseline_add(&e->baseline, w->truth, width * height, image ? &w->picture : NULL, fault) &&
         add_objects(e, w->truth, predicted, width, height, fault);
}

/* Where nothing says how many classes there are, the truth does. */
static bool count_classes(struct evaluation *e, struct fault *fault) {
  int64_t largest = 1;
  for (size_t i = 0; i < e->truths.count; i++) {
    struct label_map map;
    if (!label_map_read(e->truths.item[i].second, &map, fault)) return false;
    for (size_t k = 0; k < map.width * map.height; k++)
      if (map.id[k] != e->classes.ignore && map.id[k] > largest) largest = map.id[k];
    label_map_destroy(&map);
    if (largest >= CLASSES_MOST) {
      fault_set(fault, FAULT_DATA, "the mask has class %lld, and there can be %d", (long long)largest,
                CLASSES_MOST);
      fault_at(fault, e->truths.item[i].second, 0, 0);
      return fault_remedy(fault, "--binary takes every number but 0 as class 1, --ignore leaves one out");
    }
  }
  classes_count(&e->classes, (int)largest + 1);
  return true;
}

static bool choose_classes(struct evaluation *e, struct fault *fault) {
  const struct settings *o = e->job->settings;
  if (!classes_parse(&e->classes, o->classes, o->ignore, o->binary, fault)) return false;
  if (e->network.model) {
    if (e->classes.count && e->classes.count != e->network.classes.count) {
      fault_set(fault, FAULT_DATA, "the model has %d classes, but %d are asked for", e->network.classes.count,
                e->classes.count);
      return fault_at(fault, o->model, 0, 0);
    }
    const bool named = o->classes != NULL;
    if (!named) e->classes = e->network.classes;
    e->classes.ignore = o->ignore;
    e->classes.binary = o->binary;
  }
  return e->classes.count || count_classes(e, fault);
}

static bool open_all(struct evaluation *e, struct fault *fault) {
  struct job *job = e->job;
  const struct settings *o = job->settings;
  const char *first = o->predicted ? o->predicted : o->images;
  int64_t tile;
  if (!inputs_tile(o->tile, &tile))
    return options_usage(job->program, fault, "--tile is auto or 64 to 8192, not \"%.40s\"", o->tile);
  if (!plot_check(o->plot, job->common->no_clobber, fault)) return false;
  if (job->common->output && !output_check(job->common->output, job->common->no_clobber, fault)) return false;
  if (!pairs_match(first, o->truth, &e->truths, fault)) return false;
  if (e->truths.alone)
    report_warn(job->report, "unpaired", "%zu files of \"%.200s\" have no true mask and are left out",
                e->truths.alone, first);
  pairs_hold_out(&e->truths, o->hold_out, false);
  if (e->truths.count == 0)
    return fault_set(fault, FAULT_DATA, "there are fewer than --hold-out %lld pairs", (long long)o->hold_out);
  if (o->predicted && o->images && !pairs_list(o->images, &e->images, fault)) return false;
  if (!o->predicted && !network_load(o->model, o->pixels, &e->network, fault)) return false;
  if (!choose_classes(e, fault) || !baseline_create(&e->baseline, e->classes.count, fault)) return false;
  e->confusion.classes = e->classes.count;
  if (o->predicted || job->common->dry_run) return true;
  return session_open(job->report, &job->context, fault) &&
         engine_open(&e->engine, job->report, job->context, e->network.model, NULL, &e->network.pixels, tile,
                     e->network.classes.count, fault);
}

/* --require KEY=VALUE. */
struct requirement {
  char key[16];
  double least;
};

static bool parse_requirement(const struct job *job, struct requirement *r, struct fault *fault) {
  static const char *const keys[] = { "miou", "accuracy", "dice", "iou", "boundary_f", "ap", "pq" };
  const char *text = job->settings->require, *sign = text ? strchr(text, '=') : NULL;
  r->key[0] = 0;
  if (!text) return true;
  for (size_t i = 0; sign && i < sizeof keys / sizeof *keys; i++)
    if ((size_t)(sign - text) == strlen(keys[i]) && !strncmp(text, keys[i], strlen(keys[i])))
      snprintf(r->key, sizeof r->key, "%s", keys[i]);
  if (r->key[0] && number_parse(sign + 1, '.', &r->least) && r->least >= 0 && r->least <= 1) return true;
  return options_usage(
      job->program, fault,
      "--require is miou, accuracy, dice, iou (of class 1), boundary_f, ap or pq, = and 0 to 1, "
      "not \"%.60s\"",
      text);
}

struct figures {
  double accuracy, miou, dice, boundary, ap, pq, sq, rq;
};

static struct figures figures_of(const struct evaluation *e) {
  struct figures f = { confusion_accuracy(&e->confusion),
                       confusion_mean_iou(&e->confusion),
                       confusion_mean_dice(&e->confusion),
                       e->boundary_images > 0 ? e->boundary / e->boundary_images : NAN,
                       agreement_ap(&e->agreement),
                       0,
                       0,
                       0 };
  f.pq = agreement_pq(&e->agreement, &f.sq, &f.rq);
  return f;
}

static bool check_requirement(const struct evaluation *e, const struct figures *f,
                              const struct requirement *r, struct fault *fault) {
  if (!r->key[0]) return true;
  const double value = !strcmp(r->key, "miou")         ? f->miou
                       : !strcmp(r->key, "accuracy")   ? f->accuracy
                       : !strcmp(r->key, "dice")       ? f->dice
                       : !strcmp(r->key, "iou")        ? confusion_iou(&e->confusion, 1)
                       : !strcmp(r->key, "boundary_f") ? f->boundary
                       : !strcmp(r->key, "ap")         ? f->ap
                                                       : f->pq;
  if (value >= r->least) return true;
  return fault_set(fault, FAULT_CHECK, "%s is %.4f, less than the %g required", r->key, value, r->least);
}

static void print_number(FILE *out, double value, char after) {
  if (isfinite(value))
    fprintf(out, "%.4f%c", value, after);
  else
    fprintf(out, "-%c", after);
}

static void print_line(FILE *out, const char *name, double value) {
  fprintf(out, "%s\t", name);
  print_number(out, value, '\n');
}

static void print_table(const struct evaluation *e, const struct figures *f, FILE *out) {
  const struct confusion *c = &e->confusion;
  fputs("class\tiou\tdice\tprecision\trecall\n", out);
  for (int i = 0; i < c->classes; i++) {
    fprintf(out, "%s\t", e->classes.name[i]);
    print_number(out, confusion_iou(c, i), '\t');
    print_number(out, confusion_dice(c, i), '\t');
    print_number(out, confusion_precision(c, i), '\t');
    print_number(out, confusion_recall(c, i), '\n');
  }
  fprintf(out, "\nimages\t%zu\n", e->truths.count);
  print_line(out, "pixel_accuracy", f->accuracy);
  print_line(out, "mean_iou", f->miou);
  print_line(out, "mean_dice", f->dice);
  print_line(out, "boundary_f", f->boundary);
  print_line(out, "ap", f->ap);
  print_line(out, "pq", f->pq);
  print_line(out, "baseline_majority", baseline_majority(&e->baseline));
  print_line(out, "baseline_otsu", baseline_otsu(&e->baseline));
  print_line(out, "baseline_histogram", baseline_histogram(&e->baseline));
}

static bool write_table(const struct evaluation *e, const struct figures *f, struct fault *fault) {
  const struct common_options *common = e->job->common;
  struct output out;
  if (!common->output || !strcmp(common->output, "-")) {
    if (e->job->report->data_on_stdout) print_table(e, f, stdout);
    return true;
  }
  if (!output_open(&out, common->output, common->no_clobber, fault)) return false;
  print_table(e, f, out.file);
  return output_commit(&out, fault);
}

/* The IoU of each class as bars, the mean and the best baseline as lines. */
static bool draw(const struct evaluation *e, const struct figures *f, struct fault *fault) {
  double x[CLASSES_MOST], iou[CLASSES_MOST];
  char text[64];
  const double baselines[] = { baseline_majority(&e->baseline), baseline_otsu(&e->baseline),
                               baseline_histogram(&e->baseline) };
  double best = NAN;
  for (size_t i = 0; i < 3; i++)
    if (isfinite(baselines[i]) && !(best >= baselines[i])) best = baselines[i];
  for (int i = 0; i < e->classes.count; i++) x[i] = i, iou[i] = confusion_iou(&e->confusion, i);
  struct plot *plot = plot_create(800, 440, "IoU of each class");
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, "IoU");
  plot_x_label(plot, "class");
  plot_include_y(panel, 0);
  plot_include_y(panel, 1);
  plot_bars(panel, x, iou, (size_t)e->classes.count, PLOT_BLUE, NULL);
  snprintf(text, sizeof text, "mean %.3f", f->miou);
  if (isfinite(f->miou)) plot_mark_y(panel, f->miou, text);
  snprintf(text, sizeof text, "best baseline %.3f", best);
  if (isfinite(best)) plot_mark_y(panel, best, text);
  bool ok = plot_write(plot, e->job->settings->plot, e->job->common->no_clobber, fault);
  plot_destroy(plot);
  return ok;
}

static json_t *result_json(const struct evaluation *e, const struct figures *f) {
  const struct confusion *c = &e->confusion;
  json_t *confusion = json_array(), *classes = json_array();
  for (int i = 0; i < c->classes; i++) {
    json_t *row = json_array();
    for (int k = 0; k < c->classes; k++) json_array_append_new(row, json_integer((json_int_t)c->n[i][k]));
    json_array_append_new(confusion, row);
    json_array_append_new(classes, json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "id", i, "name",
                                             report_text(e->classes.name[i]), "iou",
                                             report_number(confusion_iou(c, i)), "dice",
                                             report_number(confusion_dice(c, i)), "precision",
                                             report_number(confusion_precision(c, i)), "recall",
                                             report_number(confusion_recall(c, i))));
  }
  return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:{s:o, s:o, s:o}}", "images",
                   (json_int_t)e->truths.count, "pixel_accuracy", report_number(f->accuracy), "mean_iou",
                   report_number(f->miou), "mean_dice", report_number(f->dice), "boundary_f",
                   report_number(f->boundary), "ap", report_number(f->ap), "pq", "pq", report_number(f->pq),
                   "sq", report_number(f->sq), "rq", report_number(f->rq), "confusion", confusion, "classes",
                   classes, "baselines", "majority", report_number(baseline_majority(&e->baseline)), "otsu",
                   report_number(baseline_otsu(&e->baseline)), "histogram",
                   report_number(baseline_histogram(&e->baseline)));
}

static json_t *run(struct evaluation *e, const struct requirement *require, struct fault *fault) {
  for (size_t i = 0; i < e->truths.count; i++) {
    struct work w;
    memset(&w, 0, sizeof w);
    progress_show("evaluating", i, e->truths.count, -1, e->truths.item[i].stem);
    bool ok = signals_pending() ? fault_set(fault, FAULT_INTERRUPTED, "interrupted") : one(e, i, &w, fault);
    work_destroy(&w);
    if (!ok) {
      progress_clear();
      return NULL;
    }
  }
  progress_clear();
  const struct figures f = figures_of(e);
  if (!write_table(e, &f, fault) || (e->job->settings->plot && !draw(e, &f, fault))) return NULL;
  json_t *result = result_json(e, &f);
  if (!check_requirement(e, &f, require, fault)) report_detail(e->job->report, "a check does not hold");
  return result;
}

static bool check_options(const struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  if (!o->truth || (!o->predicted && (!o->images || !o->model)))
    return options_usage(
        job->program, fault,
        "evaluate needs --truth DIR and --predicted DIR, or --images DIR and --model M.onnx");
  if (o->predicted && o->model)
    return options_usage(job->program, fault, "--predicted and --model say two things");
  if (job->count) return options_usage(job->program, fault, "\"%.80s\" is not needed", job->operands[0]);
  return true;
}

json_t *evaluate_command(struct job *job, struct fault *fault) {
  struct evaluation *e = calloc(1, sizeof *e);
  struct requirement require;
  json_t *result = NULL;
  if (!e) {
    fault_nomem(fault, sizeof *e);
    return NULL;
  }
  e->job = job;
  if (check_options(job, fault) && parse_requirement(job, &require, fault) && open_all(e, fault))
    result = job->common->dry_run ? json_pack("{s:I}", "images", (json_int_t)e->truths.count)
                                  : run(e, &require, fault);
  engine_close(&e->engine);
  network_destroy(&e->network);
  pairs_destroy(&e->truths);
  pairs_destroy(&e->images);
  baseline_destroy(&e->baseline);
  free(e);
  return result;
}

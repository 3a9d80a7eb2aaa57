/* train.c: atrous-segment train: folders of images and masks in, an ONNX file out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/charts.h"
#include "common/number.h"
#include "common/output.h"
#include "common/plot.h"
#include "segment/fit.h"
#include "segment/segment.h"

struct corpus {
  struct pairs pairs, valid_pairs; /* valid_pairs: of --valid with folders */
  struct data train, valid;
  struct classes classes;
  struct pixels pixels;
};

static void corpus_destroy(struct corpus *c) {
  data_destroy(&c->train);
  data_destroy(&c->valid);
  pairs_destroy(&c->pairs);
  pairs_destroy(&c->valid_pairs);
}

/* --valid IMAGES,MASKS or DIR (with DIR/images and DIR/masks). */
static bool match_valid(const char *text, struct pairs *pairs, struct fault *fault) {
  char images[OUTPUT_PATH], masks[OUTPUT_PATH];
  const char *comma = strchr(text, ',');
  if (comma) {
    snprintf(images, sizeof images, "%.*s", (int)(comma - text), text);
    snprintf(masks, sizeof masks, "%s", comma + 1);
  } else {
    snprintf(images, sizeof images, "%.4000s/images", text);
    snprintf(masks, sizeof masks, "%.4000s/masks", text);
  }
  return pairs_match(images, masks, pairs, fault);
}

/* Which pairs train (first) and which validate: `share` of them, drawn by the seed. */
static size_t split(size_t *index, size_t count, double share, uint64_t seed) {
  size_t valid = (size_t)(share * (double)count + 0.5);
  if (share > 0 && valid == 0) valid = 1;
  for (size_t i = 0; i < count; i++) index[i] = i;
  for (size_t i = count - 1; i > 0; i--) {
    const size_t j = (size_t)(data_random(seed ^ 0x5E6D, i) % (i + 1)), kept = index[i];
    index[i] = index[j];
    index[j] = kept;
  }
  return valid;
}

static bool load_parts(const struct job *job, struct corpus *c, double share, struct fault *fault) {
  const struct settings *o = job->settings;
  int largest = 0;
  const size_t all = c->pairs.count > c->valid_pairs.count ? c->pairs.count : c->valid_pairs.count;
  size_t *index = malloc(all * sizeof *index);
  if (!index) return fault_nomem(fault, all * sizeof *index);
  const size_t valid = split(index, c->pairs.count, share, (uint64_t)job->common->seed);
  const size_t train = c->pairs.count - valid;
  bool ok = train > 0 || fault_set(fault, FAULT_DATA,
                                   "%zu pairs of image and mask are too few to keep some for "
                                   "validation",
                                   c->pairs.count);
  ok = ok && data_load(&c->train, &c->pairs, index, train, o->scale, &c->classes, &largest, fault);
  if (ok && c->valid_pairs.count) {
    for (size_t i = 0; i < c->valid_pairs.count; i++) index[i] = i;
    ok = data_load(&c->valid, &c->valid_pairs, index, c->valid_pairs.count, o->scale, &c->classes, &largest,
                   fault);
  } else if (ok) {
    ok = data_load(&c->valid, &c->pairs, index + train, valid, o->scale, &c->classes, &largest, fault);
  }
  free(index);
  if (!ok) return false;
  if (!c->classes.count) classes_count(&c->classes, largest + 1);
  if (c->classes.count < 2)
    return fault_set(fault, FAULT_DATA, "the masks hold one class alone, which cannot be told from anything");
  return true;
}

static bool load(const struct job *job, struct corpus *c, struct fault *fault) {
  const struct settings *o = job->settings;
  double share = 0.15;
  const bool folders = o->valid && !number_parse(o->valid, '.', &share);
  char text[256];
  if (!folders && !(share >= 0 && share <= 0.9))
    return options_usage(job->program, fault, "--valid %.60s is not within 0 to 0.9", o->valid);
  if (!classes_parse(&c->classes, o->classes, o->ignore, o->binary, fault) ||
      !pairs_match(o->images, o->masks, &c->pairs, fault))
    return false;
  if (c->pairs.alone)
    report_warn(job->report, "unpaired", "%zu images have no mask of the same stem and are left out",
                c->pairs.alone);
  pairs_hold_out(&c->pairs, o->hold_out, true);
  if (c->pairs.count == 0)
    return fault_set(fault, FAULT_DATA, "--hold-out %lld leaves nothing to train with",
                     (long long)o->hold_out);
  if (folders && !match_valid(o->valid, &c->valid_pairs, fault)) return false;
  if (!load_parts(job, c, folders ? 0 : share, fault)) return false;
  data_pixels(&c->train, &c->pixels);
  pixels_text(&c->pixels, text, sizeof text); /* train with the numbers that the file will hold */
  return pixels_parse(&c->pixels, text, fault);
}

/* Crops of 192 pixels, or as large as the middle one of the pictures where those are smaller. */
static int compare(const void *a, const void *b) {
  const size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

static int64_t crop_size(const struct data *data) {
  enum { USUAL = 192 };
  size_t *side = malloc(data->count * sizeof *side), middle = USUAL;
  for (size_t i = 0; side && i < data->count; i++) {
    const struct picture *p = &data->sample[i].picture;
    side[i] = p->width < p->height ? p->width : p->height;
  }
  if (side) {
    qsort(side, data->count, sizeof *side, compare);
    middle = (side[data->count / 2] + NET_MULTIPLE - 1) / NET_MULTIPLE * NET_MULTIPLE;
  }
  free(side);
  return middle < USUAL ? (int64_t)middle : USUAL;
}

static bool draw(const struct job *job, const struct fit *fit, struct fault *fault) {
  double *train = malloc(2 * (fit->count + 1) * sizeof *train),
         *valid = train ? train + fit->count + 1 : NULL;
  if (!train) return fault_nomem(fault, 2 * (fit->count + 1) * sizeof *train);
  for (size_t i = 0; i < fit->count; i++)
    train[i] = fit->epoch[i].train_loss, valid[i] = fit->epoch[i].valid_loss;
  const char *slash = strrchr(job->settings->model, '/');
  const char *title = slash ? slash + 1 : job->settings->model;
  bool ok = chart_loss(job->settings->plot, job->common->no_clobber, title, train, valid, fit->count,
                       fit->best, fault);
  free(train);
  return ok;
}

static json_t *result_json(const struct job *job, const struct corpus *c, const struct fit *fit,
                           const char *checkpoint) {
  static const char *const nets[] = { "unet", "atrous", "light" };
  json_t *epochs = json_array(), *classes = json_array();
  int64_t count[CLASSES_MOST], all = 0;
  for (size_t i = 0; i < fit->count; i++) {
    const struct fit_epoch *e = &fit->epoch[i];
    json_array_append_new(
        epochs, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "epoch", (json_int_t)(i + 1), "train_loss",
                          report_number(e->train_loss), "valid_loss", report_number(e->valid_loss),
                          "mean_iou", report_number(e->mean_iou), "learning_rate",
                          report_number(e->learning_rate), "time_s", report_number(e->seconds)));
  }
  data_count(&c->train, count, c->classes.count);
  for (int i = 0; i < c->classes.count; i++) all += count[i];
  for (int i = 0; i < c->classes.count; i++)
    json_array_append_new(classes,
                          json_pack("{s:i, s:o, s:o}", "id", i, "name", report_text(c->classes.name[i]),
                                    "share", report_number((double)count[i] / (double)(all ? all : 1))));
  const struct fit_epoch none = { NAN, NAN, NAN, NAN, NAN, NAN },
                         best = fit->best ? fit->epoch[fit->best - 1] : none;
  return json_pack("{s:o, s:s, s:I, s:[I,I], s:I, s:s, s:o, s:{s:o, s:o}, s:o, s:o, s:I, s:I}", "model",
                   fit->best ? report_text(job->settings->model) : json_null(), "net",
                   nets[job->settings->net], "parameters", (json_int_t)fit->parameters, "receptive_field",
                   (json_int_t)fit->receptive_field, (json_int_t)fit->receptive_field, "best_epoch",
                   (json_int_t)fit->best, "stopped", fit_stopped_name(fit->stopped), "epochs", epochs,
                   "valid", "pixel_accuracy", report_number(best.pixel_accuracy), "mean_iou",
                   report_number(best.mean_iou), "classes", classes, "checkpoint",
                   access(checkpoint, F_OK) == 0 ? report_text(checkpoint) : json_null(), "train_images",
                   (json_int_t)c->train.count, "valid_images", (json_int_t)c->valid.count);
}

static bool check(const struct job *job, const char *checkpoint, struct fault *fault) {
  const struct settings *o = job->settings;
  if (!o->images || !o->masks || !o->model)
    return options_usage(job->program, fault, "train needs --images DIR, --masks DIR and --model OUT.onnx");
  if (job->count) return options_usage(job->program, fault, "\"%.80s\" is not needed", job->operands[0]);
  if (o->size % NET_MULTIPLE)
    return options_usage(job->program, fault, "--size %lld is no multiple of %d", (long long)o->size,
                         NET_MULTIPLE);
  if (o->augment && data_augment_of(o->augment) < 0)
    return options_usage(job->program, fault,
                         "--augment is a list of flip, light, invert, turn and zoom, not \"%.40s\"",
                         o->augment);
  return output_check(o->model, job->common->no_clobber, fault) && output_check(checkpoint, false, fault) &&
         plot_check(o->plot, job->common->no_clobber, fault);
}

static void tell(const struct job *job, const struct fit *fit, const char *checkpoint) {
  if (fit->stopped == STOPPED_INTERRUPTED)
    report_say(job->report, "stopped after %zu epochs; --resume %s goes on", fit->count, checkpoint);
  else if (fit->best && isfinite(fit->epoch[fit->best - 1].mean_iou))
    report_say(
        job->report,
        "network of %lld weights; best of %zu epochs: %zu, with mean IoU %.3f on the validation images",
        (long long)fit->parameters, fit->count, fit->best, fit->epoch[fit->best - 1].mean_iou);
  else
    report_say(job->report, "network of %lld weights after %zu epochs", (long long)fit->parameters,
               fit->count);
}

static json_t *run(struct job *job, const struct corpus *c, const char *checkpoint, struct fault *fault) {
  const struct settings *o = job->settings;
  const struct fit_task task = { .report = job->report,
                                 .context = job->context,
                                 .classes = &c->classes,
                                 .pixels = &c->pixels,
                                 .train = &c->train,
                                 .valid = &c->valid,
                                 .net = (enum net_kind)o->net,
                                 .width = o->width,
                                 .size = o->size ? o->size : crop_size(&c->train),
                                 .batch = o->batch,
                                 .epochs = o->epochs || o->minutes > 0 ? o->epochs : 60,
                                 .minutes = o->minutes,
                                 .rate = o->rate,
                                 .scale = o->scale,
                                 .seed = (uint64_t)job->common->seed,
                                 .augment = o->augment ? data_augment_of(o->augment) : 0,
                                 .weights = (enum fit_weights)o->weights,
                                 .model = o->model,
                                 .checkpoint = checkpoint,
                                 .resume = o->resume != NULL };
  struct fit fit;
  report_say(job->report, "%zu images to train with, %zu to validate, %d classes, crops of %lld pixels",
             c->train.count, c->valid.count, c->classes.count, (long long)task.size);
  if (!fit_run(&task, &fit, fault)) return NULL;
  tell(job, &fit, checkpoint);
  bool ok = !o->plot || fit.count == 0 || draw(job, &fit, fault);
  if (ok && fit.stopped != STOPPED_INTERRUPTED && !o->resume) unlink(checkpoint);
  json_t *result = ok ? result_json(job, c, &fit, checkpoint) : NULL;
  fit_destroy(&fit);
  return result;
}

json_t *train_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  struct corpus *c = calloc(1, sizeof *c);
  char checkpoint[OUTPUT_PATH];
  json_t *result = NULL;
  if (!c) {
    fault_nomem(fault, sizeof *c);
    return NULL;
  }
  snprintf(checkpoint, sizeof checkpoint, o->resume ? "%s" : "%s.ckpt",
           o->resume  ? o->resume
           : o->model ? o->model
                      : "");
  const double started = report_now();
  if (check(job, checkpoint, fault) && load(job, c, fault)) {
    report_time(job->report, "load", report_now() - started);
    if (job->common->dry_run)
      result = json_pack("{s:I, s:I, s:i}", "train_images", (json_int_t)c->train.count, "valid_images",
                         (json_int_t)c->valid.count, "classes_count", c->classes.count);
    else if (session_open(job->report, &job->context, fault))
      result = run(job, c, checkpoint, fault);
  }
  corpus_destroy(c);
  free(c);
  return result;
}

/* main.c: atrous-segment: the options of its commands, and which is called. What each does is in its own
 * file; what it means for a user is in doc/segment.md. */
#include "segment/segment.h"

enum { TRAIN = 1 << COMMAND_TRAIN, PREDICT = 1 << COMMAND_PREDICT, EVALUATE = 1 << COMMAND_EVALUATE };

static struct settings settings = { .ignore = -1, .width = 16, .batch = 8, .scale = 1, .rate = 0.003 };

static const struct option_row rows[] = {
  { 0, "images", "DIR", "PNG images", OPTION_TEXT, &settings.images, 0, 0, NULL, TRAIN | EVALUATE },
  { 0, "masks", "DIR", "their masks, of the same stems: class numbers as grey or palette PNG", OPTION_TEXT,
    &settings.masks, 0, 0, NULL, TRAIN },
  { 'm', "model", "FILE.onnx", "train: where the network goes; else: the network to use", OPTION_TEXT,
    &settings.model, 0, 0, NULL, 0 },
  { 0, "classes", "FILE|N|A,B", "names, one a line or by commas, or how many (default: as the masks hold)",
    OPTION_TEXT, &settings.classes, 0, 0, NULL, TRAIN | EVALUATE },
  { 0, "ignore", "ID", "mask number that counts for nothing", OPTION_INTEGER, &settings.ignore, 0, 65535,
    NULL, 0 },
  { 0, "binary", NULL, "masks: every number but 0 is class 1", OPTION_FLAG, &settings.binary, 0, 0, NULL, 0 },
  { 0, "hold-out", "N", "every Nth file by name: train leaves it out, evaluate takes only those",
    OPTION_INTEGER, &settings.hold_out, 2, 100000, NULL, TRAIN | EVALUATE },
  { 0, "valid", "SHARE|DIR", "to choose the best epoch: a share (default: 0.15), or DIR, or IMAGES,MASKS",
    OPTION_TEXT, &settings.valid, 0, 0, NULL, TRAIN },
  { 0, "net", "KIND", "unet, atrous or light (default: unet)", OPTION_CHOICE, &settings.net, 0, 0,
    "unet|atrous|light", TRAIN },
  { 0, "size", "N", "side of the random crops, a multiple of 16 (default: 192, or as the images are)",
    OPTION_INTEGER, &settings.size, 16, 2048, NULL, TRAIN },
  { 0, "width", "N", "channels at full resolution (default: 16)", OPTION_INTEGER, &settings.width, 1, 256,
    NULL, TRAIN },
  { 0, "batch", "N", "crops a step (default: 8)", OPTION_INTEGER, &settings.batch, 1, 1024, NULL, TRAIN },
  { 0, "scale", "SHARE", "bring images to this share of their size first (default: 1)", OPTION_NUMBER,
    &settings.scale, 0.05, 1, NULL, TRAIN },
  { 0, "augment", "LIST", "flip, light, invert, turn, zoom: what crops are changed by (default: flip)",
    OPTION_TEXT, &settings.augment, 0, 0, NULL, TRAIN },
  { 0, "weights", "KIND",
    "of the classes in the loss: none, median (frequency) or its root, sqrt (default: none for two classes)",
    OPTION_CHOICE, &settings.weights, 0, 0, "auto|none|sqrt|median", TRAIN },
  { 0, "rate", "NUMBER", "largest learning rate (default: 0.003)", OPTION_NUMBER, &settings.rate, 1e-7, 10,
    NULL, TRAIN },
  { 0, "epochs", "N", "at most so many passes (default: 60, or as --minutes allow)", OPTION_INTEGER,
    &settings.epochs, 1, 100000, NULL, TRAIN },
  { 0, "minutes", "N", "stop in time; the best epoch remains", OPTION_NUMBER, &settings.minutes, 0.01, 100000,
    NULL, TRAIN },
  { 0, "resume", "FILE", "checkpoint: go on from it if it is there, and keep it", OPTION_TEXT,
    &settings.resume, 0, 0, NULL, TRAIN },
  { 0, "mask", "OUT", "class maps: a file, or DIR/ for many", OPTION_TEXT, &settings.mask, 0, 0, NULL,
    PREDICT },
  { 0, "overlay", "OUT", "images with the classes over them", OPTION_TEXT, &settings.overlay, 0, 0, NULL,
    PREDICT },
  { 0, "probability", "OUT", "grey images OUT.CLASS.png of each class's probability", OPTION_TEXT,
    &settings.probability, 0, 0, NULL, PREDICT },
  { 0, "objects", "OUT", "16-bit image of connected objects, numbered from 1", OPTION_TEXT, &settings.objects,
    0, 0, NULL, PREDICT },
  { 0, "truth", "MASK|DIR", "the true masks", OPTION_TEXT, &settings.truth, 0, 0, NULL, PREDICT | EVALUATE },
  { 0, "pixels", "SPEC", "how pixels become numbers (default: as the model says)", OPTION_TEXT,
    &settings.pixels, 0, 0, NULL, PREDICT | EVALUATE },
  { 0, "tile", "auto|N", "cut large images into tiles of N pixels (default: auto)", OPTION_TEXT,
    &settings.tile, 0, 0, NULL, PREDICT | EVALUATE },
  { 0, "predicted", "DIR", "class maps to evaluate", OPTION_TEXT, &settings.predicted, 0, 0, NULL, EVALUATE },
  { 0, "require", "KEY=VALUE",
    "exit with 3 unless miou, accuracy, dice, iou, boundary_f, ap or pq is as much", OPTION_TEXT,
    &settings.require, 0, 0, NULL, EVALUATE },
  { 0, "plot", "FILE.png", "draw the losses or the figures of each class", OPTION_TEXT, &settings.plot, 0, 0,
    NULL, TRAIN | EVALUATE },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};

static const struct command commands[] = {
  { "train", "--images DIR --masks DIR --model OUT.onnx", "learn from images and masks, keep the network" },
  { "predict", "IMAGE|DIR|-... --model M.onnx", "tell the class of each pixel" },
  { "evaluate", "--truth DIR (--predicted DIR | --images DIR --model M)", "compare with the truth" },
  { NULL, NULL, NULL },
};

static const struct program program = {
  "atrous-segment",
  "Segments images with a small U-Net.",
  commands,
  NULL,
  rows,
  "  atrous-segment train --images images --masks masks --classes names.txt --model m.onnx --minutes 10\n"
  "  atrous-segment predict photo.png --model m.onnx --mask map.png --overlay seen.png\n"
  "  atrous-segment evaluate --truth masks --images images --model m.onnx --require miou=0.6\n"
};

int main(int argc, char **argv) {
  static json_t *(*const run[])(struct job *, struct fault *) = { train_command, predict_command,
                                                                  evaluate_command };
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  struct job job = { &report, &common, &program, &settings, call.operands, call.count, NULL };
  json_t *result = run[call.command](&job, &fault);
  if (fault.code != FAULT_NONE) report_fault(&report, &fault);
  exit_code = report_leave(&report, result);
  atr_context_destroy(job.context);
  return exit_code;
}

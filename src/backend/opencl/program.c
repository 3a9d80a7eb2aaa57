/* program.c: programs: the source put together from templates, compiled, shared within a context, and found
 * again when a later plan asks for no more than an earlier one did.
 *
 * A source is common.clh, the .clh files that templates include, then each instance: its macros, its file
 * without the kernels that nobody asked for, and the macros undone. Last come the cases of ATR__TILES.
 * Options: OpenCL C 1.2 and nothing that would let a compiler assume away NaN or infinity. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "backend/opencl/internal.h"
#include "backend/opencl/kernels.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

static const char OPTIONS[] = "-cl-std=CL1.2";
/* Clang's header of OpenCL C's functions is taken for read: builtins.clh declares those that are called. */
static const char OPTIONS_SHORT[] = "-cl-std=CL1.2 -D_OPENCL_H_ -DATR_DECLARES_BUILTINS";
/* How a template begins a kernel. */
static const char *const KERNELS[] = { "ATR_TILE_KERNEL(ATR_FN(", "ATR_ITEM_KERNEL(ATR_FN(",
                                       "ATR_KERNEL(ATR_FN(" };
typedef enum { TILE, ITEM, OTHER } kind;
enum { SOURCE_MAX = 4 << 20, PROGRAMS_KEPT = 32, LOG_SHOWN = 600, INCLUDES_MAX = 32 };
enum { TILE_FLOW = 65535 }; /* ATR_TILE_FLOW of kernels/common.clh */

typedef struct {
  atr_context *context;
  atr_error *error;
  atr__text text;
  char *included[INCLUDES_MAX]; /* names of .clh files already in the text */
  size_t n;
  atr__program *program; /* gets the names of the tiles in the text */
} source;

/* A template's text, NUL-terminated; *owned is to be freed. A file in ATROUS_KERNEL_DIR comes before the
 * embedded one of its name. */
static atr_status read_template(atr_context *context, const char *name, atr_error *error, const char **text,
                                void **owned) {
  *owned = NULL;
  if (strchr(name, '/')) return atr__fail(error, ATR_E_PARAM, "kernel file %s lies outside its folder", name);
  if (context->kernel_dir) {
    atr__text path = ATR__TEXT_INIT;
    size_t size;
    atr__text_add(&path, "%s/%s", context->kernel_dir, name);
    atr_status status = path.failed ? atr__nomem(error, path.length)
                                    : atr__file_read(path.data, SOURCE_MAX, error, owned, &size);
    atr__text_free(&path);
    *text = *owned;
    if (status != ATR_E_IO) return status;
  }
  for (const atr__kernel_file *file = atr__kernel_files; file->name; file++)
    if (!strcmp(file->name, name)) {
      *text = file->text;
      return ATR_OK;
    }
  return atr__fail(error, ATR_E_UNSUPPORTED, "there is no kernel file %s in this library", name);
}

static atr_status add_header(source *s, const char *name, size_t length);

/* Adds a text without its #include lines, the files of which go before it. */
static atr_status add_includes(source *s, const char *text) {
  static const char word[] = "#include \"";
  for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    if (strncmp(line, word, sizeof word - 1)) continue;
    const char *name = line + sizeof word - 1, *end = strchr(name, '"');
    if (!end) continue;
    atr_status status = add_header(s, name, (size_t)(end - name));
    if (status) return status;
  }
  return ATR_OK;
}

/* The instances whose kernels are wanted of a template: n of them, of which those like `of` count. NULL: all.
 */
typedef struct {
  const atr__instance *list, *of;
  size_t n;
  int any; /* not only tiles are left out */
} choice;

static int like(const atr__instance *a, const atr__instance *b) {
  return !strcmp(a->file, b->file) && !strcmp(a->suffix, b->suffix) && !strcmp(a->defines, b->defines);
}

/* The name of the kernel that a line begins, NULL: none; *size is its length. */
static const char *begins(const char *line, size_t *size, kind *of) {
  for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++)
    if (!strncmp(line, KERNELS[i], strlen(KERNELS[i]))) {
      line += strlen(KERNELS[i]);
      *size = strcspn(line, ")\n");
      *of = (kind)i;
      return line;
    }
  return NULL;
}

/* Whether nobody wants this kernel: a tile, or where all that is in a program may come to be compiled for its
 * binary, any. */
static int unwanted(const choice *wanted, const char *name, size_t size, kind of) {
  if (of != TILE && !wanted->any) return 0;
  for (size_t i = 0; i < wanted->n; i++)
    if (like(&wanted->list[i], wanted->of) && strlen(wanted->list[i].kernel) == size &&
        !strncmp(wanted->list[i].kernel, name, size))
      return 0;
  return 1;
}

static void add_tile(source *s, const char *name, size_t size, const char *suffix) {
  atr__program *program = s->program;
  atr__text full = ATR__TEXT_INIT;
  atr__text_add(&full, "%.*s%s", (int)size, name, suffix);
  if (full.failed ||
      atr__grow(&program->tiles, &program->room_tiles, program->n_tiles + 1, sizeof *program->tiles)) {
    s->text.failed = 1;
    atr__text_free(&full);
    return;
  }
  program->tiles[program->n_tiles++] = full.data;
}

/* Lines keep their numbers. A kernel ends with a brace at the beginning of a line; of one that is left out
 * the preprocessor's lines stay, since others may need what they define. */
static void add_text(source *s, const char *name, const char *text, const char *suffix,
                     const choice *wanted) {
  int outside = 1, directive = 0;
  kind of = OTHER;
  size_t size;
  atr__text_add(&s->text, "#line 1 \"%s\"\n", name);
  while (*text) {
    const char *end = strchr(text, '\n');
    const size_t length = end ? (size_t)(end - text) + 1 : strlen(text);
    const char *kernel = outside && suffix ? begins(text, &size, &of) : NULL;
    if (kernel && wanted && unwanted(wanted, kernel, size, of))
      outside = 0;
    else if (kernel && of != OTHER)
      add_tile(s, kernel, size, suffix);
    directive = *text == '#' || directive;
    if ((outside || directive) && strncmp(text, "#include \"", 10))
      atr__text_add_bytes(&s->text, text, length);
    else
      atr__text_add_bytes(&s->text, "\n", 1);
    directive = directive && length > 1 && text[length - 2] == '\\';
    outside = outside || *text == '}';
    text += length;
  }
  atr__text_add_bytes(&s->text, "\n", 1);
}

static atr_status add_header(source *s, const char *name, size_t length) {
  for (size_t i = 0; i < s->n; i++)
    if (strlen(s->included[i]) == length && !strncmp(s->included[i], name, length)) return ATR_OK;
  if (s->n == INCLUDES_MAX)
    return atr__fail(s->error, ATR_E_UNSUPPORTED, "kernel files include more than %d others", INCLUDES_MAX);
  char *own = s->included[s->n] = atr__strndup(name, length);
  if (!own) return atr__nomem(s->error, length + 1);
  s->n++; /* before its own includes, which then cannot go round in circles */
  const char *text;
  void *owned;
  atr_status status = read_template(s->context, own, s->error, &text, &owned);
  if (!status) status = add_includes(s, text);
  if (!status) add_text(s, own, text, NULL, NULL);
  atr__free(owned);
  return status;
}

/* "TW=14 OB=2" as #defines, or their names as #undefs. */
static void add_defines(source *s, const char *defines, int undo) {
  while (*(defines += strspn(defines, " "))) {
    const size_t length = strcspn(defines, " ");
    const char *equals = memchr(defines, '=', length);
    const size_t name = equals ? (size_t)(equals - defines) : length;
    if (undo)
      atr__text_add(&s->text, "#undef %.*s\n", (int)name, defines);
    else
      atr__text_add(&s->text, "#define %.*s %.*s\n", (int)name, defines,
                    equals ? (int)(length - name - 1) : 1, equals ? equals + 1 : "1");
    defines += length;
  }
}

/* The template of list[i], once for all its kernels. */
static atr_status add_instance(source *s, const atr__instance *list, size_t n, size_t i) {
  const atr__instance *instance = &list[i];
  const choice wanted = { list, instance, n, s->context->keeps_programs };
  int whole = 0;
  for (size_t k = 0; k < n; k++) {
    if (!like(&list[k], instance)) continue;
    if (k < i) return ATR_OK;
    if (!list[k].kernel) whole = 1;
  }
  const char *text;
  void *owned;
  atr_status status = read_template(s->context, instance->file, s->error, &text, &owned);
  if (!status) status = add_includes(s, text);
  if (!status) {
    atr__text_add(&s->text, "#define ATR_SUFFIX %s\n", instance->suffix);
    add_defines(s, instance->defines, 0);
    add_text(s, instance->file, text, instance->suffix, whole ? NULL : &wanted);
    add_defines(s, instance->defines, 1);
    atr__text_add(&s->text, "#undef ATR_SUFFIX\n");
  }
  atr__free(owned);
  return status;
}

static atr_status make_source(atr__program *program, const atr__instance *list, size_t n, atr_error *error,
                              atr__text *text) {
  source s = { .context = program->context, .error = error, .program = program };
  if (!program->context->cl->has_fma) atr__text_add(&s.text, "#define ATR_WITHOUT_FMA\n");
  atr_status status = add_header(&s, "common.clh", strlen("common.clh"));
  for (size_t i = 0; i < n && !status; i++) status = add_instance(&s, list, n, i);
  if (program->n_tiles) {
    atr__text_add(&s.text, "#line 1 \"" ATR__TILES "\"\nATR_TILES_BEGIN\n");
    for (size_t i = 0; i < program->n_tiles; i++)
      atr__text_add(&s.text, "ATR_TILES_CASE(%zu, %s)\n", i, program->tiles[i]);
    atr__text_add(&s.text, "ATR_TILES_END\n");
    if (!status) status = add_header(&s, "flow.clh", strlen("flow.clh"));
  }
  for (size_t i = 0; i < s.n; i++) atr__free(s.included[i]);
  if (!status && s.text.failed) status = atr__nomem(error, s.text.length);
  if (status) atr__text_free(&s.text);
  *text = s.text;
  return status;
}

/* Whether `b` of a program has what `a` asks for; names without "baseline" are tiles. */
static int covers(const atr_context *context, const atr__instance *a, const atr__instance *b) {
  if (!like(a, b)) return 0;
  if (!b->kernel || (a->kernel && !strcmp(a->kernel, b->kernel))) return 1;
  return !context->keeps_programs && a->kernel && strstr(a->kernel, "_baseline");
}

static int has_all(const atr__program *program, const atr__instance *list, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t j = 0;
    while (j < program->n && !covers(program->context, &list[i], &program->instances[j])) j++;
    if (j == program->n) return 0;
  }
  return 1;
}

static atr__program *find(const atr_context *context, const atr__instance *list, size_t n) {
  for (atr__program *p = context->cl->programs; p; p = p->next)
    if (has_all(p, list, n)) return p;
  return NULL;
}

static void forget_tiles(atr__program *program) {
  for (size_t i = 0; i < program->n_tiles; i++) atr__free(program->tiles[i]);
  program->n_tiles = 0;
}

static void destroy(atr__program *program) {
  if (!atr__cl_same_process(program->context, NULL))
    atr__clReleaseProgram(&program->context->cl->api, program->program);
  for (size_t i = 0; i < program->n; i++) {
    atr__free((void *)program->instances[i].file);
    atr__free((void *)program->instances[i].suffix);
    atr__free((void *)program->instances[i].defines);
    atr__free((void *)program->instances[i].kernel);
  }
  for (size_t i = 0; i < program->used; i++) atr__free(program->names[i]);
  atr__free(program->names);
  forget_tiles(program);
  atr__free(program->tiles);
  atr__free(program->instances);
  atr__free(program->key);
  atr__free(program);
}

void atr__cl_program_release(atr__program *program) {
  if (program && atomic_fetch_sub(&program->references, 1) == 1) destroy(program);
}

void atr__cl_programs_free(atr_context *context) {
  atr__program *next;
  for (atr__program *p = context->cl->programs; p; p = next) {
    next = p->next;
    atr__cl_program_release(p);
  }
  context->cl->programs = NULL;
}

/* Puts a program in front; the oldest that nobody uses go where there are many. Under the lock. */
static void keep(atr_context *context, atr__program *program) {
  atomic_fetch_add(&program->references, 1);
  program->next = context->cl->programs;
  context->cl->programs = program;
  size_t n = 0;
  for (atr__program **at = &context->cl->programs; *at;) {
    atr__program *p = *at;
    if (++n > PROGRAMS_KEPT && atomic_load(&p->references) == 1) {
      *at = p->next;
      atr__cl_program_release(p);
    } else
      at = &p->next;
  }
}

static int copy_instance(atr__instance *to, const atr__instance *from) {
  to->file = atr__strdup(from->file);
  to->suffix = atr__strdup(from->suffix);
  to->defines = atr__strdup(from->defines);
  to->kernel = from->kernel ? atr__strdup(from->kernel) : NULL;
  return to->file && to->suffix && to->defines && (to->kernel || !from->kernel);
}

/* The compiler's words, from the first error on, as many as a sentence holds. */
static atr_status build_failed(atr_context *context, cl_program program, int code, atr_error *error) {
  const struct atr__cl_context *cl = context->cl;
  size_t size = 0;
  char *log = NULL;
  if (!atr__clGetProgramBuildInfo(&cl->api, program, cl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) &&
      size)
    log = atr__calloc(1, size + 1);
  if (log && atr__clGetProgramBuildInfo(&cl->api, program, cl->device, CL_PROGRAM_BUILD_LOG, size, log, NULL))
    log[0] = 0;
  const char *first = log ? strstr(log, "error") : NULL;
  while (first && first > log && first[-1] != '\n') first--;
  const char *shown = first ? first : log ? log : "";
  if (log && log[0]) atr__context_log(context, 3, "build log: %s", log);
  const atr_status status =
      atr__cl_fail(error, code, "the kernels do not compile on %s (%s): %.*s", context->info.id,
                   context->info.name, (int)LOG_SHOWN, shown[0] ? shown : "the driver says nothing");
  atr__free(log);
  return status;
}

static atr_status compile(atr_context *context, const atr__text *text, const char *options, atr_error *error,
                          cl_program *result) {
  const struct atr__cl_context *cl = context->cl;
  const char *string = text->data;
  const size_t length = text->length;
  cl_int code = CL_SUCCESS;
  cl_program program = atr__clCreateProgramWithSource(&cl->api, cl->context, 1, &string, &length, &code);
  if (!program) return atr__cl_fail(error, code, "no program on %s", context->info.id);
  code = atr__clBuildProgram(&cl->api, program, 1, &cl->device, options, NULL, NULL);
  if (!code) {
    *result = program;
    return ATR_OK;
  }
  const atr_status status = build_failed(context, program, code, error);
  atr__clReleaseProgram(&cl->api, program);
  return status;
}

/* Whether "a;b;c" has this name. */
static int lists(const char *names, const char *name) {
  const size_t length = strlen(name);
  for (; names; names = strchr(names, ';') ? strchr(names, ';') + 1 : NULL)
    if (!strncmp(names, name, length) && (!names[length] || names[length] == ';')) return 1;
  return 0;
}

/* Elsewhere than on a processor the cases came to nothing, and tiles are kernels of their own. */
static atr_status find_tiles(atr__program *program, atr_error *error) {
  const atr__cl_api *api = &program->context->cl->api;
  size_t size = 0;
  if (!program->n_tiles) return ATR_OK;
  cl_int code = atr__clGetProgramInfo(api, program->program, CL_PROGRAM_KERNEL_NAMES, 0, NULL, &size);
  char *names = code ? NULL : atr__calloc(size + 1, 1);
  if (!code && !names) return atr__nomem(error, size);
  if (!code) code = atr__clGetProgramInfo(api, program->program, CL_PROGRAM_KERNEL_NAMES, size, names, NULL);
  if (!code && !lists(names, ATR__TILES)) forget_tiles(program);
  atr__free(names);
  return code ? atr__cl_fail(error, code, "the kernels of a program could not be asked on %s",
                             program->context->info.id)
              : ATR_OK;
}

static atr_status create(atr_context *context, const atr__instance *list, size_t n, atr_error *error,
                         atr__program **result) {
  atr_status status = ATR_OK;
  atr__text text = ATR__TEXT_INIT;
  atr__program *program = atr__calloc(1, sizeof *program);
  if (!program) return atr__nomem(error, sizeof *program);
  program->context = context;
  atomic_init(&program->references, 1);
  if (!(program->instances = atr__calloc(n, sizeof *program->instances))) {
    status = atr__nomem(error, n * sizeof *program->instances);
    goto fail;
  }
  for (; program->n < n; program->n++)
    if (!copy_instance(&program->instances[program->n], &list[program->n])) {
      program->n++;
      status = atr__nomem(error, sizeof *list);
      goto fail;
    }
  ATR__CHECK(make_source(program, list, n, error, &text));
  const char *options = atr__cl_on_pocl(context) ? OPTIONS_SHORT : OPTIONS;
  if (context->keeps_programs) program->key = atr__cl_cache_key(context, text.data, text.length, options);
  if (program->key) program->program = atr__cl_cache_load(context, program->key, options);
  if (program->program) {
    atr__context_log(context, 3, "a program of %zu templates came from the cache", n);
    program->saved = SIZE_MAX;
  } else {
    status = compile(context, &text, options, error, &program->program);
    if (status == ATR_E_DEVICE && options != OPTIONS) {
      atr__context_log(context, 2, "a program that needs the whole header of OpenCL C's functions");
      status = compile(context, &text, OPTIONS, error, &program->program);
    }
    if (status) goto fail;
    atr__context_log(context, 3, "a program of %zu templates was compiled", n);
  }
  atr__text_free(&text);
  ATR__CHECK(find_tiles(program, error));
  *result = program;
  return ATR_OK;
fail:
  atr__text_free(&text);
  atr__cl_program_release(program);
  return status;
}

atr_status atr__cl_program_get(atr_context *context, const atr__instance *list, size_t n, atr_error *error,
                               atr__program **result) {
  *result = NULL;
  atr_status status = atr__cl_same_process(context, error);
  if (status) return status;
  atr__mutex_lock(context->lock);
  atr__program *program = find(context, list, n);
  if (program) atomic_fetch_add(&program->references, 1);
  atr__mutex_unlock(context->lock);
  if (program) {
    *result = program;
    return ATR_OK;
  }
  /* Compiled outside the lock: two threads that ask for the same at once compile it twice, and each is right.
   */
  if ((status = atr__context_progress(context, "compile", 0, 1, error))) return status;
  if ((status = create(context, list, n, error, &program))) return status;
  atr__mutex_lock(context->lock);
  keep(context, program);
  atr__mutex_unlock(context->lock);
  if ((status = atr__context_progress(context, "compile", 1, 1, error))) {
    atr__cl_program_release(program);
    return status;
  }
  *result = program;
  return ATR_OK;
}

int64_t atr__cl_program_tile(const atr__program *program, const char *kernel) {
  for (size_t i = 0; i < program->n_tiles; i++)
    if (!strcmp(program->tiles[i], kernel)) return (int64_t)i;
  return program->n_tiles && !strcmp(kernel, ATR__FLOW) ? TILE_FLOW : -1;
}

int atr__cl_program_used(atr__program *program, const char *kernel) {
  int unsaved = 0;
  atr__mutex_lock(program->context->lock);
  size_t i = 0;
  while (i < program->used && strcmp(program->names[i], kernel)) i++;
  if (i == program->used && !atr__grow(&program->names, &program->room, i + 1, sizeof *program->names) &&
      (program->names[i] = atr__strdup(kernel)))
    program->used++;
  unsaved = program->key && program->used > program->saved;
  atr__mutex_unlock(program->context->lock);
  return unsaved;
}

/* PoCL compiles all kernels of a program that is saved, launched or not. So unless its user asked for it, one
 * of which many were not launched yet has to wait for another launch. */
static int costly(atr__program *program) {
  const struct atr__cl_context *cl = program->context->cl;
  size_t all = 0;
  return !program->context->cache_asked && atr__cl_on_pocl(program->context) &&
         !atr__clGetProgramInfo(&cl->api, program->program, CL_PROGRAM_NUM_KERNELS, sizeof all, &all, NULL) &&
         all > program->saved + program->saved / 2;
}

void atr__cl_settled(atr__queue *queue) {
  if (!queue->unsaved) return;
  queue->unsaved = 0;
  atr__program *program = queue->program;
  atr__mutex_lock(program->context->lock);
  const int save = program->used > program->saved;
  program->saved = program->used;
  atr__mutex_unlock(program->context->lock);
  if (save && !costly(program)) atr__cl_cache_store(program->context, program->key, program->program);
}

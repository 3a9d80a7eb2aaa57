/* cache.c: compiled programs on disk. A driver trusts the binary it is given, so a file is believed only if
 * it lies in a folder of our own that nobody else may write to, and its envelope is whole: magic, lengths,
 * the full key, and a digest over all of it. Anything else is compiled anew, quietly.
 *
 * A program is saved after it has run: before that, some runtimes have generated no code yet. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include <atrous/version.h>

#include "backend/opencl/internal.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

enum { KEY_MAX = 4096, BINARY_MAX = 64 << 20, FOLDER_MAX = 256 << 20, HEAD = 8 + 16 + 8 + 8 };
static const char MAGIC[8] = { 'A', 'T', 'R', 'C', 'L', 'B', '0', '1' };

/* An envelope is MAGIC, digest[16] of what follows, length of key and of binary (8 bytes each), key, binary.
 */

char *atr__cl_cache_key(const atr_context *context, const char *source, size_t length, const char *options) {
  if (!context->cl->device_key) return NULL;
  const XXH128_hash_t hash = XXH3_128bits(source, length);
  atr__text key = ATR__TEXT_INIT;
  atr__text_add(&key, "atrous %s\n%soptions %s\nsource %zu %016llx%016llx\n", ATR_VERSION,
                context->cl->device_key, options, length, (unsigned long long)hash.high64,
                (unsigned long long)hash.low64);
  if (key.failed || key.length > KEY_MAX) atr__text_free(&key);
  return key.data;
}

static char *file_name(const atr_context *context, const char *key) {
  const XXH128_hash_t hash = XXH3_128bits(key, strlen(key));
  atr__text path = ATR__TEXT_INIT;
  atr__text_add(&path, "%s/%016llx%016llx.clb", context->cache_dir, (unsigned long long)hash.high64,
                (unsigned long long)hash.low64);
  if (path.failed) atr__text_free(&path);
  return path.data;
}

static void digest(const void *bytes, size_t size, unsigned char out[16]) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
  memcpy(out, canonical.digest, 16);
}

static void put_u64(unsigned char *at, uint64_t value) {
  for (int i = 0; i < 8; i++) at[i] = (unsigned char)(value >> (8 * i));
}
static uint64_t get_u64(const unsigned char *at) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

/* The binary within a whole envelope for this key, else NULL. */
static const unsigned char *open_envelope(const unsigned char *bytes, size_t size, const char *key,
                                          size_t *length) {
  const size_t key_length = strlen(key);
  unsigned char expected[16];
  if (size < HEAD || memcmp(bytes, MAGIC, sizeof MAGIC)) return NULL;
  const uint64_t in_key = get_u64(bytes + 24), in_binary = get_u64(bytes + 32);
  if (in_key != key_length || in_key > size - HEAD || in_binary != size - HEAD - in_key || !in_binary)
    return NULL;
  digest(bytes + 24, size - 24, expected);
  if (memcmp(bytes + 8, expected, 16) || memcmp(bytes + HEAD, key, key_length)) return NULL;
  *length = (size_t)in_binary;
  return bytes + HEAD + key_length;
}

cl_program atr__cl_cache_load(atr_context *context, const char *key, const char *options) {
  const struct atr__cl_context *cl = context->cl;
  void *bytes = NULL;
  size_t size = 0, length = 0;
  cl_program program = NULL;
  char *path = file_name(context, key);
  if (!path || atr__folder_private(context->cache_dir, 0, NULL) ||
      atr__file_read(path, BINARY_MAX, NULL, &bytes, &size))
    goto done;
  const unsigned char *binary = open_envelope(bytes, size, key, &length);
  if (!binary) {
    atr__context_log(context, 2, "%s is damaged or not ours: compiling anew", path);
    goto done;
  }
  cl_int code = CL_SUCCESS, each = CL_SUCCESS;
  program =
      atr__clCreateProgramWithBinary(&cl->api, cl->context, 1, &cl->device, &length, &binary, &each, &code);
  if (program && !each) code = atr__clBuildProgram(&cl->api, program, 1, &cl->device, options, NULL, NULL);
  if (program && (each || code)) {
    atr__context_log(context, 2, "%s was refused by the driver (%s): compiling anew", path,
                     atr__cl_code_name(each ? each : code));
    atr__clReleaseProgram(&cl->api, program);
    program = NULL;
  }
done:
  atr__free(bytes);
  atr__free(path);
  return program;
}

static void warn_once(atr_context *context, const char *reason) {
  if (!atomic_exchange(&context->cl->cache_warned, 1))
    atr__context_log(context, 1, "compiled kernels are not kept: %s", reason);
}

void atr__cl_cache_store(atr_context *context, const char *key, cl_program program) {
  const struct atr__cl_context *cl = context->cl;
  const size_t key_length = strlen(key);
  size_t length = 0;
  atr_error error = ATR_ERROR_INIT;
  unsigned char *bytes = NULL, *binary;
  char *path = file_name(context, key);
  if (!path) return;
  if (atr__folder_private(context->cache_dir, 1, &error)) {
    warn_once(context, error.text);
    goto done;
  }
  /* A context of the application may hold several devices and a program one binary for each; ours is built
   * for one, and drivers list that one alone. */
  cl_uint devices = 0;
  if (atr__clGetProgramInfo(&cl->api, program, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, NULL) ||
      devices != 1)
    goto done;
  if (atr__clGetProgramInfo(&cl->api, program, CL_PROGRAM_BINARY_SIZES, sizeof length, &length, NULL) ||
      !length || length > BINARY_MAX - HEAD - KEY_MAX)
    goto done;
  if (!(bytes = atr__malloc(HEAD + key_length + length))) goto done;
  binary = bytes + HEAD + key_length;
  if (atr__clGetProgramInfo(&cl->api, program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL)) goto done;
  memcpy(bytes, MAGIC, sizeof MAGIC);
  put_u64(bytes + 24, key_length);
  put_u64(bytes + 32, length);
  memcpy(bytes + HEAD, key, key_length);
  digest(bytes + 24, HEAD - 24 + key_length + length, bytes + 8);
  if (atr__file_write(path, bytes, HEAD + key_length + length, &error)) warn_once(context, error.text);
  atr__folder_prune(context->cache_dir, ".clb", FOLDER_MAX);
done:
  atr__free(bytes);
  atr__free(path);
}

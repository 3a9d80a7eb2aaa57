/* cpu.c: the processor's name by cpuid, its floating-point control word, memory and process by POSIX; see
 * cpu.h. */
#include "config.h"

#include "base/cpu.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static void ask_name(char *name, size_t size) {
  unsigned word[12] = { 0 };
  for (unsigned i = 0; i < 3; i++)
    if (!__get_cpuid(0x80000002u + i, &word[4 * i], &word[4 * i + 1], &word[4 * i + 2], &word[4 * i + 3]))
      return;
  char text[sizeof word + 1];
  memcpy(text, word, sizeof word);
  text[sizeof word] = 0;
  const char *begin = text + strspn(text, " ");
  size_t length = strlen(begin);
  while (length && begin[length - 1] == ' ') length--;
  if (length) snprintf(name, size, "%.*s", (int)length, begin);
}

static void ask_identity(char *identity, size_t size) {
  unsigned one[4] = { 0 }, seven[4] = { 0 };
  __get_cpuid(1, &one[0], &one[1], &one[2], &one[3]);
  __get_cpuid_count(7, 0, &seven[0], &seven[1], &seven[2], &seven[3]);
  /* Bits 24 to 31 of ebx of leaf 1 are the number of the core that happens to run this. */
  snprintf(identity, size, "%08x-%08x-%08x-%08x-%08x", one[0], one[2] & ~(1u << 27), one[3], seven[1],
           seven[2]);
}
#else
static void ask_name(char *name, size_t size) {
  (void)name;
  (void)size;
}
static void ask_identity(char *identity, size_t size) {
  (void)identity;
  (void)size;
}
#endif

void atr__cpu_name(char *name, size_t size) {
  snprintf(name, size, "CPU");
  ask_name(name, size);
}

void atr__cpu_identity(char *identity, size_t size) {
  snprintf(identity, size, "cpu");
  ask_identity(identity, size);
}

uint64_t atr__memory_bytes(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

long atr__process_id(void) {
  return (long)getpid();
}

#ifdef __SSE__
/* Bits 15 and 6 of the control word: results and operands too small are zero. */
unsigned atr__flush_denormals(void) {
  const unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8040u);
  return before;
}

void atr__restore_denormals(unsigned before) {
  __builtin_ia32_ldmxcsr(before);
}
#else
unsigned atr__flush_denormals(void) {
  return 0;
}

void atr__restore_denormals(unsigned before) {
  (void)before;
}
#endif

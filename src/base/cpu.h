/* cpu.h: what this machine's processor is called, how much memory there is, and which process this is. */
#ifndef ATR_BASE_CPU_H
#define ATR_BASE_CPU_H

#include <stddef.h>
#include <stdint.h>

/* The processor's own name ("Intel(R) …"), "CPU" where it cannot be asked. `identity`
 * also tells processors apart that differ in instructions, for keys of compiled code. */
void atr__cpu_name(char *name, size_t size);
void atr__cpu_identity(char *identity, size_t size);

/* From now on this thread takes numbers too small for a normal float as zero, where the processor can; the
 * result is for atr__restore_denormals. No system call. */
unsigned atr__flush_denormals(void);
void atr__restore_denormals(unsigned before);

uint64_t atr__memory_bytes(void); /* 0: not known */
long atr__process_id(void);

#endif

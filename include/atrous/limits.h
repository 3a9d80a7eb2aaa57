/* limits.h: what untrusted files may ask for. One struct for every loader. */
#ifndef ATROUS_LIMITS_H
#define ATROUS_LIMITS_H

#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a file asks for more, its loader returns ATR_E_LIMIT and says which. NULL in place of a pointer to
 * this means the defaults below. */
typedef struct atr_limits {
  size_t size;           /* sizeof (atr_limits) */
  uint64_t file_bytes;   /* of one file */
  uint64_t nodes;        /* of a graph */
  uint64_t tensors;      /* initial weights and constants */
  uint64_t total_bytes;  /* of all weights together */
  uint64_t string_bytes; /* of one name, key or text */
  uint64_t nesting;      /* of messages within messages */
} atr_limits;
#define ATR_LIMITS_INIT                                                                                      \
  { sizeof(atr_limits), 1ull << 31, 100000, 100000, 1ull << 32, 1ull << 20, 64 }

#ifdef __cplusplus
}
#endif
#endif

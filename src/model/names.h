/* names.h: a hash table from names to numbers, so that graphs of a hundred thousand names are built in no
 * time. */
#ifndef ATR_MODEL_NAMES_H
#define ATR_MODEL_NAMES_H

#include <stddef.h>

/* {0} is empty. Names are borrowed, and must stay as they are. */
typedef struct atr__names {
  struct atr__names_slot {
    const char *name;
    int number;
  } * slots;
  size_t room, n;
} atr__names;

int atr__names_add(atr__names *names, const char *name, int number); /* 1: taken; -1: out of memory */
int atr__names_find(const atr__names *names, const char *name);      /* -1: not there */
void atr__names_free(atr__names *names);

#endif

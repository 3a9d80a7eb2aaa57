/* names.c: a hash table by open addressing, at most half full; see names.h. */
#include "config.h"

#include "model/names.h"

#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

static struct atr__names_slot *slot(struct atr__names_slot *slots, size_t room, const char *name) {
  size_t at = (size_t)XXH3_64bits(name, strlen(name)) & (room - 1);
  while (slots[at].name && strcmp(slots[at].name, name)) at = (at + 1) & (room - 1);
  return &slots[at];
}

static int grow(atr__names *names) {
  const size_t room = names->room ? 2 * names->room : 64;
  struct atr__names_slot *slots = atr__calloc(room, sizeof *slots);
  if (!slots) return -1;
  for (size_t i = 0; i < names->room; i++)
    if (names->slots[i].name) *slot(slots, room, names->slots[i].name) = names->slots[i];
  atr__free(names->slots);
  names->slots = slots;
  names->room = room;
  return 0;
}

int atr__names_add(atr__names *names, const char *name, int number) {
  if (2 * (names->n + 1) > names->room && grow(names)) return -1;
  struct atr__names_slot *found = slot(names->slots, names->room, name);
  if (found->name) return 1;
  *found = (struct atr__names_slot){ name, number };
  names->n++;
  return 0;
}

int atr__names_find(const atr__names *names, const char *name) {
  if (!names->room) return -1;
  const struct atr__names_slot *found = slot(names->slots, names->room, name);
  return found->name ? found->number : -1;
}

void atr__names_free(atr__names *names) {
  atr__free(names->slots);
  *names = (atr__names){ 0 };
}

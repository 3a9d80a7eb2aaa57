/* scale.cl: for the tests of the backend. scale: count, x, y; y = FACTOR · x + one from offset.clh. */
#ifndef FACTOR
#error "scale.cl needs FACTOR"
#endif
#include "offset.clh"
ATR_ITEM_KERNEL(ATR_FN(scale)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(3)[i] = FACTOR * ATR_PTR(1)[i] + TEST_OFFSET;
}

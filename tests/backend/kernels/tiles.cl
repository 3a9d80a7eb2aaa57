/* tiles.cl: for the tests of the backend. broken_tile does not compile, but a macro that is defined in it is
 * used behind it: a program can leave out the one and not the other. */
ATR_TILE_KERNEL(ATR_FN(double_tile)) {
  ATR_BEGIN;
  const int i = (int)ATR_GROUP(0);
  if (i < a[0]) ATR_PTR(3)[i] = 2.0f * ATR_PTR(1)[i];
}

ATR_TILE_KERNEL(ATR_FN(broken_tile)) {
#define TILES_FACTOR \
  3.0f
  ATR_BEGIN;
  this_is_no_opencl_c;
}

ATR_TILE_KERNEL(ATR_FN(triple_tile)) {
  ATR_BEGIN;
  const int i = (int)ATR_GROUP(0);
  if (i < a[0]) ATR_PTR(3)[i] = TILES_FACTOR * ATR_PTR(1)[i];
}

/* cairo_calls.h: cairo, loaded when the first plot is drawn.
 *
 * It brings X11's and the fonts' libraries: twenty that each start of a program would open, and in which each
 * symbol of a driver would be looked for, 4 ms in all; a program that draws nothing needs none of them. Its
 * calls go by a table, cairo.move_to(…) for cairo_move_to(…). */
#ifndef TOOLS_CAIRO_CALLS_H
#define TOOLS_CAIRO_CALLS_H

#include <cairo.h>

#include "common/fault.h"

#define CAIRO_CALLS(CALL)                                                                                    \
  CALL(arc)                                                                                                  \
  CALL(clip)                                                                                                 \
  CALL(close_path)                                                                                           \
  CALL(create)                                                                                               \
  CALL(destroy)                                                                                              \
  CALL(fill)                                                                                                 \
  CALL(fill_preserve)                                                                                        \
  CALL(get_antialias)                                                                                        \
  CALL(image_surface_create_for_data)                                                                        \
  CALL(line_to)                                                                                              \
  CALL(move_to)                                                                                              \
  CALL(new_path)                                                                                             \
  CALL(new_sub_path)                                                                                         \
  CALL(paint)                                                                                                \
  CALL(rectangle)                                                                                            \
  CALL(restore)                                                                                              \
  CALL(rotate)                                                                                               \
  CALL(save)                                                                                                 \
  CALL(select_font_face)                                                                                     \
  CALL(set_antialias)                                                                                        \
  CALL(set_dash)                                                                                             \
  CALL(set_font_size)                                                                                        \
  CALL(set_line_join)                                                                                        \
  CALL(set_line_width)                                                                                       \
  CALL(set_source_rgb)                                                                                       \
  CALL(set_source_rgba)                                                                                      \
  CALL(show_text)                                                                                            \
  CALL(status)                                                                                               \
  CALL(stroke)                                                                                               \
  CALL(surface_destroy)                                                                                      \
  CALL(surface_flush)                                                                                        \
  CALL(surface_status)                                                                                       \
  CALL(text_extents)                                                                                         \
  CALL(translate)

struct cairo_calls {
#define CALL(name) __typeof__(cairo_##name) *name;
  CAIRO_CALLS(CALL)
#undef CALL
};
extern struct cairo_calls cairo;

/* Fills `cairo`; a fault where the library is not installed. Commands that are to draw when all is done ask
 * first, by plot_check. */
bool cairo_load(struct fault *fault) TOOLS_MUST;

#endif

/* devices.c: every device that Atrous sees here, and which one it would take.
 *
 *   cc devices.c $(pkg-config --cflags --libs atrous) && ./a.out
 */
#include <atrous.h>

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  atr_error error = ATR_ERROR_INIT;
  size_t count = 0;
  if (atr_devices_list(NULL, 0, &error, &count)) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  atr_device_info *list = calloc(count, sizeof *list);
  if (!list || atr_devices_list(list, count, &error, &count)) {
    fprintf(stderr, "%s\n", error.text);
    free(list);
    return 1;
  }
  for (size_t i = 0; i < count; i++)
    printf("%c %-12s %s (%s): %s\n", list[i].chosen ? '*' : ' ', list[i].id, list[i].name, list[i].platform,
           list[i].why);
  free(list);
  return 0;
}

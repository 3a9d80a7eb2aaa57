/* version.h: the library's version, at compile time and at run time. */
#ifndef ATROUS_VERSION_H
#define ATROUS_VERSION_H

#include <atrous/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATR_VERSION_MAJOR 0
#define ATR_VERSION_MINOR 1
#define ATR_VERSION_PATCH 0
#define ATR_VERSION "0.1.0"

/* The version of the library in use, for instance "0.1.0". A static string; any thread. Since 0.1. */
ATR_API const char *atr_version(void);

#ifdef __cplusplus
}
#endif
#endif

# Listed in two variables, so that they install as atrous.h and atrous/*.h.
include_HEADERS = %D%/atrous.h
atrousincludedir = $(includedir)/atrous
atrousinclude_HEADERS = \
  %D%/atrous/status.h \
  %D%/atrous/version.h

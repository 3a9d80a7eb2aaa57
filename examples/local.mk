# Complete programs against the installed library; scripts/check builds them through pkg-config, the build here through
# libatrous.la.
check_PROGRAMS += %D%/devices
%C%_devices_SOURCES = %D%/devices.c
%C%_devices_LDADD = libatrous.la
check_PROGRAMS += %D%/sine
%C%_sine_SOURCES = %D%/sine.c
%C%_sine_LDADD = libatrous.la
check_PROGRAMS += %D%/finetune
%C%_finetune_SOURCES = %D%/finetune.c
%C%_finetune_LDADD = libatrous.la

EXTRA_DIST += %D%/devices.md %D%/formats.md %D%/series.md
dist_man_MANS += %D%/atrous-info.1

EXTRA_DIST += %D%/pictures/forecast.png %D%/pictures/overlay.png
EXTRA_DIST += %D%/architecture.md %D%/devices.md %D%/forecast.md %D%/formats.md %D%/segment.md %D%/series.md
dist_man_MANS += %D%/atrous-forecast.1 %D%/atrous-info.1 %D%/atrous-segment.1

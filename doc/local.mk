EXTRA_DIST += %D%/formats.md %D%/series.md

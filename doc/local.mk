EXTRA_DIST += %D%/series.md

EXTRA_DIST += %D%/check %D%/setup.sh %D%/debian-packages

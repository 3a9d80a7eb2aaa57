EXTRA_DIST += %D%/quickstart %D%/check %D%/setup.sh %D%/debian-packages

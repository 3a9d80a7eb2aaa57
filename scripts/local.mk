EXTRA_DIST += %D%/quickstart %D%/check %D%/check-long %D%/setup.sh %D%/debian-packages

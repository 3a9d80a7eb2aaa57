EXTRA_DIST += %D%/quickstart %D%/check %D%/check-long %D%/roundtrip %D%/roundtrip.py %D%/setup.sh %D%/debian-packages
EXTRA_DIST += %D%/onnx-support-doc %D%/operators-doc

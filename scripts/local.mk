EXTRA_DIST += %D%/quickstart %D%/check %D%/check-long %D%/drivers %D%/roundtrip %D%/roundtrip.py %D%/setup.sh
EXTRA_DIST += %D%/onnx-support-doc %D%/operators-doc %D%/debian-packages %D%/examples-learn %D%/recurrence-pictures

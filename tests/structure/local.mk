STRUCTURE_TESTS = %D%/headers.test %D%/layering.test %D%/layout.test %D%/onnx_support.test %D%/operators.test %D%/selftest.test %D%/symbols.test
TESTS += $(STRUCTURE_TESTS)
EXTRA_DIST += $(STRUCTURE_TESTS) %D%/tap.sh
# It reads the outcomes of these.
%D%/onnx_support.log: tests/onnx/node_tests.log

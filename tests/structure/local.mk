STRUCTURE_TESTS = %D%/headers.test %D%/layering.test %D%/layout.test %D%/operators.test %D%/selftest.test %D%/symbols.test
TESTS += $(STRUCTURE_TESTS)
EXTRA_DIST += $(STRUCTURE_TESTS) %D%/tap.sh

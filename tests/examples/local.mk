TESTS += %D%/by_hand.test
EXTRA_DIST += %D%/by_hand.test

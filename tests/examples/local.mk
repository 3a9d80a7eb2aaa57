TESTS += %D%/by_hand.test %D%/learn.test %D%/wavenet.test
EXTRA_DIST += %D%/by_hand.test %D%/learn.test %D%/wavenet.test

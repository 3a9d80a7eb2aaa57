/* broken.cl: for the tests of the backend: does not compile. */
ATR_KERNEL(ATR_FN(broken)) { this_is_no_opencl_c(); }

# Speed beside oneDNN, built on request (make bench/conv) where it is installed; not part of `make check`.
EXTRA_DIST += %D%/README.md %D%/chain.c %D%/conv.c
if DNNL
EXTRA_PROGRAMS += %D%/chain %D%/conv
%C%_chain_SOURCES = %D%/chain.c
%C%_chain_LDADD = libatrous.la $(DNNL_LIBS)
%C%_conv_SOURCES = %D%/conv.c
%C%_conv_LDADD = libatrous.la $(DNNL_LIBS)
endif

/* net.h: the networks that atrous-segment trains. Input "image" [n][3][h][w], normalised colours, h and w
 * multiples of NET_MULTIPLE; outputs "logits" [n][classes][h][w] (what is trained), "probability" (their
 * softmax) and "mask" [n][1][h][w], the most probable class. */
#ifndef SEGMENT_NET_H
#define SEGMENT_NET_H

#include <atrous.h>

enum { NET_MULTIPLE = 16 };

enum net_kind {
  NET_UNET,   /* encoder and decoder with skips: Ronneberger et al., "U-Net", MICCAI 2015 */
  NET_ATROUS, /* an encoder of one pooling less and a pyramid of dilated convolutions: Chen et al., "DeepLab",
                 2017 */
  NET_LIGHT   /* the U-Net with half its levels */
};

/* "unet", "atrous", "light"; -1 for anything else. */
int net_kind_of(const char *name);

/* Builds the network with `width` channels at full resolution, doubled at each level. Failures are sticky in
 * the model: ask atr_model_check. */
void net_build(atr_model *model, enum net_kind kind, int classes, int width);

#endif

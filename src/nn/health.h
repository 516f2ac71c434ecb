/* nn/health.h: what the parts of a health check share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_HEALTH_H
#define REEL_NN_HEALTH_H

#include "core/internal.h"
#include <reel/health.h>

/* What a layer is called: its name, or "relu of net.c:42". */
#define REEL__HEALTH_NAME 64
const char *reel__health_name(const reel_node *node, char *text);

/* Fills in health->finding, which has room for one for each layer and two for
 * each parameter, and two more. */
void reel__health_judge(reel_health *health);

#endif /* REEL_NN_HEALTH_H */

/* reel.h: all of Reel's public headers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_H
#define REEL_H

#include <reel/base.h>
#include <reel/tape.h>
#include <reel/ops.h>
#include <reel/custom.h>
#include <reel/grad.h>
#include <reel/program.h>
#include <reel/profile.h>
#include <reel/gradcheck.h>
#include <reel/random.h>
#include <reel/nn.h>
#include <reel/optim.h>
#include <reel/health.h>
#include <reel/data.h>
#include <reel/metrics.h>
#include <reel/train.h>
#include <reel/safetensors.h>
#include <reel/save.h>
#include <reel/io.h>
#include <reel/plot.h>

#endif /* REEL_H */

/* kernels/rows.c: softmax and log-softmax along one axis, shifted by the
 * largest element.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/families.h"
#include "kernels/math_functions.h"
#include "kernels/walk.h"

/* Elements gathered at a time, and rows; whole vectors both. */
#define BUFFER 1024
#define FEW 64

#define T float
#define NAME f32
#define I reel__vi32
#include "kernels/rows_exp.h"

#define T double
#define NAME f64
#define I reel__vi64
#include "kernels/rows_exp.h"

reel__kernel *reel__rows_find(reel__kernel_id id, reel_dtype in)
{
    bool log = id == REEL__K_log_softmax;
    if (in == REEL_F32)
        return log ? reel__log_softmax_f32 : reel__softmax_f32;
    if (in == REEL_F64)
        return log ? reel__log_softmax_f64 : reel__softmax_f64;
    return NULL;
}

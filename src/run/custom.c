/* run/custom.c: calling the user's own ops.
 *
 * Custom steps of a run follow one another, whichever threads take them, so the
 * first that fails is the same every time.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "ops/custom.h"
#include "run/run.h"

void reel__run_custom(const reel__step *step, void *const *base)
{
    const reel__custom_step *s = step->custom;
    const reel__operand *operand = step->operand;
    reel__failure *failure = base[REEL__BASE_FAILURE];
    reel_custom_call call = s->call;
    reel_custom_in in[REEL__CUSTOM_ARGS];
    if (failure->status != REEL_OK)
        return;
    memcpy(in, call.in, call.nin * sizeof *in);
    for (size_t k = 0; k < call.nin; k++)
        in[k].data = (char *)base[operand[k + 1].base] + operand[k + 1].offset;
    call.in = in;
    call.out.data = (char *)base[operand[0].base] + operand[0].offset;
    failure->status = s->run(&call);
    if (failure->status == REEL_OK)
        return;
    failure->check = step->check;
    snprintf(failure->message, sizeof failure->message, "failed: %s",
             reel__custom_said(&call, failure->status));
}

/* replay_cases.h: a tape whose memory is counted, for the suites of graphs that
 * are recorded again.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_REPLAY_CASES_H
#define TESTS_REPLAY_CASES_H

#include <reel.h>

#include "core/internal.h" /* after it, which keeps the locations */
#include "support.h"

static memory m;
static reel_tape *t;

static inline void setup(void)
{
    memory_init(&m);
    t = reel_tape_new_with(&m.allocator);
    ck_assert_ptr_nonnull(t);
}

static inline void teardown(void)
{
    reel_tape_free(t);
    ck_assert_uint_eq(m.blocks, 0);
    ck_assert_uint_eq(m.bytes, 0);
}

static inline reel_node *parameter(const char *name, double a, double b)
{
    return reel_parameter(t, name, REEL_F64, REEL_SHAPE(2),
                          (double[]){a, b});
}

static inline void rewind_to(reel_mark mark)
{
    ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
}

/* All that was dropped has been recorded again, and nothing else. */
static inline void assert_all_again(void)
{
    ck_assert_uint_eq(t->count, t->recorded);
}

#endif /* TESTS_REPLAY_CASES_H */

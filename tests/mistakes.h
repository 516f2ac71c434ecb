/* mistakes.h: operands to make mistakes with, and what is left of a call that
 * made one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_MISTAKES_H
#define TESTS_MISTAKES_H

#include <stdint.h>

#include <reel.h>

#include "support.h"

/* So many f64 can be, but not so many times so many. */
#if SIZE_MAX > UINT32_MAX
#define MANY 1073741824
#define MANY_TEXT "1073741824"
#else
#define MANY 67108864
#define MANY_TEXT "67108864"
#endif

static reel_tape *t, *elsewhere;
static reel_node *s, *v, *m, *e; /* f64: scalar, [3], [2, 3], [0, 3] */
static reel_node *f;             /* f32 [3] */
static reel_node *i, *u, *b;     /* i32, u8, bool [3] */
static reel_node *deep;          /* of eight axes */
static reel_node *tall, *flat;   /* MANY rows, MANY columns */
static reel_node *alien;         /* on another tape */

static void setup(void)
{
    t = reel_tape_new();
    elsewhere = reel_tape_new();
    s = reel_input(t, "s", REEL_F64, REEL_SCALAR);
    v = reel_input(t, "v", REEL_F64, REEL_SHAPE(3));
    m = reel_parameter(t, "m", REEL_F64, REEL_SHAPE(2, 3), NULL);
    e = reel_input(t, "e", REEL_F64, REEL_SHAPE(0, 3));
    f = reel_input(t, "f", REEL_F32, REEL_SHAPE(3));
    i = reel_state(t, "i", REEL_I32, REEL_SHAPE(3), NULL);
    u = reel_input(t, "u", REEL_U8, REEL_SHAPE(3));
    b = reel_input(t, "b", REEL_BOOL, REEL_SHAPE(3));
    deep = reel_input(t, "deep", REEL_F64, REEL_SHAPE(1, 1, 1, 1, 1, 1, 1, 1));
    tall = reel_input(t, "tall", REEL_F64, REEL_SHAPE(MANY, 1));
    flat = reel_input(t, "flat", REEL_F64, REEL_SHAPE(1, MANY));
    alien = reel_input(elsewhere, "alien", REEL_F64, REEL_SHAPE(3));
    assert_ok(t);
}

static void teardown(void)
{
    reel_tape_free(t);
    reel_tape_free(elsewhere);
}

/* A call that makes a mistake; on one line, whose number it has to report. */
static const char *file;
static int line;
static const reel_node *made;
#define TRY(call) (file = __FILE__, line = __LINE__, made = (call))

/* It has made nothing and left this message. */
static void says(int here, reel_status status, const char *message)
{
    ck_assert_msg(made == NULL, "line %d: made a node", here);
    support_error(t, status, file, here, "%s:%d: %s", file, line, message);
}

#define SAYS(status, message) says(__LINE__, status, message)

#endif /* TESTS_MISTAKES_H */

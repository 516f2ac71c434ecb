/* kernels/flat.c: flat programs: one scalar operation after the other, on an
 * array of slots.
 *
 * Each operation jumps to the next one's code by itself where the compiler
 * knows computed jumps, so that the processor predicts every one of them by its
 * own history; elsewhere it is a switch in a loop.
 *
 * SPDX-License-Identifier: MIT */
#if defined(__GNUC__) && !defined(__clang__)
/* Where an operation's code happens to lie is worth as much as its work. */
#pragma GCC optimize("align-jumps=32")
#endif
#include <math.h>
#include <string.h>
#include "kernels/families.h"
#include "kernels/flat_group.h"
#ifndef REEL__ONE_LANE
#define REEL__ONE_LANE /* the vector functions on single numbers */
#endif
#include "kernels/math_functions.h"
#include "kernels/floats.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)

static inline void *place_of(const reel__task *t, unsigned k)
{
    const reel__operand *o = &t->operand[k];
    return (char *)t->base[o->base] + o->offset;
}

static void mark_bad(const reel__task *t, uint32_t check)
{
#if defined(__GNUC__)
    __atomic_store_n(&t->bad_index[check], 1, __ATOMIC_RELAXED);
#else
    t->bad_index[check] = 1;
#endif
}

static bool any_bad(const reel__task *t, uint32_t checks)
{
    int bad = 0;
    for (uint32_t i = 0; i < checks; i++)
        bad |= t->bad_index[i];
    return bad != 0;
}

/* Sanitizers would watch every way from a jump to a label. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#endif
#if defined(__GNUC__) && !defined(WATCHED) && !defined(__SANITIZE_ADDRESS__)
/* Neither label addresses nor computed jumps are ISO C. */
#define LABEL(op_) [op_] = __extension__ && CAT(at, op_),
#define JUMP                                                \
    _Pragma("GCC diagnostic push")                          \
    _Pragma("GCC diagnostic ignored \"-Wpedantic\"")        \
    goto *label[i->op];                                     \
    _Pragma("GCC diagnostic pop")
#define FIRST JUMP
#define CASE(op_) CAT(at, op_) :
/* What the line of text differs in keeps the compiler from sharing one jump. */
#define NEXT                                     \
    __asm__ volatile("" : : "i"(__COUNTER__)); \
    i++;                                         \
    JUMP
#define LAST
#else
#define FIRST    \
    for (;; i++) \
        switch (i->op) {
#define CASE(op_) case op_:
#define NEXT continue;
#define LAST }
#endif

#define T float
#define F(function) function##f
#define NAME f32
#include "kernels/flat.h"

#define T double
#define F(function) function
#define NAME f64
#include "kernels/flat.h"

reel__kernel *reel__flat_find(reel_dtype dtype)
{
    return dtype == REEL_F32   ? flat_f32
           : dtype == REEL_F64 ? flat_f64
                               : NULL;
}

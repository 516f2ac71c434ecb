/* kernels/flat.h: running a flat program on slots of one type. Included by
 * flat.c with T, F and NAME as elementwise.h is.
 *
 * SPDX-License-Identifier: MIT */

#define LOOP(name) CAT(name, NAME)

static void LOOP(load_any)(const reel__task *t,
                           const reel__flat_instruction *i, T *s)
{
    const void *from = place_of(t, i->a);
    for (int k = 0; k < i->b; k++) {
        size_t at = (size_t)i->c + (size_t)k;
        switch (t->operand[i->a].dtype) {
        case REEL_BOOL:
        case REEL_U8: s[i->dst + k] = ((const uint8_t *)from)[at]; break;
        case REEL_I32: s[i->dst + k] = (T)((const int32_t *)from)[at]; break;
        case REEL_I64: s[i->dst + k] = (T)((const int64_t *)from)[at]; break;
        default: s[i->dst + k] = ((const T *)from)[at];
        }
    }
}

static inline void LOOP(copy)(T *to, const T *from, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        to[k] = from[k];
}

/* Operands of elementwise.def's expressions. */
#define ONE                                          \
    const T x = s[i->a], p = s[i->b], q = s[i->c]; \
    (void)p, (void)q;
#define TWO const T a = s[i->a], b = s[i->b];
#define THREE const T c = s[i->a], a = s[i->b], b = s[i->c];
#define VECTORS ONE
#define VECTOR_PAIRS TWO

static void LOOP(flat)(const reel__task *t, int64_t begin, int64_t end)
{
#ifdef LABEL
    static const void *const label[REEL__F_OPS] = {
#define REEL__KERNEL(name, ...) LABEL(REEL__K_##name)
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#define REEL__FLAT_MOVE(name, values) LABEL(REEL__F_##name)
#define REEL__FLAT(name, values, expression) REEL__FLAT_MOVE(name, values)
#include "kernels/flat.def"
#undef REEL__FLAT_MOVE
#undef REEL__FLAT
    };
#endif
    T *const s = t->data[0];
    const reel__flat_instruction *i = t->flat->code;
    T r = 0;
    if (begin >= end)
        return;
    memcpy(s, t->flat->constant, t->flat->constants * sizeof(T));
    FIRST
#define REEL__KERNEL(name, operands, dtypes, result, expression) \
    CASE(REEL__K_##name)                                         \
    {                                                            \
        operands                                                 \
        s[i->dst] = r = (T)(expression);                         \
        NEXT                                                     \
    }
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#define REEL__FLAT_MOVE(name, values)
#define REEL__FLAT(name, values, expression)           \
    CASE(REEL__F_##name)                               \
    {                                                  \
        const T x = s[i->a], y = s[i->b], z = s[i->c]; \
        (void)x, (void)y, (void)z;                     \
        s[i->dst] = r = (expression);                  \
        NEXT                                           \
    }
#include "kernels/flat.def"
#undef REEL__FLAT
#undef REEL__FLAT_MOVE
    CASE(REEL__F_load)
    {
        const T *from = place_of(t, i->a);
        LOOP(copy)(s + i->dst, from + i->c, i->b);
        NEXT
    }
    CASE(REEL__F_load_any)
    {
        LOOP(load_any)(t, i, s);
        NEXT
    }
    CASE(REEL__F_load_one)
    {
        s[i->dst] = r = ((const T *)place_of(t, i->a))[i->c];
        NEXT
    }
    CASE(REEL__F_store)
    {
        T *to = place_of(t, i->dst);
        LOOP(copy)(to + i->c, s + i->a, i->b);
        NEXT
    }
    CASE(REEL__F_store_truth)
    {
        ((uint8_t *)place_of(t, i->dst))[i->c] = s[i->a] != 0;
        NEXT
    }
    CASE(REEL__F_check)
    {
        if (!(s[i->a] >= 0 && s[i->a] < i->dst))
            mark_bad(t, i->b | (uint32_t)i->c << 16);
        NEXT
    }
    CASE(REEL__F_stop)
    {
        if (any_bad(t, i->b | (uint32_t)i->c << 16))
            return;
        NEXT
    }
    CASE(REEL__F_end)
    {
        return;
    }
    LAST
}

#undef LOOP
#undef ONE
#undef TWO
#undef THREE
#undef VECTORS
#undef VECTOR_PAIRS
#undef T
#undef F
#undef NAME

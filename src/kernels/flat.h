/* kernels/flat.h: running a flat program on slots of one type. Included by
 * flat.c with T, F and NAME as elementwise.h is.
 *
 * SPDX-License-Identifier: MIT */

#define LOOP(name) CAT(name, NAME)
#if defined(__GNUC__)
typedef T LOOP(group)
    __attribute__((vector_size(REEL__FLAT_LANES * sizeof(T))));
#define LANE_OF(group, k) ((group)[k])
#else
typedef struct LOOP(group) {
    T lane[REEL__FLAT_LANES];
} LOOP(group);
#define LANE_OF(group, k) ((group).lane[k])
#endif

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

/* Lanes that a row does not have are its first element again. */
static inline void LOOP(load_rows)(T *to, const T *from, unsigned lanes,
                                   unsigned apart)
{
    unsigned rows = lanes / REEL__FLAT_ROW, count = lanes % REEL__FLAT_ROW;
    unsigned step = apart / REEL__FLAT_APART;
    apart %= REEL__FLAT_APART;
    if (count == REEL__FLAT_LANES && apart == 1) {
        do {
            memcpy(to, from, REEL__FLAT_LANES * sizeof(T));
            to += REEL__FLAT_LANES, from += step;
        } while (--rows > 0);
        return;
    }
    const unsigned second = count > 1 ? apart : 0;
    const unsigned third = count > 2 ? 2 * apart : 0;
    const unsigned fourth = count > 3 ? 3 * apart : 0;
    do {
        const T row[REEL__FLAT_LANES] = {from[0], from[second], from[third],
                                         from[fourth]};
        memcpy(to, row, sizeof row);
        to += REEL__FLAT_LANES, from += step;
    } while (--rows > 0);
}

static inline void LOOP(store_rows)(T *to, const T *from, unsigned lanes)
{
    unsigned rows = lanes / REEL__FLAT_ROW, count = lanes % REEL__FLAT_ROW;
    do {
        memcpy(to, from, 2 * sizeof(T));
        if (count == 3)
            to[2] = from[2];
        to += count, from += REEL__FLAT_LANES;
    } while (--rows > 0);
}

/* Operands of elementwise.def's expressions. */
#define ONE                                          \
    const T x = s[i->a], p = s[i->b], q = s[i->c]; \
    (void)p, (void)q;
#define TWO const T a = s[i->a], b = s[i->b];
#define THREE const T c = s[i->a], a = s[i->b], b = s[i->c];
#define VECTORS ONE
#define VECTOR_PAIRS TWO

/* An operation on groups: all operands are read before it. One that is one
 * number is the same in each lane. The lanes are written out, and the compiler
 * makes vectors of them. */
#define LANE(k, ones, u, v, w, expression)                                   \
    {                                                                        \
        const T u = (ones)&1 ? one : LANE_OF(first, k);                      \
        const T v = (ones)&2 ? two : LANE_OF(second, k);                     \
        const T w = (ones)&4 ? three : LANE_OF(third, k);                    \
        const T l = LANE_OF(last, k);                                        \
        (void)u, (void)v, (void)w, (void)l;                                  \
        LANE_OF(result, k) = (T)(expression);                                \
    }
#define LANES_OF(from_a, from_b, from_c, ones, u, v, w, expression)          \
    {                                                                        \
        const T one = *(from_a), two = *(from_b), three = *(from_c);         \
        LOOP(group) first, second, third;                                    \
        memcpy(&first, from_a, sizeof first);                                \
        memcpy(&second, from_b, sizeof first);                               \
        memcpy(&third, from_c, sizeof first);                                \
        (void)one, (void)two, (void)three;                                   \
        (void)first, (void)second, (void)third;                              \
        LANE(0, ones, u, v, w, expression)                                   \
        LANE(1, ones, u, v, w, expression)                                   \
        LANE(2, ones, u, v, w, expression)                                   \
        LANE(3, ones, u, v, w, expression)                                   \
        last = result;                                                       \
    }
#define GROUP(op_, ones, u, v, w, expression)                                \
    CASE(op_)                                                                \
    {                                                                        \
        LANES_OF(s + i->a, s + i->b, s + i->c, ones, u, v, w, expression)    \
        memcpy(s + i->dst, &last, sizeof last);                              \
        NEXT                                                                 \
    }
/* Rows one after the other; there is one at least. */
#define ROWS(op_, ones, a_, b_, c_, expression)                              \
    CASE(op_)                                                                \
    {                                                                        \
        T *to = s + i->dst, *a = s + i->a, *b = s + i->b, *c = s + i->c;     \
        unsigned rows = i->lanes / REEL__FLAT_ROW;                           \
        do {                                                                 \
            LANES_OF(a, b, c, ones, x, y, z, expression)                     \
            memcpy(to, &last, sizeof last);                                  \
            to += REEL__FLAT_LANES, a += (a_), b += (b_), c += (c_);         \
        } while (--rows > 0);                                                \
        NEXT                                                                 \
    }
/* l is what there is so far: in slots of its own at the end alone. */
#define DOT(op_, from_nothing)                                               \
    CASE(op_)                                                                \
    {                                                                        \
        const T *a = s + i->a, *b = s + i->b;                                \
        const unsigned a_step = i->c % REEL__FLAT_STEP;                      \
        const unsigned b_step = i->c / REEL__FLAT_STEP;                      \
        unsigned rows = i->lanes / REEL__FLAT_ROW;                           \
        if (from_nothing) {                                                  \
            LANES_OF(a, b, b, 1, x, y, z, x * y)                             \
            a += a_step, b += b_step, rows--;                                \
        }                                                                    \
        do {                                                                 \
            LANES_OF(a, b, b, 1, x, y, z, x * y + l)                         \
            a += a_step, b += b_step;                                        \
        } while (--rows > 0);                                                \
        memcpy(s + i->dst, &last, sizeof last);                              \
        NEXT                                                                 \
    }
#define GROUP_ONE(name, expression) \
    GROUP(REEL__G_##name, 6, x, p, q, expression)
#define GROUP_TWO(name, expression)                \
    GROUP(REEL__G_##name, 0, a, b, c, expression)  \
    GROUP(REEL__GA_##name, 1, a, b, c, expression) \
    GROUP(REEL__GB_##name, 2, a, b, c, expression)
#define GROUP_THREE(name, expression) \
    GROUP(REEL__G_##name, 0, c, a, b, expression)
#define GROUP_VECTORS(name, expression)                                      \
    CASE(REEL__G_##name)                                                     \
    {                                                                        \
        REEL__GROUP_JOIN(name, NAME)(s + i->dst, s + i->a, s + i->b);        \
        NEXT                                                                 \
    }
#define GROUP_VECTOR_PAIRS GROUP_VECTORS

static void LOOP(flat)(const reel__task *t, int64_t begin, int64_t end)
{
#ifdef LABEL
    static const void *const label[REEL__F_OPS] = {
#define REEL__KERNEL(name, ...) LABEL(REEL__K_##name)
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#define REEL__FLAT_MOVE(name, values) LABEL(REEL__F_##name)
#define REEL__FLAT(name, values, expression) REEL__FLAT_MOVE(name, values)
#define REEL__FLAT_GROUP(name, ones, expression) REEL__FLAT_MOVE(name, 3)
#define REEL__FLAT_ROWS(name, ...) REEL__FLAT_MOVE(name, 3)
#include "kernels/flat.def"
#undef REEL__FLAT_MOVE
#undef REEL__FLAT
#undef REEL__FLAT_GROUP
#undef REEL__FLAT_ROWS
#define GROUP_LABEL_ONE(name) LABEL(REEL__G_##name)
#define GROUP_LABEL_TWO(name) \
    LABEL(REEL__G_##name) LABEL(REEL__GA_##name) LABEL(REEL__GB_##name)
#define GROUP_LABEL_THREE GROUP_LABEL_ONE
#define GROUP_LABEL_VECTORS GROUP_LABEL_ONE
#define GROUP_LABEL_VECTOR_PAIRS GROUP_LABEL_ONE
#define REEL__KERNEL(name, operands, dtypes, ...) \
    REEL__GROUPS_OF_##dtypes(GROUP_LABEL_##operands(name))
#include "kernels/elementwise.def"
#undef REEL__KERNEL
    };
#endif
    T *const s = t->data[0];
    const reel__flat_instruction *i = t->flat->code;
    T r = 0;
    LOOP(group) last = {0}, result = last;
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
    }                                                            \
    REEL__GROUPS_OF_##dtypes(GROUP_##operands(name, expression))
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
#define REEL__FLAT_GROUP(name, ones, expression) \
    GROUP(REEL__F_##name, ones, x, y, z, expression)
#define REEL__FLAT_ROWS(name, ones, a_, b_, c_, expression) \
    ROWS(REEL__F_##name, ones, a_, b_, c_, expression)
#include "kernels/flat.def"
#undef REEL__FLAT
#undef REEL__FLAT_GROUP
#undef REEL__FLAT_ROWS
#undef REEL__FLAT_MOVE
    DOT(REEL__F_dot, true)
    DOT(REEL__F_dot_l, false)
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
#define LOAD_GROUP(op_, lanes, apart)                                        \
    CASE(op_)                                                                \
    {                                                                        \
        const T *from = (const T *)place_of(t, i->a) + i->c;                 \
        T loaded[REEL__FLAT_LANES];                                          \
        for (size_t k = 0; k < REEL__FLAT_LANES; k++)                        \
            loaded[k] = from[(k < (lanes) ? k : 0) * (apart)];               \
        memcpy(s + i->dst, loaded, sizeof loaded);                           \
        NEXT                                                                 \
    }
    LOAD_GROUP(REEL__F_load_two, 2, 1)
    LOAD_GROUP(REEL__F_load_three, 3, 1)
    LOAD_GROUP(REEL__F_load_four, 4, 1)
    LOAD_GROUP(REEL__F_load_two_apart, 2, (size_t)i->b)
    LOAD_GROUP(REEL__F_load_three_apart, 3, (size_t)i->b)
    LOAD_GROUP(REEL__F_load_four_apart, 4, (size_t)i->b)
    CASE(REEL__F_load_rows)
    {
        const T *from = (const T *)place_of(t, i->a) + i->c;
        LOOP(load_rows)(s + i->dst, from, i->lanes, i->b);
        NEXT
    }
#define STORE_GROUP(op_, lanes)                                              \
    CASE(op_)                                                                \
    {                                                                        \
        memcpy((T *)place_of(t, i->dst) + i->c, s + i->a,                    \
               (lanes) * sizeof(T));                                         \
        NEXT                                                                 \
    }
    STORE_GROUP(REEL__F_store_one, 1)
    STORE_GROUP(REEL__F_store_two, 2)
    STORE_GROUP(REEL__F_store_three, 3)
    STORE_GROUP(REEL__F_store_four, 4)
    CASE(REEL__F_store)
    {
        T *to = place_of(t, i->dst);
        LOOP(copy)(to + i->c, s + i->a, i->b);
        NEXT
    }
    CASE(REEL__F_store_rows)
    {
        T *to = (T *)place_of(t, i->dst) + i->c;
        LOOP(store_rows)(to, s + i->a, i->lanes);
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
#undef LANE_OF
#undef LANE
#undef ONE
#undef TWO
#undef THREE
#undef VECTORS
#undef VECTOR_PAIRS
#undef LANES_OF
#undef GROUP
#undef ROWS
#undef DOT
#undef GROUP_ONE
#undef GROUP_TWO
#undef GROUP_THREE
#undef GROUP_VECTORS
#undef GROUP_VECTOR_PAIRS
#undef GROUP_LABEL_ONE
#undef GROUP_LABEL_TWO
#undef GROUP_LABEL_THREE
#undef GROUP_LABEL_VECTORS
#undef GROUP_LABEL_VECTOR_PAIRS
#undef LOAD_GROUP
#undef STORE_GROUP
#undef T
#undef F
#undef NAME

/* kernels/exponentials.h: exponentials of shifted elements and their sums, for
 * softmax and logsumexp in one dtype. Included with T, NAME (f32, f64) and I,
 * the vector that comparisons give.
 *
 * Elements are gathered in a buffer that vectors run over: of a long row
 * BUFFER at a time, of short ones several rows, one behind the other. An
 * exponential does not depend on where in the buffer it stands, a sum depends
 * on how many it is of alone.
 *
 * SPDX-License-Identifier: MIT */

#define OF(name) REEL__MATH(name, NAME)
#define VECTOR OF(vector)
#define LOOSE OF(loose)
#define LANES ((int64_t)(sizeof(VECTOR) / sizeof(T)))

/* The function of each of n elements, in place; what fills up the last vector
 * is overwritten. */
#define IN_PLACE(name, function)                               \
    REEL__APART                                                \
    static void OF(name)(int64_t n, T *x)                      \
    {                                                          \
        for (int64_t i = n; i % LANES != 0; i++)               \
            x[i] = 1;                                          \
        for (int64_t i = 0; i < n; i += LANES) {               \
            LOOSE *v = (LOOSE *)(x + i);                       \
            *v = OF(function)(*v);                             \
        }                                                      \
    }
IN_PLACE(exps, v_exp)
IN_PLACE(logs, v_log)

/* y = x op by; y may be x. */
#define WITH_ONE(name, op)                                     \
    static inline void OF(name)(int64_t n, T *y, int64_t sy,   \
                                const T *x, int64_t sx, T by)  \
    {                                                          \
        int64_t i = 0;                                         \
        if (sy == 1 && sx == 1)                                \
            for (; i + LANES <= n; i += LANES)                 \
                *(LOOSE *)(y + i) =                            \
                    *(const LOOSE *)(x + i) op by;             \
        for (; i < n; i++)                                     \
            y[i * sy] = x[i * sx] op by;                       \
    }
WITH_ONE(subtract, -)

/* The largest that is a number, -INFINITY if none is. */
static inline T OF(largest)(int64_t n, const T *x, int64_t sx)
{
    T most = -INFINITY;
    int64_t i = 0;
    if (sx == 1 && n >= 2 * LANES) {
        VECTOR m = (VECTOR){0} + most;
        T lane[sizeof(VECTOR) / sizeof(T)];
        for (; i + LANES <= n; i += LANES) {
            VECTOR v = *(const LOOSE *)(x + i);
            m = OF(select)((I)(v > m), v, m);
        }
        memcpy(lane, &m, sizeof m);
        for (int64_t j = 0; j < LANES; j++)
            most = lane[j] > most ? lane[j] : most;
    }
    for (; i < n; i++)
        most = x[i * sx] > most ? x[i * sx] : most;
    return most;
}

static inline double OF(total)(int64_t n, const T *x)
{
    double part[8] = {0}, rest = 0;
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            part[j] += (double)x[i + j];
    for (int j = 0; j < (int)(n % 8); j++)
        rest += (double)x[i + j];
    for (int j = 0; j < 4; j++)
        part[j] += part[j + 4];
    return ((part[0] + part[2]) + (part[1] + part[3])) + rest;
}

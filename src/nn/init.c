/* nn/init.c: initial values by name.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "nn/names.h"
#include <reel/nn.h>
#include <reel/random.h>

typedef enum family { CONSTANT, NORMAL, UNIFORM, ORTHOGONAL } family;
typedef enum fans { NO_FAN, ONE_FAN, BOTH_FANS } fans;

/* A normal's deviation is a number times sqrt(numerator / fan) and a uniform's
 * half width likewise: for the same variance its numerator is three times the
 * normal's. */
typedef struct rule {
    reel__choice choice;
    family family;
    fans fans;
    double numerator;
} rule;

#define ROW(name, takes, number, ...) \
    {{name, REEL__##takes, number}, __VA_ARGS__}
static const rule rules[] = {
    ROW("zeros", TAKES_NOTHING, 0, CONSTANT, NO_FAN, 0),
    ROW("constant", NEEDS_NUMBER, 0, CONSTANT, NO_FAN, 0),
    ROW("normal", TAKES_POSITIVE, 1, NORMAL, NO_FAN, 0),
    ROW("uniform", TAKES_POSITIVE, 0.5, UNIFORM, NO_FAN, 0),
    ROW("xavier", TAKES_POSITIVE, 1, UNIFORM, BOTH_FANS, 6),
    ROW("xavier_uniform", TAKES_POSITIVE, 1, UNIFORM, BOTH_FANS, 6),
    ROW("xavier_normal", TAKES_POSITIVE, 1, NORMAL, BOTH_FANS, 2),
    ROW("glorot_uniform", TAKES_POSITIVE, 1, UNIFORM, BOTH_FANS, 6),
    ROW("glorot_normal", TAKES_POSITIVE, 1, NORMAL, BOTH_FANS, 2),
    ROW("he", TAKES_FAN, 1, NORMAL, ONE_FAN, 2),
    ROW("he_normal", TAKES_FAN, 1, NORMAL, ONE_FAN, 2),
    ROW("he_uniform", TAKES_FAN, 1, UNIFORM, ONE_FAN, 6),
    ROW("kaiming_normal", TAKES_FAN, 1, NORMAL, ONE_FAN, 2),
    ROW("kaiming_uniform", TAKES_FAN, 1, UNIFORM, ONE_FAN, 6),
    ROW("lecun", TAKES_FAN, 1, NORMAL, ONE_FAN, 1),
    ROW("lecun_normal", TAKES_FAN, 1, NORMAL, ONE_FAN, 1),
    ROW("lecun_uniform", TAKES_FAN, 1, UNIFORM, ONE_FAN, 3),
    ROW("orthogonal", TAKES_POSITIVE, 1, ORTHOGONAL, BOTH_FANS, 0),
};

bool reel__choose_rule(reel_tape *tape, const char *op, const char *text,
                       reel__chosen *chosen)
{
    return reel__choose(tape, op, &REEL__CHOICES("rule", rules), text, chosen);
}

static double scale_of(const reel__chosen *c, const reel_node *leaf)
{
    const rule *r = c->row;
    if (r->fans == NO_FAN || r->family == ORTHOGONAL)
        return c->number;
    double in = (double)leaf->dim[0], out = (double)leaf->dim[1];
    double fan = r->fans == BOTH_FANS ? in + out : c->fan_out ? out : in;
    return c->number * sqrt(r->numerator / fan);
}

/* Of the values whose scale is 1. */
static double draw(family f, uint64_t seed, uint64_t stream, uint64_t i)
{
    switch (f) {
    case NORMAL: return reel_random_normal(seed, stream, i);
    case UNIFORM: return 2 * reel_random_uniform(seed, stream, i) - 1;
    case CONSTANT:
    case ORTHOGONAL: break;
    }
    return 1;
}

/* -------------------------------------------------------------- orthogonal */

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Vector j loses what it has of those before it, and gets length 1. What
 * rounding left of them goes in a second pass. */
static void orthonormalise(double *v, int64_t j, int64_t length)
{
    double *x = v + j * length;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < j; k++) {
            const double *y = v + k * length;
            double part = dot(x, y, length);
            for (int64_t i = 0; i < length; i++)
                x[i] -= part * y[i];
        }
        double norm = sqrt(dot(x, x, length));
        for (int64_t i = 0; i < length; i++)
            x[i] /= norm;
    }
}

/* The rows or the columns, whichever are fewer, are made orthonormal: Gram and
 * Schmidt's way leaves normal vectors as uniform on all such matrices. */
static bool fill_orthogonal(reel_node *leaf, double gain, uint64_t seed,
                            uint64_t stream)
{
    int64_t rows = leaf->dim[0], columns = leaf->dim[1];
    bool tall = rows > columns;
    int64_t vectors = tall ? columns : rows, length = tall ? rows : columns;
    const reel_allocator *a = &leaf->tape->allocator;
    size_t bytes = (size_t)(vectors * length) * sizeof(double);
    double *v = reel__alloc(a, bytes);
    if (!v && bytes > 0)
        return reel__no_memory(leaf->tape, "initialize");
    for (int64_t j = 0; j < vectors; j++) {
        for (int64_t i = 0; i < length; i++)
            v[j * length + i] = reel_random_normal(
                seed, stream, (uint64_t)(tall ? i * columns + j
                                              : j * columns + i));
        orthonormalise(v, j, length);
        for (int64_t i = 0; i < length; i++)
            reel__store(reel_dtype_of(leaf), leaf->value,
                        tall ? i * columns + j : j * columns + i,
                        gain * v[j * length + i]);
    }
    reel__free(a, v, bytes);
    return true;
}

reel_status reel_initialize(reel_node *leaf, const char *rule_text,
                            uint64_t seed, uint64_t stream)
{
    char text[REEL__SHAPE_TEXT];
    reel__chosen chosen;

    if (!leaf)
        return REEL_EVALUE;
    reel_dtype dtype = reel_dtype_of(leaf);
    if ((leaf->op != &reel__op_parameter && leaf->op != &reel__op_state) ||
        !reel__is_float(dtype)) {
        reel__fail(leaf->tape, REEL_EVALUE, "initialize",
                   "needs a parameter or state of f32 or f64");
        return REEL_EVALUE;
    }
    if (!reel__choose_rule(leaf->tape, "initialize", rule_text, &chosen))
        return REEL_EVALUE;
    const rule *r = chosen.row;
    if (r->fans != NO_FAN && leaf->ndim != 2) {
        reel__fail(leaf->tape, REEL_ESHAPE, "initialize",
                   "rule '%s' needs a matrix, not %s", rule_text,
                   reel__node_shape_text(leaf, text));
        return REEL_ESHAPE;
    }
    double scale = scale_of(&chosen, leaf);
    if (r->family == ORTHOGONAL)
        return fill_orthogonal(leaf, scale, seed, stream) ? REEL_OK
                                                          : REEL_ENOMEM;
    int64_t n = reel_count(leaf);
    for (int64_t i = 0; i < n; i++)
        reel__store(dtype, leaf->value, i,
                    scale * draw(r->family, seed, stream, (uint64_t)i));
    return REEL_OK;
}

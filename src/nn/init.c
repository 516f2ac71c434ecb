/* nn/init.c: initial values by name.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "core/internal.h"
#include <reel/nn.h>
#include <reel/random.h>

typedef enum family { ZEROS, NORMAL, UNIFORM } family;

/* Scale: the normal's deviation, the uniform's half width. */
static double one(double in, double out)
{
    (void)in;
    (void)out;
    return 1;
}

static double half(double in, double out)
{
    (void)in;
    (void)out;
    return 0.5;
}

static double xavier(double in, double out)
{
    return sqrt(6 / (in + out));
}

static double he(double in, double out)
{
    (void)out;
    return sqrt(2 / in);
}

static const struct rule {
    const char *name;
    family family;
    bool needs_fans;
    double (*scale)(double fan_in, double fan_out);
} rules[] = {
    {"zeros", ZEROS, false, one},     {"normal", NORMAL, false, one},
    {"uniform", UNIFORM, false, half}, {"xavier", UNIFORM, true, xavier},
    {"he", NORMAL, true, he},
};

static const struct rule *find_rule(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (name && strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

static double draw(family f, uint64_t seed, uint64_t stream, uint64_t i)
{
    switch (f) {
    case NORMAL: return reel_random_normal(seed, stream, i);
    case UNIFORM: return 2 * reel_random_uniform(seed, stream, i) - 1;
    case ZEROS: break;
    }
    return 0;
}

reel_status reel_initialize(reel_node *leaf, const char *rule, uint64_t seed,
                            uint64_t stream)
{
    char text[REEL__SHAPE_TEXT];
    const struct rule *r = find_rule(rule);
    double fan_in = 1, fan_out = 1;

    if (!leaf)
        return REEL_EVALUE;
    reel_dtype dtype = reel_dtype_of(leaf);
    if ((leaf->op != &reel__op_parameter && leaf->op != &reel__op_state) ||
        !reel__is_float(dtype)) {
        reel__fail(leaf->tape, REEL_EVALUE, "initialize",
                   "needs a parameter or state of f32 or f64");
        return REEL_EVALUE;
    }
    if (!r) {
        reel__fail(leaf->tape, REEL_EVALUE, "initialize",
                   "no rule '%s': there are zeros, normal, uniform, xavier "
                   "and he",
                   rule ? rule : "");
        return REEL_EVALUE;
    }
    if (r->needs_fans) {
        if (leaf->ndim != 2) {
            reel__fail(leaf->tape, REEL_ESHAPE, "initialize",
                       "rule '%s' needs a matrix, not %s", rule,
                       reel__node_shape_text(leaf, text));
            return REEL_ESHAPE;
        }
        fan_in = (double)leaf->dim[0];
        fan_out = (double)leaf->dim[1];
    }
    double scale = r->scale(fan_in, fan_out);
    int64_t n = reel_count(leaf);
    for (int64_t i = 0; i < n; i++)
        reel__store(dtype, leaf->value, i,
                    scale * draw(r->family, seed, stream, (uint64_t)i));
    return REEL_OK;
}

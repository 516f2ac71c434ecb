/* compile/flat_values.c: instructions, constants and operands of a flat program
 * being made.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

/* Numbers for `lanes` values that lie side by side. A group takes as many as
 * slots (slots.c), from a multiple on. */
static uint16_t take_numbers(reel__flattener *f, int lanes)
{
    bool group = lanes > 1 && lanes <= REEL__FLAT_LANES;
    size_t n = f->values, end;
    if (group)
        n = (n + REEL__FLAT_LANES - 1) / REEL__FLAT_LANES * REEL__FLAT_LANES;
    end = n + (size_t)(group ? REEL__FLAT_LANES : lanes);
    uint16_t *grown = reel__grow(&f->c->tape->allocator, f->first,
                                 &f->first_capacity, end, sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->first = grown;
    for (size_t v = n; v < end; v++)
        grown[v] = (uint16_t)(v < n + (size_t)lanes ? n : v);
    f->values = end;
    return (uint16_t)n;
}

uint16_t reel__flat_emit_lanes(reel__flattener *f, unsigned op, int lanes,
                               uint16_t a, uint16_t b, uint16_t c)
{
    reel__flat_instruction *grown =
        reel__grow(&f->c->tape->allocator, f->code, &f->capacity, f->count + 1,
                   sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->code = grown;
    uint16_t v = reel__flat_ops[op].result ? take_numbers(f, lanes) : 0;
    f->code[f->count++] =
        (reel__flat_instruction){(uint8_t)op, (uint8_t)lanes, v, a, b, c};
    return v;
}

uint16_t reel__flat_emit(reel__flattener *f, unsigned op, uint16_t a,
                         uint16_t b, uint16_t c)
{
    return reel__flat_emit_lanes(f, op, 1, a, b, c);
}

uint16_t reel__flat_operand(reel__flattener *f, uint32_t buffer,
                            int64_t offset, reel_dtype dtype, bool written)
{
    reel__operand *grown =
        reel__grow(&f->c->tape->allocator, f->operand, &f->operand_capacity,
                   f->operands + 1, sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->operand = grown;
    f->operand[f->operands] = (reel__operand){.offset = offset,
                                              .base = buffer,
                                              .dtype = (uint16_t)dtype,
                                              .written = written};
    return (uint16_t)f->operands++;
}

/* A constant lies behind the one before it. */
static uint16_t new_constant(reel__flattener *f, double value)
{
    const reel_allocator *a = &f->c->tape->allocator;
    double *grown = reel__grow(a, f->constant, &f->constant_capacity,
                               f->constants + 1, sizeof *grown);
    if (grown)
        f->constant = grown;
    uint16_t *number =
        reel__grow(a, f->constant_value, &f->constant_value_capacity,
                   f->constants + 1, sizeof *number);
    if (number)
        f->constant_value = number;
    uint16_t v = take_numbers(f, 1);
    if (!grown || !number || f->failed) {
        f->failed = true;
        return 0;
    }
    if (f->constants > 0 && number[f->constants - 1] + 1 == v)
        f->first[v] = f->first[v - 1];
    grown[f->constants] = value;
    number[f->constants++] = v;
    return v;
}

/* Which of the few latest constants v is, REEL__NONE if none. */
static size_t which_constant(const reel__flattener *f, uint16_t v)
{
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (f->constant_value[i] == v)
            return i;
    return REEL__NONE;
}

static bool is_constant(const reel__flattener *f, uint16_t v, double value)
{
    size_t i = which_constant(f, v);
    return i != REEL__NONE && f->constant[i] == value;
}

uint16_t reel__flat_constant(reel__flattener *f, double value)
{
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (memcmp(&f->constant[i], &value, sizeof value) == 0)
            return f->constant_value[i];
    return new_constant(f, value);
}

bool reel__flat_known_index(const reel__flattener *f, uint16_t v, int64_t n,
                           int64_t *which)
{
    for (int64_t i = 0; i < n; i++)
        if (is_constant(f, v, (double)i)) {
            *which = i;
            return true;
        }
    return false;
}

uint16_t reel__flat_two(reel__flattener *f, unsigned op, uint16_t a, uint16_t b)
{
    size_t i = op == REEL__K_add ? which_constant(f, a) : REEL__NONE;
    size_t j = i != REEL__NONE ? which_constant(f, b) : REEL__NONE;
    if (j != REEL__NONE)
        return reel__flat_constant(f, f->constant[i] + f->constant[j]);
    if (op == REEL__K_mul && is_constant(f, a, 1))
        return b;
    if (op == REEL__K_mul && is_constant(f, b, 1))
        return a;
    return reel__flat_emit(f, op, a, b, 0);
}

/* ------------------------------------------------------------------- groups */

int64_t reel__flat_together(const reel__flattener *f, const uint16_t *v,
                            int64_t n)
{
    int64_t i = 1;
    while (i < n && v[i] == v[0] + i && f->first[v[i]] == f->first[v[0]])
        i++;
    return i;
}

static int64_t same(const uint16_t *v, int64_t n)
{
    int64_t i = 1;
    while (i < n && v[i] == v[0])
        i++;
    return i;
}

/* Constants anew, so that they lie side by side. */
static uint16_t line_up(reel__flattener *f, int64_t n, const uint16_t *v)
{
    double value[REEL__FLAT_LANES];
    for (int64_t i = 0; i < n; i++)
        value[i] = f->constant[which_constant(f, v[i])];
    uint16_t first = new_constant(f, value[0]);
    for (int64_t i = 1; i < n; i++)
        new_constant(f, value[i]);
    return first;
}

static int64_t constants_of(const reel__flattener *f, const uint16_t *v,
                            int64_t n)
{
    int64_t i = 0;
    while (i < n && which_constant(f, v[i]) != REEL__NONE)
        i++;
    return i;
}

/* The operation on groups with these values one number; 0: none. */
static unsigned of_group(unsigned op, int ones)
{
    unsigned group = reel__flat_ops[op].group;
    int mask = (1 << reel__flat_ops[op].values) - 1;
    for (; group && group < REEL__F_OPS && reel__flat_ops[group].of == op;
         group++)
        if ((reel__flat_ops[group].ones & mask) == ones)
            return group;
    return 0;
}

/* The results that one instruction can give: how many, its values, and bits of
 * those that are one number. */
typedef struct group {
    int64_t lanes;
    int ones;
    uint16_t v[3];
} group;

static group group_of(reel__flattener *f, unsigned op,
                      const uint16_t *const *v, int64_t n, int values)
{
    group g = {n < REEL__FLAT_LANES ? n : REEL__FLAT_LANES, 0, {0}};
    int apart = 0; /* bits of constants that do not lie side by side */
    for (int k = 0; k < values; k++) {
        int64_t alike = same(v[k], g.lanes);
        int64_t together = reel__flat_together(f, v[k], g.lanes);
        g.v[k] = v[k][0];
        if (alike == 1 && together == 1) {
            together = constants_of(f, v[k], g.lanes);
            apart |= 1 << k;
        }
        g.ones |= (alike > 1) << k;
        g.lanes = alike > together ? alike : together;
    }
    bool all = g.ones == (1 << values) - 1;
    if (g.lanes == 1 || (!all && !of_group(op, g.ones)))
        return (group){1, (1 << values) - 1, {g.v[0], g.v[1], g.v[2]}};
    for (int k = 0; k < values; k++)
        if (apart >> k & 1)
            g.v[k] = line_up(f, g.lanes, v[k]);
    return g;
}

/* g's results; those of values that are one number are one, too. */
static uint16_t emit_group(reel__flattener *f, unsigned op, const group *g,
                           int values)
{
    int all = (1 << values) - 1;
    unsigned of = of_group(op, g->ones);
    if (g->ones == all)
        return values == 2 ? reel__flat_two(f, op, g->v[0], g->v[1])
                           : reel__flat_emit(f, op, g->v[0], g->v[1], g->v[2]);
    if (of == REEL__GA_mul && is_constant(f, g->v[0], 1))
        return g->v[1];
    if (of == REEL__GB_mul && is_constant(f, g->v[1], 1))
        return g->v[0];
    return reel__flat_emit_lanes(f, of, (int)g->lanes, g->v[0], g->v[1],
                                 g->v[2]);
}

void reel__flat_emit_row(reel__flattener *f, unsigned op, int64_t n,
                         const uint16_t *a, const uint16_t *b,
                         const uint16_t *c, uint16_t *result)
{
    int values = c ? 3 : b ? 2 : 1;
    if (n == 1) {
        result[0] = values == 2 ? reel__flat_two(f, op, *a, *b)
                                : reel__flat_emit(f, op, *a, b ? *b : 0,
                                                  c ? *c : 0);
        return;
    }
    for (int64_t i = 0; i < n && !f->failed;) {
        const uint16_t *v[] = {a + i, b ? b + i : b, c ? c + i : c};
        group g = group_of(f, op, v, n - i, values);
        bool one = g.ones == (1 << values) - 1;
        uint16_t r = emit_group(f, op, &g, values);
        for (int64_t lane = 0; lane < g.lanes; lane++)
            result[i++] = (uint16_t)(one ? r : r + lane);
    }
}

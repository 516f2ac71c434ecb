/* compile/slots.c: the values of a flat program get slots, and what can be one
 * instruction becomes one.
 *
 *   count     how often each value is used; what is not used goes
 *   combine   a product that only one sum uses becomes part of it
 *   place     a value takes the slot of one that is not used again, and is
 *             taken from the result before it where it is just that
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

#define NOTHING REEL__K_NONE /* an instruction that is gone */

typedef struct slots {
    reel__flattener *f;
    uint32_t *uses;  /* of each value */
    uint32_t *at;    /* where it is made, then where it is used last */
    uint16_t *slot;  /* where it is */
    uint16_t *spare; /* slots whose values are not used again */
    size_t spares;
    uint32_t count; /* slots so far */
} slots;

/* How many of a, b and c are values. */
static int inputs(const reel__flat_instruction *i)
{
    enum { ONE = 1, TWO, THREE, VECTORS = ONE, VECTOR_PAIRS = TWO };
    static const uint8_t values[REEL__F_OPS] = {
#define REEL__KERNEL(name, operands, ...) [REEL__K_##name] = operands,
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#define REEL__FLAT_MOVE(name, values) [REEL__F_##name] = values,
#define REEL__FLAT(name, values, expression) REEL__FLAT_MOVE(name, values)
#include "kernels/flat.def"
#undef REEL__FLAT_MOVE
#undef REEL__FLAT
    };
    switch (i->op) {
    case REEL__K_leaky_relu:
    case REEL__K_elu: return 2;
    case REEL__K_clamp:
    case REEL__K_affine: return 3;
    default: return values[i->op];
    }
}

static bool has_value(const reel__flat_instruction *i)
{
    return i->op != NOTHING && i->op < REEL__F_store;
}

/* ------------------------------------------------------------------- passes */

static bool is_used(const slots *s, const reel__flat_instruction *i)
{
    int n = i->op == REEL__F_load ? i->b : 1;
    for (int k = 0; k < n; k++)
        if (s->uses[i->dst + k])
            return true;
    return !has_value(i);
}

static void count(slots *s)
{
    reel__flattener *f = s->f;
    for (size_t n = f->count; n-- > 0;) {
        reel__flat_instruction *i = &f->code[n];
        if (!is_used(s, i)) {
            i->op = NOTHING;
            continue;
        }
        const uint16_t v[] = {i->a, i->b, i->c};
        for (int k = inputs(i); k-- > 0;)
            s->uses[v[k]]++;
        if (i->op == REEL__F_pick)
            s->uses[i[-1].dst]++; /* by way of r */
    }
}

/* The product that makes a value, if nothing else uses it. */
static reel__flat_instruction *lone_product(const slots *s, uint16_t value)
{
    reel__flat_instruction *i = s->f->code + s->at[value];
    bool made = s->at[value] != REEL__NONE && i->op == REEL__K_mul;
    return made && s->uses[value] == 1 ? i : NULL;
}

static void combine_one(slots *s, reel__flat_instruction *i)
{
    reel__flat_instruction *first = lone_product(s, i->a);
    reel__flat_instruction *second = lone_product(s, i->b);
    reel__flat_instruction *product = second ? second : first;
    if (!product)
        return;
    uint16_t other = product == second ? i->a : i->b;
    unsigned op = i->op == REEL__K_add ? REEL__K_affine
                  : product == second  ? REEL__F_submul
                                       : REEL__F_mulsub;
    *i = (reel__flat_instruction){(uint16_t)op, i->dst, product->a, product->b,
                             other};
    product->op = NOTHING;
}

static void combine(slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at); /* REEL__NONE */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction *i = &f->code[n];
        if (i->op == REEL__K_add || i->op == REEL__K_sub)
            combine_one(s, i);
        if (has_value(i))
            s->at[i->dst] = (uint32_t)n;
    }
}

static void find_last_uses(slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at);
    for (size_t n = f->count; n-- > 0;) {
        const reel__flat_instruction *i = &f->code[n];
        const uint16_t v[] = {i->a, i->b, i->c};
        for (int k = i->op == NOTHING ? 0 : inputs(i); k-- > 0;)
            if (s->at[v[k]] == REEL__NONE)
                s->at[v[k]] = (uint32_t)n;
    }
}

/* ------------------------------------------------------------------- placing */

/* The function of r that a function of a slot is. */
static uint16_t of_result(uint16_t op)
{
    switch (op) {
    case REEL__K_square: return REEL__F_square_r;
    case REEL__K_exp: return REEL__F_exp_r;
    case REEL__K_tanh: return REEL__F_tanh_r;
    case REEL__K_sigmoid: return REEL__F_sigmoid_r;
    default: return op;
    }
}

/* The same operation with r for the operand that is the result before. */
static void take_result(reel__flat_instruction *i, uint16_t before)
{
    uint16_t other = i->a == before ? i->b : i->a;
    bool either = i->a == before || i->b == before;
    if (i->op == REEL__K_add && either) {
        *i = (reel__flat_instruction){REEL__F_add_a_r, i->dst, 0, other, 0};
    } else if (i->op == REEL__K_mul && either) {
        *i = (reel__flat_instruction){REEL__F_mul_a_r, i->dst, 0, other, 0};
    } else if (i->op == REEL__K_sub && either) {
        i->op = i->a == before ? REEL__F_sub_a_r : REEL__F_sub_b_r;
    } else if (i->op == REEL__K_affine && i->c == before) {
        i->op = REEL__F_affine_c_r;
    } else if (i->op == REEL__K_affine && either) {
        i->b = other;
        i->op = REEL__F_affine_a_r;
    } else if (i->a == before) {
        i->op = of_result(i->op);
    }
}

static void give_back(slots *s, uint16_t value)
{
    s->at[value] = REEL__NONE; /* once */
    s->spare[s->spares++] = s->slot[value];
}

/* Values that come together lie together, in slots that are new. */
static void place_results(slots *s, const reel__flat_instruction *i)
{
    int n = i->op == REEL__F_load ? i->b : 1;
    if (n == 1 && s->spares > 0) {
        s->slot[i->dst] = s->spare[--s->spares];
    } else {
        for (int k = 0; k < n; k++)
            s->slot[i->dst + k] = (uint16_t)s->count++;
    }
    for (int k = 0; n > 1 && k < n; k++)
        if (s->uses[i->dst + k] == 0)
            give_back(s, (uint16_t)(i->dst + k));
}

static void release(slots *s, const uint16_t *v, int n, uint32_t number)
{
    for (int k = 0; k < n; k++)
        if (s->at[v[k]] == number && s->slot[v[k]] >= s->f->constants)
            give_back(s, v[k]);
}

/* Stores side by side are one. */
static bool goes_on(reel__flat_instruction *before,
                    const reel__flat_instruction *i)
{
    bool joined = i->op == REEL__F_store && before->op == REEL__F_store &&
                  before->dst == i->dst && before->a + before->b == i->a &&
                  before->c + before->b == i->c;
    if (joined)
        before->b++;
    return joined;
}

static void place(slots *s)
{
    reel__flattener *f = s->f;
    size_t kept = 0;
    uint32_t before = REEL__NONE; /* the value that r is */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction i = f->code[n];
        if (i.op == NOTHING)
            continue;
        const uint16_t v[] = {i.a, i.b, i.c};
        int values = inputs(&i);
        if (before != REEL__NONE)
            take_result(&i, (uint16_t)before);
        if (values > 0)
            i.a = s->slot[i.a];
        if (values > 1)
            i.b = s->slot[i.b];
        if (values > 2)
            i.c = s->slot[i.c];
        release(s, v, values, (uint32_t)n);
        if (has_value(&i)) {
            place_results(s, &i);
            before = i.op == REEL__F_load ? REEL__NONE : i.dst;
            i.dst = s->slot[i.dst];
        }
        if (i.op == REEL__F_load && f->operand[i.a].dtype != f->dtype)
            i.op = REEL__F_load_any;
        else if (i.op == REEL__F_load && i.b == 1)
            i.op = REEL__F_load_one;
        if (kept == 0 || !goes_on(&f->code[kept - 1], &i))
            f->code[kept++] = i;
    }
    f->count = kept;
}

static bool keep(slots *s, reel__flat_program *flat)
{
    reel__flattener *f = s->f;
    reel__arena *arena = &f->c->program->geometry;
    size_t bytes = reel_dtype_size(f->dtype);
    reel__flat_instruction *code =
        reel__arena_take(arena, (f->count + 1) * sizeof *code);
    void *constant = reel__arena_take(arena, f->constants * bytes + 1);
    if (!code || !constant)
        return false;
    if (f->count > 0)
        memcpy(code, f->code, f->count * sizeof *code);
    code[f->count] = (reel__flat_instruction){.op = REEL__F_end};
    for (size_t i = 0; i < f->constants; i++)
        reel__store(f->dtype, constant, (int64_t)i, f->constant[i]);
    *flat = (reel__flat_program){code, constant, (uint32_t)f->count,
                         (uint32_t)f->constants, s->count};
    return true;
}

bool reel__give_slots(reel__flattener *f, reel__flat_program *flat)
{
    const reel_allocator *a = &f->c->tape->allocator;
    size_t n = f->values + 1, bytes = n * (2 * sizeof(uint32_t) +
                                           2 * sizeof(uint16_t));
    uint32_t *memory = reel__alloc_zeroed(a, bytes);
    if (!memory)
        return false;
    slots s = {.f = f, .uses = memory, .at = memory + n};
    s.slot = (uint16_t *)(void *)(memory + 2 * n);
    s.spare = s.slot + n;
    count(&s);
    combine(&s);
    find_last_uses(&s);
    for (size_t i = 0; i < f->constants; i++)
        s.slot[f->constant_value[i]] = (uint16_t)s.count++;
    place(&s);
    bool done = keep(&s, flat);
    reel__free(a, memory, bytes);
    return done;
}

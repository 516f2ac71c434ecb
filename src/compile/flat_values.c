/* compile/flat_values.c: instructions, constants and operands of a flat program
 * being made.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

uint16_t reel__flat_emit(reel__flattener *f, unsigned op, uint16_t a,
                         uint16_t b, uint16_t c)
{
    reel__flat_instruction *grown =
        reel__grow(&f->c->tape->allocator, f->code, &f->capacity, f->count + 1,
                   sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->code = grown;
    f->code[f->count++] = (reel__flat_instruction){
        (uint16_t)op, (uint16_t)f->values, a, b, c};
    return (uint16_t)f->values++;
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

/* The few latest are looked through for one that is the same. */
uint16_t reel__flat_constant(reel__flattener *f, double value)
{
    const reel_allocator *a = &f->c->tape->allocator;
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (memcmp(&f->constant[i], &value, sizeof value) == 0)
            return f->constant_value[i];
    double *grown = reel__grow(a, f->constant, &f->constant_capacity,
                               f->constants + 1, sizeof *grown);
    if (grown)
        f->constant = grown;
    uint16_t *number =
        reel__grow(a, f->constant_value, &f->constant_value_capacity,
                   f->constants + 1, sizeof *number);
    if (number)
        f->constant_value = number;
    if (!grown || !number) {
        f->failed = true;
        return 0;
    }
    f->constant[f->constants] = value;
    f->constant_value[f->constants++] = (uint16_t)f->values;
    return (uint16_t)f->values++;
}

static bool is_constant(const reel__flattener *f, uint16_t v, double value)
{
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (f->constant_value[i] == v)
            return f->constant[i] == value;
    return false;
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
    if (op == REEL__K_mul && is_constant(f, a, 1))
        return b;
    if (op == REEL__K_mul && is_constant(f, b, 1))
        return a;
    return reel__flat_emit(f, op, a, b, 0);
}

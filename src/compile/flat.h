/* compile/flat.h: steps on tiny tensors becoming one list of scalar
 * instructions (kernels.h).
 *
 *   flatten.c        finds the steps, makes one of them
 *   unroll.c         a step's points become instructions on numbered values,
 *                    each of which is computed once; unroll_*.c: of other
 *                    steps than elementwise ones
 *   flat_elements.c  which value a buffer's element is
 *   flat_values.c    instructions, constants, operands
 *   slots.c          values share slots (flat_place.c); products and sums,
 *                    and rows of a matrix (flat_rows.c), become one instruction
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_FLAT_H
#define REEL_COMPILE_FLAT_H

#include "compile/compile.h"
#include "kernels/flat_code.h"

#define REEL__NO_VALUE UINT16_MAX

#define REEL__FLAT_LOGS 16

/* The values of a buffer's elements, REEL__NO_VALUE: as in memory. */
typedef struct reel__home {
    uint16_t *value;
    uint32_t flat;     /* which flat program value[] and operand belong to */
    uint16_t elements;
    uint16_t one;      /* value[] of a buffer of one element */
    uint16_t operand;  /* 0: none yet */
    uint8_t dtype;
    bool written;
} reel__home;

/* A flat program being made. */
typedef struct reel__flattener {
    reel__compiler *c;
    reel_dtype dtype; /* of its slots */
    uint32_t number;  /* of this flat program, from 1 */
    size_t settled;   /* checks that compiling has done, of the program */
    bool failed;      /* no memory */

    reel__flat_instruction *code;
    size_t count, capacity;
    size_t stores; /* from here on results are stored, */
    size_t late;   /* from here on those for nobody but the user */
    size_t values; /* given numbers so far; with the constants at least as many
                    * as slots are needed */
    uint16_t *first; /* of a value: the first of those that it lies behind */
    size_t first_capacity;

    double *constant;
    uint16_t *constant_value; /* their numbers */
    size_t constants, constant_capacity, constant_value_capacity;

    reel__operand *operand; /* 0: the slots */
    size_t operands, operand_capacity;

    reel__home *home; /* one a buffer */
    uint32_t *touched; /* buffers with values, in the order of being touched */
    size_t touches, touched_capacity;

    /* The latest logarithms of softmaxes: log = log(e/sum). */
    struct {
        uint16_t log, e, sum;
    } logs[REEL__FLAT_LOGS];
    unsigned log_count;
} reel__flattener;

/* What a step needs at most; it may go into a program that has so many left.
 * Numbers have 16 bits. */
#define REEL__FLAT_POINTS 64
#define REEL__FLAT_ROOM (16 * REEL__FLAT_POINTS)

/* The step is tiny, and of operations and dtypes that slots of *dtype can hold;
 * sets *dtype if it is REEL_BOOL, which says that no step has settled it. */
bool reel__can_unroll(const reel__compiler *c, const reel__step *step,
                      reel_dtype *dtype);
void reel__unroll(reel__flattener *f, const reel__step *step);
void reel__unroll_reduced(reel__flattener *f, const reel__step *step);
void reel__unroll_matmul(reel__flattener *f, const reel__step *step);
void reel__unroll_index(reel__flattener *f, const reel__step *step);

/* The index space of count axes of a step, from axis `from` on; no data. */
reel__task reel__step_axes(const reel__step *step, int from, int count);

/* Appends an instruction; returns the number of its value. */
uint16_t reel__flat_emit(reel__flattener *f, unsigned op, uint16_t a,
                         uint16_t b, uint16_t c);
/* The same with up to UINT8_MAX results, and returns the first. */
uint16_t reel__flat_emit_lanes(reel__flattener *f, unsigned op, int lanes,
                               uint16_t a, uint16_t b, uint16_t c);
/* n results of an elementwise op and its values, NULL for none. What lies side
 * by side, or is the same for all, goes in groups. */
void reel__flat_emit_row(reel__flattener *f, unsigned op, int64_t n,
                         const uint16_t *a, const uint16_t *b,
                         const uint16_t *c, uint16_t *result);
/* How many of v[0..n) lie side by side. */
int64_t reel__flat_together(const reel__flattener *f, const uint16_t *v,
                            int64_t n);
/* The same of two values, if there is no value already that is the result. */
uint16_t reel__flat_two(reel__flattener *f, unsigned op, uint16_t a,
                        uint16_t b);
uint16_t reel__flat_constant(reel__flattener *f, double value);
/* Whether v is known to name an element of n; *which it is. */
bool reel__flat_known_index(const reel__flattener *f, uint16_t v, int64_t n,
                            int64_t *which);
/* An operand, for moves. */
uint16_t reel__flat_operand(reel__flattener *f, uint32_t buffer,
                            int64_t offset, reel_dtype dtype, bool written);

/* Element `at` of a step's operand: its value, and a new one. */
uint16_t reel__flat_read(reel__flattener *f, const reel__operand *o,
                         int64_t at);
/* n elements that lie `apart` elements apart, to be used side by side. */
void reel__flat_read_row(reel__flattener *f, const reel__operand *o,
                         int64_t at, int64_t apart, int64_t n, uint16_t *v);
/* The same, loaded again where their values do not lie side by side. */
void reel__flat_read_beside(reel__flattener *f, const reel__operand *o,
                            int64_t at, int64_t apart, int64_t n, uint16_t *v);
void reel__flat_write(reel__flattener *f, const reel__operand *o, int64_t at,
                      uint16_t v);
/* The value to element `at` of an operand. */
void reel__flat_store(reel__flattener *f, uint16_t operand, uint16_t at,
                      uint16_t v);

/* From numbered values to slots; sets the program's code, constants and number
 * of slots. false: no memory. */
bool reel__give_slots(reel__flattener *f, reel__flat_program *flat);

#endif /* REEL_COMPILE_FLAT_H */

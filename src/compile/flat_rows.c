/* compile/flat_rows.c: instructions that do the same to one row of a matrix
 * after the other become one. What it does is what they did, in their order.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/slots.h"

enum { NEXT = REEL__FLAT_LANES };

/* Which instructions can be rows, and how much further each next one reads and
 * writes. */
typedef struct row_form {
    uint8_t op, rows, dst, a, b, c;
} row_form;

static const row_form forms[] = {
    {REEL__GA_mul, REEL__F_outer, NEXT, 1, 0, 0},
    {REEL__F_ga_muladd, REEL__F_rows_muladd, NEXT, 0, NEXT, NEXT},
    {REEL__F_ga_submul, REEL__F_rows_submul, NEXT, 0, NEXT, NEXT},
    {REEL__F_load_two, REEL__F_load_rows, NEXT, 0, 0, 2},
    {REEL__F_load_three, REEL__F_load_rows, NEXT, 0, 0, 3},
    {REEL__F_load_four, REEL__F_load_rows, NEXT, 0, 0, 4},
    {REEL__F_load_two_apart, REEL__F_load_rows, NEXT, 0, 0, 1},
    {REEL__F_load_three_apart, REEL__F_load_rows, NEXT, 0, 0, 1},
    {REEL__F_load_four_apart, REEL__F_load_rows, NEXT, 0, 0, 1},
    {REEL__F_store_two, REEL__F_store_rows, 0, NEXT, 0, 2},
    {REEL__F_store_three, REEL__F_store_rows, 0, NEXT, 0, 3},
};

static const row_form *form_of(unsigned op)
{
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        if (forms[k].op == op)
            return &forms[k];
    return NULL;
}

/* i is row k behind the first one. */
static bool is_row(const row_form *form, const reel__flat_instruction *first,
                   const reel__flat_instruction *i, size_t k)
{
    return i->op == first->op && i->lanes == first->lanes &&
           i->dst == first->dst + k * form->dst &&
           i->a == first->a + k * form->a && i->b == first->b + k * form->b &&
           i->c == first->c + k * form->c;
}

/* first[0..n) as one. */
static reel__flat_instruction rows_of(const row_form *form,
                                      const reel__flat_instruction *first,
                                      size_t n)
{
    reel__flat_instruction all = *first;
    bool stores = form->rows == REEL__F_store_rows;
    unsigned lanes = stores ? first->b : first->lanes;
    all.op = form->rows;
    all.lanes = (uint8_t)(n * REEL__FLAT_ROW + lanes);
    if (form->rows == REEL__F_load_rows) {
        unsigned apart = form->c == 1 ? first->b : 1;
        all.b = (uint16_t)(form->c * REEL__FLAT_APART + apart);
    }
    return all;
}

/* How many from the first on, of at most `most`, are rows of one matrix. */
static size_t count_rows(const reel__flat_instruction *first, size_t most,
                         reel__flat_instruction *all)
{
    const row_form *form = form_of(first->op);
    size_t n = 1;
    if (!form || (form->rows == REEL__F_load_rows && form->c == 1 &&
                  first->b >= REEL__FLAT_APART))
        return 1;
    while (n < most && is_row(form, first, &first[n], n))
        n++;
    if (n > 1)
        *all = rows_of(form, first, n);
    return n;
}

/* A number by a group, to which others are added: where the next of them lie,
 * as REEL__F_dot has it; 0: i is none. Each result but the last is for the next
 * alone, as that lies where it did. */
static unsigned dot_steps(const reel__flat_instruction *before,
                          const reel__flat_instruction *i)
{
    unsigned a = (unsigned)i->a - before->a, b = (unsigned)i->b - before->b;
    bool next = i->op == REEL__F_ga_muladd_z_l && i->dst == before->dst &&
                i->lanes == before->lanes && i->a >= before->a &&
                i->b >= before->b && a < REEL__FLAT_STEP &&
                b < REEL__FLAT_STEP;
    return next ? b * REEL__FLAT_STEP + a : 0;
}

static size_t count_dot(const reel__flat_instruction *first, size_t most,
                        reel__flat_instruction *all)
{
    bool adds = first->op == REEL__F_ga_muladd_z_l;
    unsigned steps;
    size_t n = 2;
    if ((!adds && first->op != REEL__GA_mul) || most < 2 ||
        !(steps = dot_steps(first, &first[1])))
        return 1;
    while (n < most && dot_steps(&first[n - 1], &first[n]) == steps)
        n++;
    *all = *first;
    all->op = adds ? REEL__F_dot_l : REEL__F_dot;
    all->lanes = (uint8_t)(n * REEL__FLAT_ROW + first->lanes);
    all->c = (uint16_t)steps;
    return n;
}

void reel__flat_join_rows(reel__flattener *f)
{
    size_t kept = 0;
    for (size_t n = 0, joined; n < f->count; n += joined) {
        reel__flat_instruction all = f->code[n];
        size_t left = f->count - n;
        size_t most = left < REEL__FLAT_ROWS_MOST ? left : REEL__FLAT_ROWS_MOST;
        joined = count_rows(&f->code[n], most, &all);
        if (joined == 1)
            joined = count_dot(&f->code[n], most, &all);
        f->code[kept++] = all;
    }
    f->count = kept;
}

/* Groups alone; loads have got no operation of their own yet. */
static bool comes_in_rows(const reel__flat_instruction *i)
{
    const row_form *form = form_of(i->op);
    return i->lanes > 1 && i->lanes <= REEL__FLAT_LANES &&
           (i->op == REEL__F_load || (form && form->dst == NEXT));
}

size_t reel__flat_rows_from(const reel__flattener *f, size_t n)
{
    const reel__flat_instruction *first = &f->code[n];
    size_t rows = 1;
    if (!comes_in_rows(first))
        return 1;
    for (size_t k = n + 1; k < f->count && rows < REEL__FLAT_ROWS_MOST; k++) {
        const reel__flat_instruction *i = &f->code[k];
        if (i->op == REEL__K_NONE)
            continue;
        if (i->op != first->op || i->lanes != first->lanes ||
            i->dst != first->dst + rows * NEXT)
            break;
        rows++;
    }
    return rows;
}

/* grad/report_json.c: the report of a gradient check as JSON.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include "grad/check.h"
#include "io/json_write.h"

static void write_row(reel__json_writer *j, const reel_gradcheck_row *r)
{
    char name[REEL__LEAF_TEXT];
    reel__json_open(j, NULL, '{');
    reel__json_put_text(j, "parameter", reel__leaf_text(r->parameter, name));
    reel__json_put_int(j, "order", r->order);
    reel__json_put_text(j, "verdict", reel_verdict_text(r->verdict));
    reel__json_put_text(j, "reason", reel_reason_text(r->reason));
    reel__json_put_int(j, "elements", r->elements);
    reel__json_put_int(j, "compared", r->compared);
    reel__json_put_int(j, "passed", r->passed);
    reel__json_put_int(j, "failed", r->failed);
    reel__json_put_int(j, "inconclusive", r->inconclusive);
    reel__json_put_int(j, "worst", r->worst);
    if (r->worst >= 0) {
        reel__json_put_real(j, "analytic", r->analytic);
        reel__json_put_real(j, "rule", r->rule);
        reel__json_put_real(j, "numeric", r->numeric);
        reel__json_put_real(j, "estimate", r->estimate);
        reel__json_put_real(j, "relative_error", r->relative_error);
    }
    reel__json_close(j, '}');
}

static void write_place(reel__json_writer *j, const reel_gradcheck_report *r,
                        const reel_gradcheck_place *p)
{
    char name[REEL__LEAF_TEXT];
    reel__json_open(j, NULL, '{');
    reel__json_put_text(j, "parameter",
                        reel__leaf_text(r->row[p->row].parameter, name));
    reel__json_put_int(j, "order", r->row[p->row].order);
    reel__json_put_int(j, "index", p->index);
    reel__json_put_text(j, "verdict", reel_verdict_text(p->verdict));
    reel__json_put_text(j, "reason", reel_reason_text(p->reason));
    reel__json_put_real(j, "analytic", p->analytic);
    reel__json_put_real(j, "rule", p->rule);
    reel__json_put_real(j, "numeric", p->numeric);
    reel__json_put_real(j, "estimate", p->estimate);
    reel__json_put_real(j, "left", p->left);
    reel__json_put_real(j, "right", p->right);
    reel__json_close(j, '}');
}

static void write_direction(reel__json_writer *j,
                            const reel_gradcheck_direction *d)
{
    reel__json_open(j, NULL, '{');
    reel__json_put_int(j, "order", d->order);
    reel__json_put_text(j, "verdict", reel_verdict_text(d->verdict));
    reel__json_put_text(j, "reason", reel_reason_text(d->reason));
    reel__json_put_text(j, "wrong", reel_rule_text(d->wrong));
    reel__json_put_real(j, "reverse", d->reverse);
    if (!isnan(d->forward))
        reel__json_put_real(j, "forward", d->forward);
    reel__json_put_real(j, "numeric", d->numeric);
    reel__json_put_real(j, "estimate", d->estimate);
    reel__json_close(j, '}');
}

static void write_blame(reel__json_writer *j, const reel_gradcheck_blame *b)
{
    reel__json_open(j, NULL, '{');
    reel__json_put_text(j, "op", b->op);
    reel__json_put_int(j, "node", (int64_t)b->node);
    reel__json_put_text(j, "rule", reel_rule_text(b->rule));
    reel__json_put_int(j, "operand", b->operand);
    reel__json_put_int(j, "index", b->index);
    reel__json_put_real(j, "analytic", b->analytic);
    reel__json_put_real(j, "numeric", b->numeric);
    reel__json_put_text(j, "place", b->place);
    reel__json_put_text(j, "shapes", b->shapes);
    reel__json_put_text(j, "diagnosis", b->diagnosis);
    reel__json_close(j, '}');
}

static void write_contracts(reel__json_writer *j,
                            const reel_gradcheck_report *r)
{
    reel__json_open(j, "contracts", '[');
    for (unsigned bit = 1; bit <= REEL_CONTRACTS; bit <<= 1) {
        if (!(r->contracts & bit))
            continue;
        reel__json_open(j, NULL, '{');
        reel__json_put_text(j, "contract", reel_contract_text(bit));
        reel__json_put_text(j, "verdict",
                            reel_verdict_text(r->broken & bit ? REEL_FAIL
                                                              : REEL_PASS));
        reel__json_close(j, '}');
    }
    reel__json_close(j, ']');
}

static void write_lists(reel__json_writer *j, const reel_gradcheck_report *r)
{
    reel__json_open(j, "parameters", '[');
    for (size_t i = 0; i < r->count; i++)
        write_row(j, &r->row[i]);
    reel__json_close(j, ']');
    reel__json_open(j, "places", '[');
    for (size_t i = 0; i < r->places; i++)
        write_place(j, r, &r->place[i]);
    reel__json_close(j, ']');
    reel__json_put_int(j, "unlisted", r->unlisted);
    reel__json_open(j, "directions", '[');
    for (size_t i = 0; i < r->directions; i++)
        write_direction(j, &r->direction[i]);
    reel__json_close(j, ']');
    reel__json_open(j, "blame", '[');
    for (size_t i = 0; i < r->blames; i++)
        write_blame(j, &r->blame[i]);
    reel__json_close(j, ']');
    reel__json_put_int(j, "unblamed", r->unblamed);
}

reel_status reel_gradcheck_write_json(const reel_gradcheck_report *r,
                                      FILE *stream)
{
    if (!r || !stream)
        return REEL_EVALUE;
    reel__json_writer j = {.stream = stream};
    reel__json_open(&j, NULL, '{');
    reel__json_put_text(&j, "verdict", reel_verdict_text(r->verdict));
    /* As text: not every reader of JSON has 64 bits. */
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, r->seed);
    reel__json_put_text(&j, "seed", seed);
    reel__json_put_real(&j, "loss", r->loss);
    write_lists(&j, r);
    write_contracts(&j, r);
    reel__json_put_text(&j, "forward", r->forward);
    reel__json_close(&j, '}');
    putc('\n', stream);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}

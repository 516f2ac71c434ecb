/* graph.h: what the writer and the reader of saved graphs share. The format is
 * described in docs/file-format.md.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_GRAPH_H
#define REEL_IO_GRAPH_H

#include "io/text.h"
#include "ops/attributes.h"

#include <reel/save.h>

/* The metadata's key, and the text's first line. */
#define REEL__GRAPH_KEY "reel.graph"
#define REEL__GRAPH_VERSION 1

/* The row of that name that nodes can have; NULL: there is none. */
const reel__op *reel__graph_op(const char *name);

/* The graph's text as it is read, from left to right. Each function below
 * returns false and sets `why` at the first mistake. */
typedef struct reel__scan {
    const char *at;
    size_t line;      /* of `at`, counted from 1 */
    reel__text text;  /* the last string, terminated */
    char why[240];    /* "": all is well */
} reel__scan;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
bool reel__scan_wrong(reel__scan *s, const char *format, ...);

/* Blanks, then c: whether it is there; it is taken if so. */
bool reel__scan_is(reel__scan *s, char c);
bool reel__scan_take(reel__scan *s, char c);
/* Blanks, then name and "=": likewise. */
bool reel__scan_is_key(reel__scan *s, const char *name);
bool reel__scan_take_key(reel__scan *s, const char *name);

/* Small letters, digits and _, at most REEL__SCAN_WORD - 1 of them. */
#define REEL__SCAN_WORD 32
bool reel__scan_word(reel__scan *s, char *word);
bool reel__scan_integer(reel__scan *s, int64_t *value);
bool reel__scan_unsigned(reel__scan *s, uint64_t *value);
bool reel__scan_real(reel__scan *s, double *value);
/* "..." into s->text. */
bool reel__scan_string(reel__scan *s);
bool reel__scan_dtype(reel__scan *s, reel_dtype *dtype);
/* [2, 3], at most REEL_MAX_DIMS numbers. */
bool reel__scan_list(reel__scan *s, int64_t *value, int *count);
bool reel__scan_shape(reel__scan *s, reel_shape *shape);
bool reel__scan_line_end(reel__scan *s);

/* The other way round. */
void reel__graph_put_string(reel__text *t, const char *string);
void reel__graph_put_list(reel__text *t, const int64_t *value, int count);

/* " axes=[0] keepdims=false", as the form says. */
void reel__graph_put_attributes(reel__text *t, const reel__attributes_form *f,
                                const reel_node *node);
/* Into a zeroed struct of f->bytes; axes of the first operand. */
bool reel__graph_take_attributes(reel__scan *s, const reel__attributes_form *f,
                                 int axes, void *attr);

#endif /* REEL_IO_GRAPH_H */

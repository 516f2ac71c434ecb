/* ops/attributes.h: what is in each op's attributes, for writing and reading
 * them by name.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_ATTRIBUTES_H
#define REEL_OPS_ATTRIBUTES_H

#include "core/internal.h"

/* The C type that a field has in its struct, and how it is written. */
typedef enum reel__field_kind {
    REEL__FIELD_REAL,     /* double */
    REEL__FIELD_INTEGER,  /* int64_t */
    REEL__FIELD_SEED,     /* uint64_t */
    REEL__FIELD_AXIS,     /* uint32_t */
    REEL__FIELD_TRUTH,    /* uint32_t, 0 or 1: "true", "false" */
    REEL__FIELD_DTYPE,    /* int64_t: "f32" */
    REEL__FIELD_AXIS_SET, /* uint32_t, a mask: [0, 2] */
    REEL__FIELD_ORDER,    /* uint8_t[], one for each axis of the operand */
    REEL__FIELD_LENGTHS,  /* int64_t[], likewise */
    REEL__FIELD_SHAPE     /* reel__sizes */
} reel__field_kind;

typedef struct reel__field {
    const char *name;
    reel__field_kind kind;
    size_t offset;
} reel__field;

#define REEL__FIELDS 4

typedef struct reel__attributes_form {
    const reel__op *op;
    size_t bytes; /* of the struct */
    reel__field field[REEL__FIELDS]; /* name NULL: no more */
} reel__attributes_form;

/* Of one op; NULL: it has no attributes. */
const reel__attributes_form *reel__attributes_form_of(const reel__op *op);

#endif /* REEL_OPS_ATTRIBUTES_H */

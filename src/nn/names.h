/* nn/names.h: things chosen by name, some with an argument in brackets:
 * "relu", "normal(0.01)", "he(fan_out)".
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_NAMES_H
#define REEL_NN_NAMES_H

#include "core/internal.h"

typedef enum reel__takes {
    REEL__TAKES_NOTHING,
    REEL__TAKES_NUMBER,   /* any finite one, or none */
    REEL__TAKES_POSITIVE, /* one > 0, or none */
    REEL__TAKES_FAN,      /* fan_in or fan_out, or none */
    REEL__NEEDS_NUMBER
} reel__takes;

/* The beginning of a table's row. */
typedef struct reel__choice {
    const char *name;
    reel__takes takes;
    double number; /* where none is given */
} reel__choice;

/* What a text chose. */
typedef struct reel__chosen {
    const void *row;
    double number;
    bool fan_out;
} reel__chosen;

/* Rows of a table of any type that begins with a reel__choice. */
typedef struct reel__choices {
    const char *what; /* "activation", for messages */
    const void *row;
    size_t count, row_bytes;
} reel__choices;
#define REEL__CHOICES(what, table) \
    ((reel__choices){what, table, sizeof(table) / sizeof *(table), \
                     sizeof *(table)})

/* Looks a text up; false after an error, under the name op, that lists what
 * there is or says what the argument should be. */
bool reel__choose(reel_tape *tape, const char *op, const reel__choices *from,
                  const char *text, reel__chosen *chosen);

/* Of the tables of activations and rules, to check a name before its use. */
bool reel__choose_activation(reel_tape *tape, const char *op, const char *text,
                             reel__chosen *chosen);
reel_node *reel__activate(reel_node *x, const reel__chosen *chosen);
bool reel__choose_rule(reel_tape *tape, const char *op, const char *text,
                       reel__chosen *chosen);

/* The list is of parameters of this tape; false after an error, under the name
 * op, and where one is NULL (nn/parameters.c). */
bool reel__are_parameters(reel_tape *tape, const char *op, reel_nodes list);

#endif /* REEL_NN_NAMES_H */

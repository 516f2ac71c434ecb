/* nn/train.h: what the parts of training share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_TRAIN_H
#define REEL_NN_TRAIN_H

#include <stdio.h>
#include "nn/names.h"
#include <reel/train.h>

/* ------------------------------------------- passes (nn/train_pass.c) */

/* The graph for one number of examples, and its program. */
typedef struct reel__batch {
    int64_t count;
    reel_node *index, *loss;
    reel_node *guess, *right; /* NULL: the model tells no classes */
    reel_program *program;
} reel__batch;

/* A way over some examples: batches of one size, and a last, smaller one. */
typedef struct reel__pass {
    reel_tape *tape;
    const reel_model *model;
    const reel_examples *set;
    bool classes;
    reel_node *features, *targets;
    reel__batch full, last;
} reel__pass;

/* What has come of the batches so far. */
typedef struct reel__sum {
    int64_t examples, right;
    double loss;
} reel__sum;

/* Checks model and examples, called `what` in messages. */
bool reel__check_examples(reel_tape *t, const reel_model *model,
                          const reel_examples *set, const char *what);

/* The parameters of the model's loss, which it gets now if it is new; to be
 * given back to the tape's allocator. false after an error. */
bool reel__model_parameters(reel_tape *t, const reel_model *model,
                            const reel_examples *set, reel_nodes *list);

/* Takes back what was recorded since the mark, but no error; the status. */
reel_status reel__rewind_to(reel_tape *t, reel_mark mark);

/* Records and compiles; with o, its updates, and step for dropout; parameters:
 * those there must be. false after an error. Free in any case. */
bool reel__pass_new(reel__pass *p, reel_tape *t, const reel_model *model,
                    const reel_examples *set, int64_t size,
                    reel_optimizer *o, reel_node *step, reel_nodes parameters);
void reel__pass_free(reel__pass *p);

/* Runs one more batch of the examples order[...], those from sum->examples on;
 * NULL after an error. */
const reel__batch *reel__pass_next(reel__pass *p, const int64_t *order,
                                   reel__sum *sum);

/* All of them in turn. */
bool reel__pass_all(reel__pass *p, const int64_t *in_turn, reel__sum *sum,
                    int64_t *guess);
reel_score reel__score(const reel__pass *p, const reel__sum *sum);

/* ------------------------------------------------------------ the training */

/* Where training stands, all of which a checkpoint keeps. */
typedef struct reel__standing {
    int64_t epoch; /* under way, from 1 */
    int64_t step;
    reel__sum sum; /* of this epoch */
    int64_t best_epoch;
    int64_t ended; /* after this epoch, for lack of progress; 0: not */
    double best_loss, rate;
    reel_score running, after, validation; /* of the last whole epoch */
    reel_plateau plateau;
    int64_t csv, jsonl; /* bytes of the logs */
    int64_t seed, count, batch; /* whose training it is */
} reel__standing;

typedef struct reel__training {
    reel_tape *tape;
    reel_train_options options;
    reel_nodes parameters, states;
    reel_optimizer *optimizer;
    reel__pass learn, look, validate;
    int64_t *order;   /* of this epoch, then 0, 1, 2, ...: one block */
    int64_t *in_turn;
    size_t order_bytes;
    char *best; /* the best epoch's parameters, one after the other, each
                 * beginning at a multiple of 8; NULL: not kept */
    size_t best_bytes;
    reel__standing at;
    FILE *csv, *jsonl;
    double lr;      /* where the rate began: what schedules multiply */
    double seconds; /* of this epoch's steps in this call */
} reel__training;

/* Room that a parameter takes in best. */
size_t reel__best_bytes(const reel_node *parameter);

/* nn/train_file.c. Both put errors on the tape and return false.
 * reel__checkpoint_read leaves all as it is when there is no file. */
bool reel__checkpoint_write(reel__training *s);
bool reel__checkpoint_read(reel__training *s);

/* Opens the logs where the standing says that they end; writes an epoch. */
bool reel__logs_open(reel__training *s);
bool reel__logs_write(reel__training *s, const reel_progress *now);
void reel__logs_close(reel__training *s);

#endif /* REEL_NN_TRAIN_H */

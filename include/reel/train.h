/* reel/train.h: training as one call, over data in memory (reel/data.h).
 *
 * What the call does, without validation, logs, checkpoints and the last,
 * smaller batch, is this loop, and it can always be written out:
 *
 *     reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(64, 784));
 *     reel_node *y = reel_input(t, "y", REEL_U8, REEL_SHAPE(64));
 *     reel_node *loss = reel_loss(reel_apply(net, x), y, "cross_entropy");
 *     reel_optimizer *o = reel_optimizer_new(
 *         reel_parameters(REEL_NODES(loss)), "adam", 0.001, NULL);
 *     reel_program *p = reel_compile(t, reel_minimize(o, loss,
 *                                                     REEL_NODES(loss)));
 *     for (int64_t i = 0; i + 64 <= n; i += 64) {
 *         reel_bind(x, images + i * 784);
 *         reel_bind(y, labels + i);
 *         reel_run(p);
 *     }
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_TRAIN_H
#define REEL_TRAIN_H

#include <reel/data.h>
#include <reel/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------- model */

/* A model as graph code: records its output for a batch x [n, shape of a row],
 * called for each batch size there is (two for training, up to two for each of
 * the sets that are only looked at). It uses parameters and layers made
 * elsewhere. step, an i64 scalar, counts batches and is for reel_dropout and
 * reel_apply_training; it is NULL where the model is only looked at. */
typedef reel_node *reel_model_function(reel_node *x, reel_node *step,
                                       void *user);

/* What is trained: one of layer and function, and the loss by name (reel_loss
 * lists them), which must be given. With cross_entropy and nll the model tells
 * classes, along its output's last axis, and its accuracy is counted. */
typedef struct reel_model {
    reel_layer *layer;
    reel_model_function *function;
    void *user; /* of function */
    const char *loss;
    reel_dtype dtype; /* of x: REEL_F32 or REEL_F64; 0 is REEL_F32 */
} reel_model;

/* The mean loss over examples, each counted once, whatever batch it was in;
 * accuracy is NaN where the model tells no classes, both where nothing was
 * measured. */
typedef struct reel_score {
    double loss, accuracy;
    int64_t right; /* examples whose class was told */
} reel_score;

/* ----------------------------------------------------------------- progress */

/* What is known during training; passed to callbacks, written to logs. */
typedef struct reel_progress {
    int64_t epoch, epochs;   /* this one, from 1; of so many */
    int64_t examples, count; /* of this epoch, so many of so many are done */
    int64_t steps;           /* batches since training began */
    double rate;             /* learning rate of the last step */
    double seconds;          /* this call spent on steps of this epoch */
    /* Over the epoch's batches so far, each measured before its own step. Its
     * mean is of a model that got better on the way, with dropout at work: it
     * lies above what the epoch's last model would get, which is one reason
     * why a validation loss can lie below it. */
    reel_score running;
    /* At the end of an epoch: the training examples, if options.after asks for
     * them, and the validation examples, measured by the same code with the
     * same parameters and without dropout: compare these two curves. */
    reel_score after, validation;
    int64_t best_epoch; /* of the lowest validation loss; 0: none yet */
    double best_loss;
    reel_optimizer *optimizer; /* for reel_set_learning_rate between epochs */
} reel_progress;

/* Returns whether to go on. */
typedef bool reel_progress_function(const reel_progress *now, void *user);

/* What a learning rate is multiplied by in a step, counted from 0. */
typedef double reel_rate_function(int64_t step, void *user);

/* ---------------------------------------------------------------- training */

/* Everything zero is the default. */
typedef struct reel_train_options {
    /* By name, with a learning rate (0: 0.001) and options as of
     * reel_optimizer_new, of the model's parameters; or one of yours. */
    const char *optimizer; /* NULL: "adam" */
    double lr;
    const reel_optimizer_options *optimizer_options;
    reel_optimizer *own;
    reel_rate_function *schedule; /* NULL: the rate stays */
    /* Lowers the rate, beside what the schedule does, when the validation loss
     * no longer falls, or the running one where there is no validation: with
     * factor, patience and threshold set. NULL: it does not. */
    const reel_plateau *plateau;

    int64_t batch;  /* 64; the last one of an epoch has what is left over */
    int64_t epochs; /* in all, with those before a checkpoint; 0: none */
    uint64_t seed;  /* epoch e's order is reel_shuffle's of (seed, e) */

    const reel_examples *validation; /* looked at after each epoch */
    bool after;                      /* the training examples then, too */
    int64_t look;     /* examples looked at together; 1000 */
    int64_t patience; /* stop after so many epochs without a lower validation
                       * loss; 0: do not */
    bool keep_best;   /* end with the parameters of the lowest one */

    const char *checkpoint; /* a file to go on from if it is there; see below */
    int64_t checkpoint_steps; /* written every so many steps; 0: only after each
                               * epoch */
    const char *csv, *jsonl; /* logs, a line an epoch, flushed */

    reel_progress_function *on_step, *on_epoch;
    void *user; /* of these two and schedule */
} reel_train_options;

/* Lowers the model's loss on the examples. *end (NULL: not asked for) becomes
 * the last epoch's progress, its optimizer NULL unless it is yours. Leaves the
 * tape as it was but for values of parameters and states, and parameters that
 * layers got by being applied for the first time.
 *
 * An epoch's batches are gathered inside the compiled program by index; from
 * the second epoch on nothing is allocated but for checkpoints. Results are the
 * same bits for one seed, whatever is logged, looked at or written.
 *
 * A checkpoint is a safetensors file that appears whole or not at all: the
 * parameters "0 dense1.w", ..., the optimiser's states "state 0 lr", ..., with
 * keep_best the best parameters "best 0 dense1.w", ..., and where training
 * stood. Training that is killed at any moment and called again with the same
 * arguments goes on from it and ends with the same bits as if it had not been;
 * epochs may be more than before. Logs go on without lines missing or twice;
 * those written after the checkpoint are taken back. A training that has ended
 * ends at once when called again. Delete the file to begin anew.
 *
 * Errors are on the tape: REEL_EANOMALY for a loss that is not finite, with
 * epoch and step (*end is the last epoch before it); REEL_EVALUE for options, a
 * model that makes parameters of its own each time it is called, or a
 * checkpoint of another training; REEL_EIO, REEL_EFORMAT for files; those of
 * recording and running. */
REEL_API reel_status reel_train(reel_tape *tape, const reel_model *model,
                                const reel_examples *examples,
                                const reel_train_options *options,
                                reel_progress *end);

/* Measures a model, without dropout. guess (NULL: not asked for) gets the class
 * told of each example; needs a model that tells classes. look: as in
 * reel_train_options. Tape and errors as of reel_train. */
REEL_API reel_status reel_evaluate(reel_tape *tape, const reel_model *model,
                                   const reel_examples *examples, int64_t look,
                                   reel_score *score, int64_t *guess);

/* For the macros below. */
REEL_API reel_status reel_location_leave_status(reel_status status);

#ifndef REEL_NO_LOCATIONS
#define REEL__STATUS_AT(...)                  \
    (reel_location_enter(__FILE__, __LINE__), \
     reel_location_leave_status(__VA_ARGS__))
#define reel_train(...) REEL__STATUS_AT(reel_train(__VA_ARGS__))
#define reel_evaluate(...) REEL__STATUS_AT(reel_evaluate(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif /* REEL_TRAIN_H */

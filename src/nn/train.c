/* nn/train.c: training: epochs of steps, what is measured after each, when it
 * ends.
 *
 * All that training depends on stands in reel__standing and in parameters and
 * states, so that a checkpoint is a copy of these (nn/train_file.c).
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "nn/train.h"
#include "run/run.h"
#include <reel/data.h>

enum { BATCH = 64, LOOK = 1000 };

/* ---------------------------------------------------------------- progress */

static reel_progress progress_of(const reel__training *s)
{
    const reel__standing *at = &s->at;
    return (reel_progress){
        .epoch = at->epoch,
        .epochs = s->options.epochs,
        .examples = at->sum.examples,
        .count = at->count,
        .steps = at->step,
        .rate = at->rate,
        .seconds = s->seconds,
        .running = reel__score(&s->learn, &at->sum),
        .after = {NAN, NAN, 0},
        .validation = {NAN, NAN, 0},
        .best_epoch = at->best_epoch,
        .best_loss = at->best_loss,
        .optimizer = s->optimizer};
}

static bool tell(const reel__training *s, reel_progress_function *to,
                 const reel_progress *now)
{
    return !to || to(now, s->options.user);
}

/* ------------------------------------------------------ the best parameters */

size_t reel__best_bytes(const reel_node *parameter)
{
    return (reel_bytes(parameter) + 7) / 8 * 8;
}

/* From the parameters to where the best are kept, or back. */
static void copy_best(reel__training *s, bool back)
{
    char *kept = s->best;
    for (size_t i = 0; i < s->parameters.count; i++) {
        reel_node *p = s->parameters.node[i];
        if (back)
            reel_set(p, kept);
        else if (reel_bytes(p) > 0)
            memcpy(kept, reel_data(p), reel_bytes(p));
        kept += reel__best_bytes(p);
    }
}

static void judge(reel__training *s)
{
    reel__standing *at = &s->at;
    int64_t patience = s->options.patience;
    if (s->options.plateau)
        reel_plateau_next(&at->plateau, s->options.validation
                                            ? at->validation.loss
                                            : at->running.loss);
    if (at->validation.loss < at->best_loss) {
        at->best_loss = at->validation.loss;
        at->best_epoch = at->epoch;
        if (s->best)
            copy_best(s, false);
    }
    if (patience > 0 && at->epoch - at->best_epoch >= patience)
        at->ended = at->epoch;
}

/* ------------------------------------------------------------------- steps */

/* Left alone where the options say nothing: a callback may have set it. */
static bool set_rate(const reel__training *s)
{
    const reel_train_options *o = &s->options;
    double rate = s->lr;
    if (!o->schedule && !o->plateau)
        return true;
    if (o->schedule)
        rate *= o->schedule(s->at.step, o->user);
    if (o->plateau && s->at.plateau.epochs > 0)
        rate *= s->at.plateau.rate;
    return reel_set_learning_rate(s->optimizer, rate) == REEL_OK;
}

static bool take_step(reel__training *s)
{
    reel__standing *at = &s->at;
    double before = at->sum.loss;
    if (!set_rate(s))
        return false;
    at->rate = reel_item(reel_learning_rate(s->optimizer));
    const reel__batch *b = reel__pass_next(&s->learn, s->order, &at->sum);
    if (!b)
        return false;
    at->step++;
    if (!isfinite(at->sum.loss))
        return reel__fail(
            s->tape, REEL_EANOMALY, "train",
            "the loss is %g in epoch %" PRId64 ", step %" PRId64 " (%" PRId64
            " of %" PRId64 " examples, mean before %g): try a lower learning "
            "rate than %g; with REEL_ANOMALY=1 in the environment the node "
            "where it begins is named", reel_item(b->loss), at->epoch,
            at->step, at->sum.examples, at->count,
            at->sum.examples > b->count
                ? before / (double)(at->sum.examples - b->count) : NAN,
            at->rate);
    return true;
}

/* The rest of the epoch. *stop: the callback's wish. */
static bool steps(reel__training *s, bool *stop)
{
    int64_t every = s->options.checkpoint_steps;
    double start = reel__now();
    reel_shuffle(s->order, s->at.count, s->options.seed,
                 (uint64_t)s->at.epoch);
    s->seconds = 0;
    while (!*stop && s->at.sum.examples < s->at.count) {
        if (!take_step(s))
            return false;
        s->seconds = reel__now() - start;
        if (s->options.on_step) {
            reel_progress now = progress_of(s);
            *stop = !tell(s, s->options.on_step, &now);
        }
        bool due = every > 0 && s->at.step % every == 0;
        bool whole = s->at.sum.examples == s->at.count;
        if ((due || *stop) && !whole && !reel__checkpoint_write(s))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ epochs */

static bool measure(reel__training *s, reel__pass *p, reel_score *score)
{
    reel__sum sum;
    if (!p->set)
        return true;
    if (!reel__pass_all(p, s->in_turn, &sum, NULL))
        return false;
    *score = reel__score(p, &sum);
    return true;
}

/* What comes after an epoch's last step. The logs come before the checkpoint,
 * which knows how long they are. */
static bool end_epoch(reel__training *s, bool *stop, reel_progress *end)
{
    reel__standing *at = &s->at;
    at->running = reel__score(&s->learn, &at->sum);
    if (!measure(s, &s->look, &at->after) ||
        !measure(s, &s->validate, &at->validation))
        return false;
    judge(s);
    *end = progress_of(s);
    end->after = at->after;
    end->validation = at->validation;
    *stop |= !tell(s, s->options.on_epoch, end);
    if (!reel__logs_write(s, end))
        return false;
    at->epoch++;
    at->sum = (reel__sum){0};
    return reel__checkpoint_write(s);
}

/* As the last whole epoch left it, before this call. */
static reel_progress begun(const reel__training *s)
{
    reel_progress p = progress_of(s);
    p.epoch--;
    p.examples = p.epoch > 0 ? p.count : 0;
    p.running = s->at.running;
    p.after = s->at.after;
    p.validation = s->at.validation;
    return p;
}

static bool work(reel__training *s, reel_progress *end)
{
    bool stop = false;
    *end = begun(s);
    while (!stop && !s->at.ended && s->at.epoch <= s->options.epochs) {
        if (!steps(s, &stop))
            return false;
        if (s->at.sum.examples < s->at.count)
            *end = progress_of(s);
        else if (!end_epoch(s, &stop, end))
            return false;
    }
    if (s->best && s->at.best_epoch > 0)
        copy_best(s, true);
    return true;
}

/* -------------------------------------------------------------- setting up */

static bool take_options(reel__training *s, const reel_train_options *given)
{
    static const reel_train_options none;
    reel_train_options *o = &s->options;
    *o = given ? *given : none;
    if (o->batch < 0 || o->epochs < 0 || o->look < 0 || o->patience < 0 ||
        o->checkpoint_steps < 0)
        return reel__fail(s->tape, REEL_EVALUE, "train",
                          "an option is negative");
    if (!o->validation && (o->patience > 0 || o->keep_best))
        return reel__fail(s->tape, REEL_EVALUE, "train",
                          "%s needs validation examples",
                          o->patience > 0 ? "patience" : "keep_best");
    if (o->plateau &&
        !(o->plateau->factor > 0 && o->plateau->factor < 1 &&
          o->plateau->patience >= 0 && o->plateau->threshold >= 0))
        return reel__fail(s->tape, REEL_EVALUE, "train",
                          "a plateau needs a factor > 0 and < 1, and patience "
                          "and threshold >= 0");
    if (o->own && (o->optimizer || o->lr != 0 || o->optimizer_options))
        return reel__fail(s->tape, REEL_EVALUE, "train",
                          "an optimizer of your own has its name, rate and "
                          "options already");
    o->batch = o->batch ? o->batch : BATCH;
    o->look = o->look ? o->look : LOOK;
    o->lr = o->lr != 0 ? o->lr : 0.001;
    o->optimizer = o->optimizer ? o->optimizer : "adam";
    return true;
}

static bool take_orders(reel__training *s, int64_t count)
{
    int64_t other = s->options.validation ? s->options.validation->count : 0;
    int64_t most = count > other ? count : other;
    s->order_bytes = (size_t)(count + most) * sizeof *s->order;
    s->order = reel__alloc(&s->tape->allocator, s->order_bytes);
    if (!s->order)
        return reel__no_memory(s->tape, "train");
    s->in_turn = s->order + count;
    for (int64_t i = 0; i < most; i++)
        s->in_turn[i] = i;
    return true;
}

static bool take_best(reel__training *s)
{
    if (!s->options.keep_best)
        return true;
    for (size_t i = 0; i < s->parameters.count; i++)
        s->best_bytes += reel__best_bytes(s->parameters.node[i]);
    s->best = reel__alloc_zeroed(&s->tape->allocator, s->best_bytes);
    return s->best || reel__no_memory(s->tape, "train");
}

static bool take_optimizer(reel__training *s)
{
    const reel_train_options *o = &s->options;
    s->optimizer = o->own ? o->own
                          : reel_optimizer_new(s->parameters, o->optimizer,
                                               o->lr, o->optimizer_options);
    if (!s->optimizer)
        return false;
    s->states = reel_optimizer_states(s->optimizer);
    s->lr = reel_item(reel_learning_rate(s->optimizer));
    return true;
}

static bool record(reel__training *s, const reel_model *m,
                   const reel_examples *set)
{
    const reel_train_options *o = &s->options;
    reel_node *step = reel_input(s->tape, "step", REEL_I64, REEL_SCALAR);
    if (step)
        reel_bind(step, &s->at.step);
    return reel__pass_new(&s->learn, s->tape, m, set, o->batch, s->optimizer,
                          step, s->parameters) &&
           (!o->after || reel__pass_new(&s->look, s->tape, m, set, o->look,
                                        NULL, NULL, s->parameters)) &&
           (!o->validation ||
            reel__pass_new(&s->validate, s->tape, m, o->validation, o->look,
                           NULL, NULL, s->parameters));
}

static bool begin(reel__training *s, const reel_model *m,
                  const reel_examples *set)
{
    const reel_score none = {NAN, NAN, 0};
    s->at = (reel__standing){.epoch = 1,
                             .best_loss = INFINITY,
                             .running = none,
                             .after = none,
                             .validation = none,
                             .seed = (int64_t)s->options.seed,
                             .count = set->count,
                             .batch = s->options.batch};
    if (s->options.plateau)
        s->at.plateau = *s->options.plateau;
    return take_optimizer(s) && take_orders(s, set->count) && take_best(s) &&
           record(s, m, set) && reel__checkpoint_read(s) && reel__logs_open(s);
}

static void release(reel__training *s)
{
    const reel_allocator *a = &s->tape->allocator;
    reel__pass_free(&s->learn);
    reel__pass_free(&s->look);
    reel__pass_free(&s->validate);
    reel__free(a, s->best, s->best_bytes);
    reel__free(a, s->order, s->order_bytes);
}

static void free_list(reel_tape *t, reel_nodes list)
{
    reel__free(&t->allocator, (void *)(uintptr_t)list.node,
               list.count * sizeof *list.node);
}

reel_status reel_train(reel_tape *t, const reel_model *model,
                       const reel_examples *examples,
                       const reel_train_options *options, reel_progress *end)
{
    reel__training s = {.tape = t};
    reel_progress last = {0};
    if (!reel__usable(t))
        return reel_status_of(t);
    if (take_options(&s, options) &&
        reel__check_examples(t, model, examples, "examples") &&
        (!s.options.validation ||
         reel__check_examples(t, model, s.options.validation,
                              "validation examples")) &&
        reel__model_parameters(t, model, examples, &s.parameters)) {
        reel_mark mark = reel_tape_mark(t);
        if (begin(&s, model, examples))
            work(&s, &last);
        reel__logs_close(&s);
        release(&s);
        reel__rewind_to(t, mark);
        free_list(t, s.parameters);
    }
    last.optimizer = s.options.own;
    if (end)
        *end = last;
    return reel_status_of(t);
}

/* -------------------------------------------------------------- evaluation */

static bool evaluate(reel__pass *p, int64_t *in_turn, reel_score *score,
                     int64_t *guess)
{
    reel__sum sum;
    for (int64_t i = 0; i < p->set->count; i++)
        in_turn[i] = i;
    if (!reel__pass_all(p, in_turn, &sum, guess))
        return false;
    if (score)
        *score = reel__score(p, &sum);
    return true;
}

reel_status reel_evaluate(reel_tape *t, const reel_model *model,
                          const reel_examples *examples, int64_t look,
                          reel_score *score, int64_t *guess)
{
    reel__pass p = {0};
    reel_nodes parameters;
    if (!reel__usable(t))
        return reel_status_of(t);
    if (look < 0)
        reel__fail(t, REEL_EVALUE, "evaluate", "look is negative");
    if (!reel__usable(t) ||
        !reel__check_examples(t, model, examples, "examples") ||
        !reel__model_parameters(t, model, examples, &parameters))
        return reel_status_of(t);
    reel_mark mark = reel_tape_mark(t);
    size_t bytes = (size_t)examples->count * sizeof(int64_t);
    int64_t *in_turn = reel__alloc(&t->allocator, bytes);
    if (!in_turn)
        reel__no_memory(t, "evaluate");
    else if (reel__pass_new(&p, t, model, examples, look ? look : LOOK, NULL,
                            NULL, parameters)) {
        if (guess && !p.classes)
            reel__fail(t, REEL_EVALUE, "evaluate",
                       "a model with loss \"%s\" tells no classes",
                       model->loss);
        else
            evaluate(&p, in_turn, score, guess);
    }
    reel__pass_free(&p);
    reel__free(&t->allocator, in_turn, bytes);
    free_list(t, parameters);
    return reel__rewind_to(t, mark);
}

reel_status reel_location_leave_status(reel_status status)
{
    reel_location_leave(NULL);
    return status;
}

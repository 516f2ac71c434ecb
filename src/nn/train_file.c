/* nn/train_file.c: what training leaves on disk: checkpoints and logs.
 *
 * A checkpoint is one list of tensors that points to where the values live:
 * it is written from there and read back to there.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/number.h"
#include "nn/train.h"
#include <reel/safetensors.h>

/* ------------------------------------------------------------- checkpoints */

#define INT(member) {#member, REEL_I64, offsetof(reel__standing, member)}
#define REAL(member) {#member, REEL_F64, offsetof(reel__standing, member)}
static const struct standing_field {
    const char *name;
    reel_dtype dtype;
    size_t at;
} fields[] = {
    INT(epoch), INT(step), INT(sum.examples), INT(sum.right), REAL(sum.loss),
    INT(best_epoch), INT(ended), REAL(best_loss), REAL(rate),
    REAL(running.loss), REAL(running.accuracy), INT(running.right),
    REAL(after.loss), REAL(after.accuracy), INT(after.right),
    REAL(validation.loss), REAL(validation.accuracy), INT(validation.right),
    REAL(plateau.best), REAL(plateau.rate), INT(plateau.waited),
    INT(plateau.epochs), INT(csv), INT(jsonl), INT(seed), INT(count),
    INT(batch),
};
enum { FIELDS = sizeof fields / sizeof *fields, NAME = 128 };

static const char *const metadata[] = {"format", "reel training 1", NULL};

/* A tensor and room for its name. */
typedef struct list {
    reel_tensor *tensor;
    char (*name)[NAME];
    size_t count, capacity;
} list;

static void put(list *l, const char *kind, size_t i, const reel_node *n,
                void *data)
{
    char *name = l->name[l->count];
    const char *of = strlen(reel_name(n)) < NAME - 40 ? reel_name(n) : "";
    snprintf(name, NAME, "%s%zu%s%s", kind, i, *of ? " " : "", of);
    l->tensor[l->count++] =
        (reel_tensor){name, reel_dtype_of(n), reel__shape_of(n), data};
}

static bool list_new(const reel__training *s, reel__standing *at, list *l)
{
    const reel_allocator *a = &s->tape->allocator;
    char *best = s->best;
    *l = (list){.capacity = 2 * s->parameters.count + s->states.count +
                            FIELDS};
    l->tensor = reel__alloc(a, l->capacity * sizeof *l->tensor);
    l->name = reel__alloc(a, l->capacity * sizeof *l->name);
    if (!l->tensor || !l->name)
        return reel__no_memory(s->tape, "train");
    for (size_t i = 0; i < s->parameters.count; i++)
        put(l, "", i, s->parameters.node[i], reel_data(s->parameters.node[i]));
    for (size_t i = 0; i < s->states.count; i++)
        put(l, "state ", i, s->states.node[i], reel_data(s->states.node[i]));
    for (size_t i = 0; best && i < s->parameters.count; i++) {
        put(l, "best ", i, s->parameters.node[i], best);
        best += reel__best_bytes(s->parameters.node[i]);
    }
    for (size_t i = 0; i < FIELDS; i++)
        l->tensor[l->count++] =
            (reel_tensor){fields[i].name, fields[i].dtype, REEL_SCALAR,
                          (char *)at + fields[i].at};
    return true;
}

static void list_free(const reel__training *s, list *l)
{
    const reel_allocator *a = &s->tape->allocator;
    reel__free(a, l->tensor, l->capacity * sizeof *l->tensor);
    reel__free(a, l->name, l->capacity * sizeof *l->name);
}

bool reel__checkpoint_write(reel__training *s)
{
    list l;
    reel_error error;
    if (!s->options.checkpoint)
        return true;
    if (list_new(s, &s->at, &l) &&
        reel_safetensors_write(s->options.checkpoint, l.tensor, l.count,
                               metadata, &error) != REEL_OK)
        reel__fail(s->tape, error.status, "train", "%s", error.message);
    list_free(s, &l);
    return reel__usable(s->tape);
}

/* Of another training: its files, seeds, network are others. */
static bool differs(const reel__training *s, const char *what)
{
    return reel__fail(s->tape, REEL_EVALUE, "train",
                      "%.200s: is of another training: %s; delete it to begin "
                      "anew", s->options.checkpoint, what);
}

static bool check_whose(const reel__training *s, const reel__standing *read)
{
    return read->seed != s->at.seed     ? differs(s, "its seed differs")
           : read->count != s->at.count ? differs(s, "its examples are more or "
                                                     "fewer")
           : read->batch != s->at.batch ? differs(s, "its batch size differs")
                                        : true;
}

/* Positions that no training comes to would read beyond the data. */
static bool check_standing(const reel__training *s, const reel__standing *at)
{
    if (at->epoch < 1 || at->step < 0 || at->sum.examples < 0 ||
        at->sum.examples >= at->count ||
        at->sum.examples % at->batch != 0 || at->best_epoch < 0 ||
        at->best_epoch >= at->epoch || at->csv < 0 || at->jsonl < 0)
        return reel__fail(s->tape, REEL_EFORMAT, "train",
                          "%.200s: stands where no training comes to",
                          s->options.checkpoint);
    return true;
}

static bool fits(const reel__training *s, const list *l,
                 const reel_tensors *file)
{
    const char *format = reel_tensors_metadata(file, metadata[0]);
    if (!format || strcmp(format, metadata[1]) != 0)
        return reel__fail(s->tape, REEL_EFORMAT, "train",
                          "%.200s: is no checkpoint of a training",
                          s->options.checkpoint);
    if (file->count != l->count)
        return differs(s, "its parameters or states are more or fewer");
    for (size_t i = 0; i < l->count; i++) {
        const reel_tensor *want = &l->tensor[i];
        const reel_tensor *found = reel_tensors_find(file, want->name);
        if (!found)
            return differs(s, "its parameters or states have other names");
        if (found->dtype != want->dtype ||
            !reel__shape_equal(found->shape, want->shape))
            return differs(s, "its parameters have other shapes or dtypes");
    }
    return true;
}

/* Into where the values live, once all is known to be right; the standing
 * first, which comes last in the list. */
static void take(const list *l, size_t from, size_t to,
                 const reel_tensors *file)
{
    for (size_t i = from; i < to; i++) {
        const reel_tensor *want = &l->tensor[i];
        size_t bytes = (size_t)reel_shape_count(want->shape) *
                       reel__size_of(want->dtype);
        if (bytes > 0)
            memcpy(want->data, reel_tensors_find(file, want->name)->data,
                   bytes);
    }
}

static bool take_all(reel__training *s, const reel_tensors *file)
{
    list l;
    reel__standing read = s->at;
    if (list_new(s, &read, &l) && fits(s, &l, file)) {
        take(&l, l.count - FIELDS, l.count, file);
        if (check_whose(s, &read) && check_standing(s, &read)) {
            take(&l, 0, l.count - FIELDS, file);
            s->at = read;
        }
    }
    list_free(s, &l);
    return reel__usable(s->tape);
}

bool reel__checkpoint_read(reel__training *s)
{
    const char *path = s->options.checkpoint;
    reel_tensors file;
    reel_error error;
    if (!path || (access(path, F_OK) != 0 && errno == ENOENT))
        return true;
    if (reel_safetensors_read(path, &file, &error) != REEL_OK)
        return reel__fail(s->tape, error.status, "train", "%s", error.message);
    bool taken = take_all(s, &file);
    reel_tensors_free(&file);
    return taken;
}

/* -------------------------------------------------------------------- logs */

enum { COLUMNS = 9 };
static const char *const columns[COLUMNS] = {
    "epoch",      "loss",           "accuracy", "val_loss", "val_accuracy",
    "after_loss", "after_accuracy", "rate",     "seconds"};

static bool failed(const reel__training *s, const char *path)
{
    return reel__fail(s->tape, REEL_EIO, "train", "%.200s: %s", path,
                      strerror(errno));
}

/* Anew, which may be a pipe, or cut to where the checkpoint left it: lines that
 * came later are written again. */
static FILE *open_log(const reel__training *s, const char *path, int64_t end)
{
    FILE *f = fopen(path, end > 0 ? "r+b" : "wb");
    if (f && end == 0)
        return f;
    bool there = f && fseek(f, 0, SEEK_END) == 0;
    if (there && ftell(f) < end)
        reel__fail(s->tape, REEL_EVALUE, "train",
                   "%.200s: has lost lines since the checkpoint; delete the "
                   "checkpoint to begin anew", path);
    else if (!there || ftruncate(fileno(f), (off_t)end) != 0 ||
             fseek(f, (long)end, SEEK_SET) != 0)
        failed(s, path);
    else
        return f;
    if (f)
        fclose(f);
    return NULL;
}

/* Writes the text, which it frees, at once; *end is then where the log ends. */
static bool append(const reel__training *s, FILE *f, const char *path,
                   reel__text *text, int64_t *end)
{
    if (text->failed)
        reel__no_memory(s->tape, "train");
    else if (fwrite(text->byte, 1, text->size, f) != text->size ||
             fflush(f) != 0)
        failed(s, path);
    *end += (int64_t)text->size;
    free(text->byte);
    return reel__usable(s->tape);
}

bool reel__logs_open(reel__training *s)
{
    const reel_train_options *o = &s->options;
    if (o->csv && !(s->csv = open_log(s, o->csv, s->at.csv)))
        return false;
    if (o->jsonl && !(s->jsonl = open_log(s, o->jsonl, s->at.jsonl)))
        return false;
    if (!s->csv || s->at.csv > 0)
        return true;
    reel__text head = {0};
    for (int i = 0; i < COLUMNS; i++)
        reel__text_print(&head, "%s%s", i ? "," : "", columns[i]);
    reel__text_put(&head, "\n", 1);
    return append(s, s->csv, o->csv, &head, &s->at.csv);
}

/* What was not measured is an empty field, or not there. */
static void csv_line(reel__text *t, const double *value)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (i > 0)
            reel__text_put(t, ",", 1);
        if (isfinite(value[i]))
            reel__number_put(t, value[i], 17);
    }
    reel__text_put(t, "\n", 1);
}

static void json_line(reel__text *t, const double *value)
{
    for (int i = 0; i < COLUMNS; i++)
        if (isfinite(value[i])) {
            reel__text_print(t, "%s\"%s\": ", i ? ", " : "{", columns[i]);
            reel__number_put(t, value[i], 17);
        }
    reel__text_put(t, "}\n", 2);
}

bool reel__logs_write(reel__training *s, const reel_progress *now)
{
    const double value[COLUMNS] = {
        (double)now->epoch,     now->running.loss,
        now->running.accuracy,  now->validation.loss,
        now->validation.accuracy, now->after.loss,
        now->after.accuracy,    now->rate,
        now->seconds};
    reel__text csv = {0}, json = {0};
    if (s->csv) {
        csv_line(&csv, value);
        if (!append(s, s->csv, s->options.csv, &csv, &s->at.csv))
            return false;
    }
    if (s->jsonl) {
        json_line(&json, value);
        return append(s, s->jsonl, s->options.jsonl, &json, &s->at.jsonl);
    }
    return true;
}

void reel__logs_close(reel__training *s)
{
    if (s->csv && fclose(s->csv) != 0)
        failed(s, s->options.csv);
    if (s->jsonl && fclose(s->jsonl) != 0)
        failed(s, s->options.jsonl);
}

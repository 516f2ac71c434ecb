/* examples/batches.c: a set of images, and a classifier's programs that go over
 * it in batches.
 *
 * The images stay bytes in memory. A batch is a list of indices: the graph
 * gathers their rows, casts them and scales 0..255 to 0..1.
 *
 * SPDX-License-Identifier: MIT */
#include "batches.h"

#include <stdlib.h>

image_set image_set_read(reel_tape *t, const char *dir, const char *part)
{
    image_set s = {0};
    reel_error error;

    if (reel_dataset_read(dir, part, &s.data, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);

    const int64_t *dim = s.data.images.shape.dim;

    s.count = dim[0];
    s.pixels = dim[1] * dim[2];
    s.images = reel_input(t, part, REEL_U8, REEL_SHAPE(s.count, s.pixels));
    s.labels = reel_input(t, part, REEL_U8, REEL_SHAPE(s.count));
    reel_bind(s.images, s.data.images.data);
    reel_bind(s.labels, s.data.labels.data);
    return s;
}

void image_set_free(image_set *set)
{
    reel_dataset_free(&set->data);
}

static batch batch_new(const mlp *net, const image_set *set,
                       reel_optimizer *o, int64_t count)
{
    reel_tape *t = reel_tape_of(set->images);
    reel_dtype dtype = net->dtype;
    batch b = {.count = count};

    b.index = reel_input(t, "index", REEL_I64, REEL_SHAPE(count));

    reel_node *bytes = reel_gather(set->images, b.index);
    reel_node *label = reel_gather(set->labels, b.index);
    reel_node *x = reel_affine(reel_cast(bytes, dtype), 1 / 255.0, 0);
    reel_node *logits = mlp_logits(net, x);

    b.loss = reel_loss(logits, label, "cross_entropy");
    b.guess = reel_argmax(logits, -1, false);
    b.right = reel_sum(reel_eq(b.guess, label), REEL_ALL, false);

    reel_nodes report = REEL_NODES(b.loss, b.guess, b.right);

    b.program = reel_compile(t, o ? reel_minimize(o, b.loss, report) : report);
    if (!b.program)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return b;
}

pass pass_new(const mlp *net, const image_set *set, reel_optimizer *o,
              int64_t images, int64_t size)
{
    pass p = {.images = images};

    if (images >= size)
        p.full = batch_new(net, set, o, size);
    if (images % size > 0)
        p.last = batch_new(net, set, o, images % size);
    return p;
}

void pass_free(pass *p)
{
    reel_program_free(p->full.program);
    reel_program_free(p->last.program);
}

const batch *pass_next(pass *p, const int64_t *order, totals *sum)
{
    int64_t left = p->images - sum->images;
    const batch *b = left > p->last.count ? &p->full : &p->last;

    reel_bind(b->index, order + sum->images);
    if (reel_run(b->program) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(reel_tape_of(b->index)));
    sum->images += b->count;
    sum->right += *(const int64_t *)reel_data(b->right);
    sum->loss += reel_item(b->loss) * (double)b->count;
    return b;
}

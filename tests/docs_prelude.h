/* tests/docs_prelude.h: the variables that the manual's fragments use, for
 * tests/docs.sh.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <reel.h>

static reel_tape *t;
static reel_node *x, *w, *b, *y, *f, *v, *loss, *dw, *cotangent, *tangent;
static reel_node *w1, *b1, *w2, *b2;
static reel_node *grads[2];
static reel_program *p;
static const double lr = 0.1;
static float images[4 * 3], *my_images = images;
static FILE *file;
static int failures;

static void set_up(void)
{
    t = reel_tape_new();
    x = reel_input(t, "x", REEL_F32, REEL_SHAPE(4, 3));
    reel_bind(x, images);
    w = w1 = reel_parameter(t, "w1", REEL_F32, REEL_SHAPE(3, 2), NULL);
    b = b1 = reel_parameter(t, "b1", REEL_F32, REEL_SHAPE(2), NULL);
    w2 = reel_parameter(t, "w2", REEL_F32, REEL_SHAPE(2, 2), NULL);
    b2 = reel_parameter(t, "b2", REEL_F32, REEL_SHAPE(2), NULL);
    reel_initialize(w1, "he", 1, 0);
    reel_initialize(w2, "he", 1, 1);
    for (int i = 0; i < 12; i++)
        images[i] = (float)(i % 5) - 1.5f;
    y = reel_add(reel_matmul(reel_tanh(reel_add(reel_matmul(x, w1), b1)), w2),
                 b2);
    loss = f = reel_mean(reel_square(y), REEL_ALL, false);
    dw = reel_gradient(loss, w);
    cotangent = reel_full(t, REEL_F32, REEL_SHAPE(4, 2), 1);
    tangent = v = reel_full(t, REEL_F32, REEL_SHAPE(4, 3), 1);
    p = reel_compile(t, REEL_NODES(y));
    file = tmpfile();
}

static void run_block(const char *name, void (*block)(void))
{
    set_up();
    block();
    if (reel_status_of(t) != REEL_OK) {
        fprintf(stderr, "%s: %s\n", name, reel_message(t));
        failures++;
    }
    if (file)
        fclose(file);
    reel_program_free(p);
    reel_tape_free(t);
}

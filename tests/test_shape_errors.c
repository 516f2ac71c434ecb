/* test_shape_errors.c: the messages for shapes that do not fit, word for word
 * and with the line of the mistake: products, movement, indexing.
 *
 * SPDX-License-Identifier: MIT */
#include <reel.h>

#include "mistakes.h"

#define I64(...) ((const int64_t[]){__VA_ARGS__})

START_TEST(test_matmul)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(4, 3, 2));
    reel_node *y = reel_input(t, "y", REEL_F64, REEL_SHAPE(5, 2, 3));
    TRY(reel_matmul(m, m));
    SAYS(REEL_ESHAPE,
         "matmul: inner dimensions differ: [2, 3] x [2, 3] (3 != 2)");
    TRY(reel_matmul(m, v));
    SAYS(REEL_ESHAPE, "matmul: needs at least two dimensions: [3]");
    TRY(reel_matmul(s, m));
    SAYS(REEL_ESHAPE, "matmul: needs at least two dimensions: []");
    TRY(reel_matmul(x, y));
    SAYS(REEL_ESHAPE,
         "matmul: leading dimensions do not broadcast: [4, 3, 2] x [5, 2, 3]");
    TRY(reel_matmul(tall, flat));
    SAYS(REEL_ESHAPE,
         "matmul: the result has too many elements: [" MANY_TEXT
         ", 1] x [1, " MANY_TEXT "]");
    TRY(reel_matmul(m, reel_reshape(f, REEL_SHAPE(3, 1))));
    SAYS(REEL_EDTYPE, "matmul: f64 with f32: cast one of them (reel_cast)");
    reel_node *whole = reel_cast(m, REEL_I32);
    TRY(reel_matmul(whole, reel_transpose(whole)));
    SAYS(REEL_EDTYPE, "matmul: needs f32 or f64, not i32: cast it (reel_cast)");
}
END_TEST

START_TEST(test_shapes)
{
    reel_shape nine = {9, {1}};
    TRY(reel_reshape(m, nine));
    SAYS(REEL_ESHAPE, "reshape: 9 dimensions: give 0 to 8");
    TRY(reel_reshape(m, REEL_SHAPE(-2)));
    SAYS(REEL_ESHAPE, "reshape: [-2] has a negative size or too many elements");
    TRY(reel_reshape(m, REEL_SHAPE(4)));
    SAYS(REEL_ESHAPE, "reshape: 6 elements do not fit [4]");
    TRY(reel_reshape(m, REEL_SHAPE(4, -1)));
    SAYS(REEL_ESHAPE, "reshape: 6 elements do not fit [4, -1]");
    TRY(reel_reshape(m, REEL_SHAPE(0, -1)));
    SAYS(REEL_ESHAPE, "reshape: 6 elements do not fit [0, -1]");
    TRY(reel_reshape(m, REEL_SHAPE(-1, -1)));
    SAYS(REEL_ESHAPE, "reshape: [-1, -1]: only one size may be -1");
    TRY(reel_expand(m, REEL_SHAPE(3)));
    SAYS(REEL_ESHAPE, "expand: [2, 3] does not broadcast to [3]");
    TRY(reel_expand(m, REEL_SHAPE(4, 3)));
    SAYS(REEL_ESHAPE, "expand: [2, 3] does not broadcast to [4, 3]");
    TRY(reel_expand(m, nine));
    SAYS(REEL_ESHAPE, "expand: 9 dimensions: give 0 to 8");
    TRY(reel_unsqueeze(deep, 0));
    SAYS(REEL_ESHAPE,
         "unsqueeze: has 8 dimensions already: no more are possible");
    TRY(reel_squeeze(m, -1));
    SAYS(REEL_ESHAPE, "squeeze: axis -1 of [2, 3] has size 3: needs 1");
    TRY(reel_permute(m, REEL_AXES(0)));
    SAYS(REEL_EVALUE, "permute: needs all 2 axes, each once");
    TRY(reel_permute(m, REEL_AXES(0, -2)));
    SAYS(REEL_EVALUE, "permute: axis -2 is given twice");
    TRY(reel_permute(m, REEL_AXES(0, 2)));
    SAYS(REEL_EVALUE, "permute: axis 2 is out of range for 2 dimensions");
    TRY(reel_transpose(v));
    SAYS(REEL_ESHAPE, "transpose: needs at least two dimensions: [3]");
}
END_TEST

START_TEST(test_slice_and_pad)
{
    TRY(reel_slice(m, NULL, I64(1, 1), NULL));
    SAYS(REEL_EVALUE, "slice: needs start and stop for each of 2 axes");
    TRY(reel_slice(v, I64(0), NULL, NULL));
    SAYS(REEL_EVALUE, "slice: needs start and stop for each of 1 axes");
    TRY(reel_slice(m, I64(0, 0), I64(1, 1), I64(1, 0)));
    SAYS(REEL_EVALUE,
         "slice: step 0 along axis 1: needs 1 or more (reel_flip goes "
         "backwards)");
    TRY(reel_pad(m, I64(0, -1), NULL, I64(0, 2), 0));
    SAYS(REEL_EVALUE,
         "pad: -1 before, 0 after, 2 between along axis 1: needs 0 or more "
         "(reel_slice takes away)");
    TRY(reel_pad(i, I64(1), NULL, NULL, 0.5));
    SAYS(REEL_EVALUE, "pad: 0.5 is no i32 value");
    TRY(reel_pad(u, I64(1), NULL, NULL, 256));
    SAYS(REEL_EVALUE, "pad: 256 is no u8 value");
    TRY(reel_pad(b, I64(1), NULL, NULL, 2));
    SAYS(REEL_EVALUE, "pad: 2 is no bool value");
    TRY(reel_pad(v, I64(INT64_MAX), NULL, NULL, 0));
    SAYS(REEL_ESHAPE, "pad: the result has too many elements");
    TRY(reel_pad(v, NULL, NULL, I64(INT64_MAX / 4), 0));
    SAYS(REEL_ESHAPE, "pad: the result has too many elements");
}
END_TEST

START_TEST(test_joining)
{
    reel_node *part[2];
    reel_node *most =
        reel_input(t, "most", REEL_U8, REEL_SHAPE((int64_t)(SIZE_MAX / 64)));
    TRY(reel_concat(REEL_NODES(m, v), 0));
    SAYS(REEL_ESHAPE,
         "concat: node 1 is f64 [3], which does not fit the first, f64 [2, 3]");
    TRY(reel_concat(REEL_NODES(v, v, f), 0));
    SAYS(REEL_EDTYPE,
         "concat: node 2 is f32 [3], which does not fit the first, f64 [3]");
    TRY(reel_concat(REEL_NODES(v, alien), 0));
    SAYS(REEL_EVALUE, "concat: operands are on different tapes");
    TRY(reel_concat(REEL_NODES(most, most, most), 0));
    SAYS(REEL_ESHAPE, "concat: the result has too many elements");
    TRY(reel_stack(REEL_NODES(v, m), 0));
    SAYS(REEL_ESHAPE,
         "stack: node 1 is f64 [2, 3], which does not fit the first, f64 [3]");
    TRY(reel_stack(REEL_NODES(v, b), 0));
    SAYS(REEL_EDTYPE,
         "stack: node 1 is bool [3], which does not fit the first, f64 [3]");
    TRY(reel_stack(REEL_NODES(deep, deep), 0));
    SAYS(REEL_ESHAPE,
         "stack: nodes have 8 dimensions already: no more are possible");
    part[0] = part[1] = v;
    TRY(reel_split(m, -1, 2, part));
    SAYS(REEL_EVALUE,
         "split: axis -1 of [2, 3] does not cut into 2 equal parts");
    ck_assert(!part[0] && !part[1]);
    TRY(reel_split(v, 0, 0, part));
    SAYS(REEL_EVALUE, "split: axis 0 of [3] does not cut into 0 equal parts");
    TRY(reel_split(v, 1, 1, part));
    SAYS(REEL_EVALUE, "split: axis 1 is out of range for 1 dimension");
}
END_TEST

START_TEST(test_indexing)
{
    TRY(reel_gather(m, v));
    SAYS(REEL_EDTYPE, "gather: index is f64: needs i32, i64 or u8");
    TRY(reel_gather(s, i));
    SAYS(REEL_ESHAPE, "gather: needs at least one dimension to index, not []");
    TRY(reel_gather(deep, reel_reshape(i, REEL_SHAPE(1, 3, 1))));
    SAYS(REEL_ESHAPE, "gather: the result would have 10 dimensions: at most 8");
    TRY(reel_gather(reel_transpose(tall), reel_cast(tall, REEL_I32)));
    SAYS(REEL_ESHAPE, "gather: the result has too many elements");
    TRY(reel_scatter_add(v, b, 3));
    SAYS(REEL_EDTYPE, "scatter_add: index is bool: needs i32, i64 or u8");
    TRY(reel_scatter_add(b, i, 3));
    SAYS(REEL_EDTYPE,
         "scatter_add: needs numbers, not bool: cast it (reel_cast)");
    TRY(reel_scatter_add(m, i, 3));
    SAYS(REEL_ESHAPE, "scatter_add: index [3] does not fit [2, 3]: needs [2]");
    TRY(reel_scatter_add(s, i, 3));
    SAYS(REEL_ESHAPE, "scatter_add: index [3] does not fit []: needs []");
    TRY(reel_scatter_add(v, i, -1));
    SAYS(REEL_EVALUE, "scatter_add: n is -1: needs 0 or more");
    TRY(reel_pick(m, v));
    SAYS(REEL_EDTYPE, "pick: index is f64: needs i32, i64 or u8");
    TRY(reel_pick(s, i));
    SAYS(REEL_ESHAPE, "pick: needs at least one dimension to index, not []");
    TRY(reel_pick(m, i));
    SAYS(REEL_ESHAPE, "pick: index [3] does not fit [2, 3]: needs [2]");
    TRY(reel_place(m, i, 5));
    SAYS(REEL_ESHAPE, "place: index [3] does not fit [2, 3]: needs [2, 3]");
    TRY(reel_place(v, i, -5));
    SAYS(REEL_EVALUE, "place: n is -5: needs 0 or more");
    TRY(reel_one_hot(f, 3, REEL_F32));
    SAYS(REEL_EDTYPE, "one_hot: index is f32: needs i32, i64 or u8");
    TRY(reel_one_hot(i, -2, REEL_F32));
    SAYS(REEL_EVALUE, "one_hot: n is -2: needs 0 or more");
    TRY(reel_one_hot(i, 3, (reel_dtype)REEL_DTYPES));
    SAYS(REEL_EDTYPE, "one_hot: no such dtype: 6");
    TRY(reel_one_hot(i, INT64_MAX, REEL_F32));
    SAYS(REEL_ESHAPE, "one_hot: the result has too many elements");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("shape errors");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_matmul);
    tcase_add_test(all, test_shapes);
    tcase_add_test(all, test_slice_and_pad);
    tcase_add_test(all, test_joining);
    tcase_add_test(all, test_indexing);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}

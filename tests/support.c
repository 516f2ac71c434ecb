/* support.c: what the suites share.
 *
 * SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kernels/isa.h"

int support_run_isas(Suite *make(void))
{
    int result = EXIT_SUCCESS;

    for (int i = 0; reel__isa_at(i); i++) {
        if (!reel__isa_at(i)->runs())
            continue;
        reel__isa_use(reel__isa_at(i));
        printf("kernels: %s\n", reel_kernel_isa());
        fflush(stdout); /* before Check forks */
        if (support_run(make()) != EXIT_SUCCESS)
            result = EXIT_FAILURE;
    }
    return result;
}

int support_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

size_t support_scaled(size_t n, size_t small)
{
    return getenv("REEL_TEST_SMALL") ? small : n;
}

const char *support_format(const char *format, ...)
{
    static char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

/* ------------------------------------------------------------------ graphs */

void support_ok(const reel_tape *tape, const char *file, int line)
{
    ck_assert_msg(reel_status_of(tape) == REEL_OK, "%s:%d: %s: %s", file, line,
                  reel_status_text(reel_status_of(tape)), reel_message(tape));
}

void support_error(reel_tape *tape, reel_status status, const char *file,
                   int line, const char *format, ...)
{
    char expected[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    ck_assert_msg(reel_status_of(tape) == status &&
                      strcmp(reel_message(tape), expected) == 0,
                  "%s:%d:\n  is     (%s) \"%s\"\n  not    (%s) \"%s\"", file,
                  line, reel_status_text(reel_status_of(tape)),
                  reel_message(tape), reel_status_text(status), expected);
    reel_clear_error(tape);
    ck_assert_int_eq(reel_status_of(tape), REEL_OK);
    ck_assert_str_eq(reel_message(tape), "");
}

reel_program *support_run_once(reel_tape *tape, reel_nodes outputs,
                               unsigned flags, const char *file, int line)
{
    reel_program *p = reel_compile_with(tape, outputs, flags);

    support_ok(tape, file, line);
    ck_assert_ptr_nonnull(p);
    reel_run(p);
    support_ok(tape, file, line);
    return p;
}

double value_at(const reel_node *node, int64_t i)
{
    const void *data = reel_data(node);

    /* Check writes to a file at each assertion: too slow for each element. */
    if (!data)
        ck_abort_msg("%s has no value", reel_op_name(node));
    if (i < 0 || i >= reel_count(node))
        ck_abort_msg("%s has no element %lld", reel_op_name(node),
                     (long long)i);
    switch (reel_dtype_of(node)) {
    case REEL_BOOL:
    case REEL_U8: return ((const uint8_t *)data)[i];
    case REEL_I32: return ((const int32_t *)data)[i];
    case REEL_I64: return (double)((const int64_t *)data)[i];
    case REEL_F32: return (double)((const float *)data)[i];
    case REEL_F64: return ((const double *)data)[i];
    }
    return NAN;
}

static int is_near(double value, double expected, double tolerance)
{
    double bound = tolerance * fmax(1, fabs(expected));

    return isnan(expected) ? isnan(value)
                           : value == expected ||
                                 fabs(value - expected) <= bound;
}

void support_values(const reel_node *node, double tolerance,
                    const double *expected, size_t count, const char *file,
                    int line)
{
    ck_assert_msg((size_t)reel_count(node) == count,
                  "%s:%d: %lld elements, not %zu", file, line,
                  (long long)reel_count(node), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(
            is_near(value_at(node, (int64_t)i), expected[i], tolerance),
            "%s:%d: element %zu is %.17g, not %.17g", file, line, i,
            value_at(node, (int64_t)i), expected[i]);
}

const char *support_text(FILE *stream)
{
    static char text[1 << 14];

    rewind(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    return text;
}

/* -------------------------------------------------------------- allocation */

/* Before each block, as large as malloc's alignment needs. */
typedef union header {
    size_t bytes;
    max_align_t align;
} header;

static void *give(memory *m, header *old, size_t bytes)
{
    m->calls++;
    if (m->calls == m->fail_at) {
        m->failed++;
        return NULL;
    }

    /* Always another place, so that pointers into the old one show up. */
    header *h = malloc(sizeof *h + bytes);

    ck_assert_ptr_nonnull(h);
    memset(h + 1, 0xA5, bytes);
    h->bytes = bytes;
    m->bytes += bytes;
    m->blocks++;
    if (old) {
        memcpy(h + 1, old + 1, old->bytes < bytes ? old->bytes : bytes);
        m->bytes -= old->bytes;
        m->blocks--;
        memset(old + 1, 0x5A, old->bytes);
        free(old);
    }
    if (m->bytes > m->peak)
        m->peak = m->bytes;
    return h + 1;
}

static void *count(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    memory *m = user;
    header *old = block ? (header *)block - 1 : NULL;

    ck_assert_msg(old_bytes == (old ? old->bytes : 0),
                  "a block of %zu bytes came back as one of %zu",
                  old ? old->bytes : 0, old_bytes);
    if (new_bytes > 0)
        return give(m, old, new_bytes);
    if (old) {
        m->bytes -= old->bytes;
        m->blocks--;
        memset(block, 0x5A, old->bytes);
        free(old);
    }
    return NULL;
}

void memory_init(memory *m)
{
    *m = (memory){.allocator = {count, m}};
}

void memory_fail_after(memory *m, size_t n)
{
    m->fail_at = m->calls + n + 1;
    m->failed = 0;
}

bool limit_memory(void)
{
    const rlim_t most = (rlim_t)1 << 31 << 1;
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = most;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    if (limit.rlim_cur == most)
        return true;
    printf("skipped: out of memory (qemu-user does not limit it)\n");
    return false;
}

/* kernels/isa.c: which instruction set's kernels are used. Compiled without
 * the flags of any, so that it runs everywhere.
 *
 * SPDX-License-Identifier: MIT */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include <reel/program.h>
#include "kernels/isa.h"

#if !defined(__STDC_NO_ATOMICS__)
#include <stdatomic.h>
#define SHARED _Atomic
#else
#define SHARED volatile /* all threads that race for it store the same */
#endif

/* ------------------------------------------------------------------ probes */

static bool always(void)
{
    return true;
}

#if defined(HAVE_ISA_AVX2) || defined(HAVE_ISA_AVX512)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#ifdef HAVE_ISA_AVX512
static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

/* ----------------------------------------------------------------- choices */

#define FINDERS(isa)                         \
    reel__finder reel__kernel_find_##isa;    \
    reel__loop_finder reel__loop_find_##isa; \
    reel__sharer reel__matmul_share_##isa;
FINDERS(avx512)
FINDERS(avx2)
FINDERS(neon)
FINDERS(portable)
#define ISA(name, runs)                                       \
    {#name, reel__kernel_find_##name, reel__loop_find_##name, \
     reel__matmul_share_##name, runs}

static const reel__isa isas[] = {
#ifdef HAVE_ISA_AVX512
    ISA(avx512, has_avx512),
#endif
#ifdef HAVE_ISA_AVX2
    ISA(avx2, has_avx2),
#endif
#ifdef HAVE_ISA_NEON
    ISA(neon, always), /* part of every aarch64 */
#endif
    ISA(portable, always),
};

enum { ISAS = sizeof isas / sizeof *isas };

static const reel__isa *SHARED chosen;

const reel__isa *reel__isa_at(int i)
{
    return i >= 0 && i < ISAS ? &isas[i] : NULL;
}

static const reel__isa *choose(void)
{
    const char *wanted = getenv("REEL_ISA");
    for (int i = 0; i < ISAS; i++)
        if (isas[i].runs() &&
            (!wanted || !*wanted || strcmp(wanted, isas[i].name) == 0))
            return &isas[i];
    return NULL;
}

const reel__isa *reel__isa_used(void)
{
    const reel__isa *isa = chosen;
    if (!isa)
        chosen = isa = choose();
    return isa;
}

void reel__isa_use(const reel__isa *isa)
{
    chosen = isa;
}

const char *reel_kernel_isa(void)
{
    const reel__isa *isa = reel__isa_used();
    return isa ? isa->name : NULL;
}

const char *reel__isa_list(char *buffer)
{
    buffer[0] = '\0';
    for (int i = ISAS; i-- > 0;)
        if (isas[i].runs()) {
            if (buffer[0])
                strcat(buffer, ", ");
            strcat(buffer, isas[i].name);
        }
    return buffer;
}

reel__kernel *reel__kernel_find(reel__kernel_id id, reel_dtype in,
                                reel_dtype out)
{
    const reel__isa *isa = reel__isa_used();
    return isa ? isa->find(id, in, out) : NULL;
}

reel__row_loop *reel__loop_find(reel__kernel_id id, reel_dtype in,
                                reel_dtype out)
{
    const reel__isa *isa = reel__isa_used();
    return isa ? isa->loop(id, in, out) : NULL;
}

reel__share reel__product_share(const reel__task *task, reel_dtype dtype)
{
    const reel__isa *isa = reel__isa_used();
    return isa ? isa->product_share(task, dtype) : (reel__share){1, 1};
}

// The chains of tests/bench/scalar.h in ADOL-C: its tape kept and swept again,
// and recorded anew each time.
// SPDX-License-Identifier: MIT
#include <adolc/adolc.h>

#include "bench.h"
#include "scalar.h"

namespace {

struct chain {
    chain_kind kind;
    short tag;
    double x[CHAIN_INPUTS], gradient[CHAIN_INPUTS];
};

void record(const chain &c)
{
    adouble x[CHAIN_INPUTS];
    double value;

    trace_on(c.tag, 1);
    for (int k = 0; k < CHAIN_INPUTS; k++)
        x[k] <<= c.x[k];
    adouble v = x[0];
    for (int i = 0; i < CHAIN_LENGTH; i++)
        switch (chain_op(c.kind, i)) {
        case CHAIN_ADD: v = v + x[i % CHAIN_INPUTS]; break;
        case CHAIN_MUL: v = v * x[i % CHAIN_INPUTS]; break;
        case CHAIN_TANH: v = tanh(v); break;
        case CHAIN_EXP: v = exp(v); break;
        }
    v >>= value;
    trace_off();
}

// Forward with what the reverse sweep needs kept, and that sweep.
void run(void *with)
{
    chain &c = *static_cast<chain *>(with);
    double value, seed = 1;

    zos_forward(c.tag, 1, CHAIN_INPUTS, 1, c.x, &value);
    fos_reverse(c.tag, 1, CHAIN_INPUTS, &seed, c.gradient);
}

// Recording keeps what the reverse sweep needs: no forward sweep.
void anew(void *with)
{
    chain &c = *static_cast<chain *>(with);
    double seed = 1;

    record(c);
    fos_reverse(c.tag, 1, CHAIN_INPUTS, &seed, c.gradient);
}

void print(const char *name, double seconds)
{
    bench_line line = bench_line();

    line.name = name;
    line.by = "adolc";
    line.threads = 1;
    line.unit = "ns";
    line.value = seconds / CHAIN_LENGTH * 1e9;
    bench_print(line);
}

} // namespace

int main(int argc, char **argv)
{
    const chain_kind kinds[] = {CHAIN_ARITHMETIC, CHAIN_MIXED};
    const char *const kept[] = {"chain.arithmetic", "chain.mixed"};
    const char *const fresh[] = {"anew.arithmetic", "anew.mixed"};

    bench_start(argc, argv, "Chains of scalar operations in ADOL-C.");
    for (int i = 0; i < 2; i++) {
        chain one = {kinds[i], static_cast<short>(2 * i), {0}, {0}};

        for (int k = 0; k < CHAIN_INPUTS; k++)
            one.x[k] = chain_input(k);
        chain other = one;
        other.tag++;
        record(one);

        bench_contender c[] = {{run, &one, 0}, {anew, &other, 0}};

        bench_compare(c, 2);
        print(kept[i], c[0].seconds);
        print(fresh[i], c[1].seconds);
    }
    return bench_finish();
}

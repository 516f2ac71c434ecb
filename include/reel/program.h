/* reel/program.h: compiling a graph to a program, and running it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PROGRAM_H
#define REEL_PROGRAM_H

#include <stdio.h>
#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An execution plan for chosen outputs: sorted, simplified, with its memory
 * laid out. Immutable. */
typedef struct reel_program reel_program;

/* The buffers of one running program. Many threads may run one program at the
 * same time, each with a workspace of its own. */
typedef struct reel_workspace reel_workspace;

enum {
    /* One step for every node, every value in memory of its own, nothing
     * shared, folded or done in place: slow, for comparison and debugging. */
    REEL_COMPILE_PLAIN = 1,

    /* Anomaly mode: compiled plainly, and a run looks at every value that it
     * computed. When one of the program's outputs (or an assigned value) has a
     * NaN or an infinity, the run fails with REEL_EANOMALY, assigns nothing,
     * and the message names the first node, in the order of recording, on the
     * way by which it came there: place, op, whose backward if a sweep recorded
     * it, shape, counts, and the range of its operands; and where NaN first
     * came up, if that node had infinities only. A value that something on the
     * way takes away (where, a maximum, 1 / inf) is none. Environment variable
     * REEL_ANOMALY=1: every program is compiled so. */
    REEL_COMPILE_ANOMALY = 2
};

/* Compiles a program that computes the outputs (nodes of this tape; at least
 * one, repeats are fine). NULL after an error, which is then on the tape; NULL
 * too when the tape has an error already. Time and memory are linear in the
 * part of the graph that the outputs depend on. When all these nodes were
 * recorded again after a rewind (tape.h), the program of the same outputs and
 * flags from before it can run again and is what you get. Free with
 * reel_program_free, once for each time it was given. */
REEL_API reel_program *reel_compile(reel_tape *tape, reel_nodes outputs);
REEL_API reel_program *reel_compile_with(reel_tape *tape, reel_nodes outputs,
                                         unsigned flags);

/* Frees a program and its own workspace; values that reel_data gave for its
 * outputs are gone. Before or after its tape. NULL is fine. A tape that is
 * rewound and records the same again keeps the last few of the programs freed
 * in mind, until something else is recorded or the tape is freed. */
REEL_API void reel_program_free(reel_program *program);

/* Runs a program in its own workspace; reel_data and reel_item of its outputs
 * then give their values. Every read of a parameter or state sees the value
 * from before the run; reel_assign's take effect together at its end, and not
 * at all when the run fails. REEL_ESTATE: an input has no data, or the tape is
 * gone. REEL_EINDEX: an index in the data is out of range. REEL_EANOMALY: see
 * REEL_COMPILE_ANOMALY. REEL_ENOMEM (first run only). REEL_EVALUE: program is
 * NULL. Or what the function of a custom op returned. The error is on the tape,
 * too. From the second run on nothing is allocated. */
REEL_API reel_status reel_run(reel_program *program);

/* The same in a workspace of the caller's, leaving nodes and tape alone, so
 * that several threads can run one program at once. A program that assigns
 * changes the tape's storage: no other run that uses that storage may be under
 * way. After an error reel_workspace_message says what. */
REEL_API reel_workspace *reel_workspace_new(const reel_program *program);
REEL_API void reel_workspace_free(reel_workspace *workspace);
REEL_API reel_status reel_run_in(const reel_program *program,
                                 reel_workspace *workspace);
REEL_API const char *reel_workspace_message(const reel_workspace *workspace);

/* Binds an input for this workspace only, over the input's own binding. */
REEL_API reel_status reel_workspace_bind(reel_workspace *workspace,
                                         const reel_node *input,
                                         const void *data);

/* The value of an output in this workspace; NULL if it is no output or not
 * computed yet. */
REEL_API const void *reel_workspace_data(const reel_workspace *workspace,
                                         const reel_node *output);

/* Bytes of value buffers one workspace needs, known before it runs, and those
 * that the program holds for all of them (folded constants). */
REEL_API size_t reel_program_bytes(const reel_program *program);

/* Steps of a run. */
REEL_API size_t reel_program_steps(const reel_program *program);

/* The steps, one a line: number, "=" if it runs among the assignments, kernels
 * (several, joined by +, where they were fused), shape, what is written and
 * what is read as buffer offsets and strides. column_sum is part of a sum over
 * leading axes: a row for so many rows each, which a step behind it adds up if
 * there are several. REEL_ESTATE when nodes of the program are gone, REEL_EIO
 * when the stream refuses. */
REEL_API reel_status reel_program_print(const reel_program *program,
                                        FILE *stream);

/* A node whose evaluation stores value into leaf (a parameter or state of the
 * same dtype and shape) at the end of a run. Its own value is the new one.
 * List it among a program's outputs. Not differentiable. */
REEL_API reel_node *reel_assign(reel_node *leaf, reel_node *value);
#ifndef REEL_NO_LOCATIONS
#define reel_assign(...) REEL_AT(reel_assign(__VA_ARGS__))
#endif

/* How many threads a run of a large program uses, for the whole process:
 * OMP_NUM_THREADS or the number of cores unless set. n < 1 goes back to that.
 * Results do not depend on it, to the bit. Without OpenMP it is always 1. */
REEL_API void reel_set_threads(int n);
REEL_API int reel_threads(void);

/* The instruction set whose kernels programs are compiled to, chosen when the
 * first is: the best that was built and that the machine has of "avx512",
 * "avx2", "neon" and "portable", or the one that the environment's REEL_ISA
 * names. NULL when that is none of them: reel_compile then says which there
 * are. */
REEL_API const char *reel_kernel_isa(void);

#ifdef __cplusplus
}
#endif
#endif /* REEL_PROGRAM_H */

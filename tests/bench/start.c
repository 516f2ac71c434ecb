/* tests/bench/start.c: the time from starting examples/mnist to its first step,
 * with the reading (and unpacking) of a data set of full size, and the most
 * memory that an epoch takes.
 *
 * The program's --log is a pipe with a name: its first line is written when all
 * is read and compiled, just before the first step.
 *
 * SPDX-License-Identifier: MIT */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE 1 /* for ru_maxrss */
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#if defined(__APPLE__)
static const double maxrss_unit = 1;
#else
static const double maxrss_unit = 1024;
#endif

enum { PATH_BYTES = 512, NAME_BYTES = 16 };

typedef struct start {
    const char *program, *data;
    char dir[PATH_BYTES], log[PATH_BYTES + NAME_BYTES];
} start;

static void exec_mnist(const start *s)
{
    int null = open("/dev/null", O_WRONLY);

    if (null >= 0)
        dup2(null, STDOUT_FILENO);
    execl(s->program, "mnist", "--data", s->data, "--hidden", "300",
          "--optimizer", "sgd", "--batch", "64", "--epochs", "1", "--log",
          s->log, (char *)NULL);
    fprintf(stderr, "bench: %s: %s\n", s->program, strerror(errno));
    _exit(127);
}

/* Starts the program, waits for its first step and, when it is to finish, for
 * its end; returns the seconds up to the first step. */
static double start_once(const start *s, bool finish)
{
    double begin = bench_now(), took;
    pid_t child = fork();
    int status, log;
    char line[256];
    ssize_t n;

    if (child < 0)
        bench_die("fork: %s", strerror(errno));
    if (child == 0)
        exec_mnist(s);
    /* Not waiting for a child that fails at once. */
    if ((log = open(s->log, O_RDONLY | O_NONBLOCK)) < 0)
        bench_die("%s: %s", s->log, strerror(errno));
    do {
        struct timespec pause = {0, 200000};

        n = read(log, line, sizeof line);
        took = bench_now() - begin;
        if (n <= 0 && waitpid(child, &status, WNOHANG) == child)
            bench_die("%s --data %s failed", s->program, s->data);
        if (n <= 0)
            nanosleep(&pause, NULL);
    } while (n <= 0);
    if (!finish)
        kill(child, SIGKILL);
    if (waitpid(child, &status, 0) != child ||
        (finish && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)))
        bench_die("%s --data %s failed", s->program, s->data);
    close(log);
    return took;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const start *s)
{
    enum { RUNS = 5 };
    double took[RUNS];
    int runs = bench_quick ? 1 : RUNS;
    struct rusage use;

    for (int i = 0; i < runs; i++)
        took[i] = start_once(s, i == 0);
    qsort(took, (size_t)runs, sizeof *took, by_size);
    if (getrusage(RUSAGE_CHILDREN, &use) != 0)
        bench_die("getrusage: %s", strerror(errno));
    bench_print((bench_line){.name = "start.mnist", .by = "reel", .threads = 1,
        .unit = "s", .value = took[runs / 2]});
    bench_print((bench_line){.name = "memory.mnist", .by = "reel",
        .threads = 1, .unit = "MB",
        .value = (double)use.ru_maxrss * maxrss_unit * 1e-6});
}

int main(int argc, char **argv)
{
    const char *program = getenv("BENCH_MNIST"), *data = getenv("BENCH_DATA");
    const char *tmp = getenv("TMPDIR");
    start s = {program, data, "", ""};

    bench_start(argc, argv,
                "Seconds from the start of examples/mnist to its first step, "
                "and megabytes of\nmemory an epoch takes at most. From the "
                "environment: BENCH_MNIST, the program;\nBENCH_DATA, a folder "
                "with a data set in IDX format.");
    if (!program || !data) {
        fprintf(stderr, "start: skipped: BENCH_MNIST and BENCH_DATA name no "
                "program and data set\n");
        return EXIT_SUCCESS;
    }
    snprintf(s.dir, sizeof s.dir, "%s/reel-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(s.dir))
        bench_die("%s: %s", s.dir, strerror(errno));
    snprintf(s.log, sizeof s.log, "%s/log", s.dir);
    if (mkfifo(s.log, 0600) != 0)
        bench_die("%s: %s", s.log, strerror(errno));
    measure(&s);
    unlink(s.log);
    rmdir(s.dir);
    return bench_finish();
}

/* tool/main.c: the program reel: picks the command.
 *
 * SPDX-License-Identifier: MIT */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
    const char *name;
    command_run *run;
    const char *about;
} commands[] = {
    {"gradcheck", run_gradcheck, "compare gradients with differences"},
    {"run", run_run, "compute the outputs and print them"},
    {"print", run_print, "list the nodes"},
    {"dot", run_dot, "draw the graph"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int help(void)
{
    printf("Usage: reel COMMAND FILE [OPTION]...\n"
           "Works on graphs that reel_tape_save keeps in files.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-12s %s\n", commands[i].name, commands[i].about);
    printf("\n  --help       this text; reel COMMAND --help: the command's\n"
           "  --version    the version\n\n"
           "Exit status: 0 all is well, 1 a check or a run failed, 2 a mistake "
           "in the\ncommand line.\n");
    return finish();
}

static int version(void)
{
    printf("reel %s\n", PACKAGE_VERSION);
    return finish();
}

static int usage(const char *what, const char *name)
{
    fprintf(stderr, "reel: %s%s%s%s (reel --help lists the commands)\n", what,
            *name ? " '" : "", name, *name ? "'" : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage("a command is missing", "");
    if (strcmp(argv[1], "--help") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0)
        return version();
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return usage("no command", argv[1]);
}

/* ------------------------------------------------------- for the commands */

reel_tape *load_graph(const char *path, reel_nodes *outputs)
{
    reel_error error;
    reel_tape *t = reel_tape_load(path, outputs, &error);

    if (!t)
        die(EXIT_FAILURE, "%s", error.message);
    return t;
}

void need(const reel_tape *t, reel_status status)
{
    if (status == REEL_EIO)
        die(EXIT_FAILURE, "standard output: %s", strerror(errno));
    if (status != REEL_OK)
        die(EXIT_FAILURE, "%s", *reel_message(t) ? reel_message(t)
                                                 : reel_status_text(status));
}

/* %N; NULL: text is no such thing. */
static reel_node *by_number(const reel_tape *t, const char *text)
{
    char *end;

    if (text[0] != '%' || text[1] < '0' || text[1] > '9')
        return NULL;
    errno = 0;

    unsigned long long number = strtoull(text + 1, &end, 10);

    return *end || errno || number > SIZE_MAX
               ? NULL
               : reel_tape_node(t, (size_t)number);
}

reel_node *find_node(const reel_tape *t, reel_nodes outputs, const char *path,
                     const char *text)
{
    reel_node *found = text ? reel_tape_find(t, text)
                       : outputs.count ? outputs.node[0] : NULL;

    if (!found && text)
        found = by_number(t, text);
    if (!found && text)
        die(EXIT_FAILURE, "%s: no node '%s' (reel print lists them)", path,
            text);
    if (!found)
        die(EXIT_FAILURE, "%s: was saved without outputs: name a node (reel "
            "print lists them)", path);
    return found;
}

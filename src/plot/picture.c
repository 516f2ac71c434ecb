/* plot/picture.c: see picture.h.
 *
 * SPDX-License-Identifier: MIT */
#include "plot/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child.h"
#include "io/report.h"
#include "io/sink.h"

/* ----------------------------------------------------------------- endings */

static const char *ending(const char *path)
{
    const char *name = strrchr(path, '/');
    const char *dot = strrchr(name ? name : path, '.');

    return dot ? dot : path + strlen(path);
}

reel_status reel__picture_format(const char *path, const char *beside,
                                 reel__format *format, reel_error *error)
{
    const char *end = ending(path);

    *format = strcmp(end, ".svg") == 0 ? REEL__SVG : REEL__PNG;
    if (strcmp(end, beside) == 0)
        *format = REEL__BESIDE;
    else if (*format == REEL__PNG && strcmp(end, ".png") != 0)
        return reel__report(error, REEL_EVALUE, path,
                            "a picture's name ends in .svg, .png or %s",
                            beside);
    return REEL_OK;
}

static reel_status write_all(const char *path, const reel__text *text,
                             reel_error *error)
{
    reel__sink sink;
    reel_status status;

    if (text->failed)
        return reel__report_memory(error, path, text->capacity);
    status = reel__sink_open(&sink, path, error);
    if (status != REEL_OK)
        return status;
    status = reel__sink_write(&sink, text->byte, text->size, error);
    return reel__sink_close(&sink, status, error);
}

reel_status reel__picture_beside(const char *path, const char *beside,
                                 const reel__text *text, reel_error *error)
{
    size_t stem = (size_t)(ending(path) - path);
    char *name = malloc(stem + strlen(beside) + 1);
    reel_status status;

    if (name) {
        memcpy(name, path, stem);
        strcpy(name + stem, beside);
        status = write_all(name, text, error);
    } else {
        status = reel__report_memory(error, path, stem);
    }
    free(name);
    return status;
}

/* ----------------------------------------------------------------- drawing */

/* A file without a name, of these bytes, to be read from its begin; above the
 * standard files. -1 with errno. A pipe would do, but for SIGPIPE. */
static int nameless(const char *bytes, size_t size)
{
    FILE *file = tmpfile();
    int fd = -1;

    if (!file)
        return -1;
    if (fwrite(bytes, 1, size, file) == size && fflush(file) == 0 &&
        lseek(fileno(file), 0, SEEK_SET) == 0)
        fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);

    int errnum = errno;

    fclose(file);
    errno = errnum;
    return fd;
}

/* What it says: gnuplot in a line with the number of a line, after lines that
 * show the place and warnings; others at once. Ends text there. */
static const char *first_complaint(char *text)
{
    const char *first = "";

    for (char *line = text, *rest; *line; line = rest) {
        rest = line + strcspn(line, "\n");
        if (*rest)
            *rest++ = '\0';
        line += strspn(line, " \t");
        if (strncmp(line, "line ", 5) == 0 && !strstr(line, ": warning: "))
            return line;
        if (!*first)
            first = line;
    }
    return first;
}

static reel_status complain(const char *path, const char *program, int fd,
                            int how, reel_error *error)
{
    char text[2048];
    ssize_t size = pread(fd, text, sizeof text - 1, 0);

    text[size > 0 ? size : 0] = '\0';
    if (WIFSIGNALED(how))
        return reel__report(error, REEL_EIO, path,
                            "%s was killed by signal %d while drawing it",
                            program, WTERMSIG(how));

    const char *why = first_complaint(text);

    return reel__report(error, REEL_EIO, path,
                        "%s cannot draw it (exit status %d)%s%s", program,
                        WEXITSTATUS(how), *why ? ": " : "", why);
}

/* Draws from fd[0] to fd[1], complaints to fd[2]. */
static reel_status run(const char *path, const char *const *arguments,
                       const int fd[3], bool *drawn, reel_error *error)
{
    pid_t child;
    int how = 0;
    int errnum = reel__child_start(&child, arguments, fd[0], fd[1], fd[2]);

    if (errnum == ENOENT)
        return REEL_OK;
    if (errnum)
        return reel__report(error, REEL_EIO, path, "cannot start %s: %s",
                            arguments[0], strerror(errnum));
    errnum = reel__child_wait(child, &how);
    if (errnum)
        return reel__report(error, REEL_EIO, path,
                            "cannot learn whether %s drew it: %s (does the "
                            "program ignore SIGCHLD?)",
                            arguments[0], strerror(errnum));
    if (WIFEXITED(how) && WEXITSTATUS(how) == REEL__CHILD_NOT_FOUND)
        return REEL_OK;
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return complain(path, arguments[0], fd[2], how, error);
    *drawn = true;
    return REEL_OK;
}

/* Likewise, from the script to the sink. */
static reel_status run_to(const reel__sink *sink, const char *const *arguments,
                          const reel__text *script, bool *drawn,
                          reel_error *error)
{
    int fd[3] = {nameless(script->byte, script->size),
                 fcntl(sink->fd, F_DUPFD_CLOEXEC, 3), nameless("", 0)};
    reel_status status =
        fd[0] < 0 || fd[1] < 0 || fd[2] < 0
            ? reel__report_errno(error, sink->path, errno)
            : run(sink->path, arguments, fd, drawn, error);

    for (int i = 0; i < 3; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    return status;
}

reel_status reel__picture_draw(const char *path, const char *const *arguments,
                               const reel__text *script, bool *drawn,
                               reel_error *error)
{
    reel__sink sink;
    reel_status status, end;

    *drawn = false;
    if (script->failed)
        return reel__report_memory(error, path, script->capacity);
    status = reel__sink_open(&sink, path, error);
    if (status != REEL_OK)
        return status;
    status = run_to(&sink, arguments, script, drawn, error);
    /* What is not drawn is not left there, empty. */
    end = reel__sink_close(&sink, *drawn ? REEL_OK : REEL_EIO, error);
    if (!*drawn)
        return status;
    *drawn = end == REEL_OK;
    return end;
}

/* --------------------------------------------------------------- by gnuplot */

static void put_terminal(reel__text *t, reel__format format, int width,
                         int height)
{
    static const char look[] = "noenhanced background rgb 'white' "
                               "font 'Helvetica,";

    reel__put_line(t, "set encoding utf8");
    if (format == REEL__SVG) {
        reel__text_print(t, "set terminal svg size %d,%d ", width, height);
        reel__text_put(t, look, sizeof look - 1);
        reel__put_line(t, "14'");
        return;
    }
    reel__text_print(t, "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) "
                        "{ set terminal pngcairo size %d,%d ", width, height);
    reel__text_put(t, look, sizeof look - 1);
    reel__text_print(t, "11' } else { set terminal png size %d,%d noenhanced }",
                     width, height);
    reel__put_line(t, "");
}

reel_status reel__picture_write(const char *path, const void *what,
                                reel__picture_text *csv,
                                reel__picture_text *script, int width,
                                int height, bool *drawn, reel_error *error)
{
    /* -d: without the user's settings. */
    static const char *const gnuplot[] = {"gnuplot", "-d", NULL};
    reel__text text = {0};
    reel__format format;
    bool is_drawn = false;
    reel_status status = reel__picture_format(path, ".csv", &format, error);

    if (status == REEL_OK) {
        csv(&text, what);
        status = reel__picture_beside(path, ".csv", &text, error);
        free(text.byte);
    }
    if (status == REEL_OK && format != REEL__BESIDE) {
        text = (reel__text){0};
        put_terminal(&text, format, width, height);
        script(&text, what);
        status = reel__picture_draw(path, gnuplot, &text, &is_drawn, error);
        free(text.byte);
    }
    if (drawn)
        *drawn = is_drawn;
    return status;
}

/* reel/save.h: graphs in files, with what parameters, states, constants and
 * inputs hold. docs/file-format.md describes the format: a safetensors file
 * (reel/safetensors.h) whose metadata holds the graph as text.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_SAVE_H
#define REEL_SAVE_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the nodes that outputs depend on to the file at path, in the order of
 * recording, with names, places and values; with no outputs ({0, NULL}) all
 * nodes of the tape. The value of an input is saved where it has one: unbind
 * it (reel_bind(x, NULL)) to leave it out. The file appears whole or not at
 * all, as reel_safetensors_write's do.
 *
 * REEL_EVALUE: an output is NULL or on another tape; a node is a custom op's,
 * whose functions no file can hold; the graph's text is beyond the format's
 * 100 MB. REEL_EIO, REEL_ENOMEM.
 * O(nodes of the tape + bytes). */
REEL_API reel_status reel_tape_save(reel_tape *tape, reel_nodes outputs,
                                    const char *path, reel_error *error);

/* A new tape with the file's nodes, as if they had been recorded: every op's
 * own rules have accepted its operands and attributes, and found the dtype and
 * the shape that the file says. Parameters, states, constants and inputs have
 * the values of the file. *outputs (unless NULL) lists the outputs it was saved
 * with; the tape owns the list. Free the tape with reel_tape_free.
 *
 * NULL after an error, with path, line of the graph's text and reason in one
 * line: REEL_EFORMAT, REEL_EIO, REEL_ENOMEM. Memory: twice the file's. */
REEL_API reel_tape *reel_tape_load(const char *path, reel_nodes *outputs,
                                   reel_error *error);

/* The same for the size bytes of such a file in memory; name stands for the
 * path in messages. The bytes are copied, not kept. */
REEL_API reel_tape *reel_tape_parse(const void *bytes, size_t size,
                                    const char *name, reel_nodes *outputs,
                                    reel_error *error);

/* The first node of that name, NULL if there is none. O(nodes). */
REEL_API reel_node *reel_tape_find(const reel_tape *tape, const char *name);

#ifdef __cplusplus
}
#endif
#endif /* REEL_SAVE_H */

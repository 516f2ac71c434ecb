/* fuzz_csv.c: libFuzzer target for the CSV reader. A file is read three times:
 * without a target, with classes and with numbers in the column "kind".
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <reel/data.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Everything that the table claims to hold must be there and in range. */
static void look_through(const reel_table *table, const reel_csv_options *o)
{
    int64_t rows = table->features.shape.dim[0];
    int64_t columns = table->features.shape.dim[1], named = 0, classes = 0;

    while (table->columns[named])
        if (strlen(table->columns[named++]) > REEL_CSV_LONGEST)
            abort();
    while (table->classes && table->classes[classes])
        if (strlen(table->classes[classes++]) > REEL_CSV_LONGEST)
            abort();
    if (rows < 1 || named != columns || classes != table->class_count)
        abort();
    for (int64_t i = 0; i < rows * columns; i++)
        if (!isfinite(((float *)table->features.data)[i]))
            abort();
    for (int64_t i = 0; o->target && i < rows; i++)
        if (o->numbers) {
            if (!isfinite(((float *)table->targets.data)[i]))
                abort();
        } else {
            int64_t c = ((int64_t *)table->targets.data)[i];

            if (c < 0 || c >= classes)
                abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const reel_csv_options options[] = {
        {.separator = ';'},
        {.target = "kind"},
        {.target = "kind", .numbers = true},
    };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        reel_table table;
        reel_error error = {0};
        reel_status status = reel_csv_parse(bytes, size, "x", &options[i],
                                            &table, &error);

        if (status == REEL_OK)
            look_through(&table, &options[i]);
        else if (error.status != status || !error.message[0] ||
                 table.features.data || table.targets.data || table.columns ||
                 table.classes)
            abort();
        reel_table_free(&table);
    }
    return 0;
}

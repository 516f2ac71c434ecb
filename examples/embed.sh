#!/bin/sh
# embed.sh DIR: writes the IDX files of the digits in DIR as C arrays, to be
# compiled into a program that needs no files. Needs od and awk.
set -e
echo "/* Made by examples/embed.sh from examples/data. */"
echo "#include \"digits_data.h\""
for part in train t10k; do
    for kind in images labels; do
        case $kind in images) ndim=3 ;; labels) ndim=1 ;; esac
        file=$1/$part-$kind-idx$ndim-ubyte
        echo "const unsigned char digits_${part}_$kind[] = {"
        od -An -v -tu1 "$file" |
            awk '{ for (i = 1; i <= NF; i++) printf "%d,", $i; print "" }'
        echo "};"
        echo "const size_t digits_${part}_${kind}_size = $(wc -c < "$file");"
    done
done

#!/bin/sh
# Compiles and runs every block of C in README.md, docs/manual.md and
# docs/checking-gradients.md. A block with a main is a program; the others are bodies of functions over the variables
# of docs_prelude.h, each run on a fresh tape that must end without an error.
# Also holds the manual's op table to ops.def.
#
# From the environment: top_srcdir, CC, CPPFLAGS, CFLAGS, LIBS as make check
# sets them (LINK links against the uninstalled library).
set -e
: "${top_srcdir:=.}" "${LINK:?set by make check}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() { echo "docs: $*" >&2; exit 1; }

"$top_srcdir/docs/op-table.sh" --check

# Writes each block of C of the named file to a file of its own.
blocks() {
    awk -v out="$2" '
        /^```c$/ { n++; inside = 1; next }
        /^```$/ { inside = 0 }
        inside { print > (out n ".txt") }
        END { print n }' "$1"
}

# compile NAME: NAME.c to the program NAME.
compile() {
    $LINK -o "$dir/$1" "$dir/$1.c" $LINK_LIBS || fail "$1 does not compile"
}

programs=0 fragments=0
for text in README.md docs/manual.md docs/checking-gradients.md; do
    name=$(basename "$text" .md)
    n=$(blocks "$top_srcdir/$text" "$dir/$name-")
    i=1
    {
        echo '#include "docs_prelude.h"'
        while [ "$i" -le "$n" ]; do
            if ! grep -q 'int main' "$dir/$name-$i.txt"; then
                echo "static void block_$i(void)"
                echo "{"
                cat "$dir/$name-$i.txt"
                echo "}"
            fi
            i=$((i + 1))
        done
        echo "int main(void)"
        echo "{"
        i=1
        while [ "$i" -le "$n" ]; do
            grep -q 'int main' "$dir/$name-$i.txt" ||
                echo "    run_block(\"$text: block $i\", block_$i);"
            i=$((i + 1))
        done
        echo "    return failures != 0;"
        echo "}"
    } > "$dir/$name.c"
    compile "$name"
    # Bodies leave out the freeing, so a sanitizer must not count leaks.
    (cd "$dir" && ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" "./$name" \
        > "$name.out") || fail "$text: a block failed"
    fragments=$((fragments + $(grep -c '^static void block_' "$dir/$name.c")))
    i=1
    while [ "$i" -le "$n" ]; do
        if grep -q 'int main' "$dir/$name-$i.txt"; then
            cp "$dir/$name-$i.txt" "$dir/$name-$i.c"
            compile "$name-$i"
            "$dir/$name-$i" > "$dir/$name-$i.out" || fail "$text: program $i"
            programs=$((programs + 1))
        fi
        i=$((i + 1))
    done
done

cat > "$dir/want" <<'END'
loss = 0.6931471805599453
[[-0.44039853898894116, 0.44039853898894116],
 [-0.44039853898894116, 0.44039853898894116],
 [-0.44039853898894116, 0.44039853898894116]]
END
cmp "$dir/want" "$dir"/README-1.out || fail "the README's example prints other numbers"
[ "$programs" -ge 1 ] && [ "$fragments" -ge 12 ] ||
    fail "only $programs programs and $fragments fragments found"
echo "docs: $programs programs and $fragments fragments compiled and run"

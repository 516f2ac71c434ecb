#!/bin/sh
# Compiles and runs every block of C in README.md and in pages of docs/. A block
# with a main is a program; the others are bodies of functions over the
# variables of docs_prelude.h, each run on a fresh tape that must end without an
# error.
# Also holds the manual's op table to ops.def, and docs/chain-rule.md to what
# its programs print and to the source that it quotes.
#
# From the environment: top_srcdir, top_builddir, CC, CPPFLAGS, CFLAGS, LIBS as
# make check sets them (LINK links against the uninstalled library).
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${LINK:?set by make check}"
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
for text in README.md docs/manual.md docs/chain-rule.md \
    docs/checking-gradients.md; do
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
    bodies=$(grep -c '^static void block_' "$dir/$name.c" || true)
    fragments=$((fragments + bodies))
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
[ "$programs" -ge 4 ] && [ "$fragments" -ge 12 ] ||
    fail "only $programs programs and $fragments fragments found"

# Without what differs between machines: folders, last digits, and all numbers
# of the gradient check, whose worst element is another where rounding is.
plain() {
    sed 's|[^ ]*/\([^ /]*\.c:[0-9]\)|\1|
        s/\(\.[0-9]\{12\}\)[0-9]*/\1/g
        / pass$/s/-\{0,1\}[0-9][0-9.]*\(e[-+][0-9]*\)\{0,1\}/N/g
        s/  */ /g' "$1"
}

# Each block of text of the page follows a comment that says where it is from;
# its lines are there, in this order, among others.
page=docs/chain-rule.md
quotes=$(awk -v out="$dir/quote-" '
    /^<!-- (printed by|from) [^ ]* -->$/ { source = $(NF - 1) }
    /^```text$/ {
        n++
        print source > (out n ".source")
        source = ""
        inside = 1
        next
    }
    /^```$/ { inside = 0 }
    inside { print > (out n) }
    END { print n }' "$top_srcdir/$page")
"$top_builddir/examples/scalar" > "$dir/scalar.out"
i=1
while [ "$i" -le "$quotes" ]; do
    source=$(cat "$dir/quote-$i.source")
    case $source in
        src/*) file=$top_srcdir/$source ;;
        *) file=$dir/$(basename "$source").out ;;
    esac
    plain "$dir/quote-$i" > "$dir/shown"
    plain "$file" > "$dir/printed"
    awk 'NR == FNR { shown[++n] = $0; next }
        $0 == shown[found + 1] { found++ }
        END {
            if (n == 0 || found < n)
                print "\047" shown[found + 1] "\047"
            exit n == 0 || found < n
        }' "$dir/shown" "$dir/printed" > "$dir/missing" ||
        fail "$page: not in $source, or not there: $(cat "$dir/missing")"
    i=$((i + 1))
done
[ "$quotes" -ge 13 ] || fail "$page: only $quotes quotes found"
echo "docs: $programs programs and $fragments fragments compiled and run," \
    "$quotes quotes compared"

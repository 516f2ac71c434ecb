#!/bin/sh
# Every benchmark runs with the smallest sizes and prints nothing but well-formed
# lines of finite positive figures, --help explains each, and the table holds
# them. From the environment: top_srcdir, top_builddir, BENCH_PROGRAMS.
set -eu
: "${top_srcdir:=.}" "${top_builddir:=.}" "${BENCH_PROGRAMS:?set by make check}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() { echo "bench: $*" >&2; exit 1; }

# Lines of the one format; ends with their number.
check_lines() {
    awk '
    function bad(why) {
        print "line " NR ": " why ": " $0 > "/dev/stderr"
        failed = 1
        exit 1
    }
    function figure(text) {
        return text ~ /^[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?$/ && text + 0 > 0
    }
    {
        if ($0 !~ /^name=[^ =]+ by=[a-z]+ threads=[0-9]+ unit=[^ =]+ value=/)
            bad("not name, by, threads, unit, value")
        delete field
        for (i = 1; i <= NF; i++) {
            if ($i !~ /^[a-zA-Z_0-9]+=[^ =]+$/)
                bad("no field: " $i)
            at = index($i, "=")
            field[substr($i, 1, at - 1)] = substr($i, at + 1)
        }
        if (!figure(field["value"]) || field["threads"] < 1)
            bad("no figure")
        if (("limit" in field) != ("ratio" in field))
            bad("limit without ratio")
        if ("limit" in field) {
            if (!figure(field["limit"]) || !figure(field["ratio"]))
                bad("no figure")
            rate = field["unit"] ~ /\//
            ratio = rate ? field["value"] / field["limit"] \
                : field["limit"] / field["value"]
            if (ratio - field["ratio"] > 0.007 * ratio ||
                field["ratio"] - ratio > 0.007 * ratio)
                bad("ratio is not that of value and limit")
        }
    }
    END { if (!failed) print NR }' "$1"
}

export BENCH_QUICK=1 OMP_NUM_THREADS=2
BENCH_MNIST=$top_builddir/examples/mnist
BENCH_DATA=$top_srcdir/examples/data
export BENCH_MNIST BENCH_DATA

total=0
for program in $BENCH_PROGRAMS; do
    name=$(basename "$program")
    "$top_builddir/$program" > "$dir/out" || fail "$name failed"
    lines=$(check_lines "$dir/out") || fail "$name prints a line that is none"
    [ "$lines" -ge 1 ] || fail "$name prints nothing"
    total=$((total + lines))
    cat "$dir/out" >> "$dir/all"
    "$top_builddir/$program" --help > "$dir/help" || fail "$name --help failed"
    grep -q -e '--quick' "$dir/help" || fail "$name --help explains nothing"
    status=0
    "$top_builddir/$program" --nonsense > "$dir/out" 2> "$dir/err" || status=$?
    [ "$status" -eq 2 ] && grep -q 'no such option: --nonsense' "$dir/err" ||
        fail "$name takes --nonsense"
done

# A row for each name and number of threads, with a figure.
awk -f "$top_srcdir/tests/bench/table.awk" "$dir/all" > "$dir/table"
rows=$(awk '{ print $1, $3 }' "$dir/all" | sort -u | wc -l)
[ "$(grep -c '^| [a-zA-Z]*\.\{0,1\}[^|]* | [0-9]* | [0-9.e+-]* [^|]* |' \
    "$dir/table")" -eq "$rows" ] || fail "the table has not $rows rows"

# Its medians and ratios.
cat > "$dir/lines" << 'LINES'
name=a by=reel threads=1 unit=us value=4 limit=2 ratio=0.500
name=a by=other threads=1 unit=us value=8
name=a by=reel threads=1 unit=us value=100 limit=2 ratio=0.020
name=a by=reel threads=1 unit=us value=2 limit=2 ratio=1.000
name=b by=other threads=2 unit=GB/s value=10
name=b by=reel threads=2 unit=GB/s value=5 limit=20 ratio=0.250
LINES
cat > "$dir/want" << 'TABLE'
| what | threads | figure | of the limit | others, and how much faster Reel is |
| --- | --- | --- | --- | --- |
| a | 1 | 4 us | 50 % | other 8 (2.00x) |
| b | 2 | 5 GB/s | 25 % | other 10 (0.50x) |
TABLE
awk -f "$top_srcdir/tests/bench/table.awk" "$dir/lines" > "$dir/table"
diff "$dir/want" "$dir/table" || fail "the table is wrong"
echo "bench: $total lines of $(echo "$BENCH_PROGRAMS" | wc -w) programs"

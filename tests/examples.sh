#!/bin/sh
# Runs the examples that find something out by themselves, and holds them to
# what is known: minima, certified values, the check's verdicts; and their
# options, files and exit codes.
#
# From the environment: top_srcdir, top_builddir, as make check sets them.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() { echo "examples: $*" >&2; sed 's/^/  /' "$dir/out" >&2; exit 1; }

# run STATUS PROGRAM ARGUMENT...: its output in out, its complaints in err.
run() {
    want=$1 program=$2 status=0
    shift 2
    "$top_builddir/examples/$program" "$@" > "$dir/out" 2> "$dir/err" ||
        status=$?
    [ "$status" -eq "$want" ] ||
        fail "$program $*: status $status, not $want: $(cat "$dir/err")"
}

# has FILE PATTERN: one of its lines matches.
has() { grep -q -e "$2" "$dir/$1" || fail "$program: no '$2' in $1"; }

for program in custom digits fit mnist rosenbrock; do
    run 0 "$program" --help
    has out '^Usage: '"$program"
    run 2 "$program" --no-such-option
    has err "^$program: unknown option"
done

run 0 rosenbrock
tail -n 1 "$dir/out" | grep -q ' 1\.000000 *1\.000000$' ||
    fail "rosenbrock: not (1, 1)"
run 0 rosenbrock --n 12
tail -n 1 "$dir/out" | grep -q ' 3\.9866 ' || fail "rosenbrock --n 12"
run 1 rosenbrock --steps 3
has err '^rosenbrock: no minimum in 3 steps$'

run 0 fit --csv "$dir/points.csv"
has out '^b1 = 238\.94213, standard deviation 2\.707$'
has out '^b2 = 0\.00055015643, standard deviation 7\.2669e-06$'
has out '^sum of squares 0\.12455139$'
[ "$(sed -n 1p "$dir/points.csv")" = x,y,fit,residual ] ||
    fail "fit: the first line of the csv"
awk -F, 'NR > 1 { n++; sum += $4 * $4; d = $2 - $3 - $4; if (d * d > 1e-20) bad = 1 }
    END { exit !(n == 14 && sum > .1245513 && sum < .1245514 && !bad) }' \
    "$dir/points.csv" || fail "fit: the csv's numbers"
run 0 fit --b1 250 --b2 0.0005
has out '^sum of squares 0\.12455139$'
run 1 fit --steps 1
has err '^fit: not there in 1 steps$'
run 1 fit --csv "$dir/no/such/directory"
has err '^fit: .*/no/such/directory: '
if command -v gnuplot > "$dir/out" 2>&1; then
    run 0 fit --plot "$dir/it's.svg"
    has out "^picture: .*/it's.svg, its numbers: .*/it's.csv$"
    grep -q '<svg' "$dir/it's.svg" || fail "fit: no picture"
    drawn=drawn
else
    run 0 fit --plot "$dir/it's.svg"
    has out "^numbers: .*/it's.csv; no picture, for lack of gnuplot$"
    drawn='not drawn, for lack of gnuplot'
fi
[ "$(grep -c '^measured,' "$dir/it's.csv")" -eq 14 ] ||
    fail "fit: the picture's numbers"

run 0 custom
has out '^First attempt:$'
has out '^w1 .*FAIL: differs$'
has out '^wrong: .*custom.c:[0-9]*: the vjp of mish, '
has out '^FAIL: '
has out '^pass: 40 compared, 40 passed'

run 0 digits --epochs 10
awk '/^test accuracy: / { right = $3 } END { exit !(right > 80) }' "$dir/out" ||
    fail "digits: it has not learnt them"

# The rates of the log, by schedule; what else an option changes is the loss.
mnist() { # ARGUMENT...
    rm -f "$dir/log"
    run 0 mnist --data "$top_srcdir/examples/data" --hidden 32 --batch 32 \
        --lr 0.1 --epochs 4 --val 200 --log "$dir/log" "$@"
}
rates() { awk -F, 'NR > 1 { printf "%.3f ", $(NF - 1) }' "$dir/log"; }
loss() { awk -F, '{ last = $2 } END { print last }' "$dir/log"; }
mnist --plot "$dir/loss.csv"
has out '^test accuracy: '
has out "^numbers: $dir/loss.csv$"
[ "$(grep -c '^validation,' "$dir/loss.csv")" -eq 4 ] ||
    fail "mnist: the numbers of its curves"
plain=$(loss)
[ "$(rates)" = "0.093 0.081 0.028 0.000 " ] || fail "mnist: one_cycle: $(rates)"
for options in '--dropout 0.5' '--momentum 0.5' '--weight-decay 0.01'; do
    # shellcheck disable=SC2086 # words are meant
    mnist $options
    [ "$(loss)" != "$plain" ] || fail "mnist: $options changes nothing"
done
mnist --schedule constant
[ "$(rates)" = "0.100 0.100 0.100 0.100 " ] || fail "mnist: constant: $(rates)"
mnist --schedule cosine
[ "$(rates)" = "0.086 0.051 0.015 0.000 " ] || fail "mnist: cosine: $(rates)"

echo "examples: custom, digits, fit, mnist and rosenbrock as they should be;" \
    "curve $drawn"

#!/bin/sh
# Runs the experiments among the examples on the embedded digits, smaller than
# by default, and holds them to what they show.
#
# From the environment: top_builddir, as make check sets it.
set -e
: "${top_builddir:=.}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# Results do not depend on it; other tests run at the same time.
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

fail() { echo "experiments: $*" >&2; sed 's/^/  /' "$dir/out" >&2; exit 1; }

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

# holds WHAT PROGRAM: awk over out, which ends with status 0 if so.
holds() { awk "$2" "$dir/out" || fail "$program: not so: $1"; }

# written FILE...: pictures' numbers, a line of names and more.
written() {
    for file in "$@"; do
        [ "$(sed -n '$=' "$dir/$file")" -gt 1 ] ||
            fail "$program: nothing in $file"
    done
}

for program in accumulate curves final gaussians; do
    run 0 "$program" --help
    has out '^Usage: '"$program"
    run 2 "$program" --no-such-option
    has err "^$program: unknown option"
    run 1 "$program" --epochs 1 --plot "$dir/no/such/directory.csv"
    has err "^$program: .*/no/such/directory.csv"
done

# On points that can be told apart the loss falls to about 0.05.
run 0 gaussians --plot "$dir/points.csv" --loss-plot "$dir/loss.csv"
holds 'the loss falls to about 0.05, all points told right' '
    NF == 5 && $1 == 1 { first = $2 }
    NF == 5 && $1 == 25 { last = $2; test = $3; right = $4 }
    END { exit !(first > .4 && last > .03 && last < .07 && test < .08 &&
                 right >= 98) }'
has out '^5000 steps of one example, .* by a program of 1 kernel$'
written points.csv loss.csv
run 0 gaussians --distance 0
holds 'two clouds in one place cannot be told apart' '
    NF == 5 && $1 == 25 { told = $2 < .6 || $4 > 80 }
    END { exit told }'

# Batches take the same steps as examples one by one, but for rounding.
run 0 accumulate --epochs 3 --plot "$dir/apart.csv"
holds 'f32 agrees to 1e-5, f64 to 1e-13' '
    /^f32/ { bound = 1e-5 }
    /^f64/ { bound = 1e-13 }
    /mean loss/ { loss[n++] = $NF }
    /parameters differ/ { sub(/.*by /, ""); if ($1 > bound) bad = 1 }
    END { exit !(n == 4 && !bad && loss[0] - loss[1] < 1e-5 &&
                 loss[1] - loss[0] < 1e-5 && loss[2] == loss[3]) }'
written apart.csv

# The running loss is an earlier model's.
run 0 curves --plot "$dir/curves.csv" --log "$dir/log.csv"
holds 'running is above after; validation is below running, near after' '
    /validation lies/ { n++; gap = $4 - $3; if (gap < 0) gap = -gap
                        if (!($2 > $3 && $4 < $2 && gap < .1)) bad = 1
                        if ($3 > last && n > 1) bad = 1
                        last = $3 }
    END { exit !(n == 5 && !bad) }'
has out '^validation below running: in 5 of 5 epochs$'
written curves.csv log.csv
# An epoch of training with dropout looks worse than without, the model that it
# ends with does not.
cp "$dir/out" "$dir/plain"
run 0 curves --epochs 1 --dropout 0.5
cat "$dir/plain" >> "$dir/out"
holds 'dropout is at work in the running loss' '
    $1 == 1 && /validation lies/ { n++; running[n] = $2; after[n] = $3 }
    END { exit !(n == 2 && running[1] > running[2] + .1 &&
                 after[1] < after[2] + .1) }'

# The final run.
run 0 final --seeds 2 --plot "$dir/accuracy.csv" \
    --confusion "$dir/confusion.csv" --misclassified "$dir/wrong.csv" \
    --weights "$dir/weights.csv"
holds 'accuracy, its spread, and the count of errors agree' '
    /^ *[12] .*%$/ { sum += $4; first[$1] = $4 }
    /^test accuracy: mean/ { mean = $4; low = $7; high = $9 }
    /^The network of seed 1/ { wrong = $7 / $9 * 100 }
    END { d = mean - sum / 2; e = 100 - first[1] - wrong
          exit !(mean > 80 && low <= mean && mean <= high && d * d < 1e-4 &&
                 e * e < 1e-4) }'
written accuracy.csv confusion.csv wrong.csv weights.csv
run 0 final --seeds 2 --epochs 1
holds 'one epoch is not enough' '
    /^test accuracy/ { low = $4 < 80 }
    END { exit !low }'

echo "experiments: the effects are there"

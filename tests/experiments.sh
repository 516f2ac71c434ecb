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

for program in accumulate curves dead_relu final gaussians initial rates \
    vanishing; do
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

# Initial weights: with zeros all units stay one.
run 0 initial --hidden 32 --lr 0.3 --epochs 10 --seeds 2 \
    --plot "$dir/initial.csv"
holds 'zeros learn next to nothing, with one unit; the others learn' '
    / %  / {
        n++; last = $(NF - 9); units = $(NF - 1); rank = $NF
        if ($1 == "zeros") { if (last > 40 || units != 1 || rank != 1) bad = 1 }
        else if (last < 60 || units != 32 || rank != 32) bad = 1
        sub(/,/, "", $(NF - 7)); if ($(NF - 7) + 0 > $(NF - 6) + 0) bad = 1 }
    /^N\(0, 1\)/ { saturated = $(NF - 3) }
    /^Xavier/ { unsaturated = $(NF - 3) }
    END { exit !(n == 5 && !bad && saturated > 5 && unsaturated < 1) }'
written initial.csv

# Learning rates: too small, right, and diverging, which ends no program.
run 0 rates --epochs 5 --plot "$dir/rates.csv"
holds 'the loss falls further with each rate up to 0.1; 1 diverges' '
    /%/ && $1 < 1 { n++; if (n > 1 && $3 >= last) bad = 1; last = $3 }
    /^ *0\.0001 .*too small$/ { small = 1 }
    /^ *0\.1 .*right: the best of these$/ { right = last < .5 }
    /^ *1 .*diverges: / { diverges = 1 }
    END { exit !(n == 6 && !bad && small && right && diverges) }'
written rates.csv
# One hidden layer of ReLUs stands even that.
run 0 rates --epochs 5 --hidden 32
holds 'not here' '/^ *1 .*%/ { there = $3 < .5 } END { exit !there }'

# Gradients that vanish, arrive, and explode; where they arrive it learns.
run 0 vanishing --hidden 50 --epochs 3 --plot "$dir/vanishing.csv"
holds 'as small, He and large weights have it' '
    /^(sigmoid|tanh|relu), / {
        n++; ratio = $3 / $5; what[$1 $2] = $7; told[$1 $2] = $8
        if ($7 == "vanishes" && ratio > 1e-3) bad = 1
        if ($7 == "explodes" && ratio < 1e2) bad = 1 }
    END {
        for (i in what) if (i ~ /small/ && what[i] != "vanishes") bad = 1
        exit !(n == 9 && !bad && what["sigmoid,He"] == "vanishes" &&
               told["sigmoid,He"] < 20 &&
               what["tanh,He"] == "arrives" && told["tanh,He"] > 60 &&
               what["relu,He"] == "arrives" && told["relu,He"] > 25 &&
               what["relu,large"] == "explodes") }'
written vanishing.csv

# ReLUs that die, stay dead, and need not have died.
run 0 dead_relu --epochs 5 --plot "$dir/dead.csv"
has out '^- dense1: .* of 50 ReLUs never fire for these 1000 examples: '
holds 'dead stays dead; each cure leaves fewer dead and learns more' '
    /^(bad|then|smaller|He.s|leaky) .*%/ {
        i = $1; for (k = 1; $k !~ /^[0-9]/; k++); dead[i] = $(k + 2)
        told[i] = $(k + 4); n++ }
    END { exit !(n == 5 && dead["bad"] > 20 && dead["then"] > 15 &&
                 dead["smaller"] < 10 && dead["He\047s"] < 15 &&
                 dead["leaky"] == 0 && told["then"] < 50 &&
                 told["smaller"] > told["bad"] + 15 &&
                 told["He\047s"] > told["bad"] + 30 &&
                 told["leaky"] > told["bad"]) }'
written dead.csv

echo "experiments: the effects are there"

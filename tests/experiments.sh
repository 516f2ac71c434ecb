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

for program in accumulate branches curves dead_relu final gaussians initial \
    outputs rates search sine vanishing; do
    run 0 "$program" --help
    has out '^Usage: '"$program"
    run 2 "$program" --no-such-option
    has err "^$program: unknown option"
done
for program in accumulate curves dead_relu final gaussians initial rates \
    vanishing; do
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
run 0 vanishing --hidden 50 --epochs 6 --plot "$dir/vanishing.csv"
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
               what["relu,He"] == "arrives" && told["relu,He"] > 40 &&
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

# Halving leaves the one that is best, whatever the number of threads; rates
# that are far too low go first, and those by which the loss is no number are
# no end of the search.
run 0 search --candidates 9 --threads 1
holds 'a low error in a quarter of the epochs' '
    /^After epoch/ { epoch = $3 + 0; left[epoch] = $4 + 0 }
    epoch == 1 && $1 > 0 && $1 < .001 { low++; bad += $5 > 50 && NF == 6 }
    /^21 epochs in all, in place of 81, 1 candidates/ { saved = 1 }
    /^best:/ { best = $10 < 1 && $14 < 6 && $18 < 15 }
    END { exit !(left[1] == 9 && left[3] == 3 && left[9] == 1 && low > 0 &&
                 bad == low && saved && best) }'
grep -v '1 candidates at once' "$dir/out" > "$dir/one"
run 0 search --candidates 9 --threads 2 --plot "$dir/rates.csv" \
    --curves "$dir/search.csv"
grep -v -e 'candidates at once' -e '^numbers: ' "$dir/out" > "$dir/two"
cmp "$dir/one" "$dir/two" || fail "search: two threads find something else"
written rates.csv search.csv
run 0 search --method grid --factor 10 --threads 1 --map "$dir/map.csv"
holds 'a grid of 28, 2 of them after 10 epochs, 1 after 100' '
    /^After epoch/ { left = left " " ($3 + 0) " " ($4 + 0) }
    END { exit left != " 1 28 10 2 100 1" }'
written map.csv
run 0 search --candidates 9 --high 1e30 --threads 1
has out ' 100\.00 %  *100\.00 %$'
has out '^best: .* 9 epochs: '
run 1 search --candidates 2 --low 1e29 --high 1e30
has err '^search: .*the loss is '
run 2 search --map "$dir/map.csv"
has err '^search: --map needs --method grid$'

# What fits learns more than what does not; with a sigmoid or softmax inside the
# loss it learns the same.
run 0 outputs --threads 1 --plot "$dir/outputs.csv"
holds 'what fits is best' '
    $5 == "R^2" || $5 == "accuracy" {
        n++
        if (!($1 in best))
            best[$1] = $7
        else if ($4 == "yes")
            twice += $7 > best[$1] - .01 && $7 < best[$1] + .01
        else
            worse[$1] += $7 < best[$1] - .005
    }
    END { exit !(n == 11 && twice == 2 && worse["slant"] == 2 &&
                 worse["odd"] == 1 && worse["digit"] == 2 &&
                 best["slant"] > .85 && best["odd"] > .85 &&
                 best["digit"] > .8 && best["number"] < .7) }'
written outputs.csv

# Near where it saw points the network is the function, elsewhere not.
run 0 sine --plot "$dir/sine.csv" --errors "$dir/errors.csv"
holds 'L-BFGS comes nearer than Adam' '
    $1 == "Adam" { adam = $4; far = $6 }
    $1 == "L-BFGS" { lbfgs = $4 }
    END { exit !(adam < .02 && lbfgs < .002 && 2 * lbfgs < adam && far > .1) }'
written sine.csv errors.csv
for function in cos sum chirp; do
    run 0 sine --function "$function" --hidden 16,16 --points 80 --steps 1000
    holds "$function is learned" '$1 == "L-BFGS" { e = $4 } END { exit !(e < .1) }'
done
run 1 sine --lr 1e30 --activation relu --hidden 8,8,8,8,8,8,8,8
has err "^sine: Adam's loss is "

# The gradient of weights that are shared, and of branches that meet, is right.
run 0 branches --threads 1 --gradcheck --seeds 2 --epochs 5 --plot "$dir/branches.csv" \
    --graph "$dir/graph.dot"
has out '^pass: 198 compared, 198 passed, 0 failed'
holds 'both learn, with as many parameters' '
    $1 == "branches" { more = $2; branches = $5 }
    $1 == "stack" { less = $2; stack = $5 }
    END { exit !(less <= more && less > .97 * more && branches > 85 &&
                 stack > 85) }'
has graph.dot 'shared\.w'
written branches.csv
run 1 branches --seeds 1 --epochs 1 --graph "$dir/no/such/directory.dot"
has err '^branches: .*/no/such/directory\.dot'

echo "experiments: the effects are there"

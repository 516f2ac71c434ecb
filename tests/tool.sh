#!/bin/sh
# The program reel: its output, its messages, its exit statuses.
#
# From the environment: top_builddir, as make check sets it.
set -e
: "${top_builddir:=.}"
reel=$top_builddir/reel
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
checks=0

fail() { echo "tool: $*" >&2; exit 1; }

# expect STATUS STREAM LINE ARGUMENT...: reel with these arguments ends with the
# status, and one of the lines on stdout or stderr begins so.
expect() {
    want=$1 stream=$2 line=$3
    shift 3
    status=0
    "$reel" "$@" > "$dir/stdout" 2> "$dir/stderr" || status=$?
    [ "$status" -eq "$want" ] ||
        fail "reel $*: status $status, not $want: $(cat "$dir/stderr")"
    awk -v line="$line" 'index($0, line) == 1 { found = 1 }
        END { exit !found }' "$dir/$stream" ||
        fail "reel $*: no line '$line' in: $(cat "$dir/$stream")"
    checks=$((checks + 1))
}

# graph NAME TEXT: a file with this graph and a tensor w, f64 [2], 0 and 1. TEXT
# has "\n" for the ends of lines and \" for quotes.
graph() {
    header='{"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"__metadata__":{"reel.graph":"'$2'"}}'
    length=${#header}
    {
        printf "\\$(printf %03o $((length % 256)))"
        printf "\\$(printf %03o $((length / 256)))"
        printf '\0\0\0\0\0\0'
        printf %s "$header"
        printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\360\077'
    } > "$dir/$1"
}

param='reel 1\n%0 = parameter f64 [2] tensor=\"w\" name=\"w\"\n'
sum='axes=[0] keepdims=false\n'
graph square "$param"'%1 = square f64 [2] %0\n%2 = sum f64 [] %1 '"$sum"'outputs %2\n'
graph kink "$param"'%1 = relu f64 [2] %0\n%2 = sum f64 [] %1 '"$sum"'outputs %2\n'
graph steep "$param"'%1 = sqrt f64 [2] %0\n%2 = sum f64 [] %1 '"$sum"'outputs %2\n'
graph none "$param"'outputs\n'
graph fed 'reel 1\n%0 = input f64 [] name=\"x\"\noutputs %0\n'
graph odd "$param"'%1 = sine f64 [2] %0\noutputs %1\n'
graph log "$param"'%1 = log f64 [2] %0 file=\"net.c\" line=5\noutputs %1\n'

expect 2 stderr "reel: a command is missing (reel --help lists the commands)"
expect 2 stderr "reel: no command 'frobnicate' (reel --help" frobnicate
expect 0 stdout "Usage: reel COMMAND FILE [OPTION]..." --help
expect 0 stdout "reel 0." --version
expect 0 stdout "Usage: reel gradcheck FILE [OPTION]..." gradcheck --help
expect 2 stderr "reel print: FILE must be given (--help explains)" print
expect 2 stderr "reel print: unexpected argument 'y'" print x y
expect 2 stderr "reel dot: unknown option '--nice'" dot "$dir/square" --nice
expect 2 stderr "reel gradcheck: --rtol: 'x' is not a number" \
    gradcheck "$dir/square" --rtol x
expect 1 stderr "reel run: $dir/missing: No such file" run "$dir/missing"
expect 1 stderr "reel print: $dir/odd: line 3 of the graph: no op 'sine' in" \
    print "$dir/odd"

expect 0 stdout "%0     parameter      f64  [2]            'w'" \
    print "$dir/square"
expect 0 stdout "%2     sum            f64  []             %1" \
    print "$dir/square"
expect 0 stdout "digraph reel {" dot "$dir/square"
expect 0 stdout "  n1 -> n2;" dot "$dir/square"
expect 0 stdout "Usage: reel dot FILE [OPTION]..." dot --help
expect 2 stderr "reel dot: unknown option '-p' (--help lists them)" \
    dot -p "$dir/square"
expect 2 stderr "reel print: unknown option '-o' (--help lists them)" \
    print "$dir/square" -o "$dir/it's.dot"
expect 1 stderr "reel dot: $dir/it: a picture's name ends in .svg, .png or .dot" \
    dot "$dir/square" -o "$dir/it"
"$reel" dot -o "$dir/it's.dot" "$dir/square" > "$dir/stdout"
[ ! -s "$dir/stdout" ] || fail "reel dot -o writes to standard output"
grep -q '^  n1 -> n2;$' "$dir/it's.dot" || fail "reel dot -o: another graph"
rm "$dir/it's.dot"
if command -v dot > "$dir/stdout"; then
    "$reel" dot "$dir/square" -o "$dir/it's.svg"
    grep -q '<svg' "$dir/it's.svg" || fail "reel dot -o: no picture"
    drawn=drawn
else
    drawn='not drawn, for lack of Graphviz'
fi
mkdir "$dir/bin" # with a dot that is as good as none
printf '#!/bin/sh\nexit 127\n' > "$dir/bin/dot"
chmod +x "$dir/bin/dot"
path=$PATH PATH=$dir/bin:$PATH
expect 1 stderr "reel dot: $dir/it's.png: only $dir/it's.dot is written, for \
lack of Graphviz's program dot" dot "$dir/square" -o "$dir/it's.png"
PATH=$path
[ -s "$dir/it's.dot" ] && [ ! -e "$dir/it's.png" ] || fail "reel dot: files"
expect 1 stderr "reel dot: $dir/none: was saved without outputs: name a node" \
    dot "$dir/none"

expect 0 stdout "%2 sum =" run "$dir/square"
expect 0 stdout "1" run "$dir/square"
expect 1 stderr "reel run: input x []: has no data" run "$dir/fed"
expect 0 stdout "[-inf, 0]" run "$dir/log"
REEL_ANOMALY=1
export REEL_ANOMALY
expect 1 stderr "reel run: net.c:5: log f64 [2]: 1 infinite of 2 values, the \
first at [0]; operand 0, parameter 'w' f64 [2]: 0 to 1" run "$dir/log"
unset REEL_ANOMALY

expect 0 stdout "pass: 2 compared, 2 passed, 0 failed, 0 at a kink; loss 1" \
    gradcheck "$dir/square"
expect 0 stdout "pass: 1 compared" gradcheck --sample=1 --seed 1 "$dir/square"
expect 0 stdout "pass: 2 compared" gradcheck "$dir/square" --loss %2 --by w,%0 \
    --rtol 1e-6 --atol 1e-9 --step 1e-6 --sample 1
expect 0 stdout "pass: 2 compared, 1 passed, 0 failed, 1 at a kink" \
    gradcheck "$dir/kink" --loss %2
expect 1 stdout "FAIL: 2 compared, 1 passed, 1 failed" gradcheck "$dir/steep"
expect 1 stderr "reel gradcheck: $dir/kink: no node 'b' (reel print lists" \
    gradcheck "$dir/kink" --by w,b
expect 1 stderr "reel gradcheck: $dir/kink: no node '%3' (reel print lists" \
    gradcheck "$dir/kink" --loss %3
expect 1 stderr "reel gradcheck: $dir/none: was saved without outputs" \
    gradcheck "$dir/none"
expect 1 stderr "reel gradcheck: $dir/fed: the loss depends on no parameter" \
    gradcheck "$dir/fed"
expect 0 stdout "pass: 2 compared, 1 passed, 0 failed, 1 at a kink" \
    gradcheck "$dir/kink" --loss %1
expect 0 stdout "pass: 3 directions" gradcheck "$dir/square" --directions 3 --threads 2
expect 0 stdout "w, order 2 " gradcheck "$dir/square" --order 2
expect 0 stdout '  "verdict": "pass"' gradcheck "$dir/square" --json --seed 7
expect 0 stdout '  "seed": "7"' gradcheck "$dir/square" --json --seed 7
expect 1 stderr "reel gradcheck: gradcheck: directions move all elements" \
    gradcheck "$dir/square" --directions 3 --sample 1
expect 2 stderr "reel gradcheck: --order: 0 is out of range" gradcheck "$dir/square" --order 0
"$reel" gradcheck "$dir/square" --quiet > "$dir/stdout"
[ ! -s "$dir/stdout" ] || fail "--quiet is not quiet"

# What an example saves.
"$top_builddir/examples/digits" --epochs 1 --save "$dir/digits" > /dev/null
expect 0 stdout "pass: 12 compared, 12 passed" \
    gradcheck "$dir/digits" --sample 3
expect 0 stdout "%22 affine =" run "$dir/digits"

echo "tool: $checks calls of reel did as they should; graph $drawn"

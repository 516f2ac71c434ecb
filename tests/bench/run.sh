#!/bin/sh
# run.sh PROGRAM...: runs the benchmarks and those peers that are installed, in
# turns, prints their lines, and at the end a table of the medians (table.awk).
#
# From the environment, as make bench sets them: top_srcdir, BENCH_MNIST (the
# example program), BENCH_BUILD (where to build peers). By the user:
# BENCH_ROUNDS (3) of everything; BENCH_DATA, a folder with MNIST; BENCH_QUICK=1
# to try everything with the smallest sizes; CXX (c++).
set -eu
: "${top_srcdir:=.}" "${BENCH_ROUNDS:=3}" "${BENCH_BUILD:=.}" "${CXX:=c++}"
[ "${BENCH_QUICK:-0}" = 0 ] || BENCH_ROUNDS=1
peers=$top_srcdir/tests/bench/peers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# Environments in which peers would be slower than they can be.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS BLIS_NUM_THREADS
case $(cat /proc/cpuinfo 2> /dev/null) in
    *avx512f*avx512dq*) # BLIS knows it as skx, PyTorch by name
        BLIS_ARCH_TYPE=0 ATEN_CPU_CAPABILITY=avx512
        export BLIS_ARCH_TYPE ATEN_CPU_CAPABILITY ;;
    *) unset BLIS_ARCH_TYPE ;;
esac

say() { echo "bench: $*" >&2; }

# Prints and keeps a program's lines.
run() {
    if "$@" > "$work/out"; then
        tee -a "$work/lines" < "$work/out"
    else
        say "failed: $*"
        failed=1
    fi
}
failed=0

# --------------------------------------------------------------------- data

if [ -z "${BENCH_DATA:-}" ]; then
    for dir in "$top_srcdir/../shared/data/mnist" \
        /usr/share/datasets/mnist /usr/share/datasets/fashion-mnist; do
        for file in "$dir"/train-images-idx3-ubyte "$dir"/train-images-idx3-ubyte.gz
        do
            [ -n "${BENCH_DATA:-}" ] || [ ! -r "$file" ] || BENCH_DATA=$dir
        done
    done
fi
[ -z "${BENCH_DATA:-}" ] || export BENCH_DATA

# -------------------------------------------------------------------- peers

# python_with MODULE: an interpreter that has it.
python_with() {
    for python in /usr/bin/python3 python3; do
        if "$python" -c "import $1" > /dev/null 2>&1; then
            echo "$python"
            return
        fi
    done
}

# openblas_of KIND: the folder of Debian's OpenBLAS on threads of that kind.
openblas_of() {
    for dir in /usr/lib/*/"openblas-$1"; do
        [ ! -d "$dir" ] || echo "$dir"
    done | head -n 1
}

numpy=$(python_with numpy)
torch=$(python_with torch)
[ -n "$numpy" ] || say "NumPy is not installed (apt install python3-numpy)"
[ -n "$torch" ] || say "PyTorch is not installed (apt install python3-torch)"
pthread_blas=$(openblas_of pthread)
openmp_blas=$(openblas_of openmp)
[ -n "$pthread_blas" ] || say "no OpenBLAS for NumPy that this script knows" \
    "(apt install libopenblas0-pthread): it uses what it finds"
[ -n "$openmp_blas" ] || say "no OpenBLAS for PyTorch on two threads" \
    "(apt install libopenblas0-openmp): it uses what it finds"

# with_blas FOLDER COMMAND...
with_blas() {
    blas=$1
    shift
    if [ -n "$blas" ]; then
        LD_LIBRARY_PATH=$blas${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"
    else
        "$@"
    fi
}

numpy_step() { # THREADS
    OPENBLAS_NUM_THREADS=$1 OMP_NUM_THREADS=$1 \
        with_blas "$pthread_blas" "$numpy" "$peers/step_numpy.py" "$1"
}

torch_step() { # THREADS
    OMP_NUM_THREADS=$1 \
        with_blas "${openmp_blas:-$pthread_blas}" "$torch" \
        "$peers/step_torch.py" "$1"
}

torch_chain() {
    OMP_NUM_THREADS=1 "$torch" "$peers/scalar_torch.py"
}

# build_peer NAME LIBRARY PACKAGE: compiles a program that times a C or C++
# library.
build_peer() {
    if ${CC:-cc} -O2 -c -o "$work/bench.o" "$peers/../bench.c" &&
        $CXX -O3 "-I$peers/.." -o "$BENCH_BUILD/$1" "$peers/$1.cpp" \
            "$work/bench.o" "-l$2" > "$work/log" 2>&1; then
        built="$built $BENCH_BUILD/$1"
    else
        say "$1: $3 is not installed, or does not compile:" \
            "$(grep -m 1 -e 'error' -e 'not found' "$work/log" || true)"
    fi
}

# run_peers WHAT: those built that measure it.
run_peers() {
    for peer in $built; do
        case $peer in
            */"$1"_*) run "$peer" ;;
        esac
    done
}

built=
mkdir -p "$BENCH_BUILD"
build_peer scalar_adolc adolc libadolc-dev
build_peer step_fann floatfann libfann-dev

# ------------------------------------------------------------------- rounds

: > "$work/lines"
round=1
while [ "$round" -le "$BENCH_ROUNDS" ]; do
    for program; do
        run "$program"
        case $program in
            */step | step)
                for threads in 1 2; do
                    [ -z "$numpy" ] || run numpy_step "$threads"
                    [ -z "$torch" ] || run torch_step "$threads"
                done
                run_peers step ;;
            */scalar | scalar)
                [ -z "$torch" ] || run torch_chain
                run_peers scalar ;;
        esac
    done
    round=$((round + 1))
done
echo
awk -f "$top_srcdir/tests/bench/table.awk" "$work/lines"
exit "$failed"

#!/bin/sh
# cross.sh: builds Reel with cross compilers and runs its tests under qemu-user.
#
#   tests/cross.sh [--fetch] [--keep DIRECTORY] [TARGET...]
#
# Targets, all of them unless some are named:
#
#   aarch64   the NEON kernels
#   s390x     big-endian
#   arm       32 bits
#   musl      another C library, on this machine: library and examples alone
#
# A target is left out, with a line that says why, where its compiler, qemu or a
# Check for it is missing. --fetch downloads Debian's Check for a target, where
# it is not installed, to a place of this script's own. What is built goes to
# the directory to keep, else to one that is removed. From a checkout after
# ./bootstrap, or from a source archive. On Debian:
#
#   apt install qemu-user gcc-aarch64-linux-gnu gcc-s390x-linux-gnu \
#       gcc-arm-linux-gnueabihf musl-tools
#
# Ends with "N targets passed, N skipped, N failed" and succeeds if some passed
# and none failed.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
jobs=$(getconf _NPROCESSORS_ONLN)
dir= fetch=no targets=
passed=0 skipped=0 failed=0

say() { printf 'cross: %s\n' "$*"; }

skip() { # TARGET WHY
    say "$1: skipped: $2"
    exit 77
}

have() { command -v "$1" > /dev/null 2>&1; }

# A command's output, shown if it fails.
quietly() { # LOG COMMAND...
    log=$1
    shift
    "$@" > "$log" 2>&1 || {
        tail -n 60 "$log"
        say "failed: $*"
        exit 1
    }
}

# Debian's packages for another architecture, unpacked beside the build, with
# lists and cache of their own: nothing on this machine changes.
fetch_check() { # DEBIAN-ARCHITECTURE PLACE
    mkdir -p "$2/lists/partial" "$2/cache/archives/partial"
    cat > "$2/apt.conf" << END
APT::Architecture "$1";
APT::Architectures "$1";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State::Lists "$2/lists";
Dir::State::status "/dev/null";
Dir::Cache "$2/cache";
END
    (
        cd "$2"
        APT_CONFIG=$2/apt.conf
        export APT_CONFIG
        apt-get -q update
        apt-get -q download check libsubunit-dev
        for package in *.deb; do
            dpkg -x "$package" root
        done
    )
}

# The folder that holds include/check.h and lib/TRIPLET/libcheck.a.
check_for() { # DEBIAN-ARCHITECTURE TRIPLET PLACE
    for root in /usr "$3/root/usr"; do
        [ ! -f "$root/lib/$2/libcheck.a" ] || { echo "$root"; return; }
    done
    [ "$fetch" = yes ] && have apt-get && have dpkg || return 0
    mkdir -p "$3"
    fetch_check "$1" "$3" > "$3.log" 2>&1 || { cat "$3.log" >&2; return 0; }
    [ ! -f "$3/root/usr/lib/$2/libcheck.a" ] || echo "$3/root/usr"
}

cross() { # TARGET TRIPLET DEBIAN-ARCHITECTURE
    build=$dir/$1
    have "$2-gcc" || skip "$1" "no $2-gcc"
    have "qemu-$1" || skip "$1" "no qemu-$1"
    check=$(check_for "$3" "$2" "$dir/check-$3")
    [ -n "$check" ] ||
        skip "$1" "no Check for $3 (--fetch downloads one)"
    say "$1: building"
    mkdir -p "$build"
    cd "$build"
    quietly configure.log "$top/configure" --host="$2" --enable-werror \
        --disable-shared CFLAGS=-O2 CHECK_CFLAGS="-I$check/include" \
        CHECK_LIBS="$check/lib/$2/libcheck.a $check/lib/$2/libsubunit.a \
-lpthread -lrt -lm"
    quietly make.log make -j"$jobs"
    quietly tests.log make -j"$jobs" check TESTS=
    say "$1: testing"
    # Software is slow at being a processor: small tests, patient ones.
    quietly check.log env REEL_TEST_SMALL=1 CK_TIMEOUT_MULTIPLIER=20 \
        make -j"$jobs" check-suites LOG_COMPILER="qemu-$1 -L /usr/$2"
    say "$1: $("$top/tests/summary.sh" .)"
}

# No Check for it to link: the examples' own checks must do.
musl() {
    have musl-gcc || skip musl "no musl-gcc"
    say "musl: building"
    mkdir -p "$dir/musl"
    cd "$dir/musl"
    quietly configure.log "$top/configure" CC=musl-gcc --enable-werror \
        --disable-shared --disable-openmp CFLAGS=-O2
    quietly make.log make -j"$jobs"
    say "musl: testing"
    for example in xor scalar digits; do
        quietly run.log "examples/$example"
    done
    say "musl: examples run"
}

while [ $# -gt 0 ]; do
    case $1 in
    --fetch) fetch=yes ;;
    --keep)
        [ $# -gt 1 ] || { say "--keep needs a directory" >&2; exit 2; }
        mkdir -p "$2"
        dir=$(cd "$2" && pwd)
        shift ;;
    --help)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
        exit ;;
    aarch64 | s390x | arm | musl) targets="$targets $1" ;;
    *)
        say "neither an option nor a target: $1" >&2
        exit 2 ;;
    esac
    shift
done

[ -x "$top/configure" ] || { say "run ./bootstrap first" >&2; exit 2; }
if [ -z "$dir" ]; then
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
fi
for target in ${targets:-aarch64 s390x arm musl}; do
    set +e
    (
        set -e
        case $target in
        aarch64) cross aarch64 aarch64-linux-gnu arm64 ;;
        s390x) cross s390x s390x-linux-gnu s390x ;;
        arm) cross arm arm-linux-gnueabihf armhf ;;
        musl) musl ;;
        esac
    )
    status=$?
    set -e
    case $status in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
done
say "$passed targets passed, $skipped skipped, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]

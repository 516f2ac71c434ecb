#!/bin/sh
# summary.sh BUILD...: adds up the closing lines of the Check suites in build
# folders ("100%: Checks: 12, Failures: 0, Errors: 0") and the results of
# shell tests and fuzzers, and ends with the line "N passed, N failed".
set -eu
for build; do
    cat "$build"/tests/*.log "$build"/tests/*/*.log
done | awk '
    /: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
        split($0, n, /[:,] */)
        for (i in n) {
            if (n[i] == "Checks") checks += n[i + 1]
            if (n[i] == "Failures" || n[i] == "Errors") failed += n[i + 1]
        }
        next
    }
    /^PASS .*(\.sh|fuzz_[a-z]*) / { checks++ }
    /^FAIL .*(\.sh|fuzz_[a-z]*) / { checks++; failed++ }
    END {
        printf "%d passed, %d failed\n", checks - failed, failed
        exit failed > 0 || checks == 0
    }'

#!/bin/sh
# Writes the op table of docs/manual.md anew from include/reel/ops.def.
# With --check, only says whether it is up to date (exit status 1: it is not).
set -e
top=$(cd "$(dirname "$0")/.." && pwd)
manual=$top/docs/manual.md
new=${TMPDIR:-/tmp}/reel-manual.$$
trap 'rm -f "$new"' EXIT

awk '
    FNR == NR && /^REEL_OP\(/ {
        name = $0; sub(/^REEL_OP\(/, "", name); sub(/,.*/, "", name)
        split($0, text, "\"")
        for (i = 2; i <= 4; i += 2) gsub(/\|/, "\\|", text[i])
        rows[n++] = "| `" name "` | " text[2] " | " text[4] " |"
        next
    }
    FNR == NR && /^\/\* [a-z]/ {
        title = $0; sub(/^\/\* /, "", title); sub(/ *\*\/$/, "", title)
        rows[n++] = "| **" title "** | | |"
        next
    }
    FNR == NR { next }
    /^<!-- begin ops/ {
        print; print ""
        print "| op | value | gradient |"; print "| --- | --- | --- |"
        for (i = 0; i < n; i++) print rows[i]
        print ""; skip = 1; next
    }
    /^<!-- end ops/ { skip = 0 }
    !skip { print }
' "$top/include/reel/ops.def" "$manual" > "$new"

if [ "$1" = --check ]; then
    cmp -s "$new" "$manual" || {
        echo "docs/manual.md: the op table is old: run docs/op-table.sh" >&2
        exit 1
    }
else
    cat "$new" > "$manual"
fi

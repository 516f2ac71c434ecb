#!/bin/sh
# The reports in docs/checking-gradients.md are those that gradcheck_cases
# prints, but for digits: libms and long doubles differ.
#
# From the environment: top_srcdir, top_builddir as make check sets them.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}"
text=$top_srcdir/docs/checking-gradients.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mask() { sed 's/[-+]\{0,1\}[0-9][0-9.]*\(e[-+][0-9]*\)\{0,1\}/N/g; s/  */ /g'; }

cases=$(sed -n 's/^<!-- gradcheck_cases \([a-z]*\) -->$/\1/p' "$text")
n=0
for name in $cases; do
    awk -v mark="<!-- gradcheck_cases $name -->" '
        $0 == mark { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$text" | mask > "$dir/shown"
    "$top_builddir/tests/gradcheck_cases" "$name" | mask > "$dir/printed"
    cmp "$dir/shown" "$dir/printed" ||
        { echo "gradcheck_docs: $name prints another report" >&2
          diff "$dir/shown" "$dir/printed" >&2 || true
          exit 1; }
    n=$((n + 1))
done
[ "$n" -eq 6 ] || { echo "gradcheck_docs: $n reports, not 6" >&2; exit 1; }
echo "gradcheck_docs: $n reports compared"

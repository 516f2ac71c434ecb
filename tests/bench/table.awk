# table.awk: a table of the benchmarks' lines: what Reel does, how much of the
# machine's limit that is, and how much faster it is than each peer. Figures that
# came several times are the medians of theirs.

# The median of the numbers in a list with blanks between them.
function median(list,    x, n, i, j, swap) {
    n = split(list, x, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && x[j - 1] + 0 > x[j] + 0; j--) {
            swap = x[j]
            x[j] = x[j - 1]
            x[j - 1] = swap
        }
    return n % 2 ? x[(n + 1) / 2] + 0 : (x[n / 2] + x[n / 2 + 1]) / 2
}

/^name=/ {
    delete field
    for (i = 1; i <= NF; i++) {
        at = index($i, "=")
        field[substr($i, 1, at - 1)] = substr($i, at + 1)
    }
    row = field["name"] SUBSEP field["threads"]
    if (!(row in unit)) {
        rows[++count] = row
        unit[row] = field["unit"]
    }
    cell = row SUBSEP field["by"]
    if (!(cell in value))
        by[row] = by[row] " " field["by"]
    value[cell] = value[cell] " " field["value"]
    if ("ratio" in field)
        ratio[cell] = ratio[cell] " " field["ratio"]
}

END {
    print "| what | threads | figure | of the limit | " \
        "others, and how much faster Reel is |"
    print "| --- | --- | --- | --- | --- |"
    for (r = 1; r <= count; r++) {
        row = rows[r]
        split(row, part, SUBSEP)
        n = split(by[row], who, " ")
        main = 1 # Reel, where it takes part
        for (i = 1; i <= n; i++)
            if (who[i] == "reel")
                main = i
        cell = row SUBSEP who[main]
        mine = median(value[cell])
        others = ""
        for (i = 1; i <= n; i++)
            if (i != main) {
                his = median(value[row SUBSEP who[i]])
                times = unit[row] ~ /\// ? mine / his : his / mine
                others = others sprintf("%s%s %.4g (%.2fx)",
                    others == "" ? "" : ", ", who[i], his, times)
            }
        printf "| %s | %s | %.4g %s | %s | %s |\n", part[1], part[2], mine,
            unit[row], cell in ratio ? sprintf("%.0f %%",
                100 * median(ratio[cell])) : "", others
    }
}

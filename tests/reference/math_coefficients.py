#!/usr/bin/env python3
"""Prints src/kernels/math_coefficients.h: the numbers in the vector functions.

Polynomials interpolate their function at Chebyshev nodes of the interval, which
comes within a small factor of the best one; degrees are the least whose error
is below the rounding error where they are used. All in 60 digits, rounded once.
"""
import mpmath as mp

mp.mp.dps = 60


def chebyshev_fit(f, low, high, terms):
    """The coefficients, lowest first, of the polynomial through f at nodes."""
    nodes = [(low + high) / 2 + (high - low) / 2 *
             mp.cos(mp.pi * (2 * i + 1) / (2 * terms)) for i in range(terms)]
    table = [mp.mpf(f(x)) for x in nodes]
    for step in range(1, terms):                    # divided differences
        for i in range(terms - 1, step - 1, -1):
            table[i] = ((table[i] - table[i - 1]) /
                        (nodes[i] - nodes[i - step]))
    poly = [table[-1]]
    for i in range(terms - 2, -1, -1):              # Newton's form to powers
        shifted = [mp.mpf(0)] + poly
        for j, c in enumerate(poly):
            shifted[j] -= nodes[i] * c
        shifted[0] += table[i]
        poly = shifted
    return poly


def worst(f, poly, low, high, weight):
    """The largest |poly - f| * weight on a grid."""
    most = mp.mpf(0)
    for i in range(201):
        x = low + (high - low) * mp.mpf(i) / 200
        if x == 0:
            continue
        value = sum(c * x ** n for n, c in enumerate(poly))
        most = max(most, abs((value - f(x)) * weight(x)))
    return most


def parts(value, bits, count):
    """value as short pieces of so many bits, and what is left."""
    pieces = []
    for _ in range(count - 1):
        scale = mp.mpf(2) ** (bits - 1 - int(mp.floor(mp.log(abs(value), 2))))
        piece = mp.floor(value * scale) / scale
        pieces.append(piece)
        value -= piece
    return pieces + [value]


def rounded(value, bits):
    """The nearest number of so many bits, as a C literal."""
    if value == 0:
        return "0x0p+0"
    exponent = int(mp.floor(mp.log(abs(value), 2)))
    whole = int(mp.nint(abs(value) * mp.mpf(2) ** (bits - 1 - exponent)))
    if whole >> bits:
        whole >>= 1
        exponent += 1
    pad = (-(bits - 1)) % 4
    digits = (whole - (1 << (bits - 1))) << pad
    text = "%0*x" % ((bits - 1 + pad) // 4, digits)
    return "%s0x1.%sp%+d" % ("-" if value < 0 else "", text.rstrip("0") or "0",
                             exponent)


def series(terms):
    """sum terms(n), n = 0, 1, ..., for functions with a removable 0/0."""
    return mp.nsum(terms, [0, mp.inf])


def exp_rest(r):            # e^r = 1 + r + r^2 P(r)
    return (mp.expm1(r) - r) / r ** 2 if abs(r) > 1e-12 else (
        mp.mpf(1) / 2 + r / 6)


def log_rest(z):            # log((1 + s)/(1 - s)) = 2 s + s z P(z), z = s^2
    s = mp.sqrt(z)
    return ((2 * mp.atanh(s) - 2 * s) / s ** 3 if s > 1e-12 else
            mp.mpf(2) / 3 + z * 2 / 5)


def log_rest5(z):           # the same as 2/3 s (3 + z + z^2 P(z))
    s = mp.sqrt(z)
    return ((3 * mp.atanh(s) - 3 * s - s ** 3) / s ** 5 if s > 1e-8 else
            mp.mpf(3) / 5 + z * 3 / 7)


def sin_rest(z):            # sin r = r + r z P(z), z = r^2
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / r ** 3 if r > 1e-12 else -mp.mpf(1) / 6 + z / 120


def cos_rest(z):            # cos r = 1 - z/2 + z^2 P(z)
    r = mp.sqrt(z)
    return ((mp.cos(r) - 1 + z / 2) / z ** 2 if r > 1e-8 else
            mp.mpf(1) / 24 - z / 720)


def erf_rest(z):            # erf x = x + x P(z), z = x^2
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1 if x > 1e-20 else 2 / mp.sqrt(mp.pi) - 1


MIDDLE = mp.mpf(4)


def tail_rest(t):           # e^(y^2/2) erfc(y/sqrt 2) = P(t) / (1 + 5/4 y)
    y = MIDDLE * (1 + t) / (1 - t)          # t = (y - MIDDLE)/(y + MIDDLE)
    return mp.exp(y * y / 2) * mp.erfc(y / mp.sqrt(2)) * (1 + y * 5 / 4)


SQUARE = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
FITS = [    # name, function, interval, terms for f32 and f64, error's weight
    ("exp", exp_rest, -0.3470, 0.3470, (5, 10), lambda r: r * r),
    ("log", log_rest, 0, SQUARE ** 2 * 1.001, (4, 8), lambda z: z / 2),
    ("log5", log_rest5, 0, SQUARE ** 2 * 1.001, (3, 7),
     lambda z: z ** 2 / 3),
    ("sin", sin_rest, 0, 0.6170, (4, 7), lambda z: z),
    ("cos", cos_rest, 0, 0.6170, (3, 6), lambda z: z * z),
    ("erf", erf_rest, 0, 1, (7, 12), lambda z: 1),
    ("tail", tail_rest, -1, (40 - MIDDLE) / (40 + MIDDLE), (12, 24),
     lambda t: 1 / tail_rest(t)),
]
TYPES = [("f32", "float", 24, "f", 0), ("f64", "double", 53, "", 1)]


def emit(name, ctype, suffix, bits, values, letter):
    print("static const %s reel__%s_%s[] = {" % (ctype, name, suffix))
    for v in values:
        print("    %s%s," % (rounded(v, bits), letter))
    print("};")


def main():
    print("""/* kernels/math_coefficients.h: numbers of the vector functions, written by
 * tests/reference/math_coefficients.py, which says how they are made. Lowest
 * power first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_MATH_COEFFICIENTS_H
#define REEL_KERNELS_MATH_COEFFICIENTS_H""")
    for name, f, low, high, terms, weight in FITS:
        print()
        for suffix, ctype, bits, letter, which in TYPES:
            low, high = mp.mpf(low), mp.mpf(high)
            poly = chebyshev_fit(f, low, high, terms[which])
            error = worst(f, poly, low, high, weight)
            print("/* error 2^%.1f */" % float(mp.log(error, 2)))
            emit(name, ctype, suffix, bits, poly, letter)
    print("\n/* ln 2 and pi/2 in pieces whose products with the integers they "
          "meet are exact,\n * and what is left; 2/3 likewise. */")
    for suffix, ctype, bits, letter, which in TYPES:
        short = (15, 40)[which]
        emit("ln2", ctype, suffix, bits, parts(mp.log(2), short, 2), letter)
        short = (12, 26)[which]
        emit("two_thirds", ctype, suffix, bits, parts(mp.mpf(2) / 3, short, 2),
             letter)
        short = (13, 33)[which]
        emit("half_pi", ctype, suffix, bits, parts(mp.pi / 2, short, 4), letter)
    print("\n#endif /* REEL_KERNELS_MATH_COEFFICIENTS_H */")


main()

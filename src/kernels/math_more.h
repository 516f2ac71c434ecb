/* kernels/math_more.h: error function, sine, cosine, power for one dtype.
 * Included by math_functions.h after math_basic.h.
 *
 * SPDX-License-Identifier: MIT */

/* The leading half of x's bits; what is left fits in as many. */
static inline V M(leading)(V x)
{
    return M(of_bits)(M(bits)(x) & HALF_MASK);
}

/* ------------------------------------------------------------ error function
 */

/* factor * erfc(y/sqrt 2) = result * 2^k for y >= 0, of which half_square + less is
 * y^2/2, more exactly than y tells. With t = (y - 4)/(y + 4) it is e^(-y^2/2)
 * P(t)/(1 + 5/4 y), the shape of M. M. Shepherd and J. G. Laframboise,
 * "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", Math. Comp. 36
 * (1981). */
static inline V M(erfc_of)(V factor, V y, V half_square, V less, I *k)
{
    V p = factor * POLY(tail, (y - 4) / (y + 4)) / (y * (T)1.25 + 1);
    return p + p * M(exp_beyond)(-half_square, less, k);
}

static inline V M(v_erf)(V x)
{
    I k;
    V a = M(at_most)(M(magnitude)(x), ERF_HIGH), high = M(leading)(a);
    V c = M(erfc_of)(ALL(1), a * (T)1.41421356237309504880, high * high,
                     (a - high) * (a + high), &k);
    V far = M(with_sign)(1 - M(scale)(c, k), x);
    return SELECT(a < 1, x + x * POLY(erf, x * x), far);
}

/* x (1 + erf(x/sqrt 2))/2 near 0. Further out, for x < 0, x erfc(-x/sqrt 2)/2,
 * scaled as a whole, as silu; for x > 0 it is x less that of -x. */
static inline V M(v_gelu)(V x)
{
    I k;
    V y = M(at_least)(M(at_most)(x, GELU_HIGH), -GELU_HIGH);
    V a = M(magnitude)(y), high = M(leading)(a), half = y * (T)0.5;
    V c = M(erfc_of)(half, a, high * high * (T)0.5,
                     (a - high) * (a + high) * (T)0.5, &k);
    V part = M(scale)(c, k);
    V far = SELECT(x > 0, x - part, part);
    V root = y * (T)0.70710678118654752440;
    V near = half * (1 + (root + root * POLY(erf, y * half)));
    return SELECT(a < 1, near, far);
}

/* ----------------------------------------------------------- sine and cosine
 */

/* sin(x + quarters pi/2). Arguments past TRIG_HIGH, where the pieces of pi/2 no
 * longer suffice, are the C library's, each for itself. */
static inline V M(sine)(V x, INT quarters)
{
    const T *c = M(half_pi);
    V t = x * (T)0.63661977236758134308 + ROUND, n = t - ROUND;
    V near = ((x - n * c[0]) - n * c[1]) - n * c[2];
    V r = near - n * c[3];
    V less = (r - near) + n * c[3];
    V z = r * r, half = z * (T)0.5, one = 1 - half;
    I q = M(bits)(t) + quarters;
    V sine = r + (r * (z * POLY(sin, z)) - less);
    V cosine = one + (((1 - one) - half) + (z * z * POLY(cos, z) + r * less));
    V y = SELECT((q & 1) == 0, sine, cosine);
    return M(of_bits)(M(bits)(y) ^ (I)((U)(q & 2) << (8 * sizeof(T) - 2)));
}

static inline V M(far_lanes)(V x, V y, T function(T))
{
    T from[sizeof(V) / sizeof(T)], to[sizeof(V) / sizeof(T)];
    memcpy(from, &x, sizeof x);
    memcpy(to, &y, sizeof y);
    for (size_t i = 0; i < sizeof(V) / sizeof(T); i++)
        if (!(F(fabs)(from[i]) <= TRIG_HIGH))
            to[i] = function(from[i]);
    memcpy(&y, to, sizeof y);
    return y;
}

static inline V M(v_sin)(V x)
{
    V y = SELECT(x == 0, x, M(sine)(x, 0));
    if (M(any)((I)(M(magnitude)(x) > TRIG_HIGH)))
        y = M(far_lanes)(x, y, F(sin));
    return y;
}

static inline V M(v_cos)(V x)
{
    V y = M(sine)(x, 1);
    if (M(any)((I)(M(magnitude)(x) > TRIG_HIGH)))
        y = M(far_lanes)(x, y, F(cos));
    return y;
}

/* ------------------------------------------------------------------ power */

/* log(x) of x > 0 as high + low, high of half the bits: with m 2^e = x and s =
 * (m - 1)/(m + 1) it is e log 2 + 2/3 s (3 + s^2 + s^4 P(s^2)), each factor in
 * two parts. */
static inline V M(long_log)(V x, V *low)
{
    V e, m = M(split)(x, &e);
    V f = m - 1, d = m + 1, dh = M(leading)(d), dl = m - (dh - 1);
    V s = f / d, sh = M(leading)(s), sl = ((f - sh * dh) - sh * dl) / d;
    V z = s * s, square = sh * sh;
    V rest = z * z * POLY(log5, z) + sl * (sh + s);
    V th = M(leading)(square + 3 + rest), tl = rest - ((th - 3) - square);
    V u = sh * th, v = sl * th + tl * s;
    V ph = M(leading)(u + v), pl = v - (ph - u);

    V main = ph * M(two_thirds)[0], base = e * LN2[0], sum = base + main;
    V more = ((base - sum) + main) +
             ((ph * M(two_thirds)[1] + pl * (T)0.66666666666666666667) +
              e * LN2[1]);
    V high = M(leading)(sum + more);
    *low = more - (high - sum);
    return high;
}

/* |x|^y for finite |x| > 0, but for |x| = 1. */
static inline V M(pow_of)(V x, V y)
{
    I k;
    V low, high = M(long_log)(x, &low);
    V yh = M(leading)(y), about = y * high;
    V product = yh * high, rest = (y - yh) * high + y * low;
    V sum = product + rest;
    V less = (sum - product) - rest;
    I fits = (I)(about > EXP_LOW) & (I)(about < EXP_HIGH);
    sum = SELECT(fits, sum, M(at_least)(M(at_most)(about, EXP_HIGH), EXP_LOW));
    V e = M(exp_beyond)(sum, SELECT(fits, less, ALL(0)), &k) + 1;
    return M(scale)(e, k);
}

/* C's pow, Annex F's values at the ends included. */
static inline V M(v_pow)(V x, V y)
{
    const T whole_from = (T)(INT64_C(1) << MANTISSA);
    V a = M(magnitude)(x), b = M(magnitude)(y), half = b * (T)0.5;
    I whole = (I)(b >= whole_from) | (I)((b + whole_from) - whole_from == b);
    I even = (I)(b >= 2 * whole_from) |
             (I)((half + whole_from) - whole_from == half);
    V r = M(pow_of)(a, y);
    V end = SELECT((I)(a == 0) ^ (I)(y < 0), ALL(0), ALL(INFINITY));
    r = SELECT((I)(a == 0) | (I)(a == INFINITY), SELECT(y == y, end, y), r);
    r = SELECT(a == 1, SELECT(y == y, ALL(1), y), r);
    V odd = SELECT(even, ALL(0), x);
    r = SELECT(whole, M(of_bits)(M(bits)(r) ^ (M(bits)(odd) & ~MAGNITUDE)), r);
    r = SELECT(whole, r, SELECT((I)(x < 0) & (I)(x > -INFINITY), ALL(NAN), r));
    r = SELECT(x == x, r, x);
    return SELECT((I)(y == 0) | (I)(x == 1), ALL(1), r);
}

/* a log b, and a log(1 + b), 0 where a is and b is a number. */
static inline V M(v_xlogy)(V a, V b)
{
    return SELECT((I)(a == 0) & (I)(b == b), ALL(0), a * M(v_log)(b));
}

static inline V M(v_xlog1py)(V a, V b)
{
    return SELECT((I)(a == 0) & (I)(b == b), ALL(0), a * M(v_log1p)(b));
}

/* p (e^x - 1) below 0. */
static inline V M(v_elu)(V x, T p)
{
    return SELECT(x > 0, x, p * M(v_expm1)(x));
}

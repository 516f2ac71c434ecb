/* kernels/math_basic.h: exponentials and logarithms, and what is made of them,
 * for one dtype. Included by math_functions.h.
 *
 * SPDX-License-Identifier: MIT */

/* c[0] + c[1] x + ..., Horner's scheme. */
static inline V M(poly)(V x, const T *c, int terms)
{
    V sum = ALL(c[terms - 1]);
    for (int i = terms - 1; i-- > 0;)
        sum = sum * x + c[i];
    return sum;
}

#if REEL__VECTORS && !defined(REEL__SHORT_CHAINS)
#define SHORT_POLY POLY
#else
/* The same where later terms are small, for what waits for one vector or
 * number, which must wait for each sum: four terms at a time, (c0 + c1 x) + (c2
 * + c3 x) x^2, by powers of x^4. */
static REEL__INLINE V M(short_poly)(V x, const T *c, int terms)
{
    V square = x * x, fourth = square * square, sum = ALL(0);
    for (int i = (terms - 1) / 4 * 4; i >= 0; i -= 4) {
        V part = i + 1 < terms ? c[i + 1] * x + c[i] : ALL(c[i]);
        if (i + 3 < terms)
            part = (c[i + 3] * x + c[i + 2]) * square + part;
        else if (i + 2 < terms)
            part = c[i + 2] * square + part;
        sum = i + 4 < terms ? sum * fourth + part : part;
    }
    return sum;
}
#define SHORT_POLY(name, x) \
    M(short_poly)(x, M(name), (int)(sizeof M(name) / sizeof *M(name)))
#endif

#if REEL__VECTORS
static inline V M(magnitude)(V x)
{
    return M(of_bits)(M(bits)(x) & MAGNITUDE);
}

/* x, which is not negative, with the sign of s. */
static inline V M(with_sign)(V x, V s)
{
    return M(of_bits)(M(bits)(x) | (M(bits)(s) & ~MAGNITUDE));
}
#else
static inline V M(magnitude)(V x)
{
    return F(fabs)(x);
}

static inline V M(with_sign)(V x, V s)
{
    return F(copysign)(x, s);
}
#endif

/* A NaN stays one. */
static inline V M(at_most)(V x, T high)
{
    return SELECT(x > high, ALL(high), x);
}

static inline V M(at_least)(V x, T low)
{
    return SELECT(x < low, ALL(low), x);
}

/* -------------------------------------------------------------------- exp */

/* x 2^k for k from -2 BIAS: in two steps, of which only the second rounds. */
static inline V M(scale)(V x, I k)
{
    U both = (U)(k + 2 * BIAS), half = both >> 1;
    return x * M(of_bits)((I)(half << MANTISSA)) *
           M(of_bits)((I)((both - half) << MANTISSA));
}

/* e^(x - less) = (1 + result) 2^k for a small less; the result is between about
 * sqrt(1/2) - 1 and sqrt(2) - 1. */
static inline V M(exp_beyond)(V x, V less, I *k)
{
    V t = x * (T)1.44269504088896340736 + ROUND;
    V n = t - ROUND;
    V r = (x - n * LN2[0]) - n * LN2[1] - less;
    *k = M(bits)(t) - ROUND_BITS;
    return r + r * r * SHORT_POLY(exp, r);
}

#if !REEL__VECTORS
/* e^x less 2^k, which is a normal number, for |x| < EXP_NORMAL: one number need
 * not go by way of what only few need. */
static inline V M(exp_above)(V x, V *power)
{
    I k;
    V e = M(exp_beyond)(x, ALL(0), &k);
    *power = M(of_bits)((I)((U)(k + BIAS) << MANTISSA));
    return *power * e;
}
#endif

static inline V M(v_exp)(V x)
{
    I k;
#if !REEL__VECTORS
    if (M(magnitude)(x) < EXP_NORMAL) {
        V power, above = M(exp_above)(x, &power);
        return power + above;
    }
#endif
    V y = M(at_least)(M(at_most)(x, EXP_HIGH), EXP_LOW);
    V e = M(exp_beyond)(y, ALL(0), &k) + 1;
    return M(scale)(e, k);
}

/* (e^x - 1)/2 = result + rest for ONE_LOW <= x <= EXP_HIGH, to the last bit
 * also near 0: with e^r - 1 = r + q, it is 2^(k-1) (r + q) + (2^(k-1) - 1/2),
 * summed with the error of the large parts. Half of it does not overflow. */
static inline V M(half_expm1)(V x, V *rest)
{
    V t = x * (T)1.44269504088896340736 + ROUND;
    V n = t - ROUND;
    V high = x - n * LN2[0];
    V r = high - n * LN2[1];
    V q = r * r * SHORT_POLY(exp, r) + ((high - r) - n * LN2[1]);
    I k = M(bits)(t) - (ROUND_BITS - BIAS + 1);
    V scale = M(of_bits)((I)((U)k << MANTISSA));
    V base = scale - (T)0.5;
    V sum = base + scale * r;
    *rest = ((base - sum) + scale * r) + scale * q;
    return sum;
}

static inline V M(v_expm1)(V x)
{
    V y = M(at_least)(M(at_most)(x, EXP_HIGH), ONE_LOW);
    V rest, e = M(half_expm1)(y, &rest);
    return SELECT(M(magnitude)(x) < TINY, x, 2 * (e + rest));
}

/* (e^2x - 1)/(e^2x + 1) = h/(h + 1), the quotient of the rounded h and h + 1
 * corrected for what they lost; 1/(h + 1) is 1 less the quotient. */
static inline V M(v_tanh)(V x)
{
    V y = M(at_most)(2 * M(magnitude)(x), TANH_HIGH);
#if !REEL__VECTORS
    if (y > (T)1.1) { /* 1 - 2/(e^y + 1) loses no bits */
        V power, above = M(exp_above)(y, &power);
        return M(with_sign)(1 - 2 / ((power + 1) + above), x);
    }
#endif
    V rest, sum = M(half_expm1)(y, &rest);
    V h = sum + rest, lost = rest - (h - sum);
    V one = h + 1, one_lost = SELECT(h < 1, h - (one - 1), 1 - (one - h)) + lost;
    V q = h / one;
    return M(with_sign)(q + (lost - q * one_lost) * (1 - q), x);
}

/* e/(1 + e) for x < 0, else 1/(1 + e), with e = e^-|x|; the former, in which
 * e's own error counts in full, corrected for what the rounded 1 + e lost. */
static inline V M(v_sigmoid)(V x)
{
    V e = M(v_exp)(-M(magnitude)(x));
    V one = e + 1, lost = e - (one - 1);
    V q = SELECT(x < 0, e, ALL(1)) / one;
    return SELECT(x < 0, q - q * lost * (1 - q), q);
}

/* x sigmoid(x): for x < 0 the product x e^x is scaled as a whole, so that it
 * loses no bits where e^x has few; for x > 0 it is x less that of -x. */
static inline V M(v_silu)(V x)
{
    I k;
    V y = M(at_least)(M(at_most)(x, -2 * EXP_LOW), 2 * EXP_LOW);
    V z = M(at_least)(-M(magnitude)(x), (T)1.2 * EXP_LOW);
    V e = M(exp_beyond)(z, ALL(0), &k) + 1;
    V part = M(scale)(e * y / (M(scale)(e, k) + 1), k);
    return SELECT(x > 0, x - part, part);
}

/* -------------------------------------------------------------------- log */

/* x > 0 as m 2^e with m from sqrt(1/2) to sqrt(2). */
static inline V M(split)(V x, V *e)
{
    I small = (I)(x < LEAST);
    I i = M(bits)(SELECT(small, x * (T)(INT64_C(1) << MANTISSA), x));
    U biased = ((U)i + (U)((I){0} + (ONE_BITS - SQRT_HALF))) >> MANTISSA;
    /* The exponent's bits behind those of 2^MANTISSA are a whole number. */
    *e = M(of_bits)((I)biased | ((INT)(BIAS + MANTISSA) << MANTISSA)) -
         ((T)(INT64_C(1) << MANTISSA) + BIAS) -
         SELECT(small, ALL(MANTISSA), ALL(0));
    return M(of_bits)(
        (I)((U)i - (biased << MANTISSA) + (U)((I){0} + ONE_BITS)));
}

/* log(1 + f) + e log 2 for 1 + f from sqrt(1/2) to sqrt(2): with s = f/(2 + f)
 * the first is 2 s + s R = f - (f^2/2 - s (f^2/2 + R)). */
static inline V M(log_of)(V f, V e)
{
    V s = f / (f + 2), z = s * s, half = f * f * (T)0.5;
    V rest = s * (half + z * SHORT_POLY(log, z)) + e * LN2[1];
    return e * LN2[0] - ((half - rest) - f);
}

/* log's values where x is not between 0 and infinity. One comparison a select:
 * SSE2 would take a mask of two lane by lane. */
static inline V M(log_ends)(V x, V log)
{
    V low = SELECT(x == 0, ALL(-INFINITY), ALL(NAN));
    return SELECT(x > 0, SELECT(x < INFINITY, log, x), low);
}

static inline V M(v_log)(V x)
{
    V e, m = M(split)(x, &e);
    return M(log_ends)(x, M(log_of)(m - 1, e));
}

/* With u = 1 + x rounded and m = u/2^e, the part of x that u lost, over 2^e, is
 * added to m - 1. */
static inline V M(v_log1p)(V x)
{
    V e, u = 1 + x, m = M(split)(u, &e);
    V lost = SELECT(x < 1, x - (u - 1), 1 - (u - x));
    /* m/u is 2^-e; past 2^MANTISSA nothing lost counts. */
    I inverse = (I)((U)M(bits)(m) - (U)M(bits)(u) + (U)((I){0} + ONE_BITS));
    lost = SELECT(u < 2 * (T)(INT64_C(1) << MANTISSA),
                  lost * M(of_bits)(inverse), ALL(0));
    V y = M(log_ends)(u, M(log_of)((m - 1) + lost, e));
    return SELECT(M(magnitude)(x) < TINY, x, y);
}

static inline V M(v_softplus)(V x)
{
    V e = M(v_exp)(-M(magnitude)(x));
    return M(at_least)(x, 0) + M(v_log1p)(e);
}

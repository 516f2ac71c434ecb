/* kernels/math_coefficients.h: numbers of the vector functions, written by
 * tests/reference/math_coefficients.py, which says how they are made. Lowest
 * power first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_MATH_COEFFICIENTS_H
#define REEL_KERNELS_MATH_COEFFICIENTS_H

/* error 2^-26.9 */
static const float reel__exp_f32[] = {
    0x1.0p-1f,
    0x1.5554dcp-3f,
    0x1.555518p-5f,
    0x1.120cp-7f,
    0x1.6d119ap-10f,
};
/* error 2^-56.1 */
static const double reel__exp_f64[] = {
    0x1.0000000000001p-1,
    0x1.5555555555556p-3,
    0x1.5555555553d2bp-5,
    0x1.11111111109a2p-7,
    0x1.6c16c178a18c1p-10,
    0x1.a01a01a7d176dp-13,
    0x1.a019b8b8f8697p-16,
    0x1.71de0d7a972efp-19,
    0x1.2891e963ab1f9p-22,
    0x1.af3924be99a57p-26,
};

/* error 2^-35.8 */
static const float reel__log_f32[] = {
    0x1.555556p-1f,
    0x1.9999ecp-2f,
    0x1.245c28p-2f,
    0x1.ddd4dap-3f,
};
/* error 2^-64.8 */
static const double reel__log_f64[] = {
    0x1.5555555555555p-1,
    0x1.9999999999a39p-2,
    0x1.2492492476a1ap-2,
    0x1.c71c7201a55d7p-3,
    0x1.745cf8e4bba1bp-3,
    0x1.3b1c3c1c81c8fp-3,
    0x1.0fbde0f4ad17bp-3,
    0x1.0c0aff044a97p-3,
};

/* error 2^-33.8 */
static const float reel__log5_f32[] = {
    0x1.33333ap-1f,
    0x1.b6b738p-2f,
    0x1.62085ep-2f,
};
/* error 2^-62.8 */
static const double reel__log5_f64[] = {
    0x1.3333333333337p-1,
    0x1.b6db6db6d5744p-2,
    0x1.55555561fccc1p-2,
    0x1.1745c76ae21b1p-2,
    0x1.d8a51ac432ae7p-3,
    0x1.982452f2be9a2p-3,
    0x1.8cbd6de8120a9p-3,
};

/* error 2^-35.8 */
static const float reel__sin_f32[] = {
    -0x1.555556p-3f,
    0x1.11110ep-7f,
    -0x1.a013a6p-13f,
    0x1.6dbdc6p-19f,
};
/* error 2^-66.9 */
static const double reel__sin_f64[] = {
    -0x1.5555555555555p-3,
    0x1.111111111111p-7,
    -0x1.a01a01a019936p-13,
    0x1.71de3a5460533p-19,
    -0x1.ae64541251e39p-26,
    0x1.61217eaffbfdbp-33,
    -0x1.ab179e14267cdp-41,
};

/* error 2^-30.3 */
static const float reel__cos_f32[] = {
    0x1.555554p-5f,
    -0x1.6c12d2p-10f,
    0x1.9bd858p-16f,
};
/* error 2^-60.8 */
static const double reel__cos_f64[] = {
    0x1.5555555555555p-5,
    -0x1.6c16c16c16966p-10,
    0x1.a01a019f4e7d9p-16,
    -0x1.27e4fa179895fp-22,
    0x1.1eeb68a508535p-29,
    -0x1.907d724680d4ep-37,
};

/* error 2^-29.6 */
static const float reel__erf_f32[] = {
    0x1.06eba8p-3f,
    -0x1.81273ep-2f,
    0x1.ce2d1p-4f,
    -0x1.b7fabap-6f,
    0x1.54127p-8f,
    -0x1.a45088p-11f,
    0x1.4a569p-14f,
};
/* error 2^-56.9 */
static const double reel__erf_f64[] = {
    0x1.06eba8214db68p-3,
    -0x1.812746b0379c1p-2,
    0x1.ce2f21a040f66p-4,
    -0x1.b82ce31203772p-6,
    0x1.565bccfa44156p-8,
    -0x1.c02db0665e53dp-11,
    0x1.f9a2be4f731a1p-14,
    -0x1.f4ca838adb73bp-17,
    0x1.b981d78881a5dp-20,
    -0x1.5c131500d3f88p-23,
    0x1.d76af6ca49787p-27,
    -0x1.ac9585a44fe29p-31,
};

/* error 2^-28.0 */
static const float reel__tail_f32[] = {
    0x1.22078cp+0f,
    -0x1.40a26ap-3f,
    -0x1.bd7cd4p-6f,
    0x1.b7b7dep-4f,
    -0x1.88ecf6p-4f,
    0x1.9237acp-5f,
    -0x1.a1ae96p-7f,
    -0x1.1a11d2p-10f,
    0x1.d5bdb8p-10f,
    -0x1.34cf5ap-13f,
    -0x1.7369eap-13f,
    0x1.f7550ap-18f,
};
/* error 2^-56.6 */
static const double reel__tail_f64[] = {
    0x1.22078ca96fa5ap+0,
    -0x1.40a271051580cp-3,
    -0x1.bd7d64efe0e57p-6,
    0x1.b7b978b5b85a5p-4,
    -0x1.88eabed018641p-4,
    0x1.921d6a0d5cb6ap-5,
    -0x1.a21c5a30fe1eap-7,
    -0x1.0eeaa3d6a36fp-10,
    0x1.dff13ffd3eef3p-10,
    -0x1.bf51988dacbdep-13,
    -0x1.eaa4c6255c8b3p-13,
    0x1.aa384fcca2a3p-15,
    0x1.2fd38a0e59cf1p-15,
    -0x1.1200b516802ap-17,
    -0x1.cc90a5a100a58p-18,
    0x1.e7c02dfb67c58p-21,
    0x1.7f103327bca41p-20,
    0x1.fce19b57f5d2p-26,
    -0x1.2f021d39ce8a2p-22,
    -0x1.db00cda245b74p-25,
    0x1.7ad1817142fffp-25,
    0x1.19abc9a86d9ffp-26,
    -0x1.04154bbac979dp-28,
    -0x1.156e5c73b4c96p-29,
};

/* ln 2 and pi/2 in pieces whose products with the integers they meet are exact,
 * and what is left; 2/3 likewise. */
static const float reel__ln2_f32[] = {
    0x1.62e4p-1f,
    0x1.7f7d1cp-20f,
};
static const float reel__two_thirds_f32[] = {
    0x1.554p-1f,
    0x1.555556p-13f,
};
static const float reel__half_pi_f32[] = {
    0x1.921p+0f,
    0x1.f6ap-13f,
    0x1.11p-26f,
    0x1.68c234p-39f,
};
static const double reel__ln2_f64[] = {
    0x1.62e42fefa2p-1,
    0x1.9ef35793c7673p-41,
};
static const double reel__two_thirds_f64[] = {
    0x1.555555p-1,
    0x1.5555555555555p-27,
};
static const double reel__half_pi_f64[] = {
    0x1.921fb544p+0,
    0x1.0b4611a6p-34,
    0x1.3198a2ep-69,
    0x1.b839a252049c1p-104,
};

#endif /* REEL_KERNELS_MATH_COEFFICIENTS_H */

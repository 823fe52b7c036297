#include "peak.h"
#include "clock.h"
#include "isa.h"
#include "team.h"
#include <stddef.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Independent sums: enough to hide the latency of a multiply-add (4 cycles, of which 2 begin in
 * each), few enough for 16 registers together with the two factors. */
enum { SUMS = 12 };

/* A function of `rounds` x SUMS multiply-adds. The empty asm keeps the compiler from seeing through
 * them; REGISTER is its constraint for a vector. */
#define METER(NAME, ATTRIBUTE, VECTOR, SET, MULTIPLY_ADD, REGISTER)                                \
    ATTRIBUTE static void NAME(int64_t rounds)                                                     \
    {                                                                                              \
        VECTOR x = SET(0.999f), y = SET(0.001f), sum[SUMS];                                        \
        _Pragma("GCC unroll 12") for (int j = 0; j < SUMS; j++) sum[j] = x;                        \
        for (int64_t i = 0; i < rounds; i++) {                                                     \
            _Pragma("GCC unroll 12") for (int j = 0; j < SUMS; j++)                                \
            {                                                                                      \
                sum[j] = MULTIPLY_ADD(sum[j], x, y);                                               \
                __asm__ volatile("" : "+" REGISTER(sum[j]));                                       \
            }                                                                                      \
        }                                                                                          \
    }

#define ANY
#if defined(__x86_64__)
#define AVX512                      __attribute__((target("avx512f")))
#define AVX2                        __attribute__((target("avx2,fma")))
#define SSE_MULTIPLY_ADD(a, b, c)   _mm_add_ps(_mm_mul_ps(a, b), c)
#define SSE_MULTIPLY_ADD_D(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
METER(avx512_float, AVX512, __m512, _mm512_set1_ps, _mm512_fmadd_ps, "v")
METER(avx512_double, AVX512, __m512d, _mm512_set1_pd, _mm512_fmadd_pd, "v")
METER(avx2_float, AVX2, __m256, _mm256_set1_ps, _mm256_fmadd_ps, "x")
METER(avx2_double, AVX2, __m256d, _mm256_set1_pd, _mm256_fmadd_pd, "x")
METER(any_float, ANY, __m128, _mm_set1_ps, SSE_MULTIPLY_ADD, "x")
METER(any_double, ANY, __m128d, _mm_set1_pd, SSE_MULTIPLY_ADD_D, "x")
enum { ANY_BYTES = 16 };
#elif defined(__aarch64__)
#define NEON_MULTIPLY_ADD(a, b, c)   vfmaq_f32(c, a, b)
#define NEON_MULTIPLY_ADD_D(a, b, c) vfmaq_f64(c, a, b)
METER(any_float, ANY, float32x4_t, vdupq_n_f32, NEON_MULTIPLY_ADD, "w")
METER(any_double, ANY, float64x2_t, vdupq_n_f64, NEON_MULTIPLY_ADD_D, "w")
enum { ANY_BYTES = 16 };
#else
#define SCALAR(x)                    (x)
#define SCALAR_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
METER(any_float, ANY, float, SCALAR, SCALAR_MULTIPLY_ADD, "m")
METER(any_double, ANY, double, SCALAR, SCALAR_MULTIPLY_ADD, "m")
enum { ANY_BYTES = 0 }; /* one lane */
#endif

static const struct meter {
    const char *isa;
    int bytes;                      /* of a vector */
    void (*run[2])(int64_t rounds); /* by dtype */
} meters[] = {
#if defined(__x86_64__)
    { "avx512", 64, { avx512_float, avx512_double } },
    { "avx2", 32, { avx2_float, avx2_double } },
#endif
    { "baseline", ANY_BYTES, { any_float, any_double } },
};

struct job {
    void (*run)(int64_t rounds);
    int64_t rounds;
};

static void measure(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct job *job = call->kernels;
    (void)me;
    job->run(job->rounds);
}

double peak_gflops(struct lstmc_team *team, enum lstmc_dtype dtype)
{
    enum { TRIES = 10 };
    lstmc_program *const program = measure;
    const struct meter *meter = meters;
    while (!isa_runs_here(meter->isa))
        meter++;
    int lanes = meter->bytes ? meter->bytes / (dtype == LSTMC_FLOAT64 ? 8 : 4) : 1;
    struct job job = { meter->run[dtype], 2000000 };
    const struct lstmc_call call = { .kernels = &job };
    double flop = 2.0 * SUMS * lanes * (double)job.rounds * team_size(team), best = 0;
    for (int i = 0; i < TRIES; i++) {
        double start = clock_seconds();
        team_run(team, &program, 1, &call);
        double gflops = flop / (clock_seconds() - start) / 1e9;
        best = gflops > best ? gflops : best;
    }
    return best;
}

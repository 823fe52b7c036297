/* Two meters, each a loop that does nothing else: multiply-adds that never leave the registers, and
 * loads whose values are hardly looked at. */
#include "peak.h"
#include "clock.h"
#include "isa.h"
#include "say.h"
#include "team.h"
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define ANY
#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f")))
#define AVX2   __attribute__((target("avx2,fma")))
#endif

/* ---- multiply-adds ------------------------------------------------------------------------ */

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

#if defined(__x86_64__)
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

/* ---- loads -------------------------------------------------------------------------------- */

/* Lines of a cache; what is read is a whole number of them. */
enum { LINE = 64, LINES_AT_ONCE = 8 };

/* A function that loads `lines` lines `passes` times, LINES_AT_ONCE of them without a look back.
 * The sums are of integers: what lies there need not be numbers. The asm at the end of a pass makes
 * the compiler believe that the memory has changed. */
#define READER(NAME, ATTRIBUTE, BYTES)                                                             \
    typedef uint64_t NAME##_vector __attribute__((vector_size(BYTES), may_alias));                 \
    ATTRIBUTE static void NAME(const unsigned char *memory, size_t lines, int64_t passes)          \
    {                                                                                              \
        enum { PER_LINE = LINE / BYTES, AT_ONCE = LINES_AT_ONCE * PER_LINE };                      \
        const NAME##_vector *const from = (const NAME##_vector *)(const void *)memory;             \
        const size_t count = lines * PER_LINE, whole = count - count % AT_ONCE;                    \
        NAME##_vector sum[8] = { { 0 } };                                                          \
        for (int64_t pass = 0; pass < passes; pass++) {                                            \
            for (size_t i = 0; i < whole; i += AT_ONCE)                                            \
                _Pragma("GCC unroll 32") for (size_t j = 0; j < AT_ONCE; j++)                      \
                {                                                                                  \
                    sum[j % 8] |= from[i + j];                                                     \
                }                                                                                  \
            for (size_t i = whole; i < count; i++)                                                 \
                sum[0] |= from[i];                                                                 \
            __asm__ volatile("" : "+m"(sum) : : "memory");                                         \
        }                                                                                          \
    }

#if defined(__x86_64__)
READER(read_avx512, AVX512, 64)
READER(read_avx2, AVX2, 32)
#endif
READER(read_any, ANY, 16)

/* ---- running them ------------------------------------------------------------------------- */

typedef void meter(int64_t rounds);
typedef void reader(const unsigned char *memory, size_t lines, int64_t passes);

static const struct meters {
    const char *isa;
    int bytes;          /* of a vector */
    meter *multiply[2]; /* float, double */
    reader *read;
} known[] = {
#if defined(__x86_64__)
    { "avx512", 64, { avx512_float, avx512_double }, read_avx512 },
    { "avx2", 32, { avx2_float, avx2_double }, read_avx2 },
#endif
    { "baseline", ANY_BYTES, { any_float, any_double }, read_any },
};

static const struct meters *meters_of(const char *isa)
{
    const struct meters *m = known, *last = known + sizeof known / sizeof *known - 1;
    while (m < last && strcmp(m->isa, isa_lanes(isa)) != 0)
        m++;
    return m;
}

struct job {
    meter *multiply;
    reader *read;
    int64_t rounds;
    double *seconds; /* of each worker, multiplying */
    const unsigned char *memory;
    int lines;
};

static void multiply(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct job *job = call->kernels;
    const double start = clock_seconds();
    job->multiply(job->rounds);
    job->seconds[me->index] = clock_seconds() - start;
}

static void read_share(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct job *job = call->kernels;
    const struct lstmc_range mine = lstmc_share(me, job->lines, 1, job->lines);
    job->read(job->memory + (size_t)mine.first * LINE, (size_t)(mine.end - mine.first),
              job->rounds);
}

static double seconds_of(struct lstmc_team *team, lstmc_program *program, const struct job *job)
{
    const struct lstmc_call call = { .kernels = job };
    double start = clock_seconds();
    team_run(team, &program, 1, &call);
    return clock_seconds() - start;
}

/* Twice as many rounds until they take so long: the first ones fill the caches. */
static void lengthen(struct lstmc_team *team, lstmc_program *program, struct job *job,
                     double seconds)
{
    while (seconds_of(team, program, job) < seconds)
        job->rounds *= 2;
}

double peak_gflops(struct lstmc_team *team, const char *isa, enum lstmc_dtype dtype)
{
    const struct meters *m = meters_of(isa);
    const int lanes = m->bytes ? m->bytes / (dtype == LSTMC_FLOAT64 ? 8 : 4) : 1,
              size = team_size(team);
    const double seconds = 0.005; /* of a try, at least */
    struct job job = { .multiply = m->multiply[dtype == LSTMC_FLOAT64], .rounds = 1 << 16 };
    double gflops = 0;
    job.seconds = calloc((size_t)size, sizeof *job.seconds);
    if (!job.seconds)
        quit(STATUS_FAILED, "out of memory");
    lengthen(team, multiply, &job, seconds);
    const double gflop = 2.0 * SUMS * lanes * (double)job.rounds / 1e9;
    for (int i = 0; i < size; i++)
        gflops += gflop / job.seconds[i];
    free(job.seconds);
    return gflops;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double peak_read_gbs(struct lstmc_team *team, const char *isa, const void *memory, size_t bytes)
{
    enum { TRIES = 11 };
    const double seconds = 0.01; /* of a try, about */
    struct job job = { .read = meters_of(isa)->read,
                       .rounds = 1,
                       .memory = memory,
                       .lines = (int)((bytes + LINE - 1) / LINE) };
    if (bytes > 0)
        lengthen(team, read_share, &job, seconds / 2);
    double gbs[TRIES];
    for (int i = 0; i < TRIES; i++)
        gbs[i] = (double)job.lines * LINE * (double)job.rounds /
                 seconds_of(team, read_share, &job) / 1e9;
    qsort(gbs, TRIES, sizeof *gbs, by_size);
    return gbs[TRIES / 2];
}

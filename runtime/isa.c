#define _GNU_SOURCE /* syscall */
#include "isa.h"
#include "say.h"
#include <string.h>
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__) || defined(__i386__)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") != 0;
}
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
static bool has_avx512(void)
{
    return false;
}
static bool has_avx2(void)
{
    return false;
}
#endif

#if defined(__x86_64__) && defined(__linux__)
static bool has_avx512_bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bf16") != 0;
}

/* Bit `bit` of EDX for leaf 7. */
static bool has_feature(int bit)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> bit & 1;
}

/* The tiles are memory that each thread must have room for, so Linux wants to be asked, before
 * there are threads. */
static bool has_amx(void)
{
    enum { AMX_BF16 = 22, AMX_TILE = 24, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return has_avx512_bf16() && has_feature(AMX_TILE) && has_feature(AMX_BF16) &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#else
static bool has_avx512_bf16(void)
{
    return false;
}
static bool has_amx(void)
{
    return false;
}
#endif

static bool has_baseline(void)
{
    return true;
}

static const struct {
    const char *name;
    bool (*runs)(void);
    const char *lanes; /* whose vectors it uses */
} known[] = { { "amx", has_amx, "avx512" },
              { "avx512_bf16", has_avx512_bf16, "avx512" },
              { "avx512", has_avx512, "avx512" },
              { "avx2", has_avx2, "avx2" },
              { "baseline", has_baseline, "baseline" } };

const char *isa_lanes(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].lanes;
    return name;
}

bool isa_multiplies_bf16(const char *name)
{
    return strcmp(isa_lanes(name), name) != 0;
}

bool isa_runs_here(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].runs();
    return false;
}

/* As good as what comes behind it? AMD's vdpbf16ps does twice the work of a multiply-add of
 * floats; Intel's, which has AMX for that, does less. */
static bool is_worth_it(const char *name)
{
#if defined(__x86_64__)
    return strcmp(name, "avx512_bf16") != 0 || __builtin_cpu_is("amd");
#else
    (void)name;
    return true;
#endif
}

static bool is_wanted(const struct lstmc_isa *isa, const char *name)
{
    if (name)
        return strcmp(isa->name, name) == 0;
    return isa_runs_here(isa->name) && is_worth_it(isa->name);
}

const struct lstmc_isa *isa_choose(const struct lstmc_model *m, const char *name)
{
    bool any = !name || strcmp(name, "auto") == 0;
    if (!any && !isa_runs_here(name))
        quit(STATUS_USAGE, "--isa %s: this CPU lacks it", name);
    for (int i = 0; i < m->isa_count; i++)
        if (is_wanted(&m->isas[i], any ? NULL : name))
            return &m->isas[i];
    quit(STATUS_USAGE, "--isa %s: this trainer has no kernels for it", any ? "auto" : name);
}

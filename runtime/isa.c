#include "isa.h"
#include "say.h"
#include <string.h>

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

static bool has_baseline(void)
{
    return true;
}

static const struct {
    const char *name;
    bool (*runs)(void);
} known[] = { { "avx512", has_avx512 }, { "avx2", has_avx2 }, { "baseline", has_baseline } };

bool isa_runs_here(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].runs();
    return false;
}

const struct lstmc_isa *isa_choose(const struct lstmc_model *m, const char *name)
{
    bool any = !name || strcmp(name, "auto") == 0;
    if (!any && !isa_runs_here(name))
        quit(STATUS_USAGE, "--isa %s: this CPU lacks it", name);
    for (int i = 0; i < m->isa_count; i++)
        if (any ? isa_runs_here(m->isas[i].name) : strcmp(m->isas[i].name, name) == 0)
            return &m->isas[i];
    quit(STATUS_USAGE, "--isa %s: this trainer has no kernels for it", any ? "auto" : name);
}

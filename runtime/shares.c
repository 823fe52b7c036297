#include "shares.h"
#include "lstmc/model.h"

void shares_equal(int count, int bounds[])
{
    for (int i = 0; i <= count; i++)
        bounds[i] = (int)((int64_t)i * LSTMC_WHOLE / count);
}

static double next_share(double share, double fair, double least)
{
    const double gain = 0.25; /* speeds change within a second, but one job's time says little */
    return share + gain * ((fair > least ? fair : least) - share);
}

void shares_follow(int count, int bounds[], const double seconds[])
{
    const double least = 0.5 * LSTMC_WHOLE / count;
    double speed = 0, sum = 0, end = 0;
    for (int i = 0; i < count; i++)
        speed += (bounds[i + 1] - bounds[i]) / seconds[i];
    for (int i = 0; i < count; i++) {
        const double share = bounds[i + 1] - bounds[i];
        sum += next_share(share, LSTMC_WHOLE * share / seconds[i] / speed, least);
    }
    for (int i = 0, old = 0; i < count; i++) {
        const double share = bounds[i + 1] - old;
        old = bounds[i + 1];
        end += next_share(share, LSTMC_WHOLE * share / seconds[i] / speed, least);
        bounds[i + 1] = (int)(end / sum * LSTMC_WHOLE + 0.5);
    }
}

#include "shares.h"
#include "lstmc/model.h"

void shares_equal(int count, int bounds[])
{
    for (int i = 0; i <= count; i++)
        bounds[i] = (int)((int64_t)i * LSTMC_WHOLE / count);
}

/* speed: of all workers, in shares a second. */
static double next_share(double share, double seconds, double speed, double least)
{
    const double gain = 0.25; /* speeds change within a second, but one job's time says little */
    const double fair = LSTMC_WHOLE * share / seconds / speed;
    return share + gain * ((fair > least ? fair : least) - share);
}

void shares_follow(int count, int bounds[], const double seconds[])
{
    const double least = 0.5 * LSTMC_WHOLE / count;
    double speed = 0, sum = 0, end = 0;
    for (int i = 0; i < count; i++)
        speed += (bounds[i + 1] - bounds[i]) / seconds[i];
    for (int i = 0; i < count; i++)
        sum += next_share(bounds[i + 1] - bounds[i], seconds[i], speed, least);
    for (int i = 0, old = 0; i < count; i++) {
        end += next_share(bounds[i + 1] - old, seconds[i], speed, least);
        old = bounds[i + 1];
        bounds[i + 1] = (int)(end / sum * LSTMC_WHOLE + 0.5);
    }
}

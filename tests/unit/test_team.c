/* Workers: nobody passes a barrier before all have arrived, with few and with many threads; shares
 * of the work; flags; denormals; the clock; and how many cores are allowed. Run it under ThreadSanitizer, too. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"
#include "cores.h"
#include "shares.h"
#include "team.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 16, PHASES = 200 };

/* Plain memory: what one phase writes the next one reads, and only barriers stand between them. */
struct board {
    int counts[MOST], wrong[MOST];
};

static void count_together(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct board *board = (struct board *)(void *)call->arena;
    for (int phase = 1; phase <= PHASES; phase++) {
        board->counts[me->index]++;
        lstmc_barrier(me);
        for (int i = 0; i < me->count; i++)
            board->wrong[me->index] += board->counts[i] != board->counts[me->index];
        lstmc_barrier(me);
    }
}

static void read_neighbour(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct board *board = (struct board *)(void *)call->arena;
    int next = (me->index + 1) % me->count;
    board->wrong[me->index] += board->counts[next] % PHASES != 0;
}

static void barriers_hold(void **state)
{
    (void)state;
    lstmc_program *const programs[] = { count_together, read_neighbour, count_together };
    for (int threads = 1; threads <= MOST; threads = threads < 4 ? threads + 1 : threads * 2) {
        struct board board = { { 0 }, { 0 } };
        const struct lstmc_call call = { .arena = (unsigned char *)&board };
        /* Twice: spinning (cores are said to be enough) and asleep. */
        for (int spin = 0; spin < 2; spin++) {
            struct lstmc_team *team = team_start(threads, spin ? threads : 0, 1);
            assert_non_null(team);
            assert_int_equal(team_size(team), threads);
            for (int i = 0; i < 3; i++)
                team_run(team, programs, 3, &call);
            team_end(team);
        }
        for (int i = 0; i < MOST; i++) {
            assert_int_equal(board.counts[i], i < threads ? 12 * PHASES : 0);
            assert_int_equal(board.wrong[i], 0);
        }
    }
}

/* ---- shares --------------------------------------------------------------------------------- */

static void expect_all_dealt_out(int count, const int bounds[])
{
    for (int blocks = 0; blocks <= 70; blocks++) {
        int end = 0;
        for (int i = 0; i < count; i++) {
            const struct lstmc_worker me = { .from = bounds[i], .to = bounds[i + 1] };
            assert_int_equal(lstmc_first_block(&me, blocks), end);
            end = lstmc_end_block(&me, blocks);
        }
        assert_int_equal(end, blocks);
    }
}

static void equal_shares_differ_by_a_block(void **state)
{
    (void)state;
    for (int count = 1; count <= MOST; count++) {
        int bounds[MOST + 1];
        shares_equal(count, bounds);
        expect_all_dealt_out(count, bounds);
        for (int blocks = 0; blocks <= 70; blocks++)
            for (int i = 0; i < count; i++) {
                const struct lstmc_worker me = { .from = bounds[i], .to = bounds[i + 1] };
                const int mine = lstmc_end_block(&me, blocks) - lstmc_first_block(&me, blocks);
                assert_in_range(mine, blocks / count, (blocks + count - 1) / count);
            }
    }
}

/* Worker i does its share at speeds[i]; all shares take as long in the end, or are as small as they may be. */
static void shares_come_to_follow_speeds(void **state)
{
    static const double speeds[][4] = {
        { 1, 1 }, { 3, 2 }, { 2, 2, 1, 1 }, { 5, 4, 3 }, { 1, 100 }
    };
    static const int counts[] = { 2, 2, 4, 3, 2 };
    (void)state;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        const int count = counts[k];
        int bounds[5];
        double seconds[4], all = 0;
        shares_equal(count, bounds);
        for (int job = 0; job < 60; job++) {
            for (int i = 0; i < count; i++)
                seconds[i] = (bounds[i + 1] - bounds[i]) / speeds[k][i];
            shares_follow(count, bounds, seconds);
            expect_all_dealt_out(count, bounds);
        }
        for (int i = 0; i < count; i++)
            all += speeds[k][i];
        for (int i = 0; i < count; i++) {
            const double share = (bounds[i + 1] - bounds[i]) / (double)LSTMC_WHOLE;
            assert_true(share > 0.3 / count);
            assert_true(all > 100 ||
                        (share > 0.98 * speeds[k][i] / all && share < 1.02 * speeds[k][i] / all));
        }
    }
}

/* Worker 1 takes three times as long for a block. What worker 0 does alone at the end tells nothing of its speed. */
static void nap(const struct lstmc_call *call, struct lstmc_worker *me)
{
    enum { BLOCKS = 64, NANOSECONDS = 50000 };
    int *blocks = (int *)(void *)call->arena;
    blocks[me->index] = lstmc_end_block(me, BLOCKS) - lstmc_first_block(me, BLOCKS);
    const struct timespec work = { 0, blocks[me->index] * NANOSECONDS * (me->index == 1 ? 3 : 1) };
    const struct timespec alone = { 0, 2000000 };
    for (int phase = 0; phase < 3; phase++) {
        nanosleep(&work, NULL);
        lstmc_barrier(me);
    }
    if (me->index == 0)
        nanosleep(&alone, NULL);
    lstmc_barrier(me);
}

static void a_slow_worker_gets_less(void **state)
{
    (void)state;
    lstmc_program *const program = nap;
    int blocks[2];
    const struct lstmc_call call = { .arena = (unsigned char *)blocks };
    struct lstmc_team *team = team_start(2, 2, 0);
    team_run(team, &program, 1, &call);
    assert_int_equal(blocks[0], 32);
    /* Worker 1 is due about 16: naps are longer than asked for. A busy machine may spoil a few jobs. */
    int right = 0;
    for (int job = 0; job < 60; job++) {
        team_run(team, &program, 1, &call);
        assert_int_equal(blocks[0] + blocks[1], 64);
        right += blocks[1] >= 10 && blocks[1] <= 26;
    }
    assert_true(right >= 30);
    team_end(team);
}

/* ---- flags and denormals ---------------------------------------------------------------------- */

static void raise_flags(const struct lstmc_call *call, struct lstmc_worker *me)
{
    if (me->index == me->count - 1)
        me->flags[call->update] = 1;
    if (me->index == 0)
        me->flags[call->update + 3] = 7;
}

static void flags_are_found_and_lowered(void **state)
{
    (void)state;
    lstmc_program *const program = raise_flags;
    struct lstmc_team *team = team_start(3, 2, 40);
    assert_int_equal(team_flagged(team), -1);
    for (uint32_t i = 0; i < 37; i++) {
        const struct lstmc_call call = { .update = i };
        team_run(team, &program, 1, &call);
        assert_int_equal(team_flagged(team), i);
        assert_int_equal(team_flagged(team), -1);
    }
    team_end(team);
}

static void multiply_denormals(const struct lstmc_call *call, struct lstmc_worker *me)
{
    volatile float small = 1e-30f, denormal = 1e-40f;
    float *out = (float *)(void *)call->arena + 2 * me->index;
    out[0] = small * 1e-12f; /* would be denormal */
    out[1] = denormal * 1e20f;
}

static void denormals_are_zero_in_every_worker(void **state)
{
    (void)state;
    lstmc_program *const program = multiply_denormals;
    float out[8];
    memset(out, 0xFF, sizeof out);
    const struct lstmc_call call = { .arena = (unsigned char *)out };
    struct lstmc_team *team = team_start(4, 2, 0);
    team_run(team, &program, 1, &call);
    team_end(team);
    for (int i = 0; i < 8; i++)
        assert_true(out[i] == 0);
}

/* ---- the clock ------------------------------------------------------------------------------ */

/* Worker 0 waits for the other one, which sleeps: the phase that ends with the barrier pays.
 * The nap begins when that phase has, however late worker 0 is. */
static atomic_int phases_begun;

static void wait_for_each_other(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct timespec nap = { 0, 30000000 };
    lstmc_phase(me, me->index == 0 ? LSTMC_PROJECTIONS : LSTMC_OTHER);
    if (me->index == 0)
        atomic_store(&phases_begun, (int)call->update);
    while (atomic_load(&phases_begun) != (int)call->update)
        sched_yield();
    if (me->index == 1)
        nanosleep(&nap, NULL);
    lstmc_barrier(me);
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
}

static void the_clock_goes_to_the_phase_at_work(void **state)
{
    (void)state;
    lstmc_program *const program = wait_for_each_other;
    struct lstmc_call call = { .update = 1 };
    double seconds[LSTMC_PHASES] = { 0 }, sum = 0;
    struct lstmc_team *team = team_start(2, 2, 0);
    team_run(team, &program, 1, &call); /* nobody asks */
    const double start = clock_seconds();
    team_start_clock(team, seconds);
    for (int job = 0; job < 2; job++) {
        call.update++;
        team_run(team, &program, 1, &call);
    }
    team_stop_clock(team);
    const double all = clock_seconds() - start;
    const double projections = seconds[LSTMC_PROJECTIONS];
    for (int i = 0; i < LSTMC_PHASES; i++)
        sum += seconds[i];
    assert_true(projections >= 0.06);
    assert_true(seconds[LSTMC_OTHER] > 0 && seconds[LSTMC_WEIGHT_GRADIENTS] > 0);
    assert_true(seconds[LSTMC_FORWARD_RECURRENT] == 0);
    assert_true(sum <= all * (1 + 1e-9)); /* rounding: no moment counts twice */
    call.update++;
    team_run(team, &program, 1, &call);
    assert_true(seconds[LSTMC_PROJECTIONS] == projections);
    team_end(team);
}

/* ---- cores ---------------------------------------------------------------------------------- */

static char root[] = "/tmp/test_team.XXXXXX";

static void put(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    for (char *slash = whole + sizeof root; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(whole, 0700);
    }
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void quotas_of_control_groups(void **state)
{
    (void)state;
    char command[64];
    int all = cores_allowed("/nowhere");
    assert_true(all >= 1);
    assert_non_null(mkdtemp(root));
    put("proc/self/cgroup", "0::/a/b\n");
    assert_int_equal(cores_allowed(root), all);
    put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    assert_int_equal(cores_allowed(root), all);
    put("sys/fs/cgroup/a/cpu.max", "150000 100000\n"); /* a core and a half, of the group above */
    assert_int_equal(cores_allowed(root), 1);
    put("sys/fs/cgroup/a/cpu.max", "1000 100000\n");
    assert_int_equal(cores_allowed(root), 1);
    put("sys/fs/cgroup/a/cpu.max", "nonsense\n");
    assert_int_equal(cores_allowed(root), all);
    put("sys/fs/cgroup/cpu.max", "100000 100000\n"); /* a container sees its own group here */
    assert_int_equal(cores_allowed(root), 1);

    put("proc/self/cgroup", "3:cpuset:/x\n2:cpu,cpuacct:/docker/1\n1:name=systemd:/y\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cores_allowed(root), all);
    put("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "100000\n");
    put("sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cores_allowed(root), 1);
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barriers_hold),
        cmocka_unit_test(equal_shares_differ_by_a_block),
        cmocka_unit_test(shares_come_to_follow_speeds),
        cmocka_unit_test(a_slow_worker_gets_less),
        cmocka_unit_test(flags_are_found_and_lowered),
        cmocka_unit_test(denormals_are_zero_in_every_worker),
        cmocka_unit_test(the_clock_goes_to_the_phase_at_work),
        cmocka_unit_test(quotas_of_control_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cores.h"
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int cores_of_affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more cores than a cpu_set_t holds */
    return online > 0 ? (int)online : 1;
}

/* The first `count` (1 or 2) integers of a file; "max" and -1 are no limit and read as false. */
static bool read_numbers(const char *path, int count, long long out[])
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    int found = fscanf(f, count == 2 ? "%lld %lld" : "%lld", &out[0], &out[1]);
    fclose(f);
    return found == count && out[0] > 0 && out[count - 1] > 0;
}

/* Quota and period in microseconds of one group's folder. */
static bool read_quota(const char *folder, bool v2, long long q[2])
{
    char path[2 * PATH_MAX];
    long long unused[2];
    if (v2) {
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        return read_numbers(path, 2, q);
    }
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!read_numbers(path, 1, unused))
        return false;
    q[0] = unused[0];
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!read_numbers(path, 1, unused))
        return false;
    q[1] = unused[0];
    return true;
}

/* The least quota of the group and of those above it. In a container the group's own path may not
 * be mounted: then its folder is missing, and the walk upwards still meets the mount point. */
static int least_quota(const char *mount, char *group, bool v2, int cores)
{
    for (;;) {
        char folder[PATH_MAX];
        long long q[2];
        snprintf(folder, sizeof folder, "%s%s", mount, strcmp(group, "/") == 0 ? "" : group);
        if (read_quota(folder, v2, q) && q[0] / q[1] < cores)
            cores = (int)(q[0] / q[1]);
        char *slash = strrchr(group, '/');
        if (!slash)
            return cores < 1 ? 1 : cores;
        *slash = '\0';
    }
}

/* Whether a comma-separated list names the controller "cpu". */
static bool names_cpu(const char *list)
{
    for (const char *s = list; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
        if (strncmp(s, "cpu", 3) == 0 && (s[3] == ',' || s[3] == '\0'))
            return true;
    return false;
}

int cores_allowed(const char *root)
{
    int cores = cores_of_affinity();
    char path[PATH_MAX], line[PATH_MAX];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        /* hierarchy:controllers:/path, in v2 the one line 0::/path */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *controllers++ = '\0';
        *group++ = '\0';
        bool v2 = *controllers == '\0';
        if (!v2 && !names_cpu(controllers))
            continue;
        char mount[PATH_MAX];
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, v2 ? "" : "/cpu");
        cores = least_quota(mount, group, v2, cores);
    }
    if (f)
        fclose(f);
    return cores;
}

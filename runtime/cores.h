/* How many cores this process may keep busy. */
#ifndef LSTMC_CORES_H
#define LSTMC_CORES_H

/* The cores of the affinity mask, or fewer where a control group has a CPU quota (cgroup v2 cpu.max
 * or v1 cpu.cfs_quota_us, of the group itself and of all above it; a share of a core is left out,
 * since workers meet at barriers and would wait for the one that is throttled). At least 1. `root`
 * stands in front of /proc and /sys: "" but in tests. */
int cores_allowed(const char *root);
#endif

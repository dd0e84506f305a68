/* How busy a VM is, as its page and the list show it. */
#pragma once

#include <stdint.h>

enum { VM_CPU_ALL = 1000 }; /* 100 % in tenths of a percent */

/*
 * What it used in some minutes of all its vCPUs, in tenths of a percent; at most all: what the host
 * spends on emulating devices counts as well.
 */
int64_t vm_cpu_tenths(int64_t cpu_ms, int64_t minutes, int64_t vcpus);

/* Tenths of a percent as percent, to the nearest. */
int64_t vm_cpu_percent(int64_t tenths);

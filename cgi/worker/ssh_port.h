/*
 * Which ports of a region its VMs have: the register that drivers ask (driver_ports).
 */
#pragma once

#include "worker/job.h"

/*
 * The register for the job's VM, which lives as long as `job`. A reservation is committed to the
 * VM's row at once, and job->vm.ssh_port says it.
 */
struct driver_ports ssh_ports(struct job *job);

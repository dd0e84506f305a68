/* The ports of a region that its VMs hold: the register that drivers query (driver_ports). */
#pragma once

#include "worker/job.h"

/*
 * The register for the job's VM; valid as long as `job`. A reservation is committed to the VM's row
 * immediately, and job->vm.ssh_port is set to it.
 */
struct driver_ports ssh_ports(struct job *job);

/*
 * Which port of the host leads to a VM's SSH.
 */
#pragma once

#include "worker/job.h"

/*
 * Choose a port of the region that neither another VM has nor another program uses, and commit it
 * to the VM's row before anybody relies on it. Sets job->wanted.ssh_port. UPSTREAM when none is
 * free.
 */
struct error *port_choose(struct job *job);

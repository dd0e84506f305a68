/*
 * Keys and name of a VM that was changed: its guest takes them from a seed without a host key, at
 * a start by a job. vm.setup_wanted counts the changes, vm.setup_seeded is the last one in the seed
 * that it was started with, vm.setup_taken the last one that it has taken.
 */
#pragma once

#include "worker/job.h"

/* Which of the VM's lines a seed has: keys that it is to accept and whose line is known. */
struct error *job_setup_keys(struct job *job, const char *const **lines, size_t *count);

/* Before the boot of a VM: the seed, if something has changed and the VM does not run. */
struct error *job_setup_seed(struct job *job);
/* In the transaction that ends the boot: what the seed has. */
struct error *job_setup_record(struct job *job);

/*
 * Once the guest answers, which it does after reading the seed: asks it whether it accepts a key
 * that was added and no longer one that was removed, and removes the seed from the host.
 */
struct error *job_setup_end(struct job *job);
/* In the transaction that ends that step: whether the guest has taken what was in the seed. */
struct error *job_setup_taken(struct job *job);

/*
 * Keys and name of a VM that was changed: its guest takes them from a seed without a host key, at
 * a start by a job. vm.setup_wanted counts the changes, vm.setup_seeded is the last one in the seed
 * that it was started with, vm.setup_taken the last one that it has taken.
 */
#pragma once

#include "worker/job.h"

/*
 * What every seed has, as of one moment: name, user, and the lines of the keys that the VM is to
 * accept, if they are known. vm.setup_seeded of `job` becomes the number of their last change.
 */
struct error *job_setup_contents(struct job *job, struct driver_seed *out);
/* In the transaction that records the seed of a new VM, which its guest takes with the host key. */
struct error *job_setup_created(struct job *job);

/* Before the boot of a VM: the seed, if something has changed and the VM does not run. */
struct error *job_setup_seed(struct job *job);

/*
 * Once the guest answers, which it does after reading the seed: asks it whether it accepts a key
 * that was added and no longer one that was removed, and removes the seed from the host. It cannot
 * be asked for its name: a change of that alone counts as taken.
 */
struct error *job_setup_end(struct job *job);
/* In the transaction that ends that step: whether the guest has taken what was in the seed. */
struct error *job_setup_taken(struct job *job);

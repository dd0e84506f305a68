/*
 * Creating and starting: the driver defines the steps; the worker supplies their input and records
 * their results.
 */
#pragma once

#include "worker/job_steps.h"

/* One step for each that the job's driver lists, in its order; in the job's arena. */
const struct step *job_create_steps(struct job *job, size_t *count);

/* The acts of steps that boot or resize a VM. INPUT: the image is no longer configured. */
struct error *job_boot_act(struct job *job);
struct error *job_resize_act(struct job *job);

/* Records the SSH endpoint if the driver reports a new one. In the step's transaction. */
struct error *job_endpoint_record(struct job *job);

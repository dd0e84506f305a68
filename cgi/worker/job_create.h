/*
 * Creating and starting: the steps are the driver's, what they need and what becomes of their
 * results is the worker's.
 */
#pragma once

#include "worker/job_steps.h"

/* One step for each that the job's driver names, in their order; in the job's arena. */
const struct step *job_create_steps(struct job *job, size_t *count);

/* The acts of steps that boot a VM, or bring it to another size; INPUT: the image is gone. */
struct error *job_boot_act(struct job *job);
struct error *job_resize_act(struct job *job);

/* Records where SSH answers, if the driver says something new. In the step's transaction. */
struct error *job_endpoint_record(struct job *job);

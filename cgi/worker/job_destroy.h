/*
 * The end of a VM: the steps of "destroy", each with the host's answer for the receipt.
 */
#pragma once

#include "worker/job.h"

struct error *job_destroy_domain_act(struct job *job);
struct error *job_destroy_domain_record(struct job *job);
struct error *job_destroy_snapshots_act(struct job *job);
struct error *job_destroy_snapshots_record(struct job *job);
struct error *job_destroy_disk_act(struct job *job);
struct error *job_destroy_disk_record(struct job *job);
struct error *job_destroy_seed_act(struct job *job);
struct error *job_destroy_seed_record(struct job *job);
struct error *job_destroy_port_act(struct job *job);
struct error *job_destroy_port_record(struct job *job);

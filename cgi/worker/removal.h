/*
 * The end of a VM: the steps of "destroy", each with the host's answer for the receipt.
 */
#pragma once

#include "worker/job.h"

struct error *removal_domain_act(struct job *job);
struct error *removal_domain_record(struct job *job);
struct error *removal_snapshots_act(struct job *job);
struct error *removal_snapshots_record(struct job *job);
struct error *removal_disk_act(struct job *job);
struct error *removal_disk_record(struct job *job);
struct error *removal_seed_act(struct job *job);
struct error *removal_seed_record(struct job *job);
struct error *removal_port_act(struct job *job);
struct error *removal_port_record(struct job *job);

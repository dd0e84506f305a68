/*
 * A VM host in shared memory, for addresses that begin with "fake:": it survives a killed worker,
 * fails on demand, and kills the calling process at any chosen call.
 */
#pragma once

#include "host/driver.h"

enum { FAKE_VMS = 8, FAKE_SNAPSHOTS = 4, FAKE_ID = 20, FAKE_KEY = 120 };

struct fake_vm {
    char id[FAKE_ID]; /* "": free */
    bool has_disk, has_seed, has_domain, has_agent;
    bool says_wait, is_waiting; /* its seed; its guest, since it read that */
    enum driver_power power;
    enum driver_cause cause;
    int64_t port, memory_mb, disk_gb;
    char seed_key[FAKE_KEY];  /* host key in the seed */
    char guest_key[FAKE_KEY]; /* host key that the guest took from the seed */
    char banner[400];         /* what its SSH server says, by the script of the seed */
    char snapshots[FAKE_SNAPSHOTS][FAKE_ID];
    bool snapshot_has_memory[FAKE_SNAPSHOTS];
    int boots, disks;                 /* number of times */
    char seed_lines[200], lines[200]; /* keys in the seed, and those that the guest took from it */
    char seed_name[64], name[64];     /* the same of its host name */
    char seed_data[64], data[64];     /* and of its user data */
    bool is_limited;                  /* over the limit of connections */
    char internet[200];               /* what it may reach, as it was told last */
    struct driver_usage usage;
};

struct fake_host {
    struct fake_vm vms[FAKE_VMS];
    int calls;        /* so far */
    int kill_at;      /* kill the caller at this call; 0: never */
    bool kills_after; /* kill after the call has taken effect, not before */
    char fails[24];   /* name of the call that fails, e.g. "boot" */
    int fail_times;
    enum error_kind fail_kind;
    bool has_no_guests;
    bool ignores_button;
    bool never_waits;       /* guests do not wait for a seed, whatever theirs says */
    bool takes_no_changes;  /* guests read their first seed alone */
    bool is_silent;         /* SSH never responds */
    bool is_wrong;          /* SSH responds with another key */
    bool dies_booting;      /* a guest switches itself off after its start */
    bool stalls;            /* a guest is paused at its start: the disk is full */
    bool stays_full;        /* and stays so */
    int lost_boots;         /* number of starts during which the host goes down */
    bool keeps_snapshots;   /* it says that it has deleted them, and has not */
    bool has_silent_agents; /* no guest agent answers */
    bool is_unreachable;
    bool is_open;         /* guests reach each other */
    char answers[16];     /* the kind of targets that answers to the isolation probe, e.g. "host" */
    bool runs_no_script;  /* guests answer by SSH, but never with a banner */
    bool has_no_control;  /* the probe cannot reach itself */
    int64_t probed;       /* targets of the last isolation probe */
    bool is_full;         /* no room for disks */
    int64_t memory_mb;    /* of the host; 0: 16 GB */
    char hangs[FAKE_ID];  /* usage queries for this VM block */
    int hung_calls;       /* number of calls that have blocked */
    int64_t busy_port;    /* in use by another program, detected at boot */
    bool hides_busy_port; /* appears free until the boot fails */
};

extern struct fake_host *fake;

/*
 * Domicile's drivers, the fake one ("fake:"), and "cloud:": the same host with other steps and
 * removals, whose VMs each have their own address and port 22.
 */
extern const struct driver_scheme TEST_DRIVERS[];

/* Create a new, empty host. */
void fake_open(void);

/* NULL: the host has nothing of this VM. */
struct fake_vm *fake_find(const char *id);

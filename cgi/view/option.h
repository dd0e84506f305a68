/* An option of a form field, with its texts and prices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option_rows {
    struct option *row;
    size_t count;
};

struct option {
    const char *value;
    const char *label;
    const char *about;
    const char *disabled_reason; /* NULL: can be chosen */
    const char *price_hour;      /* sizes only */
    const char *price_month;
    const char *price_stopped; /* per hour while stopped */
    const char *stopped_month;
    /* Sizes of a new VM: the quota with it, "2 of 5", and the bars of 100. */
    const char *quota_vms, *quota_vcpus, *quota_memory, *quota_disk;
    int64_t vms_now, vms_after, vcpus_now, vcpus_after, memory_now, memory_after;
    int64_t disk_now, disk_after;
    bool is_vms_over, is_vcpus_over, is_memory_over, is_disk_over; /* with it */
    bool is_chosen;
    bool is_bare;             /* images: without cloud-init, so they take no user data */
    bool has_agent;           /* images: with a guest agent */
    bool has_focus;           /* none was chosen, and one must be */
    struct option_rows unfit; /* sizes: the images that need more memory, and why in `about` */
};

/* Kinds of VM jobs; see vm_job.h. */
#include "model/vm_job.h"

#include "base/array.h"
#include "main_constants.sql.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define DEFINE(name, kind, ...) const char VM_JOB_##name[] = kind;
VM_JOBS(DEFINE)

#define ROW(name, kind, ...) { VM_JOB_##name, __VA_ARGS__ },
static const struct vm_job jobs[] = { VM_JOBS(ROW) };

enum { JOB_COUNT = COUNT(jobs) };

const struct vm_job *vm_job_find(const char *kind)
{
    size_t i = 0;

    while (i < JOB_COUNT && strcmp(jobs[i].kind, kind) != 0)
        i++;
    assert(i < JOB_COUNT);
    return &jobs[i];
}

bool vm_job_is_state(const char *state)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (strcmp(jobs[i].state, state) == 0)
            return true;
    }
    return false;
}

const struct vm_job *vm_job_for_state(const char *state)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (strcmp(jobs[i].state, state) == 0 && !jobs[i].has_snapshot)
            return &jobs[i];
    }
    return NULL;
}

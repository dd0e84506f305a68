/*
 * Serial consoles of VMs that cannot be reached by SSH: while that is so, the last bytes are in
 * this process's memory, for the VM's team to look for the cause (model/worker_console.h). Nothing
 * of them is written anywhere; they are wiped once the VM is reached, stopped or destroyed.
 */
#pragma once

#include "worker/threads.h"

struct consoles;

/* Listens for questions: before the sandbox is entered, with the worker's lock. INTERNAL. */
struct error *consoles_open(struct arena *arena, const struct config *config,
                            struct consoles **out);

/*
 * A thread (worker/threads.h) whose `shared` are the consoles: answers questions, and once in
 * LIMIT_CONSOLE_EVERY_MS begins and ends reading as the database says which VMs cannot be reached:
 * at most LIMIT_CONSOLES, each by a thread of its own. One whose console is open elsewhere, as for
 * a look of the operator, is tried again.
 */
void consoles_run(struct thread *thread);

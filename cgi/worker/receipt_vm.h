/*
 * Signed receipts of destroyed VMs (receipt_sign.h). They are signed after the VM's end, not in its
 * transaction: a key that is missing must not keep a VM from being destroyed.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

/* Sign those that are not. `*is_done`: there are no more; else call it again. */
struct error *receipts_sign(const struct context *context, bool *is_done);

/*
 * What the server measures of itself for everybody to see (/about): the memory of its programs, and
 * what a first visit to its start page loads.
 */
#pragma once

#include "worker/worker_context.h"

/* Notes that the server has started. */
struct error *about_start(struct worker_context *context);

/* Measures and stores, if the last time is LIMIT_ABOUT_EVERY_S ago. What cannot be read or fetched
 * counts as nothing. Resets context->arena. */
struct error *about_measure(struct worker_context *context);

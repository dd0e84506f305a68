/*
 * API keys of LLM providers, which this server never stores: known by how they begin. The
 * beginnings are those of Anthropic (API and session keys) and OpenAI (projects, service accounts).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer than what a key is known by. */
enum { PROVIDER_KEY_BYTES = 64 };

/* How many begin in the first `fresh` of `length` bytes. */
int64_t provider_key_count(const char *bytes, size_t length, size_t fresh);

bool provider_key_is_in(const char *text);

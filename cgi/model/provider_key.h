/*
 * API keys of LLM providers, which this server never stores: known by how they begin. The
 * beginnings are those of Anthropic (API and session keys) and OpenAI (projects, service accounts).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Longer than what a key is known by. */
enum { PROVIDER_KEY_BYTES = 64 };

bool provider_key_is_among(const char *bytes, size_t length);

/* The same of a text. */
bool provider_key_is_in(const char *text);

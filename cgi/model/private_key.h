/*
 * Private keys as programs write them: PEM (OpenSSH, OpenSSL), PGP, PuTTY, age. What the promise
 * that none is stored searches files for, and what is refused in longer texts, which may hold other
 * base64; ssh_key_looks_private() judges what should be one public key.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether one begins among these bytes; `*what`, unless NULL: "a PEM private key". */
bool private_key_is_among(const char *bytes, size_t length, const char **what);

/* Whether guests can use hardware virtualization. */
#pragma once

/*
 * "kvm" or "tcg" (emulated). Returns `wanted` if it is "kvm" or "tcg". For "auto", KVM if the CPU
 * has virtualization, this user can open /dev/kvm, and its API version is the known one.
 */
const char *accelerator_choose(const char *wanted);

/*
 * Whether guests can run on the processor itself.
 */
#pragma once

/*
 * "kvm" or "tcg" (emulated). `wanted` "kvm" and "tcg" are taken at their word; "auto" is KVM when
 * the processor has virtualisation, /dev/kvm opens for this user, and it speaks the known version.
 */
const char *accelerator_choose(const char *wanted);

/*
 * Chooses KVM or emulation; see accelerator.h. Neither libvirt's capabilities nor the existence of
 * /dev/kvm suffice: in some virtual machines both are present and guests hang.
 */
#include "host/accelerator.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    KVM_GET_API_VERSION = 0xae00, /* linux/kvm.h; the version has always been 12 */
    KVM_VERSION = 12,
};

static bool processor_can(void)
{
    char line[8192];
    bool can = false;
    FILE *file = fopen("/proc/cpuinfo", "re");

    while (file && !can && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = ' ';
        if (strncmp(line, "flags", 5) == 0)
            can = strstr(line, " vmx ") || strstr(line, " svm ");
    }
    if (file)
        fclose(file);
    return can;
}

static bool kvm_is_usable(void)
{
    int file = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    bool is_usable = file >= 0 && ioctl(file, KVM_GET_API_VERSION, 0) == KVM_VERSION;

    if (file >= 0)
        close(file);
    return is_usable;
}

const char *accelerator_choose(const char *wanted)
{
    if (strcmp(wanted, "kvm") == 0)
        return "kvm";
    return strcmp(wanted, "auto") == 0 && processor_can() && kvm_is_usable() ? "kvm" : "tcg";
}

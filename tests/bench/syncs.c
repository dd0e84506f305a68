/*
 * Loaded into a program that is measured: counts its fdatasync() and fsync() in the first eight
 * bytes of the file SYNCS.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static long nowhere, *count = &nowhere;

__attribute__((constructor)) static void syncs_open(void)
{
    const char *path = getenv("SYNCS");
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    void *mapped;

    if (fd < 0 || ftruncate(fd, sizeof *count) < 0)
        return;
    mapped = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        count = mapped;
    close(fd);
}

EXPORT int fdatasync(int fd)
{
    ++*count;
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORT int fsync(int fd)
{
    ++*count;
    return (int)syscall(SYS_fsync, fd);
}

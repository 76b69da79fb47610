/* A loss of power, for the journal of one process: loaded with LD_PRELOAD, it keeps what is written to a journal's files in
 * the memory of the process until the file is synced. So SIGKILL loses what a loss of power would: everything since the
 * last sync. Meanwhile reads see what was written, as the page cache would show it.
 *
 * A disk may also write before it is asked to. So of some writes the beginning reaches the file at once, and some reach it
 * whole, with or without what was written before them.
 *
 *     WARREN_POWERLOSS_SEED    which writes that happens to
 *     WARREN_POWERLOSS_TORN    to how many of a hundred (20)
 *
 * What changes names, sizes and directories reaches the disk at once: a journaling file system keeps its order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pending {
    off_t offset;
    size_t count;
    struct pending *next;
    unsigned char bytes[];
};

/* A file with writes that it has not got; by its inode, which outlives names and descriptors. */
struct file {
    dev_t device;
    ino_t inode;
    struct pending *first, *last;
    struct file *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static uint64_t state;
static unsigned torn_percent = 20;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t), (*real_unlink)(const char *);
static off_t (*real_lseek)(int, off_t, int);

__attribute__((constructor)) static void begin(void) {
    const char *seed = getenv("WARREN_POWERLOSS_SEED"), *torn = getenv("WARREN_POWERLOSS_TORN");
    state = seed ? strtoull(seed, NULL, 10) : 1;
    if (torn) torn_percent = (unsigned)strtoul(torn, NULL, 10);
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_pread = dlsym(RTLD_NEXT, "pread64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_lseek = dlsym(RTLD_NEXT, "lseek64");
}

/* SplitMix64. */
static uint64_t below(uint64_t limit) {
    uint64_t mixed = (state += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return (mixed ^ mixed >> 31) % limit;
}

static int is_journal(const char *path) {
    const char *name = strrchr(path, '/');
    if (!name) return 0;
    return strstr(name, ".journal") != NULL || strncmp(name, "/prepared", 9) == 0;
}

static struct file *known(dev_t device, ino_t inode) {
    for (struct file *file = files; file; file = file->next)
        if (file->device == device && file->inode == inode) return file;
    return NULL;
}

/* The entry of a journal's file; made where there is none and one is wanted. The lock is held. */
static struct file *file_of(int descriptor, int makes) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count < 0) return NULL;
    path[count] = 0;
    struct stat status;
    if (!is_journal(path) || fstat(descriptor, &status) < 0) return NULL;
    struct file *file = known(status.st_dev, status.st_ino);
    if (file || !makes) return file;
    file = calloc(1, sizeof *file);
    if (!file) abort();
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->next = files;
    return files = file;
}

static void forget(struct file *file) {
    while (file->first) {
        struct pending *next = file->first->next;
        free(file->first);
        file->first = next;
    }
    file->last = NULL;
}

static void write_out(int descriptor, const struct pending *write, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t written = real_pwrite(descriptor, write->bytes + done, count - done, write->offset + (off_t)done);
        if (written <= 0) abort();
        done += (size_t)written;
    }
}

/* The size that the file would have. */
static off_t visible_size(int descriptor, const struct file *file) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return 0;
    off_t size = status.st_size;
    for (const struct pending *write = file->first; write; write = write->next)
        if (write->offset + (off_t)write->count > size) size = write->offset + (off_t)write->count;
    return size;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    pthread_mutex_lock(&lock);
    struct file *file = file_of(descriptor, 1);
    if (!file) {
        pthread_mutex_unlock(&lock);
        return real_pwrite(descriptor, bytes, count, offset);
    }
    struct pending *write = malloc(sizeof *write + count);
    if (!write) abort();
    write->offset = offset;
    write->count = count;
    write->next = NULL;
    memcpy(write->bytes, bytes, count);
    if (file->last) file->last->next = write;
    else file->first = write;
    file->last = write;
    /* It is written again with the others when the file is synced. */
    if (count > 0 && below(100) < torn_percent) write_out(descriptor, write, below(2) ? count : below(count));
    pthread_mutex_unlock(&lock);
    return (ssize_t)count;
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) {
    pthread_mutex_lock(&lock);
    struct file *file = file_of(descriptor, 0);
    ssize_t result = real_pread(descriptor, bytes, count, offset);
    if (file && file->first && result >= 0) {
        off_t end = visible_size(descriptor, file);
        if (end > offset + (off_t)count) end = offset + (off_t)count;
        if (end > offset + result) {
            memset((char *)bytes + result, 0, (size_t)(end - offset - result));
            result = end - offset;
        }
        for (const struct pending *write = file->first; write; write = write->next) {
            off_t from = write->offset > offset ? write->offset : offset;
            off_t to = write->offset + (off_t)write->count;
            if (to > end) to = end;
            if (from < to)
                memcpy((char *)bytes + (from - offset), write->bytes + (from - write->offset), (size_t)(to - from));
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/* What was written to it reaches the file. */
static void sync_out(int descriptor) {
    pthread_mutex_lock(&lock);
    struct file *file = file_of(descriptor, 0);
    if (file) {
        for (const struct pending *write = file->first; write; write = write->next)
            write_out(descriptor, write, write->count);
        forget(file);
    }
    pthread_mutex_unlock(&lock);
}

int fdatasync(int descriptor) {
    sync_out(descriptor);
    return real_fdatasync(descriptor);
}

int fsync(int descriptor) {
    sync_out(descriptor);
    return real_fsync(descriptor);
}

int ftruncate64(int descriptor, off_t size) {
    pthread_mutex_lock(&lock);
    struct file *file = file_of(descriptor, 0);
    for (struct pending *write = file ? file->first : NULL; write; write = write->next) {
        off_t left = size > write->offset ? size - write->offset : 0;
        if ((off_t)write->count > left) write->count = (size_t)left;
    }
    pthread_mutex_unlock(&lock);
    return real_ftruncate(descriptor, size);
}

off_t lseek64(int descriptor, off_t offset, int whence) {
    if (whence == SEEK_END) {
        pthread_mutex_lock(&lock);
        struct file *file = file_of(descriptor, 0);
        off_t size = file && file->first ? visible_size(descriptor, file) : -1;
        pthread_mutex_unlock(&lock);
        if (size >= 0) return real_lseek(descriptor, size + offset, SEEK_SET);
    }
    return real_lseek(descriptor, offset, whence);
}

/* The inode may become that of another file. */
int unlink(const char *path) {
    struct stat status;
    if (is_journal(path) && stat(path, &status) == 0) {
        pthread_mutex_lock(&lock);
        struct file *file = known(status.st_dev, status.st_ino);
        if (file) forget(file);
        pthread_mutex_unlock(&lock);
    }
    return real_unlink(path);
}

/* Where off_t has 64 bits both names mean the same. */
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}
ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return pread64(descriptor, bytes, count, offset);
}
int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }
off_t lseek(int descriptor, off_t offset, int whence) { return lseek64(descriptor, offset, whence); }

// The allocator's own settings, which Swift's module of the C library leaves out. Other allocators than glibc's have none
// of them, and nothing is set.
#pragma once
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

static inline void warren_limit_arenas(int arenas) { mallopt(M_ARENA_MAX, arenas); }
static inline void warren_trim_above(int bytes) { mallopt(M_TRIM_THRESHOLD, bytes); }
#else
static inline void warren_limit_arenas(int arenas) { (void)arenas; }
static inline void warren_trim_above(int bytes) { (void)bytes; }
#endif

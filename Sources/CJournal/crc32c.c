#include "cjournal.h"
#include <pthread.h>
#include <string.h>

// Reflected polynomial of Castagnoli.
#define POLYNOMIAL 0x82F63B78u

static uint32_t tables[8][256];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void prepare(void) {
    for (uint32_t octet = 0; octet < 256; octet++) {
        uint32_t crc = octet;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        tables[0][octet] = crc;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (int octet = 0; octet < 256; octet++) {
            uint32_t before = tables[slice - 1][octet];
            tables[slice][octet] = before >> 8 ^ tables[0][before & 0xFF];
        }
    }
}

uint32_t cjournal_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&prepared, prepare);
    const uint8_t *next = bytes;
    crc = ~crc;
    while (count >= 8) {
        uint32_t low, high;
        memcpy(&low, next, 4);
        memcpy(&high, next + 4, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        low = __builtin_bswap32(low);
        high = __builtin_bswap32(high);
#endif
        low ^= crc;
        crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^ tables[4][low >> 24]
            ^ tables[3][high & 0xFF] ^ tables[2][high >> 8 & 0xFF] ^ tables[1][high >> 16 & 0xFF] ^ tables[0][high >> 24];
        next += 8;
        count -= 8;
    }
    while (count--) crc = crc >> 8 ^ tables[0][(crc ^ *next++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t with_instruction(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    uint64_t sum = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        sum = _mm_crc32_u64(sum, word);
        next += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)sum;
    while (count--) rest = _mm_crc32_u8(rest, *next++);
    return ~rest;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static uint32_t with_instruction(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    crc = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __crc32cd(crc, word);
        next += 8;
        count -= 8;
    }
    while (count--) crc = __crc32cb(crc, *next++);
    return ~crc;
}

static int has_instruction(void) { return 1; }
#else
static uint32_t with_instruction(uint32_t crc, const void *bytes, size_t count) {
    return cjournal_crc32c_table(crc, bytes, count);
}

static int has_instruction(void) { return 0; }
#endif

uint32_t cjournal_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return has_instruction() ? with_instruction(crc, bytes, count) : cjournal_crc32c_table(crc, bytes, count);
}

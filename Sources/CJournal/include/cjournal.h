// CRC-32C (Castagnoli, RFC 3720 §12.1), with the processor's instruction where it has one.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The checksum of `count` bytes, continuing `crc`; begin with 0.
uint32_t cjournal_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the processor's help; for tests.
uint32_t cjournal_crc32c_table(uint32_t crc, const void *bytes, size_t count);

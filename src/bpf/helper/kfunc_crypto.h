// Ciphers, of which saya has none.
#pragma once

#include <cstdint>

#include "abi/dynptr.h"
#include "abi/run.h"

namespace saya::helper {

using abi::Dynptr;
using abi::Run;

uint64_t bpf_crypto_decrypt(Run& run, const void* context, Dynptr* from, Dynptr* to, uint64_t state) noexcept;
uint64_t bpf_crypto_encrypt(Run& run, const void* context, Dynptr* from, Dynptr* to, uint64_t state) noexcept;

}  // namespace saya::helper

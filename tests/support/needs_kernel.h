// For tests that ask the running kernel: they are skipped, with words, where it does not answer.
#pragma once

#include <gtest/gtest.h>

#include "kernel/bpf.h"

/// Ends the test (or SetUp()) as skipped where bpf(2) cannot be used, and says what is missing.
#define SAYA_NEEDS_BPF()                                                             \
  if (const auto usable = saya::kernel::available(); !usable)                        \
  GTEST_SKIP() << "nothing was compared with the kernel: " << usable.error().message \
               << "; runs on Linux 6.18 as root, or with CAP_BPF and CAP_NET_ADMIN"

/// The same for a test that could not enter a network namespace of its own.
#define SAYA_NEEDS_NAMESPACE(entered) \
  if (!(entered)) GTEST_SKIP() << (entered).error().message << "; runs as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN"

// Maps behind bpf(2), here saya's commands and there the system call itself.
#include "support/map_subject.h"

#include <linux/bpf.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/bpf.h"
#include "support/any_types.h"

namespace saya::tests {
namespace {

class SayaSubject final : public MapSubject {
 public:
  explicit SayaSubject(MapPtr map) : map_(std::move(map)) {}
  int update(const Bytes& key, const Bytes& value, uint64_t flags) override {
    return commands::update(*map_, key.data(), value.data(), flags);
  }
  int lookup(const Bytes& key, Bytes& value, uint64_t flags) override {
    return commands::lookup(*map_, key.data(), value.data(), flags);
  }
  int erase(const Bytes& key) override { return commands::erase(*map_, key.data()); }
  int take(const Bytes& key, Bytes& value, uint64_t flags) override {
    return commands::take(*map_, key.data(), value.data(), flags);
  }
  int next_key(const Bytes* key, Bytes& next) override {
    return commands::next_key(*map_, key ? key->data() : nullptr, next.data());
  }
  int freeze() override { return commands::freeze(*map_); }
  BatchAnswer read_batch(bool take, const Bytes& from, uint32_t count, uint64_t elem_flags, uint64_t flags) override {
    const commands::BatchRequest request{from, count, elem_flags, flags};
    auto reply = take ? commands::take_batch(*map_, request) : commands::lookup_batch(*map_, request);
    return {reply.error, reply.count, std::move(reply.keys), std::move(reply.values), std::move(reply.next)};
  }
  int update_batch(const Bytes& keys, const Bytes& values, uint32_t& count, uint64_t elem_flags) override {
    return commands::update_batch(*map_, keys.data(), values.data(), count, elem_flags);
  }
  int erase_batch(const Bytes& keys, uint32_t& count, uint64_t elem_flags) override {
    return commands::erase_batch(*map_, keys.data(), count, elem_flags);
  }

 private:
  MapPtr map_;
};

uint64_t address(const Bytes& bytes) { return bytes.empty() ? 0 : reinterpret_cast<uint64_t>(bytes.data()); }

bpf_attr blank() {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  return attr;
}

int bpf(bpf_cmd command, bpf_attr& attr) {
  const long result = ::syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

class KernelSubject final : public MapSubject {
 public:
  KernelSubject(Fd map, const MapSpec& spec) : map_(std::move(map)), spec_(spec) {}
  int update(const Bytes& key, const Bytes& value, uint64_t flags) override {
    return element(BPF_MAP_UPDATE_ELEM, address(key), address(value), flags);
  }
  int lookup(const Bytes& key, Bytes& value, uint64_t flags) override {
    return element(BPF_MAP_LOOKUP_ELEM, address(key), address(value), flags);
  }
  int erase(const Bytes& key) override { return element(BPF_MAP_DELETE_ELEM, address(key), 0, 0); }
  int take(const Bytes& key, Bytes& value, uint64_t flags) override {
    return element(BPF_MAP_LOOKUP_AND_DELETE_ELEM, address(key), address(value), flags);
  }
  int next_key(const Bytes* key, Bytes& next) override {
    return element(BPF_MAP_GET_NEXT_KEY, key ? address(*key) : 0, address(next), 0);
  }
  int freeze() override { return element(BPF_MAP_FREEZE, 0, 0, 0); }
  BatchAnswer read_batch(bool take, const Bytes& from, uint32_t count, uint64_t elem_flags, uint64_t flags) override {
    BatchAnswer answer;
    const bool hash = spec_.type != BPF_MAP_TYPE_ARRAY && spec_.type != BPF_MAP_TYPE_PERCPU_ARRAY &&
                      spec_.type != BPF_MAP_TYPE_LPM_TRIE;
    const size_t token = hash ? sizeof(uint32_t) : spec_.key_size;
    const size_t value = value_bytes();
    answer.keys.resize(count * size_t{spec_.key_size});
    answer.values.resize(count * value);
    answer.next.resize(std::max(token, sizeof(uint32_t)));
    bpf_attr attr = blank();
    attr.batch.in_batch = address(from);
    attr.batch.out_batch = address(answer.next);
    attr.batch.keys = address(answer.keys);
    attr.batch.values = address(answer.values);
    attr.batch.count = count;
    attr.batch.map_fd = static_cast<uint32_t>(map_.get());
    attr.batch.elem_flags = elem_flags;
    attr.batch.flags = flags;
    answer.error = bpf(take ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH, attr);
    answer.count = answer.error == 0 || answer.error == -ENOENT ? attr.batch.count : 0;
    answer.keys.resize(answer.count * size_t{spec_.key_size});
    answer.values.resize(answer.count * value);
    return answer;
  }
  int update_batch(const Bytes& keys, const Bytes& values, uint32_t& count, uint64_t elem_flags) override {
    return write_batch(BPF_MAP_UPDATE_BATCH, keys, &values, count, elem_flags);
  }
  int erase_batch(const Bytes& keys, uint32_t& count, uint64_t elem_flags) override {
    return write_batch(BPF_MAP_DELETE_BATCH, keys, nullptr, count, elem_flags);
  }

 private:
  size_t value_bytes() const {
    const bool per_cpu = spec_.type == BPF_MAP_TYPE_PERCPU_HASH || spec_.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
                         spec_.type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
    return per_cpu ? possible_cpus() * ((spec_.value_size + size_t{7}) / 8 * 8) : spec_.value_size;
  }
  int element(bpf_cmd command, uint64_t key, uint64_t value, uint64_t flags) {
    bpf_attr attr = blank();
    attr.map_fd = static_cast<uint32_t>(map_.get());
    attr.key = key;
    attr.value = value;
    attr.flags = flags;
    return bpf(command, attr);
  }
  int write_batch(bpf_cmd command, const Bytes& keys, const Bytes* values, uint32_t& count, uint64_t elem_flags) {
    bpf_attr attr = blank();
    attr.batch.keys = address(keys);
    attr.batch.values = values ? address(*values) : 0;
    attr.batch.count = count;
    attr.batch.map_fd = static_cast<uint32_t>(map_.get());
    attr.batch.elem_flags = elem_flags;
    const int error = bpf(command, attr);
    count = attr.batch.count;
    return error;
  }

  Fd map_;
  const MapSpec spec_;
};

/// Loaded into the kernel once.
int types_fd() {
  static const Fd fd = kernel::load_btf(any_types().value()->raw()).value();
  return fd.get();
}

Result<Fd> create(const MapSpec& spec, int inner) {
  return kernel::create_map(spec, {.btf = spec.value_btf_type != 0 ? types_fd() : -1,
                                   .key = spec.key_btf_type,
                                   .value = spec.value_btf_type,
                                   .inner = inner});
}

template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : -to_errno(result.error().code);
}

}  // namespace

uint32_t possible_cpus() { return kernel::possible_cpus().value_or(1); }

MapWorld kernel_like_world() { return {.nr_cpus = possible_cpus(), .hash_key = 0x5a5a'1234}; }

std::unique_ptr<MapSubject> make_saya_subject(const MapSpec& spec, int& error) {
  auto map = create_map(spec, kernel_like_world());
  error = errno_of(map);
  return map ? std::make_unique<SayaSubject>(*std::move(map)) : nullptr;
}

std::unique_ptr<MapSubject> make_kernel_subject(const MapSpec& spec, int& error) {
  const auto inner = spec.inner ? create(*spec.inner, -1) : Result<Fd>(Fd());
  auto map = inner ? create(spec, inner->get()) : std::unexpected(inner.error());
  error = errno_of(map);
  return map ? std::make_unique<KernelSubject>(*std::move(map), spec) : nullptr;
}

struct OnCpu::Mask {
  cpu_set_t cpus;
};

OnCpu::OnCpu(int cpu) : before_(std::make_unique<Mask>()) {
  ::sched_getaffinity(0, sizeof before_->cpus, &before_->cpus);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

OnCpu::~OnCpu() { ::sched_setaffinity(0, sizeof before_->cpus, &before_->cpus); }

}  // namespace saya::tests

// BPF_MAP_TYPE_QUEUE: the oldest value comes first. Behaves as kernel/bpf/queue_stack_maps.c, Linux 6.18.
#include "map/queue_elements.h"

namespace saya {
namespace {

class Queue final : public QueueElements {
 public:
  using QueueElements::QueueElements;

 private:
  uint64_t next() const noexcept override { return tail(); }
  void drop_next() noexcept override { set_tail(after(tail())); }
};

}  // namespace

Result<size_t> queue_storage(const MapSpec& spec, uint32_t) { return QueueElements::storage(spec); }

Result<MapPtr> open_queue(MapSpec spec, MapMemory memory) {
  return std::make_shared<Queue>(std::move(spec), std::move(memory));
}

}  // namespace saya

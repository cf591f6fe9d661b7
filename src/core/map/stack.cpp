// BPF_MAP_TYPE_STACK: the youngest value comes first. Behaves as kernel/bpf/queue_stack_maps.c, Linux 6.18.
#include "map/queue_elements.h"

namespace saya {
namespace {

class Stack final : public QueueElements {
 public:
  using QueueElements::QueueElements;

 private:
  uint64_t next() const noexcept override { return before(head()); }
  void drop_next() noexcept override { set_head(before(head())); }
};

}  // namespace

Result<size_t> stack_storage(const MapSpec& spec, uint32_t) { return QueueElements::storage(spec); }

Result<MapPtr> open_stack(MapSpec spec, MapMemory memory) {
  return std::make_shared<Stack>(std::move(spec), std::move(memory));
}

}  // namespace saya

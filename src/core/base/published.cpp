// The urcu_qsbr flavour: readers pay nothing but one store per burst.
#include "base/published.h"

#include <urcu-qsbr.h>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace saya {
namespace {

// liburcu is not instrumented, so ThreadSanitizer must be told what a grace period orders: everything that readers did
// before they let go comes before what happens after the wait.
#ifdef __SANITIZE_THREAD__
char grace_period;  // Its address is what matters.
void tell_sanitizer_let_go() noexcept { __tsan_release(&grace_period); }
void tell_sanitizer_all_let_go() noexcept { __tsan_acquire(&grace_period); }
#else
void tell_sanitizer_let_go() noexcept {}
void tell_sanitizer_all_let_go() noexcept {}
#endif

}  // namespace

Reader::Reader() { urcu_qsbr_register_thread(); }
Reader::~Reader() {
  tell_sanitizer_let_go();
  urcu_qsbr_unregister_thread();
}
void Reader::quiescent() noexcept {
  tell_sanitizer_let_go();
  urcu_qsbr_quiescent_state();
}
void Reader::go_offline() noexcept {
  tell_sanitizer_let_go();
  urcu_qsbr_thread_offline();
}
void Reader::go_online() noexcept { urcu_qsbr_thread_online(); }

void wait_for_readers() noexcept {
  tell_sanitizer_let_go();  // A caller that is a Reader counts as quiescent.
  urcu_qsbr_synchronize_rcu();
  tell_sanitizer_all_let_go();
}

}  // namespace saya

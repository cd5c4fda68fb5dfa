#include "engine/qsbr.h"

#include <rte_rcu_qsbr.h>

#include <cstdlib>

#include "engine/check.h"

namespace engine {

Qsbr::Qsbr(std::uint16_t shards) {
  const std::size_t bytes = rte_rcu_qsbr_get_memsize(shards);
  qsbr_ = static_cast<rte_rcu_qsbr*>(
      std::aligned_alloc(RTE_CACHE_LINE_SIZE, (bytes + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE));
  CHECK(qsbr_ != nullptr);
  CHECK(rte_rcu_qsbr_init(qsbr_, shards) == 0);
  for (std::uint16_t i = 0; i < shards; ++i) CHECK(rte_rcu_qsbr_thread_register(qsbr_, i) == 0);
}

Qsbr::~Qsbr() { std::free(qsbr_); }

void Qsbr::online(ShardId self) noexcept { rte_rcu_qsbr_thread_online(qsbr_, self.value); }
void Qsbr::offline(ShardId self) noexcept { rte_rcu_qsbr_thread_offline(qsbr_, self.value); }
void Qsbr::quiescent(ShardId self) noexcept { rte_rcu_qsbr_quiescent(qsbr_, self.value); }
std::uint64_t Qsbr::start_grace() noexcept { return rte_rcu_qsbr_start(qsbr_); }
bool Qsbr::is_over(std::uint64_t token) const noexcept { return rte_rcu_qsbr_check(qsbr_, token, false) == 1; }
void Qsbr::wait() noexcept { rte_rcu_qsbr_synchronize(qsbr_, RTE_QSBR_THRID_INVALID); }

}  // namespace engine

#include "http/counters.h"

#include <gtest/gtest.h>
#include <memory>

namespace http {
namespace {

TEST(HttpCounters, BeginAtZero) {
  const auto counters = std::make_unique<Counters>();  // too large for a stack
  std::uint64_t sum = counters->sessions.get() + counters->exchanges.get() + counters->upstream_opened.get();
  for (const auto& reason : counters->rejected) sum += reason.get();
  for (const ListenerCounters& l : counters->listeners) sum += l.connections.get() + l.request_bytes.get() + l.durations.sum_us();
  for (const PoolCounters& p : counters->pools) sum += p.durations.sum_us();
  for (const ServerCounters& s : counters->servers)
    sum += s.connections.get() + s.idle.get() + s.requests.get() + s.retries.get();
  counters->requests.for_each([&](const RequestKey&, std::uint64_t count) { sum += count; });
  EXPECT_EQ(sum, 0u);
}

TEST(HttpCounters, HaveAPlaceForEveryNumberThatANameCanGet) {  // http/names.h gives numbers below these
  const auto counters = std::make_unique<Counters>();
  EXPECT_EQ(counters->rejected.size(), reject_info.size());
  EXPECT_EQ(counters->listeners.size(), listeners_max);
  EXPECT_EQ(counters->pools.size(), pools_max);
  EXPECT_EQ(counters->servers.size(), servers_max);
  EXPECT_LT(servers_max, RequestKey{}.server) << "which is no server";
}

}  // namespace
}  // namespace http

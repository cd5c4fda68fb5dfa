#include "engine/counters.h"

#include <gtest/gtest.h>
#include <thread>

namespace engine {
namespace {

TEST(Counter, AddsSubtractsAndSets) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.get(), 42u);
  counter.sub(2);
  EXPECT_EQ(counter.get(), 40u);
  counter.set(7);
  EXPECT_EQ(counter.get(), 7u);
}

TEST(Counter, AReaderSeesItGrowAndNeverGoBack) {
  Counter counter;
  std::thread writer{[&] {
    for (int i = 0; i < 1'000'000; ++i) counter.add();
  }};
  std::uint64_t last = 0, went_back = 0;
  while (last < 1'000'000) {
    const std::uint64_t now = counter.get();
    went_back += static_cast<std::uint64_t>(now < last);
    last = now;
  }
  writer.join();
  EXPECT_EQ(went_back, 0u);
  EXPECT_EQ(counter.get(), 1'000'000u);
}

}  // namespace
}  // namespace engine

#include "engine/fib.h"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

Cidr cidr(std::string_view text) { return *parse_cidr(text); }

/// What a FIB promises, slowly.
class Model {
 public:
  void add(const Cidr& prefix, NextHopId hop) { routes_[Cidr{prefix.network(), prefix.length}] = hop; }
  bool remove(const Cidr& prefix) { return routes_.erase(Cidr{prefix.network(), prefix.length}) != 0; }
  [[nodiscard]] NextHopId lookup(Ipv4 address) const {
    NextHopId best = no_next_hop;
    int longest = -1;
    for (const auto& [prefix, hop] : routes_)
      if (prefix.contains(address) && prefix.length > longest) {
        longest = prefix.length;
        best = hop;
      }
    return best;
  }
  [[nodiscard]] const std::map<Cidr, NextHopId>& routes() const { return routes_; }

 private:
  std::map<Cidr, NextHopId> routes_;
};

class FibTest : public testing::TestWithParam<Fib::Kind> {
 protected:
  static std::unique_ptr<Fib> make(std::uint32_t capacity = 1024) {
    auto fib = Fib::create(support::unique_name("fib"), GetParam(), capacity);
    EXPECT_TRUE(fib) << fib.error().message();
    return *std::move(fib);
  }
};

TEST_P(FibTest, TheLongestPrefixWins) {
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), 1));
  ASSERT_TRUE(fib->add(cidr("10.1.0.0/16"), 2));
  ASSERT_TRUE(fib->add(cidr("10.1.2.0/24"), 3));
  ASSERT_TRUE(fib->add(cidr("10.1.2.3/32"), 4));
  EXPECT_EQ(fib->lookup({10, 9, 9, 9}), 1u);
  EXPECT_EQ(fib->lookup({10, 1, 9, 9}), 2u);
  EXPECT_EQ(fib->lookup({10, 1, 2, 9}), 3u);
  EXPECT_EQ(fib->lookup({10, 1, 2, 3}), 4u);
  EXPECT_EQ(fib->lookup({11, 0, 0, 0}), no_next_hop);
}

TEST_P(FibTest, TheDefaultRouteIsAPrefixLikeAnyOther) {
  const auto fib = make();
  EXPECT_EQ(fib->lookup({1, 2, 3, 4}), no_next_hop);
  ASSERT_TRUE(fib->add(cidr("0.0.0.0/0"), 9));
  ASSERT_TRUE(fib->add(cidr("128.0.0.0/1"), 8));
  for (const char* low : {"0.0.0.0", "1.2.3.4", "127.255.255.255"}) EXPECT_EQ(fib->lookup(*parse_ipv4(low)), 9u) << low;
  for (const char* high : {"128.0.0.0", "255.255.255.255"}) EXPECT_EQ(fib->lookup(*parse_ipv4(high)), 8u) << high;
  ASSERT_TRUE(fib->remove(cidr("128.0.0.0/1")));
  EXPECT_EQ(fib->lookup({255, 255, 255, 255}), 9u);
  ASSERT_TRUE(fib->remove(cidr("0.0.0.0/0")));
  EXPECT_EQ(fib->lookup({255, 255, 255, 255}), no_next_hop);
}

TEST_P(FibTest, AddReplaces) {
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), 1));
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), 2));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), 2u);
  ASSERT_TRUE(fib->remove(cidr("10.0.0.0/8")));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), no_next_hop);
}

TEST_P(FibTest, HostBitsOfAPrefixDoNotCount) {
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.77/24"), 5));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), 5u);
  EXPECT_TRUE(fib->remove(cidr("10.0.0.1/24")));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), no_next_hop);
}

TEST_P(FibTest, RemovingWhatIsNotThereIsAnError) {
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), 1));
  const auto removed = fib->remove(cidr("10.0.0.0/9"));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Errc::not_found);
  EXPECT_EQ(removed.error().where, "10.0.0.0/9");
}

TEST_P(FibTest, AgreesWithANaiveModelOnRandomTables) {
  Random random{static_cast<std::uint64_t>(GetParam()) + 1};
  const auto fib = make(2000);
  Model model;
  const auto random_prefix = [&] {  // crowded, so that prefixes lie in each other
    const auto length = static_cast<std::uint8_t>(random.below(33));
    return Cidr{Ipv4{0x0a000000u | (static_cast<std::uint32_t>(random.next()) & 0x0003ffffu)}, length};
  };
  for (int step = 0; step < 3000; ++step) {
    const Cidr prefix = random_prefix();
    if (random.chance(0.35)) {
      ASSERT_EQ(fib->remove(prefix).ok(), model.remove(prefix)) << to_string(prefix);
    } else {
      const auto hop = static_cast<NextHopId>(1 + random.below(60'000));
      const auto added = fib->add(prefix, hop);
      ASSERT_TRUE(added) << added.error().message();
      model.add(prefix, hop);
    }
    if (step % 10 != 0) continue;
    std::vector<std::uint32_t> addresses;
    for (int i = 0; i < 32; ++i) addresses.push_back(random_prefix().address.value ^ (random.chance(0.1) ? 0x80000000u : 0u));
    std::vector<std::uint64_t> hops(addresses.size());
    fib->lookup_bulk(addresses, hops);
    for (std::size_t i = 0; i < addresses.size(); ++i)
      ASSERT_EQ(hops[i], model.lookup(Ipv4{addresses[i]})) << to_string(Ipv4{addresses[i]}) << " at step " << step;
  }
}

TEST_P(FibTest, PrefixesUpToTheLastAddressCoverOnlyWhatTheyShould) {
  // 22.11's DIR24-8 loses its place when what it walks ends with 255.255.255.255 and adjoins its neighbor: the new route
  // overwrote all.
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), 10));
  ASSERT_TRUE(fib->add(cidr("224.0.0.0/4"), 224));
  ASSERT_TRUE(fib->add(cidr("240.0.0.0/4"), 240));
  ASSERT_TRUE(fib->add(cidr("0.0.0.0/0"), 1));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), 10u);
  EXPECT_EQ(fib->lookup({224, 0, 0, 1}), 224u);
  EXPECT_EQ(fib->lookup({255, 255, 255, 255}), 240u);
  EXPECT_EQ(fib->lookup({11, 0, 0, 1}), 1u);
  ASSERT_TRUE(fib->add(cidr("0.0.0.0/0"), 2));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), 10u);
  EXPECT_EQ(fib->lookup({11, 0, 0, 1}), 2u);
  ASSERT_TRUE(fib->remove(cidr("0.0.0.0/0")));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), 10u);
  EXPECT_EQ(fib->lookup({250, 0, 0, 1}), 240u);
  EXPECT_EQ(fib->lookup({11, 0, 0, 1}), no_next_hop);
}

TEST_P(FibTest, AgreesWithANaiveModelAtBothEndsOfTheAddressSpace) {
  Random random{static_cast<std::uint64_t>(GetParam()) + 77};
  const auto fib = make(2000);
  Model model;
  for (int step = 0; step < 6000; ++step) {
    const auto length = static_cast<std::uint8_t>(random.below(33));
    std::uint32_t address = static_cast<std::uint32_t>(random.next()) >> random.below(31);
    if (random.chance(0.6)) address = ~address;
    const Cidr prefix{Ipv4{address}, length};
    if (random.chance(0.6) && !model.routes().empty()) {
      auto it = model.routes().lower_bound(Cidr{prefix.network(), length});
      if (it == model.routes().end()) it = model.routes().begin();
      const Cidr victim = it->first;
      ASSERT_TRUE(fib->remove(victim)) << to_string(victim);
      model.remove(victim);
    } else {
      const auto hop = static_cast<NextHopId>(1 + random.below(5));
      const auto added = fib->add(prefix, hop);
      ASSERT_TRUE(added) << added.error().message();
      model.add(prefix, hop);
    }
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t near = static_cast<std::uint32_t>(random.next()) >> random.below(32);
      const Ipv4 asked{random.chance(0.5) ? near : ~near};
      ASSERT_EQ(fib->lookup(asked), model.lookup(asked)) << to_string(asked) << " at step " << step;
    }
  }
}

TEST_P(FibTest, RefusesBeyondItsCapacityAndStaysAsItWas) {
  const auto fib = make(64);
  std::uint32_t added = 0;
  for (; added < 1000; ++added) {
    const auto done = fib->add({Ipv4{0x0a000000u + (added << 12)}, 20}, added + 1);
    if (!done) {
      EXPECT_EQ(done.error().code, Errc::exhausted) << done.error().message();
      break;
    }
  }
  EXPECT_EQ(added, 64u);
  for (std::uint32_t i = 0; i < added; ++i) EXPECT_EQ(fib->lookup(Ipv4{0x0a000000u + (i << 12) + 5}), i + 1);
  EXPECT_EQ(fib->lookup(Ipv4{0x0a000000u + (added << 12) + 5}), no_next_hop);
}

TEST_P(FibTest, RoutesThatLeadWhereTheirParentLeadsComeAndGoWithoutATrace) {
  const auto fib = make(1024);
  ASSERT_TRUE(fib->add(cidr("0.0.0.0/0"), 1));
  for (std::uint32_t i = 0; i < 1000;
       ++i) {  // 22.11 counts a group of entries at the removal of such a route, not at its addition
    ASSERT_TRUE(fib->add({Ipv4{0x0a000000u + (i << 8)}, 32}, 1)) << i;
    ASSERT_TRUE(fib->remove({Ipv4{0x0a000000u + (i << 8)}, 32})) << i;
  }
  ASSERT_TRUE(fib->add(cidr("10.0.0.1/32"), 1));
  const auto added = fib->add(cidr("20.0.0.1/32"), 2);
  ASSERT_TRUE(added) << added.error().message();
  EXPECT_EQ(fib->lookup({20, 0, 0, 1}), 2u);
  EXPECT_EQ(fib->lookup({20, 0, 0, 2}), 1u);
}

TEST_P(FibTest, NextHopsHave24Bits) {
  const auto fib = make();
  ASSERT_TRUE(fib->add(cidr("10.0.0.0/8"), Fib::next_hop_max));
  EXPECT_EQ(fib->lookup({10, 0, 0, 1}), Fib::next_hop_max);
  const auto refused = fib->add(cidr("11.0.0.0/8"), Fib::next_hop_max + 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

TEST_P(FibTest, ManyHostRoutesInOneSlash24ShareAGroup) {
  const auto fib = make(1024);
  for (std::uint32_t i = 0; i < 256; ++i) ASSERT_TRUE(fib->add({Ipv4{0x0a000000u + i}, 32}, i + 1)) << i;
  for (std::uint32_t i = 0; i < 256; ++i) ASSERT_EQ(fib->lookup(Ipv4{0x0a000000u + i}), i + 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, FibTest, testing::Values(Fib::Kind::dir24_8, Fib::Kind::tree),
                         [](const auto& kind) { return kind.param == Fib::Kind::dir24_8 ? "dir24_8" : "tree"; });

TEST(Fib, TwoOfOneNameCannotBe) {
  const auto first = Fib::create("fib_twice", Fib::Kind::tree, 16);
  ASSERT_TRUE(first);
  const auto second = Fib::create("fib_twice", Fib::Kind::tree, 16);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().where, "fib_twice");
}

}  // namespace
}  // namespace engine

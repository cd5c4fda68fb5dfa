#include "engine/routes.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

constexpr auto no_readers = [] {};

Route route(std::string_view prefix, std::uint16_t port, std::string_view gateway = "10.0.0.254") {
  return support::route_via(prefix, port, gateway, "10.0.0.1");
}

std::unique_ptr<Routes> make(Fib::Kind kind, std::uint32_t capacity = 1024) {
  auto routes = Routes::create({support::unique_name("routes"), kind, capacity});
  EXPECT_TRUE(routes) << routes.error().message();
  return *std::move(routes);
}

const NextHop& look_up(const Routes& routes, std::string_view address) {
  return routes.next_hop(routes.active().lookup(support::ip(address)));
}

/// The port of the longest prefix, slowly; none without a route.
PortId naive(const std::vector<Route>& table, Ipv4 address) {
  int longest = -1;
  PortId port;
  for (const Route& r : table)  // the last of equal prefixes wins
    if (r.prefix.contains(address) && r.prefix.length >= longest) {
      longest = r.prefix.length;
      port = r.next_hop.port;
    }
  return port;
}

class RoutesTest : public testing::TestWithParam<Fib::Kind> {};

TEST_P(RoutesTest, WithoutRoutesThereIsNoNextHop) {
  const auto routes = make(GetParam());
  EXPECT_EQ(look_up(*routes, "1.2.3.4").kind, NextHop::Kind::none);
  EXPECT_EQ(routes->size(), 0u);
}

TEST_P(RoutesTest, AssignReplacesTheWholeTable) {
  const auto routes = make(GetParam());
  ASSERT_TRUE(routes->assign(std::vector{route("10.0.0.0/8", 1), route("0.0.0.0/0", 2)}, no_readers));
  EXPECT_EQ(look_up(*routes, "10.1.1.1").port, PortId{1});
  EXPECT_EQ(look_up(*routes, "11.1.1.1").port, PortId{2});
  EXPECT_EQ(look_up(*routes, "11.1.1.1").gateway, support::ip("10.0.0.254"));
  ASSERT_TRUE(routes->assign(std::vector{route("11.0.0.0/8", 3)}, no_readers));
  EXPECT_EQ(look_up(*routes, "10.1.1.1").kind, NextHop::Kind::none);
  EXPECT_EQ(look_up(*routes, "11.1.1.1").port, PortId{3});
  EXPECT_EQ(routes->list(), (std::vector{route("11.0.0.0/8", 3)}));
}

TEST_P(RoutesTest, TheLastOfEqualPrefixesWins) {
  const auto routes = make(GetParam());
  ASSERT_TRUE(routes->assign(std::vector{route("10.0.0.0/8", 1), route("10.1.2.3/8", 2)}, no_readers));
  EXPECT_EQ(look_up(*routes, "10.1.1.1").port, PortId{2});
  EXPECT_EQ(routes->size(), 1u);
}

TEST_P(RoutesTest, GraceComesOncePerChangeAndNotAtAllWithoutOne) {
  const auto routes = make(GetParam());
  const std::vector table{route("10.0.0.0/8", 1)};
  int graces = 0;
  const auto grace = [&] { ++graces; };
  ASSERT_TRUE(routes->assign(table, grace));
  EXPECT_EQ(graces, 1);
  ASSERT_TRUE(routes->assign(table, grace));
  EXPECT_EQ(graces, 1);
  ASSERT_TRUE(routes->assign({}, grace));
  EXPECT_EQ(graces, 2);
}

TEST_P(RoutesTest, AReaderInTheGracePeriodStillFindsTheOldNextHops) {
  const auto routes = make(GetParam());
  ASSERT_TRUE(routes->assign(std::vector{route("10.0.0.0/8", 1)}, no_readers));
  const NextHopId old = routes->active().lookup(support::ip("10.1.1.1"));
  bool was_called = false;
  ASSERT_TRUE(routes->assign(std::vector{route("10.0.0.0/8", 5), route("20.0.0.0/8", 6)}, [&] {
    was_called = true;
    EXPECT_EQ(routes->next_hop(old).port, PortId{1}) << "an id that was looked up before the swap means what it meant";
    EXPECT_EQ(look_up(*routes, "10.1.1.1").port, PortId{5}) << "the new table is the active one by now";
  }));
  EXPECT_TRUE(was_called);
}

TEST_P(RoutesTest, RefusalForCapacityChangesNothing) {
  const auto routes = make(GetParam(), 64);
  const std::vector table{route("10.0.0.0/8", 1), route("20.0.0.0/8", 2)};
  ASSERT_TRUE(routes->assign(table, no_readers));
  std::vector<Route> many;
  for (std::uint32_t i = 0; i < 65; ++i)
    many.push_back({{Ipv4{0x1e000000u + (i << 8)}, 24}, {NextHop::Kind::gateway, PortId{3}, {}, {}}});
  const auto refused = routes->assign(many, [] { FAIL() << "nothing changed, nobody has to wait"; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::exhausted);
  EXPECT_NE(refused.error().what.find("65 routes"), std::string::npos) << refused.error().what;
  EXPECT_EQ(routes->list(), table);
  EXPECT_EQ(look_up(*routes, "10.1.1.1").port, PortId{1});
  EXPECT_EQ(look_up(*routes, "30.0.1.1").kind, NextHop::Kind::none);
  many.pop_back();
  EXPECT_TRUE(routes->assign(many, no_readers)) << "64 fit";
  EXPECT_EQ(look_up(*routes, "30.0.63.1").port, PortId{3});
}

TEST_P(RoutesTest, EveryAssignLeavesBothFibsAlike) {
  // The second assign goes into the FIB that the first one left idle: a difference would show as a wrong answer or a failed
  // CHECK.
  Random random{7};
  const auto routes = make(GetParam(), 400);
  for (int round = 0; round < 60; ++round) {
    std::vector<Route> table;
    for (std::uint64_t n = random.below(300); n > 0; --n) {
      const Cidr prefix{Ipv4{0x0a000000u | (static_cast<std::uint32_t>(random.next()) & 0xffffu)},
                        static_cast<std::uint8_t>(random.below(33))};
      table.push_back({prefix, {NextHop::Kind::gateway, PortId{static_cast<std::uint16_t>(random.below(20))}, {}, {}}});
    }
    const auto done = routes->assign(table, no_readers);
    ASSERT_TRUE(done) << done.error().message();
    for (int i = 0; i < 200; ++i) {
      const Ipv4 address{0x0a000000u | (static_cast<std::uint32_t>(random.next()) & 0x1ffffu)};
      ASSERT_EQ(routes->next_hop(routes->active().lookup(address)).port, naive(table, address))
          << to_string(address) << " in round " << round;
    }
  }
}

TEST_P(RoutesTest, NextHopsOfRoutesThatWentAreUsedAgain) {
  const auto routes = make(GetParam());
  for (std::uint32_t round = 0; round < 70'000; ++round) {  // more different next hops than there are ids
    const std::vector table{Route{*parse_cidr("10.0.0.0/8"), {NextHop::Kind::gateway, PortId{1}, Ipv4{round + 1}, {}}}};
    ASSERT_TRUE(routes->assign(table, no_readers)) << round;
  }
  EXPECT_EQ(look_up(*routes, "10.0.0.1").gateway, Ipv4{70'000});
}

INSTANTIATE_TEST_SUITE_P(Kinds, RoutesTest, testing::Values(Fib::Kind::dir24_8, Fib::Kind::tree),
                         [](const auto& kind) { return kind.param == Fib::Kind::dir24_8 ? "dir24_8" : "tree"; });

TEST(Routes, ARefusalByTheFibItselfIsUndone) {
  // DIR24-8 has one group of 256 entries per /24 with longer prefixes in it, and fewer groups than routes.
  const auto routes = make(Fib::Kind::dir24_8, 1024);
  std::vector<Route> table{route("10.0.0.0/8", 1), route("10.0.0.1/32", 2), route("20.0.0.0/8", 4)};
  ASSERT_TRUE(routes->assign(table, no_readers));
  std::vector<Route> scattered{route("10.0.0.0/8", 7)};  // also changes one and removes two
  for (std::uint32_t i = 0; i < 600; ++i)
    scattered.push_back({{Ipv4{0x1e000000u + (i << 8)}, 32}, {NextHop::Kind::gateway, PortId{3}, {}, {}}});
  const auto refused = routes->assign(scattered, [] { FAIL() << "nothing changed"; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::exhausted) << refused.error().message();
  std::sort(table.begin(), table.end(), [](const Route& a, const Route& b) { return a.prefix < b.prefix; });
  EXPECT_EQ(routes->list(), table);
  for (int twice = 0; twice < 2; ++twice) {  // the active FIB, and by then the other one
    EXPECT_EQ(look_up(*routes, "10.0.0.9").port, PortId{1});
    EXPECT_EQ(look_up(*routes, "10.0.0.1").port, PortId{2});
    EXPECT_EQ(look_up(*routes, "20.0.0.1").port, PortId{4});
    EXPECT_EQ(look_up(*routes, "30.0.1.0").kind, NextHop::Kind::none);
    table.push_back(route("40.0.0.0/8", 5));
    ASSERT_TRUE(routes->assign(table, no_readers));
    EXPECT_EQ(look_up(*routes, "40.0.0.1").port, PortId{5});
  }
}

TEST(Routes, TooManyNextHopsAreRefusedAndDoNotStay) {
  const auto routes = make(Fib::Kind::tree, 70'000);
  ASSERT_TRUE(routes->assign(std::vector{route("10.0.0.0/8", 1)}, no_readers));
  std::vector<Route> many;
  for (std::uint32_t i = 0; i < 66'000; ++i)
    many.push_back({{Ipv4{0x14000000u + (i << 8)}, 24}, {NextHop::Kind::gateway, PortId{3}, Ipv4{i + 1}, {}}});
  const auto refused = routes->assign(many, no_readers);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::exhausted);
  EXPECT_NE(refused.error().what.find("next hops"), std::string::npos) << refused.error().what;
  EXPECT_EQ(look_up(*routes, "10.0.0.1").port, PortId{1});
  const auto later = routes->assign(std::vector{route("10.0.0.0/8", 2, "10.0.0.7")}, no_readers);
  ASSERT_TRUE(later) << later.error().message() << ": what was refused must not hold next hops";
  EXPECT_EQ(look_up(*routes, "10.0.0.1").gateway, support::ip("10.0.0.7"));
}

TEST(Routes, BothKindsAgree) {
  Random random{11};
  const auto fast = make(Fib::Kind::dir24_8), slow = make(Fib::Kind::tree);
  for (int round = 0; round < 20; ++round) {
    std::vector<Route> table;
    for (std::uint64_t n = random.below(200); n > 0; --n)
      table.push_back({{Ipv4{static_cast<std::uint32_t>(random.next())}, static_cast<std::uint8_t>(random.below(33))},
                       {NextHop::Kind::gateway, PortId{static_cast<std::uint16_t>(random.below(9))}, {}, {}}});
    ASSERT_TRUE(fast->assign(table, no_readers));
    ASSERT_TRUE(slow->assign(table, no_readers));
    for (int i = 0; i < 300; ++i) {
      const Ipv4 address{static_cast<std::uint32_t>(random.next())};
      ASSERT_EQ(fast->next_hop(fast->active().lookup(address)), slow->next_hop(slow->active().lookup(address)))
          << to_string(address);
    }
  }
}

}  // namespace
}  // namespace engine

#include "tcp/flight.h"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "engine/random.h"

namespace tcp {
namespace {

constexpr Seq base{0xffff'f000u};  // runs wrap

SeqRange range(std::uint32_t start, std::uint32_t end) { return {base + start, base + end}; }
std::uint32_t sack(Flight& flight, std::uint32_t start, std::uint32_t end) {
  std::uint32_t news = 0;
  flight.sack(range(start, end), [&](const Flight::Run&, std::uint32_t bytes) { news += bytes; });
  return news;
}
std::uint32_t acknowledge(Flight& flight, std::uint32_t una) {
  std::uint32_t news = 0;
  flight.acknowledge(base + una, [&](const Flight::Run&, std::uint32_t bytes) { news += bytes; });
  return news;
}
std::uint32_t mark_all_lost(Flight& flight) {
  return flight.mark_lost([](const Flight::Run&, Seq) { return true; });
}
/// `segments` of 1000 bytes, each sent 10 stamps after the one before.
Flight flight_of(std::uint32_t segments) {
  Flight flight{base};
  for (std::uint32_t i = 0; i < segments; ++i) flight.on_sent(base + 1000 * i, base + 1000 * (i + 1), 10 * i);
  return flight;
}

TEST(TcpFlight, WhatLeavesAtOneTimeIsOneRun) {
  Flight flight{base};
  flight.on_sent(base, base + 1000, 5);
  flight.on_sent(base + 1000, base + 2000, 5);
  EXPECT_EQ(flight.runs(), 1u);
  flight.on_sent(base + 2000, base + 3000, 6);
  EXPECT_EQ(flight.runs(), 2u);
  EXPECT_EQ(flight.pipe(), 3000u);
  EXPECT_EQ(flight.first_sent(), 5u);
}

TEST(TcpFlight, SackedBytesLeaveThePipeOnce) {
  Flight flight = flight_of(10);
  EXPECT_EQ(sack(flight, 2000, 4000), 2000u);
  EXPECT_EQ(sack(flight, 2000, 4000), 0u) << "nothing new";
  EXPECT_EQ(sack(flight, 1500, 4500), 1000u);
  EXPECT_EQ(flight.sacked(), 3000u);
  EXPECT_EQ(flight.sacked_ranges(), 1u);
  EXPECT_EQ(sack(flight, 6000, 7000), 1000u);
  EXPECT_EQ(flight.sacked_ranges(), 2u);
  EXPECT_EQ(sack(flight, 4500, 6000), 1500u);
  EXPECT_EQ(flight.sacked_ranges(), 1u) << "neighbours are joined";
  EXPECT_EQ(flight.pipe(), 10'000u - 5500);
  EXPECT_EQ(flight.hole_end(), base + 1500);
}

TEST(TcpFlight, AcknowledgedBytesAreNewsUnlessTheyWereSacked) {
  Flight flight = flight_of(5);
  sack(flight, 1000, 2000);
  EXPECT_EQ(acknowledge(flight, 2500), 1500u);
  EXPECT_EQ(flight.start(), base + 2500);
  EXPECT_EQ(flight.sacked(), 0u);
  EXPECT_EQ(acknowledge(flight, 5000), 2500u);
  EXPECT_TRUE(flight.empty());
  EXPECT_EQ(flight.end(), base + 5000);
}

TEST(TcpFlight, ASynBelowTheFirstRunIsSkipped) {
  Flight flight{base};
  EXPECT_EQ(acknowledge(flight, 1), 0u);
  EXPECT_EQ(flight.start(), base + 1);
}

TEST(TcpFlight, LostTextIsFoundAcrossRunsAndSentAgainInPieces) {
  Flight flight = flight_of(6);
  sack(flight, 3000, 4000);
  EXPECT_EQ(mark_all_lost(flight), 5000u);
  EXPECT_EQ(flight.pipe(), 0u);
  EXPECT_EQ(flight.next_lost(), range(0, 3000));
  flight.on_sent(base, base + 1400, 100);
  EXPECT_EQ(flight.next_lost(), range(1400, 3000));
  EXPECT_EQ(flight.pipe(), 1400u);
  flight.on_sent(base + 1400, base + 2800, 100);
  flight.on_sent(base + 2800, base + 3000, 100);
  EXPECT_EQ(flight.next_lost(), range(4000, 6000));
  EXPECT_EQ(flight.runs(), 4u) << "copies that left together, what is sacked, two runs that are lost";
  flight.unmark_lost();
  EXPECT_EQ(flight.next_lost().size(), 0u);
  EXPECT_EQ(flight.pipe(), 5000u);
}

TEST(TcpFlight, ACopyHasItsOwnTimeAndIsMarked) {
  Flight flight = flight_of(3);
  flight.on_sent(base + 1000, base + 2000, 500);
  std::vector<std::pair<Stamp, bool>> delivered;
  flight.acknowledge(base + 3000, [&](const Flight::Run& run, std::uint32_t) { delivered.emplace_back(run.sent, run.resent); });
  EXPECT_EQ(delivered, (std::vector<std::pair<Stamp, bool>>{{0, false}, {500, true}, {20, false}}));
}

TEST(TcpFlight, RenegedTextIsHeldNoMore) {  // RFC 2018 8
  Flight flight = flight_of(3);
  sack(flight, 1000, 2000);
  acknowledge(flight, 1000);
  EXPECT_TRUE(flight.is_first_sacked());
  flight.unmark_sacked();
  EXPECT_FALSE(flight.is_first_sacked());
  EXPECT_EQ(flight.pipe(), 2000u);
}

TEST(TcpFlight, ManySendTimesAreJoinedByTheirNeighbourhood) {
  Flight flight{base};
  for (std::uint32_t i = 0; i < 10'000; ++i) flight.on_sent(base + i, base + i + 1, i);
  EXPECT_LE(flight.runs(), Flight::runs_max);
  EXPECT_EQ(flight.pipe(), 10'000u);
  Stamp newest = 0;
  std::uint32_t steps = 0;
  flight.acknowledge(base + 10'000, [&](const Flight::Run& run, std::uint32_t bytes) {
    EXPECT_GE(run.sent, newest) << "a later time holds, never an earlier one";
    EXPECT_LE(bytes, 2000u);
    newest = run.sent;
    ++steps;
  });
  EXPECT_GE(steps, 12u);
  EXPECT_EQ(newest, 9999u);
}

TEST(TcpFlight, SackBlocksBeyondTheListAreForgottenAndNewTextIsNot) {
  Flight flight = flight_of(200);
  std::uint32_t sacked = 0;
  for (std::uint32_t i = 0; i < 100; ++i) sacked += sack(flight, 2000 * i + 1000, 2000 * i + 2000);
  EXPECT_EQ(flight.sacked(), sacked);
  EXPECT_LT(sacked, 100'000u);
  EXPECT_GE(sacked, 20'000u);
  flight.on_sent(base + 200'000, base + 201'000, 5000);
  flight.on_sent(base + 201'000, base + 202'000, 5010);
  EXPECT_EQ(flight.end(), base + 202'000);
  EXPECT_EQ(flight.pipe(), 202'000u - sacked);
}

/// Against a model that keeps every byte.
TEST(TcpFlight, AgreesWithAModelOfSingleBytes) {
  struct Byte {
    bool sacked = false, lost = false;
  };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    engine::Random random{seed};
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random.next() % n); };
    Flight flight{base};
    std::map<std::uint32_t, Byte> model;
    std::uint32_t una = 0, nxt = 0;
    Stamp now = 1;
    for (int step = 0; step < 400; ++step) {
      now += below(3);
      switch (below(6)) {
        case 0:
        case 1: {
          const std::uint32_t n = 1 + below(20);
          flight.on_sent(base + nxt, base + nxt + n, now);
          for (std::uint32_t i = 0; i < n; ++i) model[nxt + i] = {};
          nxt += n;
          break;
        }
        case 2: {
          if (nxt - una < 3) break;
          const std::uint32_t a = una + 1 + below(nxt - una - 1), b = a + 1 + below(nxt - a);
          const std::uint32_t before = flight.sacked();
          const std::uint32_t news = sack(flight, a, std::min(b, nxt));
          EXPECT_EQ(flight.sacked(), before + news);
          if (flight.runs() + 10 < Flight::runs_max)
            for (std::uint32_t i = a; i < std::min(b, nxt); ++i) model[i] = {.sacked = true};
          else
            seed = seed + 1, step = 400;  // blocks may be forgotten from here on
          break;
        }
        case 3: {
          const std::uint32_t to = una + below(nxt - una + 1) / 2;
          acknowledge(flight, to);
          for (; una < to; ++una) model.erase(una);
          break;
        }
        case 4: {
          const Stamp limit = now - below(4);
          if (below(3) == 0) {
            mark_all_lost(flight);
            for (auto& [at, byte] : model) byte.lost = !byte.sacked;
          }
          static_cast<void>(limit);
          break;
        }
        case 5: {
          const SeqRange lost = flight.next_lost();
          if (lost.size() == 0) break;
          const std::uint32_t from = lost.start - base, n = std::min(lost.size(), 1 + below(10));
          EXPECT_TRUE(model[from].lost);
          flight.on_sent(lost.start, lost.start + n, now);
          for (std::uint32_t i = 0; i < n; ++i) model[from + i].lost = false;
          break;
        }
      }
      if (step >= 400) break;
      std::uint32_t sacked = 0, lost = 0;
      for (const auto& [at, byte] : model) sacked += byte.sacked, lost += byte.lost;
      ASSERT_EQ(flight.sacked(), sacked) << "seed " << seed << " step " << step;
      ASSERT_EQ(flight.lost(), lost) << "seed " << seed << " step " << step;
      ASSERT_EQ(flight.start(), base + una);
      ASSERT_EQ(flight.end(), base + nxt);
    }
  }
}

}  // namespace
}  // namespace tcp

#include "tcp/rack.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

constexpr Seq base{1000};

/// Three segments of 100 bytes, sent at 0, 10 and 20.
Flight three() {
  Flight flight{base};
  for (std::uint32_t i = 0; i < 3; ++i) flight.on_sent(base + 100 * i, base + 100 * (i + 1), 10 * i);
  return flight;
}
bool deliver(Rack& rack, Flight& flight, std::uint32_t start, std::uint32_t end, Stamp now) {
  bool is_reordered = false;
  flight.sack({base + start, base + end},
              [&](const Flight::Run& run, std::uint32_t) { is_reordered |= rack.on_delivered(run, false, now); });
  return is_reordered;
}
Rack::Evidence at(Stamp now) { return {.now = now, .smoothed = 1000}; }

TEST(TcpRack, WhatWasOvertakenIsLostAfterTheReorderingWindow) {  // RFC 8985 6.2 step 5
  Flight flight = three();
  Rack rack;
  deliver(rack, flight, 100, 200, 110);
  EXPECT_EQ(rack.rtt(), 100u);
  Stamp wait = 0;
  EXPECT_EQ(rack.detect(flight, at(110), wait), 0u);
  EXPECT_EQ(wait, 15u) << "sent at 0, round trip 100, a quarter of it for reordering, now 110";
  EXPECT_EQ(rack.detect(flight, at(125), wait), 100u);
  EXPECT_EQ(wait, 0u);
  EXPECT_EQ(flight.lost(), 100u) << "the third left after what arrived: not lost";
}

TEST(TcpRack, NoReorderingSeenAndThreeDuplicatesMeanLostAtOnce) {  // 6.2 step 4
  Flight flight = three();
  Rack rack;
  deliver(rack, flight, 100, 200, 110);
  Stamp wait = 0;
  Rack::Evidence e = at(110);
  e.is_threshold_met = true;
  EXPECT_EQ(rack.detect(flight, e, wait), 100u);
  e.has_reordering = true;
  EXPECT_EQ(rack.reordering_window(e), 25u) << "a path that reorders gets its time in any case";
}

TEST(TcpRack, ALateOriginalShowsReordering) {  // 6.2 step 3
  Flight flight = three();
  Rack rack;
  EXPECT_FALSE(deliver(rack, flight, 200, 300, 120));
  EXPECT_TRUE(deliver(rack, flight, 100, 200, 121));
  Flight again = three();
  Rack other;
  again.on_sent(base + 100, base + 200, 130);
  deliver(other, again, 200, 300, 120);
  EXPECT_FALSE(deliver(other, again, 100, 200, 240)) << "a copy is no sign of reordering";
}

TEST(TcpRack, TheAnswerToAnEarlierCopyIsNoSample) {  // 6.2 step 2
  Flight flight = three();
  Rack rack;
  deliver(rack, flight, 200, 300, 120);
  flight.on_sent(base + 100, base + 200, 130);
  deliver(rack, flight, 100, 200, 135);
  EXPECT_EQ(rack.rtt(), 100u) << "5 is less than any round trip";
}

TEST(TcpRack, DsacksWidenTheWindowForSixteenRecoveries) {  // 6.2 step 4
  Flight flight = three();
  Rack rack;
  deliver(rack, flight, 100, 200, 110);
  EXPECT_EQ(rack.reordering_window(at(0)), 25u);
  rack.on_dsack(base, base + 300);
  EXPECT_EQ(rack.reordering_window(at(0)), 50u);
  rack.on_dsack(base + 100, base + 400);
  EXPECT_EQ(rack.reordering_window(at(0)), 50u) << "once a round trip";
  rack.on_dsack(base + 300, base + 400);
  EXPECT_EQ(rack.reordering_window(at(0)), 75u);
  Rack::Evidence e = at(0);
  e.smoothed = 60;
  EXPECT_EQ(rack.reordering_window(e), 60u) << "never more than SRTT";
  for (int i = 0; i < 16; ++i) rack.on_recovered();
  EXPECT_EQ(rack.reordering_window(at(0)), 25u);
}

TEST(TcpRack, ATimeoutLosesTheFirstAndWhatIsOverdue) {  // 6.3
  Flight flight = three();
  Rack rack;
  flight.acknowledge(base + 100, [&](const Flight::Run& run, std::uint32_t) { rack.on_delivered(run, false, 100); });
  EXPECT_EQ(rack.mark_on_timeout(flight, at(115)), 100u) << "the third may be under way";
  Flight fresh = three();
  EXPECT_EQ(Rack{}.mark_on_timeout(fresh, at(115)), 300u) << "nothing is known of the path: all";
}

}  // namespace
}  // namespace tcp

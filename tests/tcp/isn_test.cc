#include "tcp/isn.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

using engine::Instant;
using namespace std::chrono_literals;

engine::FourTuple tuple(std::uint16_t port) {
  return {engine::Ipv4{10, 0, 0, 2}.wire(), engine::Ipv4{10, 0, 0, 1}.wire(), engine::be16{port}, engine::be16{80}};
}

TEST(TcpIsn, TicksEveryFourMicroseconds) {  // RFC 9293 MUST-8
  const IsnGenerator isn{{1, 2}};
  const Instant start{100s};
  EXPECT_EQ(isn.isn(tuple(1), start + 4us) - isn.isn(tuple(1), start), 1u);
  EXPECT_EQ(isn.isn(tuple(1), start + 1s) - isn.isn(tuple(1), start), 250'000u);
  EXPECT_EQ(isn.isn(tuple(1), start + 3us), isn.isn(tuple(1), start));
}

TEST(TcpIsn, DependsOnEveryPartOfTheTupleAndOnTheSecret) {  // RFC 6528 3
  const IsnGenerator isn{{1, 2}}, other{{1, 3}};
  const Instant now{5s};
  const engine::FourTuple t = tuple(1);
  engine::FourTuple remote = t, local = t, local_port = t;
  remote.remote = engine::Ipv4{10, 0, 0, 3}.wire();
  local.local = engine::Ipv4{10, 0, 0, 9}.wire();
  local_port.local_port = engine::be16{81};
  for (const engine::FourTuple& changed : {remote, local, local_port, tuple(2)}) {
    EXPECT_NE(isn.isn(changed, now), isn.isn(t, now));
    EXPECT_NE(isn.timestamp_offset(changed), isn.timestamp_offset(t));
  }
  EXPECT_NE(isn.isn(t, now), other.isn(t, now));
  EXPECT_NE(isn.timestamp_offset(t), other.timestamp_offset(t));
}

TEST(TcpIsn, TheTimestampOffsetTellsNothingOfTheIsn) {  // RFC 7323 7.1
  const IsnGenerator isn{{1, 2}};
  EXPECT_NE(isn.timestamp_offset(tuple(1)), isn.isn(tuple(1), Instant{}).value());
  EXPECT_EQ(isn.timestamp_offset(tuple(1)), isn.timestamp_offset(tuple(1))) << "the same for the life of the process";
}

TEST(TcpIsn, WrapsWithItsClock) {
  const IsnGenerator isn{{1, 2}};
  const Instant late{engine::Duration{4000} * ((std::int64_t{1} << 32) - 1)};
  EXPECT_EQ(isn.isn(tuple(1), late + 4us) - isn.isn(tuple(1), late), 1u);
}

}  // namespace
}  // namespace tcp

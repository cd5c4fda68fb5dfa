#include "tcp/time_wait.h"

#include <gtest/gtest.h>
#include <list>

#include "engine/random.h"

namespace tcp {
namespace {

using engine::Instant;

constexpr Instant start{1000s};

Tcb tcb_of(std::uint16_t port) {
  Tcb tcb;
  tcb.tuple = {engine::Ipv4{10, 0, 0, 2}.wire(), engine::Ipv4{10, 0, 0, 1}.wire(), engine::be16{port}, engine::be16{80}};
  tcb.snd_nxt = Seq{port + 100u};
  tcb.rcv_nxt = Seq{port + 200u};
  tcb.rcv_adv = Seq{port + 200u + 25'600};
  tcb.shifts = 8 << 4;
  return tcb;
}
std::uint64_t hash_of(const Tcb& tcb) { return engine::keyed_hash({1, 2}, tcb.tuple); }

class TimeWaitTest : public testing::Test {
 protected:
  bool add(std::uint16_t port, Instant now) { return table_.add(tcb_of(port), hash_of(tcb_of(port)), now); }
  TimeWaitEntry* find(std::uint16_t port) { return table_.find(tcb_of(port).tuple, hash_of(tcb_of(port))); }
  TimeWait table_{4, 60s};
};

TEST_F(TimeWaitTest, RemembersWhatItsAnswersNeed) {
  Tcb tcb = tcb_of(7);
  tcb.set(Tcb::timestamps_ok);
  tcb.ts_recent = 11;
  tcb.ts_offset = 12;
  EXPECT_FALSE(table_.add(tcb, hash_of(tcb), start));
  const TimeWaitEntry* entry = find(7);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->snd_nxt, tcb.snd_nxt);
  EXPECT_EQ(entry->rcv_nxt, tcb.rcv_nxt);
  EXPECT_EQ(entry->ts_recent, 11u);
  EXPECT_EQ(entry->ts_offset, 12u);
  EXPECT_TRUE(entry->timestamps_ok);
  EXPECT_EQ(entry->window_field, 100) << "as on the wire: scaled";
  EXPECT_EQ(find(8), nullptr);
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(TimeWaitTest, ExpiresInOrderAndNeverEarly) {
  add(1, start);
  add(2, start + 10s);
  EXPECT_EQ(table_.expire(start + 60s - engine::TimerWheel::tick, 100), 0u);
  EXPECT_EQ(table_.expire(start + 60s + engine::TimerWheel::tick, 100), 1u);
  EXPECT_EQ(find(1), nullptr);
  EXPECT_NE(find(2), nullptr);
  EXPECT_EQ(table_.expire(start + 80s, 100), 1u);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(TimeWaitTest, ABudgetBoundsTheWorkOfATurn) {
  for (std::uint16_t port = 1; port <= 4; ++port) add(port, start);
  EXPECT_EQ(table_.expire(start + 100s, 3), 3u);
  EXPECT_EQ(table_.expire(start + 100s, 3), 1u);
}

TEST_F(TimeWaitTest, SaysWhenItHasWork) {
  EXPECT_EQ(table_.next_deadline(start), std::nullopt);
  add(1, start);
  const auto deadline = table_.next_deadline(start + 5s);
  ASSERT_TRUE(deadline);
  EXPECT_GE(*deadline, start + 60s);
  EXPECT_LE(*deadline, start + 60s + 2 * engine::TimerWheel::tick);
  EXPECT_EQ(table_.expire(*deadline, 100), 1u);
  add(2, start);
  EXPECT_EQ(table_.next_deadline(start + 100s), start + 100s) << "overdue is now";
}

TEST_F(TimeWaitTest, RestartMovesAnEntryBehindAllOthers) {  // RFC 9293 3.10.7.4 eighth
  add(1, start);
  add(2, start + 1s);
  add(3, start + 2s);
  table_.restart(*find(2), start + 30s);
  EXPECT_EQ(table_.expire(start + 65s, 100), 2u);
  EXPECT_NE(find(2), nullptr);
  table_.restart(*find(2), start + 66s);
  EXPECT_EQ(table_.expire(start + 125s, 100), 0u);
  EXPECT_EQ(table_.expire(start + 127s, 100), 1u);
}

TEST_F(TimeWaitTest, WhenItIsFullTheOldestGoes) {
  for (std::uint16_t port = 1; port <= 4; ++port) EXPECT_FALSE(add(port, start));
  EXPECT_TRUE(add(5, start));
  EXPECT_EQ(find(1), nullptr);
  EXPECT_EQ(table_.size(), 4u);
  table_.restart(*find(2), start + 1s);
  EXPECT_TRUE(add(6, start + 2s));
  EXPECT_EQ(find(3), nullptr) << "the one that was restarted is not the oldest any more";
  EXPECT_NE(find(2), nullptr);
}

TEST_F(TimeWaitTest, AnEntryCanBeTakenOutAnywhere) {
  for (std::uint16_t port = 1; port <= 3; ++port) add(port, start + port * 1s);
  table_.remove(*find(2));
  table_.remove(*find(1));
  EXPECT_EQ(find(1), nullptr);
  EXPECT_EQ(find(2), nullptr);
  EXPECT_EQ(table_.expire(start + 100s, 100), 1u);
  EXPECT_EQ(table_.next_deadline(start), std::nullopt);
}

TEST_F(TimeWaitTest, ADurationThatChangesCountsForNewEntries) {
  add(1, start);
  table_.set_duration(1s);
  add(2, start);
  EXPECT_EQ(table_.expire(start + 2s, 100), 0u) << "first in, first out: the new one waits for the old one";
  EXPECT_EQ(table_.expire(start + 61s, 100), 2u);
}

TEST(TcpTimeWait, WithoutCapacityConnectionsEndAtOnce) {
  TimeWait table{0, 60s};
  EXPECT_TRUE(table.add(tcb_of(1), hash_of(tcb_of(1)), start));
  EXPECT_EQ(table.find(tcb_of(1).tuple, hash_of(tcb_of(1))), nullptr);
  EXPECT_EQ(table.expire(start + 100s, 100), 0u);
}

TEST(TcpTimeWait, AgreesWithAList) {
  constexpr std::uint32_t capacity = 50;
  TimeWait table{capacity, 2s};
  engine::Random random{5};
  std::list<std::pair<std::uint16_t, std::int64_t>> model;  // port, tick at which it expires; oldest first
  Instant now = start;
  const auto at = [&](std::uint16_t port) {
    return std::find_if(model.begin(), model.end(), [&](const auto& entry) { return entry.first == port; });
  };
  for (int step = 0; step < 20'000; ++step) {
    const auto port = static_cast<std::uint16_t>(random.below(200));
    const Tcb tcb = tcb_of(port);
    TimeWaitEntry* entry = table.find(tcb.tuple, hash_of(tcb));
    ASSERT_EQ(entry != nullptr, at(port) != model.end());
    if (entry == nullptr) {
      ASSERT_EQ(table.add(tcb, hash_of(tcb), now), model.size() == capacity);
      if (model.size() == capacity) model.pop_front();
      model.emplace_back(port, engine::TimerWheel::ceil_tick(now + 2s));
    } else if (random.chance(0.5)) {
      table.restart(*entry, now);
      model.splice(model.end(), model, at(port));
      model.back().second = engine::TimerWheel::ceil_tick(now + 2s);
    } else {
      table.remove(*entry);
      model.erase(at(port));
    }
    now += std::chrono::milliseconds{random.below(20)};
    table.expire(now, 1000);
    while (!model.empty() && model.front().second <= engine::TimerWheel::floor_tick(now)) model.pop_front();
    ASSERT_EQ(table.size(), model.size());
  }
}

}  // namespace
}  // namespace tcp

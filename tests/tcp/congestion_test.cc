#include "tcp/congestion.h"

#include <gtest/gtest.h>
#include <set>

namespace tcp {
namespace {

TEST(TcpCongestion, TheTableIsIndexedByTheConfiguredChoice) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < congestion_algorithms.size(); ++i) {
    const CongestionAlgorithm& row = congestion_algorithms[i];
    EXPECT_EQ(engine::index_of(row.id), i);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.on_ack != nullptr && row.on_loss != nullptr && row.on_timeout != nullptr) << row.name;
  }
}

TEST(TcpCongestion, NoAlgorithmLeavesAConnectionWithoutAWindow) {
  for (const CongestionAlgorithm& row : congestion_algorithms) {
    Tcb tcb;
    Cold cold{Seq{0}};
    tcb.mss = 1000;
    tcb.cwnd = tcb.ssthresh = 10'000;
    for (int i = 0; i < 20; ++i) {
      row.on_loss(tcb, cold, tcb.cwnd);
      tcb.cwnd = tcb.ssthresh;
      EXPECT_GE(tcb.cwnd, 2u * tcb.mss) << row.name;
    }
    row.on_timeout(tcb, cold, tcb.cwnd);
    EXPECT_GE(tcb.cwnd, tcb.mss) << row.name;
    const std::uint32_t before = tcb.cwnd;
    row.on_ack(tcb, cold, 1000, Instant{1s});
    EXPECT_GT(tcb.cwnd, before) << row.name;
  }
}

TEST(TcpCongestion, InitialWindowIsTenSegmentsOr14600Bytes) {  // RFC 6928 2
  EXPECT_EQ(initial_cwnd(1460, 10), 14'600u);
  EXPECT_EQ(initial_cwnd(536, 10), 5360u);
  EXPECT_EQ(initial_cwnd(2000, 10), 14'600u) << "less than ten large segments";
  EXPECT_EQ(initial_cwnd(8960, 10), 17'920u) << "but two in any case";
  EXPECT_EQ(initial_cwnd(1460, 1), 1460u);
  EXPECT_EQ(initial_cwnd(1460, 4), 5840u);
}

}  // namespace
}  // namespace tcp

#include "apps/admin/health.h"

#include <gtest/gtest.h>

namespace apps {
namespace {

using Turns = std::vector<std::uint64_t>;

struct Watched {
  ProgressWatch watch;
  ProgressWatch::TimePoint start{std::chrono::hours{1}};
  std::string at(int ms, const Turns& turns) { return watch.check(turns, start + std::chrono::milliseconds{ms}); }
};

TEST(Health, AWorkerThatTurnsIsHealthy) {
  Watched w;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(w.at(i * 5000, {static_cast<std::uint64_t>(i)}), "");
}

TEST(Health, AWorkerThatStandsStillForASecondHangs) {
  Watched w;
  EXPECT_EQ(w.at(0, {7, 1}), "");
  EXPECT_EQ(w.at(999, {7, 2}), "");
  EXPECT_EQ(w.at(1000, {7, 3}), "worker 0 made no turn for 1.0 s");
  EXPECT_EQ(w.at(2500, {7, 4}), "worker 0 made no turn for 2.5 s");
  EXPECT_EQ(w.at(3000, {8, 5}), "") << "it goes on";
  EXPECT_EQ(w.at(3999, {8, 6}), "") << "and has its whole second again";
}

TEST(Health, EveryWorkerThatHangsIsNamed) {
  Watched w;
  EXPECT_EQ(w.at(0, {1, 5, 1}), "");
  EXPECT_EQ(w.at(500, {1, 6, 1}), "");
  EXPECT_EQ(w.at(1500, {1, 7, 1}), "worker 0 made no turn for 1.5 s; worker 2 made no turn for 1.5 s");
}

TEST(Health, TheFirstLookJudgesNobody) {
  Watched w;
  EXPECT_EQ(w.at(60'000, {0, 0}), "") << "counters at 0 are no proof of anything";
  EXPECT_EQ(w.at(61'500, {0, 1}), "worker 0 made no turn for 1.5 s");
}

TEST(Health, WithoutWorkersThereIsNothingToBlame) {
  Watched w;
  EXPECT_EQ(w.at(0, {}), "");
  EXPECT_EQ(w.at(5000, {}), "");
}

}  // namespace
}  // namespace apps

#include "engine/result.h"

#include <gtest/gtest.h>
#include <memory>

namespace engine {
namespace {

Result<int> half(int v) {
  if (v % 2 != 0) return Error{Errc::invalid, "odd", "number"};
  return v / 2;
}

TEST(Result, CarriesAValueOrAnError) {
  const auto good = half(4);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 2);
  const auto bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::invalid);
  EXPECT_EQ(bad.error().message(), "number: odd");
  EXPECT_EQ((Error{Errc::io, "broken"}).message(), "broken");
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, VoidIsSuccessUnlessItHasAnError) {
  const Result<void> good;
  EXPECT_TRUE(good);
  const Result<void> bad = Error{Errc::denied, "no"};
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().what, "no");
}

TEST(ResultDeathTest, AskingForWhatIsNotThereEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(*half(3)), "check failed");
  EXPECT_DEATH(static_cast<void>(half(4).error()), "check failed");
  EXPECT_DEATH(static_cast<void>(Result<void>{}.error()), "check failed");
}

}  // namespace
}  // namespace engine

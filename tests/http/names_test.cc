#include "http/names.h"

#include <gtest/gtest.h>
#include <thread>

namespace http {
namespace {

TEST(Names, KeepTheirNumbers) {
  Names names{10};
  EXPECT_EQ(names.number("a"), 0);
  EXPECT_EQ(names.number("b"), 1);
  EXPECT_EQ(names.number("a"), 0);
  EXPECT_EQ(names.number(""), 2);
  EXPECT_EQ(names.size(), 3);
  EXPECT_EQ(names.name(1), "b");
  EXPECT_EQ(names.name(2), "");
}

TEST(Names, ThatWereNeverGivenAreEmpty) {
  const Names names{10};
  EXPECT_EQ(names.name(0), "");
  EXPECT_EQ(names.name(0xffff), "") << "RequestKey::server of our own answers";
}

TEST(Names, RunOut) {
  Names names{2};
  EXPECT_TRUE(names.number("a"));
  EXPECT_TRUE(names.number("b"));
  EXPECT_FALSE(names.number("c"));
  EXPECT_EQ(names.number("b"), 1) << "known ones stay known";
  EXPECT_EQ(names.size(), 2);
}

TEST(Names, MayBeReadWhileTheyGrow) {
  Names names{1'000};
  std::thread builder{[&] {
    for (int i = 0; i < 1'000; ++i) ASSERT_EQ(names.number(std::to_string(i)), i);
  }};
  for (std::uint16_t known = 0; known < 1'000; known = names.size()) {
    if (known == 0) continue;
    const auto last = static_cast<std::uint16_t>(known - 1);
    ASSERT_EQ(names.name(last), std::to_string(last));
  }
  builder.join();
}

}  // namespace
}  // namespace http

#include "http/pattern_wire.h"

#include <cstring>
#include <gtest/gtest.h>

namespace http::wire {
namespace {

std::vector<std::byte> record(Kind kind, std::uint32_t set, std::string_view payload = {}, std::uint32_t pattern = no_pattern) {
  const RecordHeader header{magic, kind, set, pattern, static_cast<std::uint32_t>(payload.size())};
  std::vector<std::byte> bytes(sizeof(header) + payload.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  if (!payload.empty()) std::memcpy(bytes.data() + sizeof(header), payload.data(), payload.size());
  return bytes;
}

std::vector<std::byte> joined(const std::vector<std::vector<std::byte>>& records) {
  std::vector<std::byte> all;
  for (const auto& one : records)
    for (const std::byte b : one) all.push_back(b);
  return all;
}

std::vector<std::vector<PatternSource>> some_sets() { return {{{"^/a", "x:1"}, {"", "x:2"}}, {{std::string{"b\0c", 3}, "x:3"}}}; }

TEST(PatternWire, ARequestComesBackWithoutPlaces) {
  const auto decoded = decode_request(encode_request(some_sets()));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2u);
  EXPECT_EQ((*decoded)[0][0].regex, "^/a");
  EXPECT_EQ((*decoded)[0][1].regex, "");
  EXPECT_EQ((*decoded)[1][0].regex, (std::string{"b\0c", 3}));
  EXPECT_EQ((*decoded)[0][0].place, "");
}

TEST(PatternWire, ARequestThatIsCutOrHasMoreIsNone) {
  const auto bytes = encode_request(some_sets());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_request(std::span{bytes}.first(size))) << size;
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_request(longer));
  auto huge = bytes;
  std::memset(huge.data() + 4, 0xff, 4);  // four billion sets
  EXPECT_FALSE(decode_request(huge));
}

TEST(PatternWire, AWholeAnswer) {
  const auto bytes = joined({record(Kind::begin, 0), record(Kind::database, 0, "AAA"), record(Kind::begin, 1),
                             record(Kind::database, 1, "B"), record(Kind::done, 2)});
  const Answer answer = decode_answer(bytes, 2);
  EXPECT_FALSE(answer.garbage);
  EXPECT_TRUE(answer.done);
  ASSERT_EQ(answer.databases.size(), 2u);
  EXPECT_EQ(answer.databases[0].size(), 3u);
  EXPECT_EQ(answer.databases[1][0], std::byte{'B'});
}

TEST(PatternWire, ACutAnswerTellsHowFarItGot) {
  const auto bytes = joined({record(Kind::begin, 0), record(Kind::database, 0, "AAA"), record(Kind::begin, 1),
                             record(Kind::database, 1, "B"), record(Kind::done, 2)});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Answer answer = decode_answer(std::span{bytes}.first(size), 2);
    EXPECT_FALSE(answer.garbage) << size;
    EXPECT_FALSE(answer.done) << size;
    const std::size_t header = sizeof(RecordHeader);
    EXPECT_EQ(answer.begun, size < header ? std::nullopt : std::optional{size < 3 * header + 3 ? 0u : 1u}) << size;
  }
}

TEST(PatternWire, AFailureBelongsToTheSetThatWasBegun) {
  const auto bytes = joined({record(Kind::begin, 0), record(Kind::failure, 0, "bad thing", 1), record(Kind::done, 0)});
  const Answer answer = decode_answer(bytes, 3);
  ASSERT_TRUE(answer.failure);
  EXPECT_TRUE(answer.done);
  EXPECT_EQ(answer.failure->pattern, 1u);
  EXPECT_EQ(answer.failure->what, "bad thing");
  EXPECT_FALSE(answer.failure->out_of_memory);
  const auto early = record(Kind::no_memory, 0, "no room");
  EXPECT_TRUE(decode_answer(early, 3).failure->out_of_memory) << "may come before any work";
}

TEST(PatternWire, WhatMakesNoSenseIsGarbage) {
  const auto is_garbage = [](const std::vector<std::byte>& bytes) { return decode_answer(bytes, 2).garbage; };
  EXPECT_TRUE(is_garbage(std::vector<std::byte>(100, std::byte{'x'})));
  EXPECT_TRUE(is_garbage(record(Kind::begin, 1))) << "set 0 comes first";
  EXPECT_TRUE(is_garbage(record(Kind::database, 0, "A"))) << "not begun";
  EXPECT_TRUE(is_garbage(record(Kind::failure, 0, "A"))) << "not begun";
  EXPECT_TRUE(is_garbage(record(Kind::done, 0))) << "without databases";
  EXPECT_TRUE(is_garbage(record(static_cast<Kind>(77), 0)));
  EXPECT_TRUE(is_garbage(joined({record(Kind::begin, 0), record(Kind::database, 0), record(Kind::database, 0)})));
  EXPECT_TRUE(
      is_garbage(joined({record(Kind::begin, 0), record(Kind::failure, 0), record(Kind::done, 0), record(Kind::done, 0)})))
      << "after the end";
}

}  // namespace
}  // namespace http::wire

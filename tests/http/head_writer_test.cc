#include "http/head_writer.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

TEST(HeadWriter, WritesLines) {
  std::array<char, 64> out;
  HeadWriter text{out};
  text.put("HTTP/1.1 ");
  text.put(std::uint64_t{200});
  text.end_line();
  text.field("A", std::string_view{"b"});
  text.field("N", UINT64_MAX);
  EXPECT_EQ(std::string(out.data(), text.bytes()), "HTTP/1.1 200\r\nA: b\r\nN: 18446744073709551615\r\n");
}

TEST(HeadWriter, ReceivedFieldsGetTheUsualForm) {
  const auto written = [](std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    std::array<char, 64> out;
    HeadWriter text{out};
    text.received_field({line.substr(0, colon), value == std::string_view::npos ? line.substr(line.size()) : line.substr(value)});
    return std::string(out.data(), text.bytes());
  };
  EXPECT_EQ(written("Name: value"), "Name: value\r\n");
  EXPECT_EQ(written("Name:value"), "Name: value\r\n");
  EXPECT_EQ(written("Name: \t value"), "Name: value\r\n");
  EXPECT_EQ(written("Name:"), "Name: \r\n");
  EXPECT_EQ(written("Name:\tvalue"), "Name: value\r\n");
}

TEST(HeadWriter, OverflowIsReportedAndFinal) {
  std::array<char, 8> out{};
  out.fill('#');
  HeadWriter text{std::span{out}.first(6)};
  text.put("abcd");
  EXPECT_EQ(text.bytes(), 4u);
  text.put("efg");
  EXPECT_EQ(text.bytes(), 0u);
  text.put("e");  // would fit again, but the text before it is missing
  EXPECT_EQ(text.bytes(), 0u);
  EXPECT_EQ(out[4], '#');
  EXPECT_EQ(out[6], '#');
}

TEST(HeadWriter, ExactlyFullIsNoOverflow) {
  std::array<char, 6> out;
  HeadWriter text{out};
  text.field("A", std::string_view{"b"});
  EXPECT_EQ(text.bytes(), 6u);
}

}  // namespace
}  // namespace http

#include "engine/wording.h"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace engine {
namespace {

constexpr auto keys =
    std::to_array<std::string_view>({"rss", "mtu", "receive_buffer_max", "send_buffer_max", "keepalive", "congestion_control"});

TEST(Wording, QuotedTextStaysOnItsLine) {
  EXPECT_EQ(quote("a b"), "'a b'");
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote("a\nb\x7f\x1b[31m"), "'a\\x0ab\\x7f\\x1b[31m'");
  EXPECT_EQ(quote("\xc3\xa4"), "'\xc3\xa4'");
  EXPECT_EQ(quote(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

TEST(Wording, ASlipIsFound) {
  EXPECT_EQ(nearest("MTU", keys), "mtu");
  EXPECT_EQ(nearest("mut", keys), "mtu");                                // swapped
  EXPECT_EQ(nearest("keep_alive", keys), "keepalive");                   // inserted
  EXPECT_EQ(nearest("recieve-buffer-max", keys), "receive_buffer_max");  // swapped, "-" for "_"
  EXPECT_EQ(nearest("snd_buffer_max", keys), "send_buffer_max");         // left out
}

TEST(Wording, APartOrAnExtensionIsFound) {
  EXPECT_EQ(nearest("congestion", keys), "congestion_control");
  EXPECT_EQ(nearest("control", keys), "congestion_control");
  EXPECT_EQ(nearest("rss_modee", keys), "rss");
}

TEST(Wording, WhatIsFarIsNotSuggested) {
  EXPECT_EQ(nearest("backlog", keys), "");
  EXPECT_EQ(nearest("x", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest(std::string(10'000, 'r'), keys), "");
  EXPECT_EQ(nearest("mtu", {}), "");
}

TEST(Wording, TheHintGoesBetweenWhatIsWrongAndWhatIsAllowed) {
  EXPECT_EQ(did_you_mean("mut", keys), ", did you mean 'mtu'?");
  EXPECT_EQ(did_you_mean("backlog", keys), ",");
}

TEST(Wording, LongListsAreCut) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed(std::vector<std::string_view>{"a", "b"}, 2), "a, b");
  EXPECT_EQ(listed(std::vector<std::string_view>{"a", "b", "c"}, 2), "a, b, ... (3 in all)");
}

}  // namespace
}  // namespace engine

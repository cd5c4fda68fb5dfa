#include "tcp/config.h"

#include <gtest/gtest.h>

#include "engine/section.h"
#include "tests/support/config_cases.h"

namespace tcp {
namespace {

Config config_of(std::string_view toml) {
  return support::read_good(toml, [](engine::Section& s) { return read_config(s.section("tcp")); });
}

TEST(TcpConfig, EveryMistakeIsNamedWithItsPlace) {
  const auto cases = support::load_config_cases("tests/tcp/config_cases.txt");
  EXPECT_GE(cases.size(), 22u);
  for (const support::ConfigCase& one : cases)
    EXPECT_EQ(support::complaints(one.toml, [](engine::Section& s) { (void)read_config(s.section("tcp")); }), one.expected)
        << one.where << "\n"
        << one.toml;
}

TEST(TcpConfig, DefaultsAreThoseOfTheInterface) {
  const Config config = config_of("");
  EXPECT_EQ(config.congestion_control, CongestionControl::cubic);
  EXPECT_EQ(config.rto_min, 200ms);
  EXPECT_EQ(config.initial_window, 10u);
  EXPECT_EQ(config.keepalive, 2h);
  EXPECT_EQ(config.time_wait, 60s);
  EXPECT_EQ(config.time_wait_max, 1'000'000u);
  EXPECT_EQ(config.half_open_max, 65'536u);
  EXPECT_EQ(config.receive_buffer_max, 4u << 20);
  EXPECT_EQ(config.send_buffer_max, 4u << 20);
}

TEST(TcpConfig, EveryKeyIsRead) {
  const Config config = config_of(R"([tcp]
congestion_control = "new_reno"
rto_min = "10ms"
initial_window = 64
ecn = false
pmtud = false
keepalive = "1s"
time_wait = "100ms"
time_wait_max = 1
half_open_max = 1
receive_buffer_max = "60MiB"
send_buffer_max = 2048
)");
  EXPECT_EQ(config.congestion_control, CongestionControl::new_reno);
  EXPECT_EQ(config.rto_min, 10ms);
  EXPECT_EQ(config.initial_window, 64u);
  EXPECT_EQ(config.keepalive, 1s);
  EXPECT_EQ(config.time_wait, 100ms);
  EXPECT_EQ(config.time_wait_max, 1u);
  EXPECT_EQ(config.half_open_max, 1u);
  EXPECT_EQ(config.receive_buffer_max, 60u << 20);
  EXPECT_EQ(config.send_buffer_max, 2048u);
}

TEST(TcpConfig, ZeroSwitchesKeepaliveOff) { EXPECT_EQ(config_of("tcp.keepalive = \"0s\"").keepalive, 0s); }

}  // namespace
}  // namespace tcp

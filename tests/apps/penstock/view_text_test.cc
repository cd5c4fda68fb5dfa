#include "apps/penstock/view_text.h"

#include <gtest/gtest.h>

#include "apps/admin/views.h"
#include "tests/apps/admin/sample_readings.h"

namespace apps {
namespace {

TEST(ViewText, PortsAreATable) {
  EXPECT_EQ(view_text("ports", ports_view(sample_readings()), false),
            "PORT  LINK  DEVICE      DRIVER   ADDRESSES                      MTU  RX PACKETS  RX BYTES  "
            "TX PACKETS  TX BYTES  MISSED  DROPS\n"
            "lan   up    tap:ps-lan  net_tap  198.18.0.1/24,198.18.0.2/24  1,500         100     6,400  "
            "        90     9,000       7      9\n"
            "wan   down                       -                            1,500           0         0  "
            "         0         0       0      0\n");
}

TEST(ViewText, PoolsHaveALineForEachServer) {
  EXPECT_EQ(view_text("pools", pools_view(sample_readings()), false),
            "POOL  SERVER  ADDRESS        STATE  REQUESTS  CONNECTIONS  IDLE  RETRIES  REFUSED  BROKEN\n"
            "api   a       10.0.0.1:8080  up           41            5     4        3        1       2\n");
  EXPECT_EQ(view_text("pools", pools_view(Readings{}), false), "no pools\n");
}

TEST(ViewText, DropsAreThoseThatHappenedWithTheirExamples) {
  const Json drops = drops_view(sample_readings());
  EXPECT_EQ(view_text("drops", drops, false),
            "LAYER  REASON     PORT  PACKETS  WHY\n"
            "port   rx_missed  lan         7  lost in the NIC\n"
            "ip     no_route   lan         2  no route to the destination\n"
            "\n"
            "last examples\n"
            "  no_route: 10.0.0.1:5 > 10.0.0.2:6 udp len 3, 0.2 s ago on port lan\n");
  EXPECT_NE(view_text("drops", drops, true).find("tcp    no_listener  -           0  nobody listens\n"), std::string::npos);
  EXPECT_EQ(view_text("drops", drops_view(Readings{}), false), "no packet was lost\n");
}

TEST(ViewText, StatsBeginWithWhoItIsAndHowItIs) {
  Readings readings = sample_readings();
  const std::string text = view_text("stats", stats_view(readings), false);
  EXPECT_TRUE(text.starts_with("edge1: ready, up 42 s, penstock 1.2.3, DPDK 22.11.11\n\nWORKER  CPU  ")) << text;
  readings.not_ready = "stopping";
  EXPECT_TRUE(view_text("stats", stats_view(readings), false).starts_with("edge1: not ready (stopping), up ")) << text;
}

TEST(ViewText, StatsShowEverySectionWithoutZeros) {
  const std::string text = view_text("stats", stats_view(sample_readings()), false);
  for (const char* line :
       {"\nengine", "\ntcp", "\nhttp", "\nmemory", "  steered_packets_total", "  connections.established",
        "  config_reloads_total.failed", "  rejected_total.malformed", "\nMEMPOOL", "worker0_ref  4,000      4,000",
        "web       api   a        200        41", "web       -     -        404         2"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  EXPECT_EQ(text.find("timeouts_total"), std::string::npos) << "a zero";
  EXPECT_NE(view_text("stats", stats_view(sample_readings()), true).find("timeouts_total"), std::string::npos);
}

TEST(ViewText, BusyIsAShareOfTheTimeSinceTheStart) {
  Readings readings = sample_readings();
  readings.uptime_s = 10, readings.tsc_hz = 1000;
  readings.workers.resize(1);
  readings.workers[0].busy_cycles = 2500;
  EXPECT_NE(view_text("stats", stats_view(readings), false).find("  25.0 %"), std::string::npos);
  readings.uptime_s = 0;
  EXPECT_NE(view_text("stats", stats_view(readings), false).find("  0.0 %"), std::string::npos);
}

TEST(ViewText, WhatIsNoAnswerOfPenstockThrows) {
  for (const char* view : {"stats", "ports", "pools", "drops"})
    for (const char* text : {"{}", "[]", "{\"items\": 7}", "null", "{\"items\": [{}]}"})
      EXPECT_THROW(static_cast<void>(view_text(view, Json::parse(text), false)), nlohmann::json::exception)
          << view << " " << text;
}

TEST(DurationText, HasTheUnitThatSaysMost) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(-1), "0 s");
  EXPECT_EQ(duration_text(119.9), "119 s");
  EXPECT_EQ(duration_text(120), "2 min");
  EXPECT_EQ(duration_text(5000), "83 min");
  EXPECT_EQ(duration_text(7200), "2 h 0 min");
  EXPECT_EQ(duration_text(100'000), "27 h 46 min");
  EXPECT_EQ(duration_text(200'000), "2 d 7 h");
}

}  // namespace
}  // namespace apps

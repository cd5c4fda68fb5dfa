#include "apps/config_check.h"

#include <gtest/gtest.h>

#include "tests/support/config_cases.h"

namespace apps {
namespace {

/// Errors of a config, or its warnings.
std::string verdict(const std::string& toml) {
  const auto loaded = parse_config(toml, std::string{support::config_name});
  if (loaded) return support::case_lines("~>", loaded->warnings);
  std::string text = loaded.error().message() + "\n", lines;
  const std::string prefix = std::string{support::config_name} + ":";
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    EXPECT_EQ(text.substr(at, prefix.size()), prefix) << text;
    lines += "=> " + text.substr(at + prefix.size(), text.find('\n', at) + 1 - at - prefix.size());
  }
  return lines;
}

constexpr const char* two_ports = R"([[port]]
name = "lan"
device = "tap:a"
addresses = ["10.0.0.1/8", "10.0.0.2/8", "192.0.2.0/31"]
[[port]]
name = "wan"
device = "tap:b"
addresses = ["198.18.0.1/24"]
)";

TEST(ConfigCheck, EveryMistakeIsNamedWithItsPlace) {
  const auto cases = support::load_config_cases("tests/apps/config_cases.txt");
  EXPECT_GE(cases.size(), 23u);
  for (const support::ConfigCase& one : cases) EXPECT_EQ(verdict(one.toml), one.expected) << one.where << "\n" << one.toml;
}

TEST(ConfigCheck, SeveralAddressesOfAPortMayShareASubnet) { EXPECT_EQ(verdict(two_ports), ""); }

TEST(ConfigCheck, ListenersMayShareAnAddressOrATcpPort) {
  EXPECT_EQ(verdict(std::string{two_ports} + R"(
[[listener]]
name = "a"
address = ["198.18.0.10:80", "198.18.0.10:81"]
[[listener]]
name = "b"
address = ["198.18.0.11:80", "*:81"]
[[listener]]
name = "anycast"
address = "203.0.113.1:80"
[[rule]]
respond = {}
)"),
            "");
}

TEST(ConfigCheck, TheOtherEndOfALinkOfTwoIsAHost) {  // RFC 3021
  EXPECT_EQ(verdict(std::string{two_ports} + "[[neighbor]]\naddress = \"192.0.2.1\"\nmac = \"02:00:00:00:00:01\"\n"), "");
}

TEST(ConfigCheck, AServerBehindARouteIsReachable) {
  const std::string pool = std::string{two_ports} + R"(
[[listener]]
name = "web"
address = "*:80"
[[rule]]
pool = "p"
[[pool]]
name = "p"
servers = ["203.0.113.7:80"]
source = ["198.18.0.1"]
)";
  const std::string unreachable =
      "~> 17:12: servers: there is no route to 203.0.113.7: it is in no subnet of a port and no [[route]] leads to it\n";
  EXPECT_EQ(verdict(pool), unreachable);
  const std::string route = "[[route]]\nprefix = \"203.0.113.0/24\"\nvia = \"198.18.0.254\"\n[forwarding]\nenabled = false\n";
  EXPECT_EQ(verdict(pool + route), "");
  EXPECT_EQ(verdict(pool + route + "[[route]]\nprefix = \"203.0.113.0/28\"\nblackhole = true\n"),
            unreachable);  // the longest prefix counts
}

TEST(ConfigCheck, RoutesWithoutForwardingAreDoubtfulOnlyIfNothingSaysOtherwise) {
  const std::string routes = std::string{two_ports} + "[[route]]\nprefix = \"0.0.0.0/0\"\nvia = \"198.18.0.254\"\n";
  EXPECT_NE(verdict(routes), "");
  EXPECT_EQ(verdict(routes + "[forwarding]\nenabled = true\n"), "");
  EXPECT_EQ(verdict(routes + "[forwarding]\nenabled = false\n"), "");
  EXPECT_EQ(verdict("[[port]]\nname = \"a\"\ndevice = \"tap:a\"\naddresses = [\"198.18.0.1/24\"]\n"
                    "[[route]]\nprefix = \"0.0.0.0/0\"\nvia = \"198.18.0.254\"\n"),
            "");  // one port has nowhere to forward to
}

TEST(ConfigCheck, ThirtyTwoPortsAreTheMost) {
  std::string toml;
  for (int i = 0; i < 32; ++i)
    toml += "[[port]]\nname = \"p" + std::to_string(i) + "\"\ndevice = \"tap:t" + std::to_string(i) + "\"\n";
  EXPECT_EQ(verdict(toml), "");
  EXPECT_EQ(verdict(toml + "[[port]]\nname = \"one-more\"\ndevice = \"tap:x\"\n"),
            "=> 97:1: 33 ports are above 32, the most that an engine has\n");
}

}  // namespace
}  // namespace apps

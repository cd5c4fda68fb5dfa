#include "http/authority.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

std::string read(std::string_view text) {
  const auto authority = parse_authority(text);
  return authority ? std::string{authority->host} + "|" + std::string{authority->port} : "refused";
}

TEST(Authority, HostAndPort) {
  EXPECT_EQ(read("example.com"), "example.com|");
  EXPECT_EQ(read("Example.COM:80"), "Example.COM|80");
  EXPECT_EQ(read("a:"), "a|");
  EXPECT_EQ(read("a:0"), "a|0");
  EXPECT_EQ(read("a:65535"), "a|65535");
  EXPECT_EQ(read("under_score.example."), "under_score.example.|");
  EXPECT_EQ(read("192.0.2.1:8080"), "192.0.2.1|8080");
  EXPECT_EQ(read("[2001:db8::1]"), "[2001:db8::1]|");
  EXPECT_EQ(read("[::]:443"), "[::]|443");
  EXPECT_EQ(read(""), "|");
}

TEST(Authority, EverythingElseIsRefused) {
  for (const char* bad :
       {":80",       ":",       "a:65536",  "a:-1", "a:+1",   "a:0x50",  "a:80 ", "a:8 0",     "a b",    " a",
        "a ",        "a/b",     "a?b",      "a#b",  "a\\b",   "u@a",     "u:p@a", "a,b",       "a;b",    "a%2eb",
        "a%00",      "a:80:80", "[::1",     "::1",  "[::1]x", "[::1]:x", "[]",    "[1.2.3.4]", "[v1.a]", "[fe80::1%25eth0]",
        "a\xc3\xa9", "a\tb",    "a:123456", "<a>",  "a'b",    "a*"})
    EXPECT_EQ(read(bad), "refused") << bad;
  EXPECT_EQ(read(std::string(255, 'a')), std::string(255, 'a') + "|");
  EXPECT_EQ(read(std::string(256, 'a')), "refused");
}

TEST(Authority, Ipv6AddressesOfRfc3986) {  // 3.2.2
  for (const char* good : {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2::7:8",
                           "ABCD:ef01::", "::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1", "::192.0.2.1", "1::192.0.2.1"})
    EXPECT_TRUE(is_ipv6_address(good)) << good;
  for (const char* bad : {"",
                          ":",
                          ":::",
                          "1",
                          "1:",
                          ":1",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1::2::3",
                          "12345::",
                          "g::",
                          "1:2:3:4:5:6:7:8::",
                          "::1.2.3",
                          "::1.2.3.4:5",
                          "1.2.3.4",
                          "::256.1.1.1",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "::1 ",
                          "1:::2",
                          "::01.2.3.4"})
    EXPECT_FALSE(is_ipv6_address(bad)) << bad;
}

}  // namespace
}  // namespace http

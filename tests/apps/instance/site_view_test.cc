#include "apps/instance/site_view.h"

#include <gtest/gtest.h>

#include "apps/instance/site_parts.h"
#include "http/site_builder.h"

namespace apps {
namespace {

Config config_of(const std::string& sections) {
  auto loaded = parse_config(R"([[port]]
name = "lan"
device = "tap:a"
addresses = ["10.0.0.1/8", "192.0.2.1/24"]
[[port]]
name = "wan"
device = "tap:b"
)" + sections,
                             "t.toml");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return {};
  }
  return (*std::move(loaded)).config;
}

const char* both = R"(
[[listener]]
name = "a"
address = ["10.0.0.1:80", "10.0.0.9:81"]
[[listener]]
name = "b"
address = "*:8080"
[[rule]]
pool = "p"
[[rule]]
pool = "q"
[[pool]]
name = "p"
servers = ["10.0.0.11:80", { address = "10.0.0.12:80", name = "two" }]
[[pool]]
name = "q"
servers = ["10.0.0.13:80"]
)";
const char* swapped = R"(
[[listener]]
name = "b"
address = "10.0.0.1:80"
[[rule]]
pool = "q"
[[pool]]
name = "q"
servers = ["10.0.0.14:80", "10.0.0.13:80"]
)";

class SiteViews : public testing::Test {
 protected:
  SiteView view(const std::string& sections, std::uint64_t generation) {
    const Config config = config_of(sections);
    http::Snapshot snapshot;
    snapshot.generation = generation;
    auto site = builder_.build(site_parts(config));
    EXPECT_TRUE(site) << site.error().message();
    snapshot.site = std::move(*site);
    return make_site_view(config, snapshot);
  }
  std::unique_ptr<http::PatternCompiler> compiler_ = http::make_local_pattern_compiler();
  http::SiteBuilder builder_{2, *compiler_};
};

TEST_F(SiteViews, NamesEverythingInTheOrderOfTheFile) {
  const SiteView v = view(both, 7);
  EXPECT_EQ(v.generation, 7u);
  EXPECT_EQ(v.port_addresses, (std::vector<std::vector<std::string>>{{"10.0.0.1/8", "192.0.2.1/24"}, {}}));
  ASSERT_EQ(v.listeners.size(), 2u);
  EXPECT_EQ(v.listeners[0].name, "a");
  EXPECT_EQ(v.listeners[0].addresses, (std::vector<std::string>{"10.0.0.1:80", "10.0.0.9:81"}));
  EXPECT_EQ(v.listeners[1].addresses, std::vector<std::string>{"*:8080"});
  ASSERT_EQ(v.pools.size(), 2u);
  EXPECT_EQ(v.pools[0].name, "p");
  ASSERT_EQ(v.pools[0].servers.size(), 2u);
  EXPECT_EQ(v.pools[0].servers[0].name, "10.0.0.11:80");
  EXPECT_EQ(v.pools[0].servers[1].name, "two");
  EXPECT_EQ(v.pools[0].servers[1].address, "10.0.0.12:80");
}

TEST_F(SiteViews, NumbersStayWithTheirNamesFromReloadToReload) {
  const SiteView first = view(both, 1), second = view(swapped, 2), third = view(both, 3);
  ASSERT_EQ(second.listeners.size(), 1u);
  EXPECT_EQ(second.listeners[0].number, first.listeners[1].number);
  ASSERT_EQ(second.pools.size(), 1u);
  EXPECT_EQ(second.pools[0].number, first.pools[1].number);
  EXPECT_EQ(second.pools[0].servers[1].number, first.pools[1].servers[0].number);
  EXPECT_NE(second.pools[0].servers[0].number, first.pools[1].servers[0].number);
  EXPECT_EQ(third.listeners[0].number, first.listeners[0].number);
  EXPECT_EQ(third.pools[0].servers[1].number, first.pools[0].servers[1].number);
}

}  // namespace
}  // namespace apps

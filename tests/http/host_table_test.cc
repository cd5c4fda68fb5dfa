#include "http/host_table.h"

#include <gtest/gtest.h>

namespace http {
namespace {

/// Adds the hosts as groups 1, 2, 3 ...; tells the chain of groups that a host selects, as their texts.
class Hosts {
 public:
  explicit Hosts(std::vector<std::string> hosts) : names_{std::move(hosts)} {
    HostTable::Builder builder;
    for (std::size_t i = 0; i < names_.size(); ++i) EXPECT_EQ(builder.add(names_[i]).value(), i + 1);
    table_ = std::move(builder).build();
    names_.insert(names_.begin(), "any");
  }
  std::string chain(std::string_view host) const {
    std::string text;
    for (std::uint32_t group = table_.find(host); group != HostTable::no_group; group = table_.parent(group))
      text += (text.empty() ? "" : " > ") + names_[group];
    return text;
  }

 private:
  std::vector<std::string> names_;
  HostTable table_;
};

TEST(HostTable, ExactNameThenEachWildcardThenAny) {
  const Hosts hosts{{"api.example.com", "*.example.com", "*.com", "example.org"}};
  EXPECT_EQ(hosts.chain("api.example.com"), "api.example.com > *.example.com > *.com > any");
  EXPECT_EQ(hosts.chain("www.example.com"), "*.example.com > *.com > any");
  EXPECT_EQ(hosts.chain("example.com"), "*.com > any") << "*.example.com is not example.com";
  EXPECT_EQ(hosts.chain("example.org"), "example.org > any");
  EXPECT_EQ(hosts.chain("www.example.org"), "any");
  EXPECT_EQ(hosts.chain("com"), "any");
}

TEST(HostTable, AWildcardIsOneOrMoreLabels) {
  const Hosts hosts{{"*.example.com"}};
  EXPECT_EQ(hosts.chain("a.example.com"), "*.example.com > any");
  EXPECT_EQ(hosts.chain("a.b.c.example.com"), "*.example.com > any");
  EXPECT_EQ(hosts.chain("xexample.com"), "any");
  EXPECT_EQ(hosts.chain(".example.com"), "any") << "no label";
}

TEST(HostTable, WildcardsInsideWildcards) {
  const Hosts hosts{{"*.a.example.com", "*.example.com", "b.a.example.com"}};
  EXPECT_EQ(hosts.chain("b.a.example.com"), "b.a.example.com > *.a.example.com > *.example.com > any");
  EXPECT_EQ(hosts.chain("c.b.a.example.com"), "*.a.example.com > *.example.com > any");
  EXPECT_EQ(hosts.chain("a.example.com"), "*.example.com > any");
}

TEST(HostTable, CaseAndTheFinalDotDoNotCount) {
  const Hosts hosts{{"API.Example.com", "*.Example.ORG."}};
  EXPECT_EQ(hosts.chain("api.EXAMPLE.com."), "API.Example.com > any");
  EXPECT_EQ(hosts.chain("WWW.EXAMPLE.org."), "*.Example.ORG. > any");
  EXPECT_EQ(hosts.chain("api.example.com.."), "any") << "one dot only";
}

TEST(HostTable, TheSameHostIsTheSameGroup) {
  HostTable::Builder builder;
  const auto group = builder.add("example.com");
  EXPECT_EQ(builder.add("EXAMPLE.com.").value(), group.value());
  EXPECT_NE(builder.add("*.example.com").value(), group.value());
  EXPECT_EQ(std::move(builder).build().size(), 3u);
}

TEST(HostTable, AnEmptyHostSelectsAnyOnly) {
  const Hosts hosts{{"example.com", "*.com"}};
  EXPECT_EQ(hosts.chain(""), "any");
  EXPECT_EQ(hosts.chain("."), "any");
  EXPECT_EQ(Hosts{{}}.chain("example.com"), "any");
}

TEST(HostTable, LongHosts) {
  const std::string longest =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
  ASSERT_EQ(longest.size(), 253u);
  const Hosts hosts{{longest, "*." + longest, "*.example.com"}};
  EXPECT_EQ(hosts.chain(longest), longest + " > any");
  EXPECT_EQ(hosts.chain("x." + longest), "*." + longest + " > any");
  EXPECT_EQ(hosts.chain(std::string(8000, 'x') + "." + longest), "*." + longest + " > any");
  EXPECT_EQ(hosts.chain(std::string(8000, 'x') + longest), "any");
  EXPECT_EQ(hosts.chain(std::string(8000, 'x') + ".Example.COM"), "*.example.com > any");
  EXPECT_EQ(hosts.chain(std::string(8000, '.') + "example.com"), "*.example.com > any");
}

TEST(HostTable, AddressesAreNamesToo) {
  const Hosts hosts{{"198.18.0.10", "[2001:db8::1]"}};
  EXPECT_EQ(hosts.chain("198.18.0.10"), "198.18.0.10 > any");
  EXPECT_EQ(hosts.chain("[2001:DB8::1]"), "[2001:db8::1] > any");
}

TEST(HostTable, RefusesWhatIsNoHost) {
  for (const std::string& bad :
       {std::string{""}, std::string{"."}, std::string{"*"}, std::string{"*."}, std::string{"*.*.com"}, std::string{"a.*.com"},
        std::string{"*example.com"}, std::string{".example.com"}, std::string{"example.com:80"},
        std::string{"http://example.com"}, std::string{"a b"}, std::string{"[::1"}, std::string(254, 'a')}) {
    const auto group = HostTable::Builder{}.add(bad);
    ASSERT_FALSE(group.ok()) << bad;
    EXPECT_NE(group.error().what.find("host \"" + bad + "\""), std::string::npos) << group.error().what;
  }
}

}  // namespace
}  // namespace http

#include "engine/document.h"

#include <gtest/gtest.h>

#include "engine/section.h"
#include "tests/support/config_cases.h"

namespace engine {
namespace {

constexpr std::string_view example = R"([engine]
workers = 1
[[port]]
name = "lan"
mtu = 1500
[[port]]
name = "wan.1"
addresses = ["198.18.0.1/24",
             "198.18.0.2/24"]
[[route]]
prefix = "0.0.0.0/0"
via = "198.18.0.254"
)";

Document parse(std::string_view text) {
  auto document = Document::parse(text, "t.toml");
  EXPECT_TRUE(document.ok()) << document.error().message();
  return *std::move(document);
}

/// The example after one override; "" if it was taken, else the message.
std::string set(Document& document, std::string_view assignment) {
  const auto done = document.set(assignment);
  return done ? "" : done.error().message();
}

const Value& at(const Document& document, std::string_view list, std::size_t index, std::string_view key) {
  return (*document.root().as<Table>()->find(list)->value.as<std::vector<Value>>())[index].as<Table>()->find(key)->value;
}

TEST(Document, KeepsKeysInTheOrderOfTheFile) {
  const Document document = parse("z = 1\na = 2\nm.b = 3\nm.a = 4\n");
  std::string keys;
  for (const Entry& entry : document.root().as<Table>()->entries) keys += entry.key;
  EXPECT_EQ(keys, "zam");
}

TEST(Document, EveryValueKnowsItsPlace) {
  const Document document = parse(example);
  const auto place = [&](std::initializer_list<Document::Step> path) { return document.text(document.place(path)); };
  EXPECT_EQ(place({"engine"}), "t.toml:1:1");
  EXPECT_EQ(place({"engine", "workers"}), "t.toml:2:11");
  EXPECT_EQ(place({"port", std::size_t{0}}), "t.toml:3:1");
  EXPECT_EQ(place({"port", std::size_t{1}, "addresses", std::size_t{1}}), "t.toml:9:14");
}

TEST(Document, AMissingValueHasThePlaceOfWhatHoldsIt) {
  const Document document = parse(example);
  EXPECT_EQ(document.text(document.place({"port", std::size_t{0}, "addresses", std::size_t{3}})), "t.toml:3:1");
  EXPECT_EQ(document.text(document.place({"port", std::size_t{0}, "name", std::size_t{0}})), "t.toml:4:8");
  EXPECT_EQ(document.text(document.place({"nothing"})), "t.toml:1:1");
}

TEST(Document, SyntaxErrorsHaveAPlaceAndOneLine) {
  for (const auto& [text, where] : {std::pair{"a = ", "t.toml:1:5"},
                                    {"a = 1\nb = 5ms\n", "t.toml:2:6"},
                                    {"a = 1\na = 2\n", "t.toml:2:5"},
                                    {"[a\n", "t.toml:1:3"},
                                    {"a = [1,", "t.toml:1:8"},
                                    {"\xff = 1", "t.toml:1:1"},
                                    {"a = \"\\q\"", "t.toml:1:7"}}) {
    const auto document = Document::parse(text, "t.toml");
    ASSERT_FALSE(document.ok()) << text;
    EXPECT_EQ(document.error().where, where) << document.error().what;
    EXPECT_TRUE(document.error().what.starts_with("TOML syntax: ")) << document.error().what;
    EXPECT_EQ(document.error().what.find('\n'), std::string::npos);
  }
}

TEST(Document, AFileThatCannotBeReadSaysWhy) {
  EXPECT_EQ(Document::load("/nonexistent/t.toml").error().message(),
            "/nonexistent/t.toml: cannot be read: No such file or directory");
  EXPECT_EQ(Document::load("/nonexistent/t.toml").error().code, Errc::not_found);
  EXPECT_EQ(Document::load("/").error().message(), "/: cannot be read: Is a directory");
  EXPECT_EQ(Document::load("/dev/zero").error().message(), "/dev/zero: is larger than 64 MiB");
  EXPECT_TRUE(Document::load("/dev/null").ok());
}

TEST(Document, OverridesReplaceAndAdd) {
  Document document = parse(example);
  EXPECT_EQ(set(document, "engine.workers=2"), "");
  EXPECT_EQ(set(document, "tcp.rto_min=10ms"), "");  // no TOML: a string
  EXPECT_EQ(set(document, "port.lan.mtu=9000"), "");
  EXPECT_EQ(set(document, "port.\"wan.1\".addresses=[\"10.0.0.1/8\"]"), "");
  EXPECT_EQ(set(document, "route.'0.0.0.0/0'.via = 10.0.0.2"),
            "--set 'route.'0.0.0.0/0'.via = 10.0.0.2': write KEY=VALUE, for example "
            "engine.workers=2 or port.lan.mtu=9000");
  EXPECT_EQ(set(document, "route.'0.0.0.0/0'.via=10.0.0.2"), "");
  EXPECT_EQ(*document.root().as<Table>()->find("engine")->value.as<Table>()->find("workers")->value.as<std::int64_t>(), 2);
  EXPECT_EQ(*document.root().as<Table>()->find("tcp")->value.as<Table>()->find("rto_min")->value.as<std::string>(), "10ms");
  EXPECT_EQ(*at(document, "port", 0, "mtu").as<std::int64_t>(), 9000);
  EXPECT_EQ(at(document, "port", 1, "addresses").as<std::vector<Value>>()->size(), 1u);
  EXPECT_EQ(*at(document, "route", 0, "via").as<std::string>(), "10.0.0.2");
}

TEST(Document, OverridesAreTheirOwnPlace) {
  Document document = parse(example);
  ASSERT_EQ(set(document, "engine.workers=2"), "");
  ASSERT_EQ(set(document, "port.lan.mtu=9000"), "");
  EXPECT_EQ(document.text(document.place({"engine", "workers"})), "--set engine.workers");
  EXPECT_EQ(document.text(document.place({"port", std::size_t{0}, "mtu"})), "--set port.lan.mtu");
  EXPECT_EQ(document.text(document.place({"port", std::size_t{0}, "name"})), "t.toml:4:8");
}

TEST(Document, AnOverrideThatIsNoSingleTomlValueIsAString) {
  for (const char* text : {"two words", "", "1\nb = 2", "[1, 2", "5ms", "tap:a,b"}) {
    Document document = parse("");
    ASSERT_EQ(set(document, std::string{"a="} + text), "");
    ASSERT_NE(document.root().as<Table>()->find("a")->value.as<std::string>(), nullptr) << text;
    EXPECT_EQ(*document.root().as<Table>()->find("a")->value.as<std::string>(), text);
  }
}

TEST(Document, OverridesThatReachNothingAreRefused) {
  const std::string form = ": write KEY=VALUE, for example engine.workers=2 or port.lan.mtu=9000";
  for (const auto& [assignment, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "--set ''" + form},
           {"engine.workers", "--set 'engine.workers'" + form},
           {"=1", "--set '=1'" + form},
           {".a=1", "--set '.a=1'" + form},
           {"a.=1", "--set 'a.=1'" + form},
           {"a..b=1", "--set 'a..b=1'" + form},
           {"\"a=1", "--set '\"a=1'" + form},
           {"a b=1", "--set 'a b=1'" + form},
           {"\"a\nb\"=1", "--set '\"a\\x0ab\"=1'" + form},
           {"port.lna.mtu=1", "--set port.lna.mtu: port has no element 'lna', did you mean 'lan'? there are: lan, wan.1"},
           {"port.dmz.mtu=1", "--set port.dmz.mtu: port has no element 'dmz', there are: lan, wan.1"},
           {"port.lan=1", "--set port.lan: port.lan is a table: set one of its keys, port.lan.KEY=VALUE"},
           {"engine.workers.x=1", "--set engine.workers.x: engine.workers is an integer, no table"}}) {
    Document document = parse(example);
    EXPECT_EQ(set(document, assignment), message);
  }
}

TEST(Document, ComplaintsComeInTheOrderOfTheirPlaces) {
  Document document = parse(example);
  ASSERT_EQ(set(document, "engine.workers=2"), "");
  document.fail(document.place({"engine", "workers"}), "third");
  document.fail(document.place({"port", std::size_t{0}}), "second", Errc::not_supported);
  document.fail(document.place({"engine"}), "first");
  document.warn(document.place({"route"}), "a warning");
  EXPECT_FALSE(document.ok());
  EXPECT_EQ(document.result().error().message(), "t.toml:1:1: first\nt.toml:3:1: second\n--set engine.workers: third");
  ASSERT_EQ(document.warnings().size(), 1u);
  EXPECT_EQ(document.warnings().front().message(), "t.toml:10:1: a warning");
}

TEST(Document, TheFirstFiftyComplaintsAreShown) {
  Document document = parse("");
  for (int i = 0; i < 53; ++i) document.fail({}, "wrong");
  const std::string message = document.result().error().message();
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 50);
  EXPECT_TRUE(message.ends_with("\nt.toml: 3 more errors")) << message;
}

}  // namespace
}  // namespace engine

#include "engine/section.h"

#include <gtest/gtest.h>

#include "tests/support/config_cases.h"

namespace engine {
namespace {

using support::complaints;
using support::read_good;

enum class Color { red, green };

TEST(Section, AbsentKeysLeaveTheFields) {
  read_good("", [](Section& s) {
    bool flag = true;
    std::uint16_t number = 7;
    Duration duration = 3s;
    std::string text = "t";
    std::vector<std::string> list{"x"};
    EXPECT_FALSE(s.read("flag", flag));
    EXPECT_FALSE(s.read("number", number, {.min = 0, .max = 9}));
    EXPECT_FALSE(s.read("duration", duration, {.min = 0s, .max = 9s}));
    EXPECT_FALSE(s.read("text", text));
    EXPECT_FALSE(s.read_texts("list", list, parse_name));
    EXPECT_TRUE(s.sections("tables").empty());
    s.section("table").finish();
    EXPECT_TRUE(flag && number == 7 && duration == 3s && text == "t" && list.size() == 1);
    return 0;
  });
}

TEST(Section, ReadsEachTypeIntoItsField) {
  read_good(R"(flag = true
number = 1_000
hex = 0xff
duration = "90s"
size = "64KiB"
bytes = 1500
line = "10Mbit"
events = "100/s"
text = "a b"
content = "a\nb"
color = "green"
status = 308
one = "x"
many = ["x", "y"]
cores = [3, 1]
)",
            [](Section& s) {
              bool flag = false;
              std::uint32_t number = 0;
              std::uint8_t hex = 0;
              Duration duration{};
              std::uint64_t size = 0, bytes = 0, line = 0, events = 0;
              std::string text, content;
              Color color = Color::red;
              std::uint16_t status = 0;
              std::vector<std::string> one, many;
              std::vector<std::uint16_t> cores;
              EXPECT_TRUE(s.read("flag", flag) && flag);
              EXPECT_TRUE(s.read("number", number, {.min = 1000, .max = 1000}) && number == 1000);
              EXPECT_TRUE(s.read("hex", hex, {.min = 0, .max = 255}) && hex == 255);
              EXPECT_TRUE(s.read("duration", duration, {.min = 90s, .max = 90s}) && duration == 90s);
              EXPECT_TRUE(s.read_size("size", size, {.min = 0, .max = 65'536}) && size == 65'536);
              EXPECT_TRUE(s.read_size("bytes", bytes, {.min = 1500, .max = 65'536}) && bytes == 1500);
              EXPECT_TRUE(s.read_bit_rate("line", line, {.min = 1, .max = 10'000'000}) && line == 10'000'000);
              EXPECT_TRUE(s.read_event_rate("events", events, {.min = 100, .max = 1000}) && events == 100);
              EXPECT_TRUE(s.read("text", text) && text == "a b");
              EXPECT_TRUE(s.read_content("content", content) && content == "a\nb");
              EXPECT_TRUE(s.read("color", color, {{"red", Color::red}, {"green", Color::green}}) && color == Color::green);
              EXPECT_TRUE(s.read_one_of("status", status, {301, 308}) && status == 308);
              EXPECT_TRUE(s.read_texts("one", one, parse_name) && one == std::vector<std::string>{"x"});
              EXPECT_TRUE(s.read_texts("many", many, parse_name) && many == (std::vector<std::string>{"x", "y"}));
              EXPECT_TRUE(s.read("cores", cores, {.min = 0, .max = 9}) && cores == (std::vector<std::uint16_t>{3, 1}));
              return 0;
            });
}

TEST(Section, AWordMayStandForNoValue) {
  const auto read = [](Section& s) {
    std::optional<std::uint16_t> queues = 5;
    std::optional<std::uint64_t> body = 5;
    EXPECT_TRUE(s.read_or("queues", "auto", queues, {.min = 1, .max = 64}));
    EXPECT_TRUE(s.read_size_or("body", "off", body, {.min = 0, .max = 9999}));
    return std::pair{queues, body};
  };
  const auto words = read_good("queues = \"auto\"\nbody = \"off\"\n", read);
  EXPECT_FALSE(words.first || words.second);
  const auto values = read_good("queues = 4\nbody = \"1KiB\"\n", read);
  EXPECT_TRUE(values.first == 4 && values.second == 1024u);
}

TEST(Section, WrongValuesLeaveTheFieldsAndAreNamedWithTheirPlace) {
  std::uint16_t number = 7;
  std::vector<std::string> names{"old"};
  std::uint64_t line = 5, events = 5;
  std::string text = "old";
  EXPECT_EQ(complaints("number = 10\nnames = [\"a\", \"-\", \"c d\"]\nline = 10\nevents = \"0/s\"\ntext = \"a\\nb\"\n",
                       [&](Section& s) {
                         EXPECT_FALSE(s.read("number", number, {.min = 1, .max = 9}));
                         EXPECT_FALSE(s.read_texts("names", names, parse_name));
                         EXPECT_FALSE(s.read_bit_rate("line", line, {.min = 1, .max = 9}));
                         EXPECT_FALSE(s.read_event_rate("events", events, {.min = 1, .max = 9}));
                         EXPECT_FALSE(s.read("text", text));
                       }),
            "=> 1:10: number: 10 is above 9, allowed: 1 to 9\n"
            "=> 2:15: names: '-' is no name: 1 to 63 letters, digits, '.', '_' and '-', the first no '.' or '-'\n"
            "=> 2:20: names: 'c d' is no name: 1 to 63 letters, digits, '.', '_' and '-', the first no '.' or '-'\n"
            "=> 3:8: line: expected a rate such as \"10Mbit\" (bit, kbit, Mbit, Gbit, Tbit), found an integer\n"
            "=> 4:10: events: 0/s is below 1/s, allowed: 1/s to 9/s\n"
            "=> 5:8: text: 'a\\x0ab' contains a control character\n");
  EXPECT_TRUE(number == 7 && names.size() == 1 && line == 5 && events == 5 && text == "old");
}

TEST(Section, EveryTypeOfTomlIsNamed) {
  bool flag = false;
  const auto found = [&](const char* value) {
    return complaints(std::string{"flag = "} + value, [&](Section& s) { s.read("flag", flag); });
  };
  EXPECT_EQ(found("1"), "=> 1:8: flag: expected true or false, found an integer\n");
  EXPECT_EQ(found("1.5"), "=> 1:8: flag: expected true or false, found a float\n");
  EXPECT_EQ(found("'yes'"), "=> 1:8: flag: expected true or false, found the string 'yes'\n");
  EXPECT_EQ(found("[true]"), "=> 1:8: flag: expected true or false, found a list\n");
  EXPECT_EQ(found("{ a = 1 }"), "=> 1:8: flag: expected true or false, found a table\n");
  EXPECT_EQ(found("2024-01-01"), "=> 1:8: flag: expected true or false, found a date or time\n");
  EXPECT_EQ(found("07:32:00"), "=> 1:8: flag: expected true or false, found a date or time\n");
}

TEST(Section, NumbersAreNotCutToTheirType) {
  std::uint64_t large = 0;
  std::uint32_t small = 0;
  EXPECT_EQ(complaints("large = -9223372036854775808\nsmall = 4294967296\n",
                       [&](Section& s) {
                         s.read("large", large, {.min = 0, .max = UINT64_MAX});
                         s.read("small", small, {.min = 0, .max = UINT32_MAX});
                       }),
            "=> 1:9: large: -9223372036854775808 is below 0, allowed: 0 to 18446744073709551615\n"
            "=> 2:9: small: 4294967296 is above 4294967295, allowed: 0 to 4294967295\n");
}

TEST(Section, UnknownKeysNameTheNearestAndAllAllowedOnes) {
  std::uint16_t mtu = 0;
  EXPECT_EQ(complaints("mut = 1\nzzz = 1\n",
                       [&](Section& s) {
                         s.read("mtu", mtu, {.min = 0, .max = 9});
                         s.not_supported("kernel", "kernel twins");
                         s.supports_only("proxy_arp", false, "proxy ARP");
                       }),
            "=> 1:1: unknown key 'mut', did you mean 'mtu'? allowed: mtu, proxy_arp\n"
            "=> 2:1: unknown key 'zzz', allowed: mtu, proxy_arp\n");
}

TEST(Section, WhatIsNotBuiltIsRefusedAndNeverIgnored) {
  const auto read = [](Section& s) {
    s.not_supported("health", "health checks");
    s.supports_only("kernel", false, "kernel twins");
    s.supports_only("log", "off", "access logs");
    s.supports_word("mode", "http", {"tcp"});
  };
  EXPECT_EQ(complaints("kernel = false\nlog = \"off\"\nmode = \"http\"\n", read), "");
  EXPECT_EQ(complaints("health = false\nkernel = true\nlog = { file = \"x\" }\nmode = \"tcp\"\n", read),
            "=> 1:1: health: not supported yet (health checks)\n"
            "=> 2:10: kernel: true is not supported yet (kernel twins), allowed: false\n"
            "=> 3:7: log: not supported yet (access logs), allowed: \"off\"\n"
            "=> 4:8: mode: 'tcp' is not supported yet, allowed: http\n");
  EXPECT_EQ(complaints("health = [\n1]\nkernel = \"no\"\nlog = false\nmode = \"htpp\"\n", read),
            "=> 1:1: health: not supported yet (health checks)\n"
            "=> 3:10: kernel: expected true or false, found the string 'no'\n"
            "=> 4:7: log: not supported yet (access logs), allowed: \"off\"\n"
            "=> 5:8: mode: unknown value 'htpp', did you mean 'http'? allowed: http\n");
}

TEST(Section, CodesTellMistakesFromWhatIsToCome) {
  auto document = Document::parse("a = 1\nb = 1\n", "t.toml");
  Section file{*document};
  file.not_supported("a", "a");
  file.finish();
  ASSERT_EQ(document->errors().size(), 2u);
  EXPECT_EQ(document->errors()[0].code, Errc::not_supported);
  EXPECT_EQ(document->errors()[1].code, Errc::invalid);
}

TEST(Section, NestedTablesAndListsOfThem) {
  const auto read = [](Section& s) {
    std::vector<std::string> names;
    Section top = s.section("top");
    Section nested = top.section("nested");
    std::uint16_t depth = 0;
    nested.read("depth", depth, {.min = 1, .max = 3});
    nested.finish();
    top.finish();
    EXPECT_FALSE(s.section_if("absent").has_value());
    s.read_sections("port", names, [](Section port) {
      std::string name = "?";
      port.require("name");
      port.read("name", name);
      return port.finish(name);
    });
    return names;
  };
  EXPECT_EQ(read_good("top.nested.depth = 2\n[[port]]\nname = \"a\"\n[[port]]\nname = \"b\"\n", read),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(complaints("[top]\nnested = { depth = 4, wide = 1 }\n[[port]]\n[[port]]\nnames = 1\n", read),
            "=> 2:20: nested.depth: 4 is above 3, allowed: 1 to 3\n"
            "=> 2:23: unknown key 'nested.wide', allowed: depth\n"
            "=> 3:1: [[port]] has no 'name', which is required\n"
            "=> 4:1: [[port]] has no 'name', which is required\n"
            "=> 5:1: unknown key 'names', did you mean 'name'? allowed: name\n");
  EXPECT_EQ(complaints("top.nested = 1\nport = { name = \"a\" }\nabsent = 1\n", read),
            "=> 1:14: nested: expected a table, found an integer\n"
            "=> 2:8: port: expected a list of tables, each under [[port]], found a table\n"
            "=> 3:10: absent: expected a table, found an integer\n");
}

TEST(Section, ElementsAreTextsOrTables) {
  const auto read = [](Section& s) {
    std::string found;
    for (Section::Element& element : s.elements("via")) {
      if (auto* table = std::get_if<Section>(&element.value)) {
        std::string name;
        table->read("name", name);
        found += "{" + name + "}";
        table->finish();
      } else {
        found += std::get<std::string_view>(element.value);
      }
    }
    return found;
  };
  EXPECT_EQ(read_good("via = \"a\"", read), "a");
  EXPECT_EQ(read_good("via = { name = \"a\" }", read), "{a}");
  EXPECT_EQ(read_good("via = [\"a\", { name = \"b\" }, \"c\"]", read), "a{b}c");
  EXPECT_EQ(complaints("via = [\"a\", 1, { nme = \"b\" }]", read),
            "=> 1:13: via: expected a string, a table, or a list of these, found an integer\n"
            "=> 1:18: unknown key 'nme', did you mean 'name'? allowed: name\n");
}

TEST(Section, KeysThatExcludeEachOther) {
  bool alone = false;
  const auto read = [&](Section& s) {
    bool flag = false;
    for (const char* key : {"a", "b", "c"}) s.read(key, flag);
    alone = s.exclusive({"a", "b"}, true);
  };
  EXPECT_EQ(complaints("a = true\nc = true\n", read), "");
  EXPECT_TRUE(alone);
  EXPECT_EQ(complaints("c = true\n", read), "=> 1:1: the file needs one of a, b\n");
  EXPECT_FALSE(alone);
  EXPECT_EQ(complaints("b = true\na = true\n", read), "=> 2:1: a: excludes 'b', which is set too: use one of a, b\n");
  EXPECT_FALSE(alone);
}

TEST(Section, KeysThatTheUserChooses) {
  EXPECT_EQ(read_good("[header]\nx-b = \"1\"\nx-a = \"2\"\n",
                      [](Section& s) {
                        std::string found;
                        Section header = s.section("header");
                        for (const Section::Text& key : header.keys()) {
                          std::string value;
                          header.read(key.text, value);
                          found += std::string{key.text} + "=" + value + " ";
                        }
                        header.finish();
                        return found;
                      }),
            "x-b=1 x-a=2 ");
}

TEST(Section, OverridesAreReadLikeTheFile) {
  auto document = Document::parse("[tcp]\nmtu = 5\n", "t.toml");
  ASSERT_TRUE(document->set("tcp.mtu=50").ok());
  ASSERT_TRUE(document->set("tcp.mtuu=50").ok());
  Section file{*document};
  Section tcp = file.section("tcp");
  std::uint16_t mtu = 0;
  tcp.read("mtu", mtu, {.min = 1, .max = 9});
  tcp.finish();
  file.finish();
  EXPECT_EQ(document->result().error().message(),
            "--set tcp.mtu: mtu: 50 is above 9, allowed: 1 to 9\n"
            "--set tcp.mtuu: unknown key 'mtuu', did you mean 'mtu'? allowed: mtu");
}

TEST(SectionDeathTest, AReaderThatForgetsToFinishEndsTheProcess) {
  EXPECT_DEATH(
      {
        auto document = Document::parse("", "t.toml");
        const Section file{*document};
      },
      "check failed: finished_");
}

TEST(Section, Names) {
  for (const char* good : {"a", "lan", "_x", "api-v1.eu_west", "0"}) EXPECT_TRUE(parse_name(good).ok()) << good;
  EXPECT_TRUE(parse_name(std::string(63, 'n')).ok());
  for (const char* bad : {"", "-a", ".a", "a b", "a/b", "a:1", "\xc3\xa4", "a\n"}) EXPECT_FALSE(parse_name(bad).ok()) << bad;
  EXPECT_FALSE(parse_name(std::string(64, 'n')).ok());
}

}  // namespace
}  // namespace engine

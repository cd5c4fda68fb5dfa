#include "apps/effective_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "engine/document.h"
#include "tests/support/config_cases.h"
#include "tests/support/process.h"

namespace apps {
namespace {

Config config_of(const std::string& text, const std::string& path = "t.toml") {
  auto loaded = parse_config(text, path);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message() << "\n" << text;
    return {};
  }
  return (*std::move(loaded)).config;
}

std::string as_text(const engine::Value& value);

/// Every leaf of a document with its path: "port[1].mtu" -> "9000".
void flatten(const engine::Value& value, const std::string& path, std::map<std::string, std::string>& out) {
  if (const auto* table = value.as<engine::Table>()) {
    for (const engine::Entry& entry : table->entries)
      flatten(entry.value, path.empty() ? entry.key : path + "." + entry.key, out);
  } else if (const auto* list = value.as<std::vector<engine::Value>>()) {
    for (std::size_t i = 0; i < list->size(); ++i) flatten((*list)[i], fmt::format("{}[{}]", path, i), out);
  } else {
    out[path] = as_text(value);
  }
}

std::string as_text(const engine::Value& value) {
  if (const auto* text = value.as<std::string>()) return "\"" + *text + "\"";
  if (const auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  return std::string{value.kind()};
}

std::map<std::string, std::string> leaves(const std::string& toml) {
  std::map<std::string, std::string> out;
  const auto document = engine::Document::parse(toml, "t.toml");
  EXPECT_TRUE(document) << (document ? "" : document.error().message()) << "\n" << toml;
  if (document) flatten(document->root(), "", out);
  return out;
}

TEST(EffectiveConfig, SaysOfEveryKeyWhatTheFileSays) {
  const std::string text = support::read_file(support::source_path("tests/apps/every_key.toml"));
  EXPECT_EQ(leaves(effective_config(config_of(text))), leaves(text));
}

TEST(EffectiveConfig, ReadAgainItIsTheSame) {
  std::vector<std::string> texts{support::read_file(support::source_path("tests/apps/every_key.toml"))};
  for (const char* name : {"quickstart", "http-lb", "forwarder", "static-answer"})
    texts.push_back(support::read_file(support::source_path(std::string{"configs/"} + name + ".toml")));
  for (const std::string& text : texts) {
    const std::string once = effective_config(config_of(text));
    const std::string twice = effective_config(config_of(once, "other-name.toml"));
    EXPECT_EQ(once, twice) << "the name of the file has no say any more";
  }
}

constexpr const char* least = R"([[port]]
name = "p"
device = "tap:p"
addresses = ["10.0.0.1/8"]
[[route]]
prefix = "0.0.0.0/0"
via = "10.0.0.9"
[[neighbor]]
address = "10.0.0.9"
mac = "02:00:00:00:00:09"
[[listener]]
name = "l"
address = "*:80"
[[rule]]
pool = "b"
[[pool]]
name = "b"
servers = ["10.0.0.2:80"]
)";

/// The last part of a path without indices: "port[1].mtu" -> "port.mtu".
std::string without_indices(const std::string& path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    inside = c == '[' || (inside && c != ']');
    if (!inside && c != ']') out += c;
  }
  return out;
}

TEST(EffectiveConfig, DefaultsAreWrittenOut) {
  std::set<std::string> written;
  for (const auto& [path, _] : leaves(effective_config(config_of(least)))) written.insert(without_indices(path));
  // What has no value unless somebody gives it one.
  const std::set<std::string> without_default{"engine.cores",         "engine.control_core",
                                              "route.blackhole",      "route.unreachable",
                                              "listener.trusted",     "rule.name",
                                              "rule.listener",        "rule.host",
                                              "rule.method",          "rule.path",
                                              "rule.path_prefix",     "rule.path_regex",
                                              "rule.header.x-canary", "rule.header.x.odd",
                                              "rule.header_absent",   "rule.query_regex",
                                              "rule.client",          "rule.respond.status",
                                              "rule.respond.body",    "rule.respond.content_type",
                                              "rule.redirect.status", "rule.redirect.location",
                                              "pool.source",          "pool.servers.name"};
  for (const auto& [path, _] : leaves(support::read_file(support::source_path("tests/apps/every_key.toml")))) {
    const std::string key = without_indices(path);
    EXPECT_EQ(written.contains(key), !without_default.contains(key)) << key;
  }
  EXPECT_TRUE(written.contains("engine.workers")) << "instead of cores";
}

/// Whoever adds a key adds it here: what the documentation knows is in every_key.toml or not supported yet.
TEST(EffectiveConfig, KnowsEveryDocumentedKey) {
  std::set<std::string> known, refused;
  for (const auto& [path, _] : leaves(support::read_file(support::source_path("tests/apps/every_key.toml"))))
    known.insert(without_indices(path));
  known.insert("engine.workers");
  const std::string documented = support::source_path("tests/apps/documented.toml");
  const auto loaded = load_config(documented);
  ASSERT_FALSE(loaded);
  const std::string message = loaded.error().message();
  for (const auto& [path, _] : leaves(support::read_file(documented))) {
    const std::string key = without_indices(path);
    if (known.contains(key)) continue;
    const std::size_t dot = key.find('.');
    std::string last = key.substr(dot + 1);
    // A refused table is refused as a whole.
    const std::string top = last.substr(0, last.find('.'));
    const bool is_refused = message.find(": " + top + ": ") != std::string::npos ||
                            message.find(": " + last + ": ") != std::string::npos ||
                            message.find(": " + key.substr(0, dot) + ": ") != std::string::npos;
    EXPECT_TRUE(is_refused) << key;
  }
}

TEST(EffectiveConfig, OverridesAreInForce) {
  const std::vector<std::string> overrides{"engine.workers=3", "port.p.mtu=2000", "pool.b.keepalive.idle=9"};
  auto loaded = parse_config(least, "t.toml", overrides);
  ASSERT_TRUE(loaded);
  const auto written = leaves(effective_config(loaded->config));
  EXPECT_EQ(written.at("engine.workers"), "3");
  EXPECT_EQ(written.at("port[0].mtu"), "2000");
  EXPECT_EQ(written.at("pool[0].keepalive.idle"), "9");
  EXPECT_EQ(written.at("engine.name"), "\"t\"");
}

TEST(EffectiveConfig, ABodyFromAFileIsTheFile) {  // whatever its bytes are
  support::TemporaryDirectory directory;
  support::write_file(directory.path("body.bin"), std::string{"\0\xff\xfe", 3});
  const std::string rule = R"([[port]]
name = "p"
device = "tap:p"
addresses = ["10.0.0.1/8"]
[[listener]]
name = "l"
address = "*:80"
[[rule]]
respond = { body_file = "x/../body.bin", content_type = "image/x" }
)";
  std::filesystem::create_directory(directory.path("x"));
  const std::string once = effective_config(config_of(rule, directory.path("t.toml")));
  EXPECT_EQ(leaves(once).at("rule[0].respond.body_file"), "\"" + directory.path("body.bin") + "\"");
  EXPECT_FALSE(leaves(once).contains("rule[0].respond.body"));
  const Config again = config_of(once, "/nowhere/else.toml");
  EXPECT_EQ(std::get<http::RespondAction>(again.rules.at(0).action).body, (std::string{"\0\xff\xfe", 3}));
}

TEST(EffectiveConfig, WhatIsAbsentIsExplained) {
  const std::string text = effective_config(config_of(least));
  for (const char* comment : {"\n# control_core: any CPU\n", "\n# trusted: nobody\n", "\n# listener: all\n",
                              "\n# source: the first address of the port towards the server\n"})
    EXPECT_NE(text.find(comment), std::string::npos) << comment;
}

}  // namespace
}  // namespace apps

// Random rules and requests from small vocabularies, so that they meet.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/random.h"
#include "http/predicates.h"
#include "http/rule.h"

namespace http {

class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_{seed} {}

  std::vector<Rule> rules() {
    std::vector<Rule> all(1 + random_.below(30));
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = rule();
      all[i].name = "rule" + std::to_string(i);
      all[i].place = "random.toml:" + std::to_string(i);
    }
    return all;
  }

  /// A request that owns its bytes. Valid until the next one.
  Query request() {
    static constexpr std::array<std::string_view, 12> hosts{"a.example.com",
                                                            "A.Example.COM",
                                                            "b.example.com.",
                                                            "x.y.example.com",
                                                            "example.com",
                                                            "x.a.example.com",
                                                            "b.a.example.com",
                                                            "www.example.org",
                                                            "org",
                                                            "",
                                                            "com",
                                                            ".example.com"};
    static constexpr std::array<std::string_view, 5> tokens{"GET", "POST", "PURGE", "get", "OPTIONS"};
    static constexpr std::array<std::string_view, 7> names{"X-A", "x-a", "x-b", "X-B", "cookie", "x-", "x-ab"};
    static constexpr std::array<std::string_view, 6> values{"1", "true", "on", "", "a=1; b=2", "TRUE"};
    static constexpr std::array<std::string_view, 5> queries{"", "debug=1", "a=b&debug=1", "id=77", "Debug=1"};
    fields_.clear();
    for (std::uint64_t n = random_.below(4); n > 0; --n) fields_.push({pick(names), pick(values)});
    path_ = random_.chance(0.04) ? "*" : path();
    const std::string_view token = pick(tokens);
    return {pick(hosts), !random_.chance(0.1), path_, pick(queries), method_of(token), token, fields_, address()};
  }

 private:
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[random_.below(N)];
  }

  std::string path() {
    static constexpr std::array<std::string_view, 8> parts{"v1", "v10", "users", "u", "12", "7", "a.png", ""};
    std::string text;
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) text.append("/").append(pick(parts));
    return text;
  }
  engine::Ipv4 address() { return engine::Ipv4{static_cast<std::uint32_t>(0x0a000000u + random_.below(16) * 0x40u)}; }

  Rule rule() {
    static constexpr std::array<std::string_view, 9> hosts{"a.example.com",   "B.example.com", "*.example.com",
                                                           "*.a.example.com", "*.com",         "*.org",
                                                           "example.com",     "org",           "*.y.example.com."};
    static constexpr std::array<std::string_view, 5> tokens{"GET", "POST", "PURGE", "LINK", "OPTIONS"};
    static constexpr std::array<std::string_view, 9> regexes{"^/users/[0-9]+$", "/v1", "[0-9]$", "\\.png$", "^/(u|v1)/", "^/v1",
                                                             "(?i)USERS",       "",    "^/u.*7"};
    static constexpr std::array<std::string_view, 6> values{"^(1|true)$", "(?i)^true$", "^$", "", "b=[0-9]", "n"};
    Rule rule;
    if (random_.chance(0.5))
      for (std::uint64_t n = 1 + random_.below(2); n > 0; --n) rule.hosts.emplace_back(pick(hosts));
    const std::uint64_t kind = random_.below(8);
    if (kind < 2)
      rule.path = ExactPath{path()};
    else if (kind < 4)
      rule.path = PathPrefix{random_.chance(0.2) ? "/" : path().substr(0, 1 + random_.below(8))};
    else if (kind < 6)
      rule.path = PathRegex{std::string{pick(regexes)}};
    if (random_.chance(0.25))
      for (std::uint64_t n = 1 + random_.below(2); n > 0; --n) rule.methods.emplace_back(pick(tokens));
    if (random_.chance(0.25))
      rule.headers.push_back({std::string{random_.chance(0.5) ? "X-A" : "x-b"}, std::string{pick(values)}});
    if (random_.chance(0.1)) rule.headers.push_back({"cookie", std::string{pick(values)}});
    if (random_.chance(0.15)) rule.header_absent.emplace_back(random_.chance(0.5) ? "x-A" : "cookie");
    if (random_.chance(0.15)) rule.query_regex = random_.chance(0.5) ? "debug=1" : "^$";
    if (random_.chance(0.2))
      for (std::uint64_t n = 1 + random_.below(3); n > 0; --n)
        rule.client.push_back({address(), static_cast<std::uint8_t>(23 + random_.below(10))});
    return rule;
  }

  engine::Random random_;
  Fields fields_;
  std::string path_;
};

}  // namespace http

// Cycles per decision of http::Matcher by size and kind of the rule set. Requests are spread over all rules, in an order that no
// cache foresees.   build/bench/http/http_matcher_bench
#include <array>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/support/per_item.h"
#include "engine/random.h"
#include "http/matcher.h"

namespace http {
namespace {

struct Request {
  std::string host, path;
};

struct World {
  std::vector<Rule> rules;
  std::vector<Request> requests;  // a power of two
};

constexpr std::size_t request_count = 4096;

/// Field lines as curl sends them, and a session cookie.
Fields usual_fields() {
  Fields fields;
  for (const auto& [name, value] :
       {std::pair{"Host", "a.example"}, {"User-Agent", "curl/8.5.0"}, {"Accept", "*/*"}, {"Cookie", "session=0123456789abcdef"}})
    fields.push({name, value});
  return fields;
}

Rule make_rule(std::size_t i) {
  Rule rule;
  rule.name = fmt::format("rule{}", i);
  rule.place = fmt::format("bench.toml:{}", i + 1);
  return rule;
}

World trivial() {
  World world;
  world.rules.push_back(make_rule(0));
  world.rules[0].path = PathPrefix{"/"};
  for (std::size_t i = 0; i < request_count; ++i) world.requests.push_back({"www.example.com", fmt::format("/page{}.html", i)});
  return world;
}

/// Ten rules per host, as a platform with many small services has them: prefixes, exact paths, a method, a canary header, a
/// fall-back; one rule in a hundred is a regex. Every tenth host is a wildcard; a rule for all hosts ends the file.
World literal(std::size_t count) {
  World world;
  engine::Random random{1};
  for (std::size_t i = 0; i + 1 < count; ++i) {
    Rule rule = make_rule(i);
    const std::size_t tenant = i / 10;
    const bool wild = tenant % 10 == 9;
    rule.hosts = {fmt::format("{}tenant{}.example.com", wild ? "*." : "", tenant)};
    const std::string host = fmt::format("{}tenant{}.example.com", wild ? "www." : "", tenant);
    std::string path;
    switch (i % 10) {
      case 0:
        path = "/api/v1/users/12345/profile";
        rule.path = PathPrefix{"/api/v1/users/"};
        rule.headers = {{"x-canary", "^(1|true)$"}};
        break;
      case 1:
        path = "/api/v1/orders";
        rule.path = PathPrefix{"/api/v1/"};
        rule.methods = {"POST", "PUT", "DELETE"};
        break;
      case 8:
        path = "/static/x/7/y.css";
        if (tenant % 10 == 0)
          rule.path = PathRegex{"^/static/[a-z]+/[0-9]+/"};
        else
          rule.path = PathPrefix{"/static/"};
        break;
      case 9:
        path = "/some/other/page";
        break;
      default:
        path = i % 2 == 0 ? fmt::format("/api/v2/service{}", i)
                          : fmt::format("/api/v2/service{}/items/{}", i, random.below(100'000));
        if (i % 2 == 0)
          rule.path = ExactPath{path};
        else
          rule.path = PathPrefix{fmt::format("/api/v2/service{}/", i)};
    }
    world.rules.push_back(rule);
    world.requests.push_back({host, path});
  }
  world.rules.push_back(make_rule(count - 1));
  world.requests.push_back({"unknown.example.org", "/"});
  return world;
}

/// All regexes on the paths of one host, of four shapes; half of the requests match one, half none and fall to the last rule.
World regexes(std::size_t count) {
  World world;
  for (std::size_t i = 0; i < count; ++i) {
    Rule rule = make_rule(i);
    rule.hosts = {"api.example.com"};
    const std::array<std::pair<std::string, std::string>, 4> shapes{{
        {fmt::format("^/svc{}/[0-9]+$", i), fmt::format("/svc{}/123", i)},
        {fmt::format("^/api/v[0-9]+/res{}/[a-z]+", i), fmt::format("/api/v2/res{}/abc", i)},
        {fmt::format("/item{}/(edit|view)$", i), fmt::format("/shop/item{}/view", i)},
        {fmt::format("^/u/[a-z0-9]+/p{}\\.(png|jpg)$", i), fmt::format("/u/alice/p{}.png", i)},
    }};
    rule.path = PathRegex{shapes[i % 4].first};
    world.rules.push_back(rule);
    world.requests.push_back({"api.example.com", shapes[i % 4].second});
    world.requests.push_back({"api.example.com", fmt::format("/none/of/them/{}/index.html", i)});
  }
  world.rules.push_back(make_rule(count));
  return world;
}

/// Regexes without a literal part to look for first: the costly kind.
World loose_regexes(std::size_t count) {
  World world;
  for (std::size_t i = 0; i < count; ++i) {
    Rule rule = make_rule(i);
    rule.path =
        PathRegex{fmt::format("^/[a-z]{{{},}}/[0-9]+/[a-f0-9]{{{}}}/[a-z.]{{{}}}$", 1 + i % 7, 1 + i / 7 % 20, 1 + i / 140)};
    world.rules.push_back(rule);
    world.requests.push_back({"api.example.com", fmt::format("/shop/{}/a{}f/view.html", i * 7919, i)});
  }
  world.rules.push_back(make_rule(count));
  return world;
}

/// A canary by header in front of what it replaces; every request has such a field line and scans it.
World canary() {
  World world;
  world.rules = {make_rule(0), make_rule(1), make_rule(2)};
  world.rules[0].hosts = world.rules[1].hosts = {"www.example.com"};
  world.rules[0].headers = {{"cookie", "canary=(1|true)"}};
  for (std::size_t i = 0; i < request_count; ++i) world.requests.push_back({"www.example.com", fmt::format("/page{}.html", i)});
  return world;
}

void run(benchmark::State& state, const World& world) {
  const auto compiler = make_local_pattern_compiler();
  const auto matcher = Matcher::build(world.rules, *compiler);
  if (!matcher) return state.SkipWithError(matcher.error().message().c_str());
  auto scratch = matcher->make_scratch();
  if (!scratch) return state.SkipWithError(scratch.error().message().c_str());
  const Fields fields = usual_fields();
  engine::Random random{2};
  std::vector<Request> requests;
  for (std::size_t i = 0; i < request_count; ++i) requests.push_back(world.requests[random.below(world.requests.size())]);
  std::size_t missed = 0;
  bench::run(state, request_count, [&] {
    for (const Request& request : requests) {
      const Query query{request.host, true, request.path, {}, Method::get, "GET", fields, engine::Ipv4{198, 18, 0, 1}};
      missed += matcher->match(query, *scratch) == no_rule ? 1 : 0;
    }
  });
  if (missed != 0) state.SkipWithError("a request matched no rule");
}

void BM_Trivial(benchmark::State& state) { run(state, trivial()); }
void BM_Literal(benchmark::State& state) { run(state, literal(static_cast<std::size_t>(state.range(0)))); }
void BM_Regexes(benchmark::State& state) { run(state, regexes(static_cast<std::size_t>(state.range(0)))); }
void BM_LooseRegexes(benchmark::State& state) { run(state, loose_regexes(static_cast<std::size_t>(state.range(0)))); }
void BM_Canary(benchmark::State& state) { run(state, canary()); }
BENCHMARK(BM_Trivial)->Apply(bench::by_tsc);
BENCHMARK(BM_Canary)->Apply(bench::by_tsc);
BENCHMARK(BM_Literal)->Arg(10)->Arg(1000)->Arg(10'000)->Apply(bench::by_tsc);
BENCHMARK(BM_Regexes)->Arg(100)->Arg(1000)->Apply(bench::by_tsc);
BENCHMARK(BM_LooseRegexes)->Arg(100)->Arg(1000)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http

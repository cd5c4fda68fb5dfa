#include "http/pattern_compiler.h"

#include <utility>

#include "engine/check.h"

namespace http {
namespace {

class LocalPatternCompiler final : public PatternCompiler {
 public:
  engine::Result<std::vector<PatternSet>> compile_all(std::span<const std::vector<PatternSource>> sets) override {
    std::vector<PatternSet> compiled;
    compiled.reserve(sets.size());
    for (const auto& sources : sets) {
      auto set = PatternSet::compile(sources);
      if (const auto* failure = std::get_if<PatternFailure>(&set)) return to_error(*failure, sources);
      compiled.push_back(std::get<PatternSet>(std::move(set)));
    }
    return compiled;
  }
};

}  // namespace

engine::Result<PatternSet> PatternCompiler::compile(std::span<const PatternSource> sources) {
  const std::vector<std::vector<PatternSource>> sets{{sources.begin(), sources.end()}};
  auto compiled = compile_all(sets);
  if (!compiled) return compiled.error();
  CHECK(compiled->size() == 1);
  return std::move(compiled->front());
}

std::unique_ptr<PatternCompiler> make_local_pattern_compiler() { return std::make_unique<LocalPatternCompiler>(); }

}  // namespace http

#include "tests/support/config_cases.h"

#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace support {

std::string source_path(const std::string& path) { return std::string{PENSTOCK_SOURCE_ROOT "/"} + path; }

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<ConfigCase> load_config_cases(const std::string& path) {
  std::vector<ConfigCase> cases;
  std::istringstream file{read_file(source_path(path))};
  ConfigCase one;
  const auto close = [&] {
    if (one.where.empty()) return;
    EXPECT_FALSE(one.expected.empty()) << one.where << " expects nothing";
    cases.push_back(std::exchange(one, {}));
  };
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) close();
    if (line.empty() || line.starts_with("##")) continue;
    if (one.where.empty()) one.where = fmt::format("{}:{}", path, number);
    const bool is_expected = line.starts_with("=> ") || line.starts_with("~> ");
    EXPECT_TRUE(is_expected || one.expected.empty()) << one.where << " has TOML behind what is expected";
    (is_expected ? one.expected : one.toml) += line + "\n";
  }
  close();
  return cases;
}

std::string case_lines(std::string_view sign, const std::vector<engine::Error>& errors) {
  std::string text;
  for (const engine::Error& error : errors) {
    std::string message = error.message();
    const std::string prefix = fmt::format("{}:", config_name);
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    text += fmt::format("{} {}\n", sign, message.substr(prefix.size()));
  }
  return text;
}

}  // namespace support

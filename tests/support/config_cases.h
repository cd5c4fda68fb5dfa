// Wrong configs and what is said about them, kept as text so that people can read them: tests/*/config_cases.txt.
//
// A case is some lines of TOML, then what reading it says: "=> LINE:COLUMN: complaint" or "~> LINE:COLUMN: warning", in the order
// of their places. An empty line ends a case; lines that begin with "##" say what follows.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document.h"
#include "engine/section.h"

namespace support {

inline constexpr std::string_view config_name = "t.toml";

struct ConfigCase {
  std::string where;  // "tests/tcp/config_cases.txt:12"
  std::string toml;
  std::string expected;  // "=> 2:11: ..." and "~> ..." lines
};

/// All cases of a file below the root of the source tree. A file that cannot be read or is not understood fails the test.
[[nodiscard]] std::vector<ConfigCase> load_config_cases(const std::string& path);
[[nodiscard]] std::string source_path(const std::string& path);
[[nodiscard]] std::string read_file(const std::string& path);

/// Errors or warnings as the cases have them. `sign`: "=>" or "~>".
[[nodiscard]] std::string case_lines(std::string_view sign, const std::vector<engine::Error>& errors);

/// What `read` (engine::Section& -> void), called with the whole text as a section, complains about.
template <typename Read>
std::string complaints(std::string_view toml, Read&& read) {
  auto document = engine::Document::parse(toml, std::string{config_name});
  if (!document) return case_lines("=>", {document.error()});
  engine::Section file{*document};
  read(file);
  file.finish();
  return case_lines("=>", document->errors());
}

/// Reads `toml` with `read` (engine::Section& -> T); fails the test if there is any complaint.
template <typename Read>
auto read_good(std::string_view toml, Read&& read) {
  auto document = engine::Document::parse(toml, std::string{config_name});
  EXPECT_TRUE(document.ok()) << toml;
  engine::Section file{*document};
  auto value = read(file);
  file.finish();
  EXPECT_EQ(case_lines("=>", document->errors()), "") << toml;
  return value;
}

}  // namespace support

// One test for each script of tests/tcp/scripts.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/tcp/player.h"

namespace tcp::script {
namespace {

const std::filesystem::path folder{PENSTOCK_SOURCE_ROOT "/tests/tcp/scripts"};

std::vector<std::string> script_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().extension() == ".pkt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class TcpScript : public testing::TestWithParam<std::string> {};

TEST_P(TcpScript, Plays) {
  const std::filesystem::path path = folder / (GetParam() + ".pkt");
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_TRUE(file) << path;
  const std::string problem = play_script(text.str());
  EXPECT_TRUE(problem.empty()) << "tests/tcp/scripts/" << GetParam() << ".pkt, " << problem;
}

INSTANTIATE_TEST_SUITE_P(All, TcpScript, testing::ValuesIn(script_names()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace tcp::script

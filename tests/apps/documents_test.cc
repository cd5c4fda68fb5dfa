// The manual against the tables of the code: whoever adds a reason describes it, and none is described that nobody counts.
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "engine/drop.h"
#include "http/reject.h"
#include "tcp/drop.h"

namespace apps {
namespace {

using Names = std::set<std::string>;

/// The names in backquotes of the first column of all tables below a heading, up to the next of its kind.
Names first_column(const std::string& heading) {
  std::ifstream file{PENSTOCK_SOURCE_ROOT "/docs/operating.md"};
  Names names;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) is_inside = line.starts_with(heading);
    if (!is_inside || !line.starts_with("| `")) continue;
    std::istringstream cell{line.substr(2, line.find(" |", 2) - 2)};
    for (std::string word; cell >> word;) names.insert(word.substr(1, word.size() - 2));
  }
  return names;
}

template <typename Table>
void add(Names& names, const Table& table) {
  for (const auto& row : table)
    if (row.name != "none") names.emplace(row.name);
}

TEST(Documents, EveryReasonToLoseAPacketIsInTheManual) {
  Names names{"rx_missed", "rx_errors", "rx_no_mbuf", "tx_errors"};  // the drivers': apps/admin/readings.cc
  add(names, engine::drop_info);
  add(names, tcp::drop_info);
  EXPECT_EQ(first_column("## 8. Packets lost"), names);
}

TEST(Documents, EveryReasonToRefuseARequestIsInTheManual) {
  Names names;
  add(names, http::reject_info);
  EXPECT_EQ(first_column("## 9. Requests refused"), names);
}

}  // namespace
}  // namespace apps

#include "tcp/drop.h"

#include <gtest/gtest.h>
#include <set>

namespace tcp {
namespace {

TEST(TcpDrop, EveryReasonHasARowANameAndASentence) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < drop_info.size(); ++i) {
    EXPECT_EQ(engine::index_of(drop_info[i].id), i);
    EXPECT_EQ(drop_info[i].layer, "tcp");
    EXPECT_FALSE(drop_info[i].help.empty());
    EXPECT_TRUE(names.insert(drop_info[i].name).second) << drop_info[i].name;
    EXPECT_EQ(drop_info[i].name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << drop_info[i].name << ": metrics use it as it is";
  }
}

}  // namespace
}  // namespace tcp

#include "apps/penstock/table.h"

#include <gtest/gtest.h>

namespace apps {
namespace {

using Align = Table::Align;

TEST(Table, AlignsColumnsAndLeavesNoSpaceAtTheEnd) {
  Table table{{{"NAME"}, {"N", Align::right}, {"WHY"}}};
  EXPECT_TRUE(table.empty());
  table.row({"a", "1", "because"});
  table.row({"longer", "1,000", ""});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.text(),
            "NAME        N  WHY\n"
            "a           1  because\n"
            "longer  1,000\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table{{{"NAME"}, {"N", Align::right}}};
  table.row({"gr\xc3\xbc\xc3\x9f", "1"});
  table.row({"abcde", "2"});
  EXPECT_EQ(table.text(),
            "NAME   N\n"
            "gr\xc3\xbc\xc3\x9f   1\n"
            "abcde  2\n");
}

TEST(Table, WithoutRowsItHasTitles) { EXPECT_EQ((Table{{{"A"}, {"B"}}}.text()), "A  B\n"); }

TEST(Grouped, PutsCommasBetweenThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace apps

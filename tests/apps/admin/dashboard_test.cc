#include "apps/admin/dashboard.h"

#include <gtest/gtest.h>
#include <regex>
#include <set>

#include "apps/admin/views.h"
#include "tests/apps/admin/sample_readings.h"

namespace apps {
namespace {

const std::string page{dashboard_page};

TEST(Dashboard, IsOnePageThatNeedsNothingFromElsewhere) {
  EXPECT_TRUE(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>")) << page.substr(0, 40);
  EXPECT_TRUE(page.ends_with("</html>\n"));
  for (const char* foreign : {"http://", "https://", " src=", "@import", "url("})
    EXPECT_EQ(page.find(foreign), std::string::npos) << foreign;
  for (std::size_t at = page.find(" href="); at != std::string::npos; at = page.find(" href=", at + 1))
    EXPECT_EQ(page.substr(at, 14), " href=\"data:,\"") << "an empty icon, so that no browser asks for one";
}

/// Every field name in `json`, at any depth.
void add_keys(const Json& json, std::set<std::string>& keys) {
  if (json.is_object())
    for (const auto& [key, value] : json.items()) keys.insert(key), add_keys(value, keys);
  if (json.is_array())
    for (const Json& value : json) add_keys(value, keys);
}

TEST(Dashboard, AsksForFieldsThatTheApiHas) {
  std::set<std::string> keys;
  for (const auto view : {stats_view, ports_view, pools_view, drops_view}) add_keys(view(sample_readings()), keys);
  const std::regex field{"\\b[a-z]+(_[a-z]+)*_(total|mbufs|seconds|hz|reason|connections|unaccounted)\\b"};
  std::size_t fields = 0;
  for (std::sregex_iterator at{page.begin(), page.end(), field}, end; at != end; ++at, ++fields)
    EXPECT_TRUE(keys.contains(at->str())) << at->str();
  EXPECT_GT(fields, 20u);
}

}  // namespace
}  // namespace apps

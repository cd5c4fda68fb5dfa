#include "http/message.h"

#include <gtest/gtest.h>
#include <utility>

namespace http {
namespace {

TEST(Message, FieldsKeepTheirOrderUpToTheirCapacity) {
  Fields fields;
  EXPECT_EQ(fields.size(), 0u);
  fields.push({"a", "1"});
  fields.push({"b", "2"});
  EXPECT_EQ(fields[0].name, "a");
  EXPECT_EQ(fields[1].value, "2");
  EXPECT_EQ(fields.end() - fields.begin(), 2);
  while (!fields.full()) fields.push({"c", "3"});
  EXPECT_EQ(fields.size(), Fields::capacity);
  fields.clear();
  EXPECT_EQ(fields.begin(), fields.end());
}

TEST(Message, OnlyStatusesBelow200AreInterim) {
  ResponseHead head;
  for (const auto& [status, interim] :
       {std::pair{100, true}, {103, true}, {199, true}, {200, false}, {304, false}, {599, false}}) {
    head.status = static_cast<std::uint16_t>(status);
    EXPECT_EQ(head.is_interim(), interim) << status;
  }
}

}  // namespace
}  // namespace http

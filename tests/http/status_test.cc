#include "http/status.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Status, PhrasesOfRfc9110) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(504), "Gateway Timeout");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
}

TEST(Status, ContentIsForbiddenToInterim204And304) {  // RFC 9110 6.4.1
  for (const std::uint16_t status : {100, 103, 199, 204, 304}) EXPECT_FALSE(has_content(status)) << status;
  for (const std::uint16_t status : {200, 205, 301, 404, 500}) EXPECT_TRUE(has_content(status)) << status;
}

}  // namespace
}  // namespace http

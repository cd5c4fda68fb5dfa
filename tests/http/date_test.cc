#include "http/date.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

std::string date(std::int64_t unix_seconds) {
  std::array<char, date_bytes> text;
  write_date(unix_seconds, text);
  return {text.data(), text.size()};
}

TEST(Date, ImfFixdate) {
  EXPECT_EQ(date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's own example
  EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(date(1'709'251'199), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(date(2'147'483'648), "Tue, 19 Jan 2038 03:14:08 GMT");
  EXPECT_EQ(date(4'107'542'400), "Mon, 01 Mar 2100 00:00:00 GMT");  // no leap year
}

TEST(Date, WhatTheFormCannotExpressIsTheNearest) {
  EXPECT_EQ(date(253'402'300'799), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date(253'402'300'800), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(DateCache, FollowsTheSecond) {
  DateCache cache;
  EXPECT_EQ(cache.at(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.at(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.at(784'111'778), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(cache.at(784'111'770), "Sun, 06 Nov 1994 08:49:30 GMT");  // a clock that was set back
}

}  // namespace
}  // namespace http

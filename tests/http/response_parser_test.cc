// What a case file cannot say: state, statuses in bulk, moved buffers. The grammar is in tests/http/cases.
#include "http/response_parser.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

TEST(ResponseParser, EveryStatusFrom100To599But101) {
  for (int status = 0; status < 1000; ++status) {
    const std::string digits = std::to_string(1000 + status).substr(1);
    ResponseParser parser;
    ResponseHead head;
    const bool valid = status >= 100 && status <= 599 && status != 101;
    EXPECT_EQ(parser.parse("HTTP/1.1 " + digits + " X\r\n\r\n", Method::get, head), valid ? Parse::done : Parse::error) << status;
    if (valid) {
      EXPECT_EQ(head.status, status);
    } else {
      EXPECT_EQ(parser.error(), Reject::bad_response);
    }
  }
}

TEST(ResponseParser, TheClientIsToldNothingButBadResponse) {
  ResponseParser parser;
  ResponseHead head;
  EXPECT_EQ(parser.parse("HTTP/1.1 200 OK\r\nA : b\r\n", Method::get, head), Parse::error);
  EXPECT_EQ(parser.error(), Reject::bad_response);
  EXPECT_EQ(info(parser.error()).status, 502);
  EXPECT_EQ(parser.detail(), Reject::space_before_colon);
  EXPECT_EQ(parser.parse("HTTP/1.1 200 OK\r\n\r\n", Method::get, head), Parse::error);  // stays
  parser.reset();
  EXPECT_EQ(parser.error(), Reject::none);
  EXPECT_EQ(parser.detail(), Reject::none);
}

TEST(ResponseParser, AnInterimResponseIsFollowedByTheFinalOne) {  // RFC 9110 15.2
  const std::string_view text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  ResponseParser parser;
  ResponseHead head;
  ASSERT_EQ(parser.parse(text, Method::get, head), Parse::done);
  EXPECT_TRUE(head.is_interim());
  EXPECT_TRUE(head.keep_alive);
  parser.reset();
  ASSERT_EQ(parser.parse(text.substr(head.head_bytes), Method::get, head), Parse::done);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.framing, (Framing{Framing::Kind::content_length, 2}));
  EXPECT_EQ(head.fields.size(), 1u);
}

TEST(ResponseParser, ABufferThatMovedLeavesNoOldViews) {
  ResponseParser parser;
  ResponseHead head;
  std::string first = "HTTP/1.1 404 Not Found\r\nA: 1\r\nB";
  ASSERT_EQ(parser.parse(first, Method::get, head), Parse::need_more);
  first.assign(first.size(), '!');
  const std::string second = "HTTP/1.1 404 Not Found\r\nA: 1\r\nB: 2\r\n\r\n";
  ASSERT_EQ(parser.parse(second, Method::get, head), Parse::done);
  EXPECT_EQ(head.reason, "Not Found");
  EXPECT_EQ(head.fields[0].value, "1");
  EXPECT_EQ(head.fields[1].value, "2");
}

TEST(ResponseParser, NeverAsksForMoreThanItsLimit) {
  for (std::uint32_t limit = 1; limit < 100; ++limit) {
    ResponseParser parser{limit};
    ResponseHead head;
    const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(200, 'y');
    Parse state = Parse::need_more;
    for (std::size_t n = 0; n <= limit && state == Parse::need_more; ++n)
      state = parser.parse(std::string_view{endless}.substr(0, n), Method::get, head);
    EXPECT_EQ(state, Parse::error) << limit;
    EXPECT_EQ(parser.detail(), Reject::head_too_large) << limit;
  }
}

TEST(ResponseParser, SaysHowMuchItHasSeen) {
  const std::string text = "HTTP/1.1 200 OK\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  ResponseParser parser;
  ResponseHead head;
  EXPECT_EQ(parser.seen(), 0u);
  for (std::size_t n = 0; n < text.size(); ++n) {
    ASSERT_EQ(parser.parse(std::string_view{text}.substr(0, n), Method::get, head), Parse::need_more);
    EXPECT_LE(parser.seen(), n);
    EXPECT_GE(parser.seen() + 1, n) << "all but a CR whose LF has not come";
  }
  parser.reset();
  EXPECT_EQ(parser.seen(), 0u);
}

}  // namespace
}  // namespace http

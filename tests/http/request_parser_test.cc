// What a case file cannot say: state, limits over several calls, moved buffers. The grammar is in tests/http/cases.
#include "http/request_parser.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "http/body.h"
#include "http/serialize.h"
#include "http/target.h"
#include "tests/http/allocation_count.h"

namespace http {
namespace {

constexpr std::string_view request = "GET /a?b HTTP/1.1\r\nHost: x.example:8080\r\nAccept: */*\r\n\r\n";

TEST(RequestParser, ViewsPointIntoTheBuffer) {
  const std::string buffer = std::string{request} + "rest";
  RequestParser parser;
  RequestHead head;
  ASSERT_EQ(parser.parse(buffer, head), Parse::done);
  EXPECT_EQ(head.head_bytes, request.size());
  EXPECT_EQ(head.path.data(), buffer.data() + 4);
  EXPECT_EQ(head.query, "?b");
  EXPECT_EQ(head.host, "x.example");
  EXPECT_EQ(head.fields[1].value.data(), buffer.data() + buffer.find("*/*"));
  EXPECT_EQ(parser.error(), Reject::none);
}

TEST(RequestParser, ABufferThatMovedLeavesNoOldViews) {
  RequestParser parser;
  RequestHead head;
  std::string first{request.substr(0, request.size() - 3)};
  ASSERT_EQ(parser.parse(first, head), Parse::need_more);
  first.assign(first.size(), '!');
  const std::string second{request};
  ASSERT_EQ(parser.parse(second, head), Parse::done);
  EXPECT_EQ(head.method_text, "GET");
  EXPECT_EQ(head.host, "x.example");
  EXPECT_EQ(head.fields[1].name, "Accept");
}

TEST(RequestParser, StaysWithItsError) {
  RequestParser parser;
  RequestHead head;
  EXPECT_EQ(parser.parse("GET / HTTP/2.0\r\n", head), Parse::error);
  EXPECT_EQ(parser.error(), Reject::bad_version);
  EXPECT_EQ(parser.parse(request, head), Parse::error);
  EXPECT_EQ(parser.error(), Reject::bad_version);
  parser.reset();
  EXPECT_EQ(parser.error(), Reject::none);
  EXPECT_EQ(parser.parse(request, head), Parse::done);
}

TEST(RequestParser, ReadsOneHeadAfterTheOther) {
  const std::string buffer = std::string{request} + "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx";
  RequestParser parser;
  RequestHead head;
  ASSERT_EQ(parser.parse(buffer, head), Parse::done);
  const std::size_t first = head.head_bytes;
  parser.reset();
  ASSERT_EQ(parser.parse(std::string_view{buffer}.substr(first), head), Parse::done);
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.version, Version::http_1_0);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_FALSE(head.has_host);  // nothing is left of the first one
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.framing, (Framing{Framing::Kind::content_length, 1}));
  EXPECT_EQ(head.fields.size(), 1u);
}

TEST(RequestParser, NothingOfAnEarlierRequestIsLeftInTheHead) {
  RequestHead head;
  for (const std::string_view text :
       {"PUT http://h:1/p?q HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n"}) {
    RequestParser parser;
    ASSERT_EQ(parser.parse(text, head), Parse::done);
  }
  EXPECT_EQ(head.method, Method::options);
  EXPECT_EQ(head.path, "*");
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.host_port, "");
  EXPECT_TRUE(head.has_host);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_EQ(head.framing, Framing{});
}

TEST(RequestParser, NeverAsksForMoreThanItsLimit) {
  for (std::uint32_t limit = 1; limit < 100; ++limit) {
    RequestParser parser{{.head_bytes = limit}};
    RequestHead head;
    const std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(200, 'y');
    Parse state = Parse::need_more;
    for (std::size_t n = 0; n <= limit && state == Parse::need_more; ++n)
      state = parser.parse(std::string_view{endless}.substr(0, n), head);
    EXPECT_EQ(state, Parse::error) << limit;
    EXPECT_EQ(parser.error(), Reject::head_too_large) << limit;
  }
}

TEST(RequestParser, BytesBehindTheLimitDoNotCount) {
  RequestParser parser{{.head_bytes = static_cast<std::uint32_t>(request.size())}};
  RequestHead head;
  EXPECT_EQ(parser.parse(std::string{request} + std::string(1'000, 'x'), head), Parse::done);
  RequestParser smaller{{.head_bytes = static_cast<std::uint32_t>(request.size() - 1)}};
  EXPECT_EQ(smaller.parse(std::string{request} + std::string(1'000, 'x'), head), Parse::error);
  EXPECT_EQ(smaller.error(), Reject::head_too_large);
}

TEST(RequestParser, TheLargestLimitHolds) {
  RequestParser parser{{.head_bytes = head_bytes_max, .target_bytes = head_bytes_max}};
  RequestHead head;
  const std::string text =
      "GET /" + std::string(1u << 20, 'a') + " HTTP/1.1\r\nHost: a\r\n" + "X: " + std::string(1u << 20, 'b') + "\r\n\r\n";
  ASSERT_EQ(parser.parse(std::string_view{text}.substr(0, text.size() - 1), head), Parse::need_more);
  ASSERT_EQ(parser.parse(text, head), Parse::done);
  EXPECT_EQ(head.head_bytes, text.size());
  EXPECT_EQ(head.fields[1].value.size(), 1u << 20);
}

/// The whole way of a request through the text layer takes nothing from the heap.
TEST(RequestParser, AllocatesNothingUpToTheForwardedHead) {
  static RequestHead head;
  static std::array<char, 4'096> buffer, out;
  const std::string_view text =
      "POST /a/../b?c HTTP/1.1\r\nHost: a\r\nConnection: x, y\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
  const std::size_t before = allocation_count();
  RequestParser parser;
  bool right = parser.parse(text.substr(0, 60), head) == Parse::need_more && parser.parse(text, head) == Parse::done;
  const NormalPath path = normalise_path(head.path, buffer);
  right = right && write_forwarded_request(out, head, {.path = path.path, .query = head.query, .client = "192.0.2.1"}) > 0;
  BodyReader body{head.framing};
  std::string_view left = text.substr(head.head_bytes);
  for (Step step; step.state == Step::State::more; left.remove_prefix(step.framing + step.data)) step = body.next(left);
  const std::size_t after = allocation_count();
  EXPECT_EQ(after, before);
  EXPECT_TRUE(right && body.is_done());
}

TEST(RequestParser, FitsIntoSixteenBytes) { EXPECT_LE(sizeof(RequestParser), 16u); }

/// RFC 9110 9.1: all 256 bytes as a method, a target and a field name of one byte. Exactly the grammar's pass.
TEST(RequestParser, EveryByteInEveryPlace) {
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const auto passes = [](const std::string& text) {
      RequestParser parser;
      RequestHead head;
      return parser.parse(text, head) == Parse::done;
    };
    using std::string;
    const string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(passes(string(1, byte) + " /" + rest), is<CharClass::token>(byte)) << c;
    EXPECT_EQ(passes("GET /" + string(1, byte) + rest), is<CharClass::path>(byte) || byte == '?') << c;
    EXPECT_EQ(passes("GET /?" + string(1, byte) + rest), is<CharClass::query>(byte)) << c;
    EXPECT_EQ(passes("GET / HTTP/1.1\r\nHost: a\r\n" + string(1, byte) + ": x\r\n\r\n"), is<CharClass::token>(byte)) << c;
    EXPECT_EQ(passes("GET / HTTP/1.1\r\nHost: a\r\nX: y" + string(1, byte) + "z\r\n\r\n"), is<CharClass::field>(byte)) << c;
    EXPECT_EQ(passes("GET / HTTP/1.1\r\nHost: a" + string(1, byte) + "b\r\n\r\n"), is<CharClass::host>(byte)) << c;
    EXPECT_EQ(passes("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1" + string(1, byte) + "\r\n\r\n"),
              is_digit(byte) || is_ows(byte))
        << c;
    EXPECT_EQ(passes("GET / HTTP/1.1" + string(1, byte) + "\r\nHost: a\r\n\r\n"), false) << c;
    EXPECT_EQ(passes("GET / HTTP/1.1\r" + string(1, byte) + "Host: a\r\n\r\n"), byte == '\n') << c;
  }
}

TEST(RequestParser, SaysHowMuchItHasSeen) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  RequestParser parser;
  RequestHead head;
  EXPECT_EQ(parser.seen(), 0u);
  for (std::size_t n = 0; n < text.size(); ++n) {
    ASSERT_EQ(parser.parse(std::string_view{text}.substr(0, n), head), Parse::need_more);
    EXPECT_LE(parser.seen(), n);
    EXPECT_GE(parser.seen() + 1, n) << "all but a CR whose LF has not come";
  }
  parser.reset();
  EXPECT_EQ(parser.seen(), 0u);
}

}  // namespace
}  // namespace http

// Edits, own answers, room. What heads look like on the other side is in tests/http/cases, blocks `forwarded` and `returned`.
#include "http/serialize.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "http/date.h"
#include "http/request_parser.h"
#include "http/response_parser.h"

namespace http {
namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string forward(std::string_view text, ForwardedRequest how) {
  RequestParser parser;
  RequestHead head;
  EXPECT_EQ(parser.parse(text, head), Parse::done) << info(parser.error()).name;
  if (how.path.empty()) how.path = head.path;
  how.query = head.query;
  std::array<char, 4'096> out;
  return {out.data(), write_forwarded_request(out, head, how)};
}

std::string give_back(std::string_view text, ForwardedResponse how) {
  ResponseParser parser;
  ResponseHead head;
  EXPECT_EQ(parser.parse(text, Method::get, head), Parse::done) << info(parser.detail()).name;
  how.framing = head.framing;
  how.date = date;
  std::array<char, 4'096> out;
  return {out.data(), write_forwarded_response(out, head, how)};
}

constexpr std::string_view request = "GET /a HTTP/1.1\r\nHost: x\r\nCookie: 1\r\ncookie: 2\r\nA: b\r\n\r\n";

TEST(ForwardedRequest, EditsReplaceEveryLineOfANameAndAddWhatIsMissing) {
  const Field set[] = {{"cookie", "3"}, {"X-Env", "prod"}};
  EXPECT_EQ(forward(request, {.forwarded = ForwardedMode::off, .edits = {.set = set}}),
            "GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\nVia: 1.1 penstock\r\ncookie: 3\r\nX-Env: prod\r\n\r\n");
}

TEST(ForwardedRequest, EditsRemove) {
  const std::string_view remove[] = {"COOKIE", "absent"};
  EXPECT_EQ(forward(request, {.forwarded = ForwardedMode::off, .edits = {.remove = remove}}),
            "GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\nVia: 1.1 penstock\r\n\r\n");
}

TEST(ForwardedRequest, HostCanBeReplacedButNotRemoved) {
  const Field set[] = {{"Host", "inner"}};
  EXPECT_TRUE(forward(request, {.forwarded = ForwardedMode::off, .edits = {.set = set}})
                  .starts_with("GET /a HTTP/1.1\r\nHost: inner\r\nCookie"));
  const std::string_view remove[] = {"host"};
  EXPECT_TRUE(forward(request, {.forwarded = ForwardedMode::off, .edits = {.remove = remove}})
                  .starts_with("GET /a HTTP/1.1\r\nHost: x\r\nCookie"));
}

TEST(ForwardedRequest, AnXForwardedFieldOfTheConfigIsTheOnlyOne) {
  const Field set[] = {{"X-Forwarded-Proto", "https"}, {"x-forwarded-for", "-"}, {"X-Forwarded-Host", "h"}};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: x\r\n\r\n", {.client = "192.0.2.1", .edits = {.set = set}}),
            "GET / HTTP/1.1\r\nHost: x\r\nVia: 1.1 penstock\r\nX-Forwarded-Proto: https\r\nx-forwarded-for: "
            "-\r\nX-Forwarded-Host: h\r\n\r\n");
}

TEST(ForwardedRequest, ThePathIsTheCallers) {
  EXPECT_TRUE(forward("GET /v1/a?b HTTP/1.1\r\nHost: x\r\n\r\n", {.path = "/a"}).starts_with("GET /a?b HTTP/1.1\r\n"));
}

TEST(ForwardedRequest, TooLittleRoomIsReportedAtEverySize) {
  RequestParser parser;
  RequestHead head;
  ASSERT_EQ(parser.parse(request, head), Parse::done);
  const ForwardedRequest how{.path = head.path, .client = "192.0.2.1"};
  std::vector<char> all(4'096);
  const std::size_t bytes = write_forwarded_request(all, head, how);
  ASSERT_GT(bytes, 100u);
  for (std::size_t room = 0; room < bytes; ++room) {
    std::vector<char> out(room);
    EXPECT_EQ(write_forwarded_request(out, head, how), 0u) << room;
  }
  std::vector<char> exact(bytes);
  EXPECT_EQ(write_forwarded_request(exact, head, how), bytes);
}

TEST(ForwardedRequest, FramingAndConnectionAreNotForTheConfig) {
  for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION", "TE", "Trailer", "Upgrade", "Keep-Alive",
                           "Proxy-Connection", "", "a b", "a:"})
    EXPECT_FALSE(may_be_edited(name)) << name;
  for (const char* name : {"Host", "X-Env", "server", "Date", "Cookie", "X-Forwarded-For"})
    EXPECT_TRUE(may_be_edited(name)) << name;
}

TEST(FinalRecipient, IsTraceOrOptionsWithMaxForwards0) {  // RFC 9110 7.6.2
  const auto is_final = [](std::string text) {
    RequestParser parser;
    RequestHead head;
    EXPECT_EQ(parser.parse(text, head), Parse::done);
    return is_final_recipient(head);
  };
  EXPECT_TRUE(is_final("OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n"));
  EXPECT_TRUE(is_final("TRACE / HTTP/1.1\r\nHost: x\r\nmax-forwards: 0\r\n\r\n"));
  EXPECT_FALSE(is_final("OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 1\r\n\r\n"));
  EXPECT_FALSE(is_final("OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: x\r\n\r\n"));
  EXPECT_FALSE(is_final("GET / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n"));
}

TEST(ForwardedResponse, Edits) {
  const Field set[] = {{"Server", "penstock"}, {"date", "today"}};
  const std::string_view remove[] = {"x-powered-by"};
  EXPECT_EQ(give_back("HTTP/1.1 200 OK\r\nServer: a\r\nX-Powered-By: b\r\nDate: c\r\nContent-Length: 0\r\n\r\n",
                      {.edits = {.set = set, .remove = remove}}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.1 penstock\r\nServer: penstock\r\ndate: today\r\n\r\n");
}

TEST(ForwardedResponse, TooLittleRoomIsReportedAtEverySize) {
  ResponseParser parser;
  ResponseHead head;
  ASSERT_EQ(parser.parse("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n", Method::get, head), Parse::done);
  const ForwardedResponse how{.keep_alive = false, .framing = head.framing, .date = date};
  std::vector<char> all(4'096);
  const std::size_t bytes = write_forwarded_response(all, head, how);
  for (std::size_t room = 0; room < bytes; ++room) {
    std::vector<char> out(room);
    EXPECT_EQ(write_forwarded_response(out, head, how), 0u) << room;
  }
}

std::string own(const OwnAnswer& answer, std::string_view body, Method method = Method::get) {
  std::array<char, 1'024> out;
  return {out.data(), write_own_answer(out, answer, body, method).bytes};
}

TEST(OwnAnswer, HasDateLengthAndConnection) {  // RFC 9110 6.6.1, 8.6
  EXPECT_EQ(own({.status = 404, .content_type = "text/plain", .date = date}, "no\n"),
            "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nContent-Length: "
            "3\r\n\r\nno\n");
  EXPECT_EQ(own({.status = 400, .date = date, .keep_alive = false}, ""),
            "HTTP/1.1 400 Bad Request\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(own({.date = date, .client_version = Version::http_1_0}, "x"),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx");
}

TEST(OwnAnswer, ToHeadHasTheLengthButNoBody) {
  EXPECT_EQ(own({.date = date}, "hello", Method::head),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\n");
}

TEST(OwnAnswer, WithoutContentHasNoLength) {  // RFC 9110 8.6: MUST NOT with 204
  EXPECT_EQ(own({.status = 204, .content_type = "text/plain", .date = date}, "x"),
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  EXPECT_EQ(own({.status = 304, .date = date}, "x"), "HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

TEST(OwnAnswer, FurtherFields) {
  const Field fields[] = {{"Retry-After", "1"}};
  EXPECT_NE(own({.status = 503, .date = date, .fields = fields}, "").find("\r\nRetry-After: 1\r\n"), std::string::npos);
}

TEST(OwnAnswer, AnUnregisteredStatusHasAnEmptyReason) {
  EXPECT_TRUE(own({.status = 299, .date = date}, "").starts_with("HTTP/1.1 299 \r\n"));
}

TEST(OwnAnswer, ItsDateCanBeReplaced) {
  std::array<char, 256> out;
  const OwnHead head = write_own_head(out, {.content_length = 2, .date = date});
  ASSERT_GT(head.bytes, 0u);
  EXPECT_EQ(std::string_view(out.data() + head.date_offset, date_bytes), date);
  patch_date(std::span{out}.first(head.bytes), head.date_offset, "Mon, 07 Nov 1994 00:00:00 GMT");
  EXPECT_EQ(std::string(out.data(), head.bytes),
            "HTTP/1.1 200 OK\r\nDate: Mon, 07 Nov 1994 00:00:00 GMT\r\nContent-Length: 2\r\n\r\n");
}

TEST(OwnAnswer, TooLittleRoomIsReportedAtEverySize) {
  const OwnAnswer answer{.content_type = "a/b", .date = date};
  const std::size_t bytes = own(answer, "hello").size();
  for (std::size_t room = 0; room < bytes; ++room) {
    std::vector<char> out(room);
    const OwnHead head = write_own_answer(out, answer, "hello", Method::get);
    EXPECT_EQ(head.bytes, 0u) << room;
    EXPECT_EQ(head.date_offset, 0u) << room;
  }
}

TEST(OwnAnswer, ContinueIsReadAsAnInterimResponse) {
  ResponseParser parser;
  ResponseHead head;
  EXPECT_EQ(parser.parse(continue_head, Method::post, head), Parse::done);
  EXPECT_EQ(head.status, 100);
  EXPECT_EQ(head.head_bytes, continue_head.size());
}

/// What we say by ourselves, our own parser must understand.
TEST(OwnAnswer, IsAValidResponse) {
  for (const std::uint16_t status : {200, 204, 301, 304, 400, 404, 503}) {
    const std::string text = own({.status = status, .content_type = "text/plain", .date = date}, "body");
    ResponseParser parser;
    ResponseHead head;
    ASSERT_EQ(parser.parse(text, Method::get, head), Parse::done) << status;
    EXPECT_EQ(head.status, status);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(text.size() - head.head_bytes, head.framing.content_length);
  }
}

}  // namespace
}  // namespace http

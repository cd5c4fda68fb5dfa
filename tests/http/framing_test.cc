#include "http/framing.h"

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>

namespace http {
namespace {

Fields fields_of(std::initializer_list<Field> list) {
  Fields fields;
  for (const Field& field : list) fields.push(field);
  return fields;
}

Reject request(const Fields& fields, Framing& out, Version version = Version::http_1_1) {
  return request_framing(fields, framing_fields(fields), version, out);
}
Reject response(const Fields& fields, Framing& out, std::uint16_t status = 200, Method method = Method::get,
                Version version = Version::http_1_1) {
  return response_framing(fields, framing_fields(fields), version, status, method, out);
}

TEST(Framing, FieldsAreGatheredInOnePass) {
  const Fields fields = fields_of({{"Host", "a"}, {"X", "y"}, {"HOST", "b"}, {"Content-Length", "5"}, {"connection", "close"}});
  const FramingFields facts = framing_fields(fields);
  EXPECT_EQ(facts.hosts, 2);
  EXPECT_EQ(facts.host, "b");
  EXPECT_EQ(facts.content_lengths, 1);
  EXPECT_EQ(facts.transfer_encodings, 0);
  EXPECT_TRUE(facts.has_connection);
  EXPECT_FALSE(facts.has_expect);
}

TEST(Framing, ContentLengthIsDigitsThatFit) {
  std::uint64_t n = 7;
  EXPECT_TRUE(read_content_length("0", n));
  EXPECT_EQ(n, 0u);
  EXPECT_TRUE(read_content_length("000000000000000042", n));
  EXPECT_EQ(n, 42u);
  EXPECT_TRUE(read_content_length("999999999999999999", n));
  EXPECT_EQ(n, 999'999'999'999'999'999u);
  for (const char* bad : {"", "1000000000000000000", "-1", "+1", "1 ", " 1", "0x1", "1,1", "1.0", "1e3", "a", "1\t"})
    EXPECT_FALSE(read_content_length(bad, n)) << bad;
}

TEST(Framing, ARequestWithoutEitherFieldHasNoBody) {  // RFC 9112 6.3 step 7
  Framing framing{Framing::Kind::chunked, 5};
  EXPECT_EQ(request(fields_of({{"Host", "a"}}), framing), Reject::none);
  EXPECT_EQ(framing, Framing{});
}

TEST(Framing, ARequestHasOneLengthOrChunks) {
  Framing framing;
  EXPECT_EQ(request(fields_of({{"Content-Length", "5"}}), framing), Reject::none);
  EXPECT_EQ(framing, (Framing{Framing::Kind::content_length, 5}));
  EXPECT_EQ(request(fields_of({{"Transfer-Encoding", "Chunked"}}), framing), Reject::none);
  EXPECT_EQ(framing, (Framing{Framing::Kind::chunked, 0}));
}

TEST(Framing, ACodingWeDoNotKnowIs501OnlyBeforeAFinalChunked) {  // RFC 9112 6.1 and 6.3 step 4
  const auto why = [](std::initializer_list<const char*> lines) {
    Fields fields;
    for (const char* line : lines) fields.push({"Transfer-Encoding", line});
    Framing framing;
    return request(fields, framing);
  };
  EXPECT_EQ(why({"gzip, chunked"}), Reject::unknown_transfer_encoding);
  EXPECT_EQ(why({"gzip;level=9, chunked"}), Reject::unknown_transfer_encoding);
  EXPECT_EQ(why({"gzip", "chunked"}), Reject::unknown_transfer_encoding);
  for (const char* line : {"", ",", "gzip", "chunked, gzip", "chunked, chunked", "(x), chunked", "chunked;a", "chunked, ",
                           "\"chunked\"", "chunkedx"})
    EXPECT_EQ(why({line}), Reject::bad_transfer_encoding) << line;
  EXPECT_EQ(why({"chunked", ""}), Reject::bad_transfer_encoding);
}

TEST(Framing, AResponseWithoutEitherFieldLastsUntilClose) {  // step 8
  Framing framing;
  EXPECT_EQ(response({}, framing), Reject::none);
  EXPECT_EQ(framing.kind, Framing::Kind::until_close);
}

TEST(Framing, HeadInterim204And304HaveNoBody) {  // step 1
  Framing framing;
  const Fields with_length = fields_of({{"Content-Length", "5"}});
  EXPECT_EQ(response(with_length, framing, 200, Method::head), Reject::none);
  EXPECT_EQ(framing, Framing{});
  EXPECT_EQ(response(with_length, framing, 304), Reject::none);
  EXPECT_EQ(framing, Framing{});
  for (const std::uint16_t status : {100, 103, 204}) {
    EXPECT_EQ(response({}, framing, status), Reject::none);
    EXPECT_EQ(framing, Framing{});
    EXPECT_EQ(response(with_length, framing, status), Reject::bad_content_length) << status;
    EXPECT_EQ(response(fields_of({{"Transfer-Encoding", "chunked"}}), framing, status), Reject::bad_transfer_encoding) << status;
  }
}

TEST(Framing, FieldsOfAResponseWithoutBodyAreJudgedAllTheSame) {
  Framing framing;
  EXPECT_EQ(response(fields_of({{"Content-Length", "x"}}), framing, 304), Reject::bad_content_length);
  EXPECT_EQ(response(fields_of({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}), framing, 200, Method::head),
            Reject::content_length_with_transfer_encoding);
}

TEST(Connection, OptionsOfAllLines) {
  ConnectionOptions options;
  EXPECT_EQ(read_connection(fields_of({{"Connection", "a, Keep-ALIVE"}, {"connection", ",close,"}}), options), Reject::none);
  EXPECT_TRUE(options.close && options.keep_alive);
  EXPECT_EQ(read_connection(fields_of({{"Connection", "a b"}}), options), Reject::bad_connection);
  EXPECT_EQ(read_connection(fields_of({{"Connection", "a=b"}}), options), Reject::bad_connection);
}

TEST(Connection, TooManyOptionsOverAllLinesAreRefused) {
  ConnectionOptions options;
  Fields fields;
  for (std::size_t i = 0; i < connection_options_max; ++i) fields.push({"Connection", "x"});
  EXPECT_EQ(read_connection(fields, options), Reject::none);
  fields.push({"Connection", "x"});
  EXPECT_EQ(read_connection(fields, options), Reject::bad_connection);
}

TEST(Connection, Persistence) {  // RFC 9112 9.3
  EXPECT_TRUE(persists(Version::http_1_1, {}));
  EXPECT_TRUE(persists(Version::http_1_0, {.keep_alive = true}));
  EXPECT_FALSE(persists(Version::http_1_0, {}));
  EXPECT_FALSE(persists(Version::http_1_1, {.close = true, .keep_alive = true}));
  EXPECT_FALSE(persists(Version::http_1_0, {.close = true, .keep_alive = true}));
}

}  // namespace
}  // namespace http

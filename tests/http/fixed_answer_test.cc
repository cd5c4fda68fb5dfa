#include "http/fixed_answer.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using Form = FixedAnswer::Form;

constexpr std::string_view first_date = "Sun, 06 Nov 1994 08:49:37 GMT", second_date = "Sun, 06 Nov 1994 08:49:38 GMT";

std::shared_ptr<const std::string> body_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string written(const FixedAnswer& answer, Form form, std::string_view date, bool head_only = false) {
  std::string out(20'000, '\0');
  out.resize(answer.write(form, date, head_only, out));
  return out;
}

TEST(FixedAnswer, FormsOfAHead) {  // RFC 9112 9.3
  EXPECT_EQ(FixedAnswer::form(Version::http_1_1, true), Form::keep_alive_1_1);
  EXPECT_EQ(FixedAnswer::form(Version::http_1_0, true), Form::keep_alive_1_0);
  EXPECT_EQ(FixedAnswer::form(Version::http_1_1, false), Form::close);
  EXPECT_EQ(FixedAnswer::form(Version::http_1_0, false), Form::close);
  FixedAnswer answer{200, "text/plain", body_of("hi")};
  const std::string head =
      "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n";
  EXPECT_EQ(answer.share(Form::keep_alive_1_1, first_date, 1, false).text(), head + "\r\nhi");
  EXPECT_EQ(answer.share(Form::keep_alive_1_0, first_date, 1, false).text(), head + "Connection: keep-alive\r\n\r\nhi");
  EXPECT_EQ(answer.share(Form::close, first_date, 1, false).text(), head + "Connection: close\r\n\r\nhi");
  EXPECT_EQ(answer.share(Form::close, first_date, 1, true).text(), head + "Connection: close\r\n\r\n");
  EXPECT_TRUE(answer.share_body().empty()) << "it is in the slice";
}

TEST(FixedAnswer, WritesWhatItShares) {
  FixedAnswer answer{404, "text/html", body_of("none here")};
  for (const Form form : {Form::keep_alive_1_1, Form::keep_alive_1_0, Form::close})
    for (const bool head_only : {false, true})
      EXPECT_EQ(written(answer, form, first_date, head_only), answer.share(form, first_date, 1, head_only).text());
  std::array<char, 100> little;
  EXPECT_EQ(answer.write(Form::close, first_date, false, little), 0u);
}

TEST(FixedAnswer, ALargeBodyIsASliceOfItsOwn) {
  const std::string body(FixedAnswer::inline_body_max + 1, 'b');
  FixedAnswer large{200, "text/plain", body_of(body)};
  EXPECT_EQ(large.share_body().text(), body);
  EXPECT_TRUE(large.share(Form::close, first_date, 1, false).text().ends_with("\r\n\r\n"));
  FixedAnswer small{200, "text/plain", body_of(body.substr(1))};
  EXPECT_TRUE(small.share_body().empty());
  EXPECT_TRUE(small.share(Form::close, first_date, 1, false).text().ends_with("b"));
  EXPECT_EQ(large.body_bytes(), FixedAnswer::inline_body_max + 1);
}

TEST(FixedAnswer, AStatusWithoutContentHasNoBodyWhateverIsConfigured) {  // RFC 9110 6.4.1
  FixedAnswer answer{204, "text/plain", body_of("ignored")};
  EXPECT_EQ(answer.share(Form::keep_alive_1_1, first_date, 1, false).text(),
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  EXPECT_EQ(answer.body_bytes(), 0u);
}

TEST(FixedAnswer, TheDateIsWrittenOncePerSecond) {
  FixedAnswer answer{200, "text/plain", body_of("hi")};
  EXPECT_NE(answer.share(Form::close, first_date, 1, false).text().find(first_date), std::string::npos);
  EXPECT_NE(answer.share(Form::close, second_date, 1, false).text().find(first_date), std::string::npos) << "the same second";
  EXPECT_NE(answer.share(Form::close, second_date, 2, false).text().find(second_date), std::string::npos);
}

TEST(FixedAnswer, WhatIsOnItsWayDoesNotChange) {
  FixedAnswer answer{200, "text/plain", body_of("hi")};
  std::vector<engine::Slice> held;
  for (std::int64_t second = 1; second <= static_cast<std::int64_t>(FixedAnswer::copies_max); ++second) {
    const std::string date = "Sun, 06 Nov 1994 08:49:0" + std::to_string(second) + " GMT";
    held.push_back(answer.share(Form::close, date, second, false));
    ASSERT_FALSE(held.back().empty());
  }
  EXPECT_TRUE(answer.share(Form::close, first_date, 10, false).empty()) << "all copies are in use: it has to be written";
  EXPECT_FALSE(answer.share(Form::keep_alive_1_1, first_date, 10, false).empty()) << "another head has its own";
  EXPECT_NE(written(answer, Form::close, first_date).find(first_date), std::string::npos);
  for (std::size_t i = 0; i < held.size(); ++i)
    EXPECT_NE(held[i].text().find("08:49:0" + std::to_string(i + 1)), std::string::npos);
  held[1].reset();
  EXPECT_NE(answer.share(Form::close, first_date, 10, false).text().find(first_date), std::string::npos);
  EXPECT_NE(held[2].text().find("08:49:03"), std::string::npos);
}

TEST(FixedAnswer, IsUnusedWhenNothingIsOnItsWay) {
  FixedAnswer small{200, "text/plain", body_of("hi")}, large{200, "text/plain", body_of(std::string(10'000, 'b'))};
  EXPECT_TRUE(small.is_unused() && large.is_unused());
  {
    const engine::Slice head = small.share(Form::keep_alive_1_0, first_date, 1, false);
    const engine::Slice body = large.share_body();
    EXPECT_FALSE(small.is_unused());
    EXPECT_FALSE(large.is_unused());
  }
  EXPECT_TRUE(small.is_unused() && large.is_unused());
}

}  // namespace
}  // namespace http

#include "http/text_template.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

const TemplateValues values{.host = "example.com",
                            .port = "8080",
                            .path = "/a",
                            .query = "?b=c",
                            .client = "192.0.2.1",
                            .request_id = "f00",
                            .scheme = "http"};

std::string expand(std::string_view text, const TemplateValues& with = values) {
  const auto parsed = TextTemplate::parse(text);
  if (!parsed) return "error: " + parsed.error().what;
  std::array<char, 256> out;
  const std::size_t bytes = parsed.value().expand(with, out);
  return bytes == TextTemplate::npos ? "too long" : std::string{out.data(), bytes};
}

TEST(TextTemplate, EveryPlaceholder) {
  EXPECT_EQ(expand("https://{host}{path}{query}"), "https://example.com/a?b=c");
  EXPECT_EQ(expand("{scheme} {port} {client} {request_id}."), "http 8080 192.0.2.1 f00.");
  EXPECT_EQ(expand("{host}{host}"), "example.comexample.com");
}

TEST(TextTemplate, PlainTextAndBraces) {
  EXPECT_EQ(expand(""), "");
  EXPECT_EQ(expand("plain"), "plain");
  EXPECT_EQ(expand("{{host}}"), "{host}");
  EXPECT_EQ(expand("{{{host}}}"), "{example.com}");
  EXPECT_TRUE(TextTemplate::parse("a{{b")->is_constant());
  EXPECT_FALSE(TextTemplate::parse("{host}")->is_constant());
}

TEST(TextTemplate, ErrorsNameThePlaceholder) {
  EXPECT_EQ(
      expand("x{hsot}"),
      "error: unknown placeholder \"{hsot}\" (known: {host} {port} {path} {query} {client} {request_id} {scheme}) at offset 1");
  EXPECT_EQ(expand("abc{path"), "error: placeholder \"{path\" is not closed at offset 3");
  EXPECT_TRUE(expand("{}").starts_with("error: unknown placeholder \"{}\""));
  EXPECT_TRUE(expand("{Host}").starts_with("error: unknown placeholder \"{Host}\""));
  EXPECT_TRUE(expand("a}b").starts_with("error: \"}\" without \"{\""));
  EXPECT_EQ(expand("a\r\nb"), "error: control character 0x0d at offset 1");
}

TEST(TextTemplate, ValuesCannotEndALine) {
  EXPECT_EQ(expand("{path}", {.path = "/a\r\nSet-Cookie: x"}), "/a%0D%0ASet-Cookie: x");
  EXPECT_EQ(expand("{host}|{query}", {.host = "\n", .query = std::string_view{"?\0\x7f\t", 4}}), "%0A|?%00%7F%09");
}

TEST(TextTemplate, NeverWritesBeyondItsRoom) {
  const auto parsed = TextTemplate::parse("<{host}>");
  const std::string whole = "<example.com>";
  for (std::size_t room = 0; room <= whole.size() + 1; ++room) {
    std::string out(room, '#');
    const std::size_t bytes = parsed.value().expand(values, out);
    if (room < whole.size()) {
      EXPECT_EQ(bytes, TextTemplate::npos) << room;
    } else {
      EXPECT_EQ(out.substr(0, bytes), whole);
    }
  }
}

}  // namespace
}  // namespace http

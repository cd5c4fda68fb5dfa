#include "http/fields.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace http {
namespace {

constexpr std::array all_methods = {Method::get,     Method::head,    Method::post,  Method::put,  Method::delete_,
                                    Method::connect, Method::options, Method::trace, Method::patch};

TEST(Methods, EveryNameIsReadAsItsMethod) {
  for (const Method m : all_methods) EXPECT_EQ(method_from(method_name(m)), m) << method_name(m);
  EXPECT_EQ(method_name(Method::other), "");
}

TEST(Methods, AreCaseSensitiveAndExact) {  // RFC 9110 9.1
  for (const char* text : {"", "get", "Get", "GE", "GETT", "POSTS", "PURGE", "OPTIONZ", "CONNECTX"})
    EXPECT_EQ(method_from(text), Method::other) << text;
}

TEST(Methods, SafeAndIdempotentAsRfc9110Says) {  // 9.2.1, 9.2.2
  std::string safe, idempotent;
  for (const Method m : all_methods) {
    if (is_safe(m)) safe += std::string{method_name(m)} + " ";
    if (is_idempotent(m)) idempotent += std::string{method_name(m)} + " ";
  }
  EXPECT_EQ(safe, "GET HEAD OPTIONS TRACE ");
  EXPECT_EQ(idempotent, "GET HEAD PUT DELETE OPTIONS TRACE ");
  EXPECT_FALSE(is_idempotent(Method::other));
}

TEST(Fields, TokensAndValues) {
  EXPECT_TRUE(is_token("X-a.b~1"));
  for (const char* bad : {"", "a b", "a:", "a\t", "(a)", "\"a\"", "\xe4"}) EXPECT_FALSE(is_token(bad)) << bad;
  for (const char* good : {"", "a", "a b\tc", "\xe4", "\"q, r\""}) EXPECT_TRUE(is_field_value(good)) << good;
  for (const char* bad : {" a", "a ", "\ta", "a\r\nb", "a\nb", "a\rb", "\x7f", "\x01"}) EXPECT_FALSE(is_field_value(bad)) << bad;
  EXPECT_FALSE(is_field_value(std::string_view{"a\0b", 3}));
  EXPECT_EQ(trim_ows(" \t a b \t"), "a b");
  EXPECT_EQ(trim_ows(" \t "), "");
}

TEST(Fields, FindTakesTheFirstLineOfAName) {
  Fields fields;
  fields.push({"A", "1"});
  fields.push({"Cookie", "2"});
  fields.push({"cookie", "3"});
  ASSERT_NE(find_field(fields, "COOKIE"), nullptr);
  EXPECT_EQ(find_field(fields, "COOKIE")->value, "2");
  EXPECT_EQ(find_field(fields, "cooki"), nullptr);
}

constexpr std::array<std::pair<std::string_view, FieldId>, 17> names = {{
    {"connection", FieldId::connection},
    {"content-length", FieldId::content_length},
    {"date", FieldId::date},
    {"expect", FieldId::expect},
    {"forwarded", FieldId::forwarded},
    {"host", FieldId::host},
    {"keep-alive", FieldId::keep_alive},
    {"max-forwards", FieldId::max_forwards},
    {"proxy-connection", FieldId::proxy_connection},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"via", FieldId::via},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
}};

TEST(FieldIds, EveryNameInAnyCase) {
  for (const auto& [name, id] : names) {
    std::string text{name};
    EXPECT_EQ(field_id(text), id) << text;
    for (std::size_t i = 0; i < text.size(); i += 2)
      if (text[i] >= 'a') text[i] = static_cast<char>(text[i] - 32);
    EXPECT_EQ(field_id(text), id) << text;
  }
}

/// The compare of words must not take one token for another: every name with any one character changed to any other tchar.
TEST(FieldIds, NoOtherTokenOfTheSameLength) {
  for (const auto& [name, id] : names) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (int c = 0; c < 128; ++c) {
        std::string text{name};
        text[i] = static_cast<char>(c);
        if (!is<CharClass::token>(text[i])) continue;
        EXPECT_EQ(field_id(text) == id, equal_folded(text, name)) << text;
      }
    }
    EXPECT_EQ(field_id(std::string{name} + "x"), FieldId::other);
    EXPECT_NE(field_id(name.substr(1)), id);
  }
}

TEST(FieldIds, AliasesAreWhatCgiMapsTogether) {  // RFC 3875 4.1.18
  EXPECT_EQ(field_id_of_alias("Content_Length"), FieldId::content_length);
  EXPECT_EQ(field_id_of_alias("x_forwarded-FOR"), FieldId::x_forwarded_for);
  EXPECT_EQ(field_id_of_alias("Transfer_Encoding"), FieldId::transfer_encoding);
  EXPECT_EQ(field_id_of_alias("Content-Length"), FieldId::other);
  EXPECT_EQ(field_id_of_alias("X_Other"), FieldId::other);
  EXPECT_EQ(field_id_of_alias("A_very_long_field_name_indeed"), FieldId::other);
}

std::vector<std::string> members_of(std::string_view value) {
  std::vector<std::string> out;
  ListMembers members{value};
  while (const auto member = members.next()) out.emplace_back(*member);
  return out;
}

TEST(ListMembers, AreSplitAsRfc9110Says) {  // 5.6.1
  using List = std::vector<std::string>;
  EXPECT_EQ(members_of("a, b ,c"), (List{"a", "b", "c"}));
  EXPECT_EQ(members_of(",, a ,\t, b,"), (List{"a", "b"}));
  EXPECT_EQ(members_of(""), List{});
  EXPECT_EQ(members_of(" , "), List{});
  EXPECT_EQ(members_of(R"(a="x,y", b="p\",q", c)"), (List{R"(a="x,y")", R"(b="p\",q")", "c"}));
  EXPECT_EQ(members_of("\"never closed, a"), (List{"\"never closed, a"}));
  EXPECT_EQ(members_of("\"ends in a backslash\\"), (List{"\"ends in a backslash\\"}));
}

TEST(ListMembers, OfSeveralLinesComeInOrderUntilStopped) {
  Fields fields;
  fields.push({"Via", "1, 2"});
  fields.push({"X", "no"});
  fields.push({"via", "3"});
  std::string seen;
  EXPECT_TRUE(for_each_member(fields, FieldId::via, [&](std::string_view m) { return seen += m, true; }));
  EXPECT_EQ(seen, "123");
  seen.clear();
  EXPECT_FALSE(for_each_member(fields, FieldId::via, [&](std::string_view m) { return seen += m, m != "2"; }));
  EXPECT_EQ(seen, "12");
}

}  // namespace
}  // namespace http

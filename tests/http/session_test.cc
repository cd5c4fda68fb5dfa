#include "http/session.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Cookie, SaysWhatItNames) {
  for (const std::uint32_t index : {0u, 1u, 77u, (1u << 30) - 1})
    for (const Cookie::Kind kind : {Cookie::Kind::session, Cookie::Kind::upstream}) {
      const std::uint32_t cookie = Cookie::make(kind, index);
      EXPECT_EQ(Cookie::kind(cookie), kind);
      EXPECT_EQ(Cookie::index(cookie), index);
    }
}

TEST(Cookie, OfAConnectionThatHasNoneYetNamesNothing) {
  EXPECT_EQ(Cookie::kind(0), Cookie::Kind::none);
  EXPECT_NE(Cookie::make(Cookie::Kind::session, 0), 0u);
  EXPECT_NE(Cookie::make(Cookie::Kind::upstream, 0), 0u);
}

TEST(Session, IsOneCacheLine) { EXPECT_LE(sizeof(Session), 64u); }

TEST(Session, NewThingsBelongToNothing) {
  EXPECT_EQ(Session{}.exchange, no_index);
  EXPECT_EQ(Session{}.connection, no_connection);
  EXPECT_EQ(Upstream{}.exchange, no_index);
  EXPECT_EQ(Upstream{}.connection, no_connection);
  EXPECT_FALSE(Upstream{}.is_idle);
  const Exchange exchange;
  EXPECT_EQ(exchange.session, no_index);
  EXPECT_EQ(exchange.upstream, no_index);
  EXPECT_EQ(exchange.status, 0);
  EXPECT_TRUE(exchange.retry_head.empty());
}

}  // namespace
}  // namespace http

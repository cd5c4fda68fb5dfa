#include "http/body.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

using State = Step::State;

TEST(BodyReader, NoBodyIsDoneAtOnce) {
  BodyReader body{Framing{}};
  EXPECT_TRUE(body.is_done());
  EXPECT_EQ(body.next("GET"), (Step{.state = State::done}));
  EXPECT_EQ(body.next(""), (Step{.state = State::done}));
  EXPECT_TRUE(BodyReader{}.is_done());
}

TEST(BodyReader, ContentLengthEndsAtItsLastByte) {
  BodyReader body{Framing{Framing::Kind::content_length, 5}};
  EXPECT_EQ(body.announced_bytes(), 5u);
  EXPECT_EQ(body.next(""), Step{});
  EXPECT_EQ(body.next("hel"), (Step{.data = 3}));
  EXPECT_FALSE(body.is_done());
  EXPECT_FALSE(body.may_end_at_close());
  EXPECT_EQ(body.decoded_bytes(), 3u);
  EXPECT_EQ(body.next("loGET"), (Step{.data = 2, .state = State::done}));
  EXPECT_TRUE(body.is_done());
  EXPECT_TRUE(body.may_end_at_close());
  EXPECT_EQ(body.next("GET"), (Step{.state = State::done}));
  EXPECT_EQ(body.decoded_bytes(), 5u);
  EXPECT_EQ(body.announced_bytes(), 5u);
}

TEST(BodyReader, ContentLengthZeroIsDoneAtOnce) {
  BodyReader body{Framing{Framing::Kind::content_length, 0}};
  EXPECT_TRUE(body.is_done());
  EXPECT_EQ(body.next("x"), (Step{.state = State::done}));
}

TEST(BodyReader, UntilCloseTakesEverything) {
  BodyReader body{Framing{Framing::Kind::until_close, 0}};
  EXPECT_EQ(body.next("abc"), (Step{.data = 3}));
  EXPECT_EQ(body.next("0\r\n\r\n"), (Step{.data = 5}));
  EXPECT_FALSE(body.is_done());
  EXPECT_TRUE(body.may_end_at_close());
  EXPECT_EQ(body.decoded_bytes(), 8u);
}

TEST(BodyReader, ChunksAreCutOutOfTheirFraming) {
  BodyReader body{Framing{Framing::Kind::chunked, 0}};
  EXPECT_EQ(body.next("5\r\nhello\r\n0\r\n\r\nGET"), (Step{.framing = 3, .data = 5}));
  EXPECT_EQ(body.next("\r\n0\r\n\r\nGET"), (Step{.framing = 7, .state = State::done}));
  EXPECT_TRUE(body.is_done());
  EXPECT_EQ(body.decoded_bytes(), 5u);
  EXPECT_EQ(body.error(), Reject::none);
}

TEST(BodyReader, AChunkedBodyMayNotEndAtClose) {  // RFC 9112 8: incomplete
  BodyReader body{Framing{Framing::Kind::chunked, 0}};
  EXPECT_EQ(body.next("5\r\nhello\r\n").data, 5u);
  EXPECT_FALSE(body.may_end_at_close());
}

TEST(BodyReader, ABadChunkIsNamed) {
  BodyReader body{Framing{Framing::Kind::chunked, 0}};
  EXPECT_EQ(body.next("5\nhello"), (Step{.state = State::error}));
  EXPECT_EQ(body.error(), Reject::bad_chunk);
  EXPECT_FALSE(body.is_done());
}

TEST(BodyReader, CanStartOver) {
  BodyReader body{Framing{Framing::Kind::chunked, 0}};
  EXPECT_EQ(body.next("x").state, State::error);
  body = BodyReader{Framing{Framing::Kind::content_length, 1}};
  EXPECT_EQ(body.error(), Reject::none);
  EXPECT_EQ(body.next("x"), (Step{.data = 1, .state = State::done}));
}

TEST(BodyReader, IsSmall) { EXPECT_LE(sizeof(BodyReader), 32u); }

}  // namespace
}  // namespace http

// Limits, counts and the encoder. The grammar is in tests/http/cases.
#include "http/chunked.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

std::string head_of(std::uint64_t size) {
  std::array<char, chunk_head_bytes_max> out;
  return {out.data(), write_chunk_head(out, size)};
}

TEST(ChunkHead, IsHexadecimalAndCrlf) {
  EXPECT_EQ(head_of(1), "1\r\n");
  EXPECT_EQ(head_of(15), "f\r\n");
  EXPECT_EQ(head_of(16), "10\r\n");
  EXPECT_EQ(head_of(0xabcdef), "abcdef\r\n");
  EXPECT_EQ(head_of(UINT64_MAX), "ffffffffffffffff\r\n");
}

TEST(ChunkHead, ReportsThatItDoesNotFit) {
  std::array<char, 3> out;
  EXPECT_EQ(write_chunk_head(out, 15), 3u);
  EXPECT_EQ(write_chunk_head(out, 16), 0u);
}

TEST(Chunked, WhatTheEncoderWritesTheDecoderReads) {
  std::string text;
  for (std::size_t size = 1; size < 400; size += 13) text += head_of(size) + std::string(size, 'x') + std::string{chunk_end};
  text += last_chunk;
  ChunkedDecoder decoder;
  std::string_view left = text;
  std::size_t data = 0;
  for (Step step; step.state == Step::State::more; left.remove_prefix(step.framing + step.data)) {
    step = decoder.next(left);
    EXPECT_EQ(left.substr(step.framing, step.data), std::string(step.data, 'x'));
    data += step.data;
  }
  EXPECT_TRUE(decoder.is_done());
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(decoder.decoded_bytes(), data);
  EXPECT_EQ(data, 31u * (1 + 391) / 2);  // 1, 14, ... 391
}

TEST(Chunked, SizesAreAnnouncedBeforeTheirDataIsThere) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("3\r\nabc\r\n"), (Step{.framing = 3, .data = 3}));
  EXPECT_EQ(decoder.announced_bytes(), 3u);
  EXPECT_EQ(decoder.next("\r\n100\r\n"), (Step{.framing = 7}));
  EXPECT_EQ(decoder.decoded_bytes(), 3u);
  EXPECT_EQ(decoder.announced_bytes(), 0x103u);
}

TEST(Chunked, AfterTheEndNothingIsConsumed) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("0\r\n\r\nGET"), (Step{.framing = 5, .state = Step::State::done}));
  EXPECT_EQ(decoder.next("GET"), (Step{.state = Step::State::done}));
}

TEST(Chunked, AfterAnErrorNothingIsConsumed) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("x"), (Step{.state = Step::State::error}));
  EXPECT_EQ(decoder.next("0\r\n\r\n"), (Step{.state = Step::State::error}));
  EXPECT_TRUE(decoder.has_failed());
  EXPECT_FALSE(decoder.is_done());
}

TEST(Chunked, TheLargestSizePasses) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("3fffffffffffffff\r\n").state, Step::State::more);
  EXPECT_EQ(decoder.announced_bytes(), (std::uint64_t{1} << 62) - 1);
  ChunkedDecoder larger;
  EXPECT_EQ(larger.next("4000000000000000\r\n").state, Step::State::error);
}

TEST(Chunked, ExtensionsAreBoundedOverTheWholeBody) {
  ChunkedDecoder decoder;
  const std::string chunk = "1;" + std::string(99, 'e') + "\r\nx\r\n";  // ";" belongs to the size's line, CR counts
  int chunks = 0;
  for (;; ++chunks) {
    std::string_view left = chunk;
    Step step;
    while (!left.empty() && step.state == Step::State::more) {
      step = decoder.next(left);
      left.remove_prefix(step.framing + step.data);
    }
    if (step.state == Step::State::error) break;
    ASSERT_LT(chunks, 1'000);
  }
  EXPECT_EQ(chunks, static_cast<int>(ChunkedDecoder::extension_bytes_max / 100));
}

TEST(Chunked, TrailersAreBounded) {
  ChunkedDecoder decoder;
  const std::string name_and_colon = "X:";
  EXPECT_EQ(decoder.next("0\r\n" + name_and_colon + std::string(ChunkedDecoder::trailer_bytes_max - 3, 'y') + "\r\n").state,
            Step::State::more);
  EXPECT_EQ(decoder.next("\r\n").state, Step::State::done);
  ChunkedDecoder longer;
  EXPECT_EQ(longer.next("0\r\n" + name_and_colon + std::string(ChunkedDecoder::trailer_bytes_max - 2, 'y') + "\r\n").state,
            Step::State::error);
}

/// Every byte value at every offset of a body: only the grammar's bytes pass, compared with a table written by hand.
TEST(Chunked, EveryByteInEveryPlace) {
  const auto state = [](std::string_view text) {
    ChunkedDecoder decoder;
    Step step = decoder.next(text);
    while (step.state == Step::State::more && !text.empty() && step.framing + step.data > 0) {
      text.remove_prefix(step.framing + step.data);
      step = decoder.next(text);
    }
    return step.state;
  };
  const auto count = [&](std::string_view before) {
    int passes = 0;
    for (int c = 0; c < 256; ++c) passes += state(std::string{before} + static_cast<char>(c)) != Step::State::error ? 1 : 0;
    return passes;
  };
  EXPECT_EQ(count(""), 22);       // digits
  EXPECT_EQ(count("1"), 22 + 4);  // digits, CR, ";", SP, HTAB
  EXPECT_EQ(count("1 "), 3);      // ";", SP, HTAB
  EXPECT_EQ(count("1;"), 225);    // field bytes (HTAB, 95 of ASCII, 128 above) and CR
  EXPECT_EQ(count("1\r"), 1);
  EXPECT_EQ(count("1\r\nx"), 1);
  EXPECT_EQ(count("1\r\nx\r"), 1);
  EXPECT_EQ(count("1\r\nx\r\n"), 22);
  EXPECT_EQ(count("0\r\n"), 77 + 1);   // tchar, CR
  EXPECT_EQ(count("0\r\nA"), 77 + 1);  // tchar, ":"
  EXPECT_EQ(count("0\r\nA:"), 225);    // the same
  EXPECT_EQ(count("0\r\nA:\r"), 1);
  EXPECT_EQ(count("0\r\n\r"), 1);
}

}  // namespace
}  // namespace http

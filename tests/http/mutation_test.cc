// Valid messages, broken at random by a seed: nothing crashes or reads beyond its bytes (AddressSanitizer), the outcome never
// depends on how the bytes were cut, and what passes obeys the rules that servers rely on.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "http/authority.h"
#include "http/body.h"
#include "http/fields.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "http/serialize.h"
#include "http/target.h"
#include "tests/support/http_cases.h"

namespace http {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t n) { return n == 0 ? 0 : random() % n; }

/// A few changes of the kinds that find holes: bytes flipped, cut out, doubled, moved, and the words of smuggling put in.
std::string mutate(std::string text, const std::vector<std::string>& others, Random& random) {
  // clang-format off
  static const std::array<std::string, 24> words = {
      "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", std::string(1, '\0'), "\x7f", "\xff", "\r\n ", "0\r\n\r\n", "chunked",
      "HTTP/1.1", "http://", "%2e%2e/", "[::1]", "Host: b\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
      "Content_Length: 1\r\n", "Connection: close, content-length\r\n", "Expect: 100-continue\r\n"};
  // clang-format on
  for (std::size_t n = 1 + below(random, 4); n > 0; --n) {
    const std::size_t at = below(random, text.size() + 1);
    const std::size_t length = below(random, std::min<std::size_t>(text.size() - at, 24) + 1);
    switch (below(random, 7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(random, 8));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(below(random, text.size() + 1), text.substr(at, length));
        break;
      case 4:
        text.insert(at, words[below(random, words.size())]);
        break;
      case 5:
        text.replace(at, length, words[below(random, words.size())]);
        break;
      default: {
        const std::string& other = others[below(random, others.size())];
        text.insert(at, other.substr(below(random, other.size()), below(random, 40)));
      }
    }
  }
  return text;
}

std::vector<std::string> messages(std::string_view kind) {
  std::vector<std::string> out;
  for (const Case& c : load_cases(PENSTOCK_HTTP_CASES))
    if (c.message.kind == kind && c.message.bytes.size() < 2'000 && !c.expected.front().starts_with("refused"))
      out.push_back(c.message.bytes);
  return out;
}

/// Calls `step(view)` with ever longer prefixes in memory of their own, until it says that it has seen enough.
template <typename F>
void feed(const std::string& text, Random& random, F&& step) {
  std::size_t have = 0;
  do {
    have = std::min(text.size(), have + 1 + below(random, 1 + text.size() / (1 + below(random, 8))));
    const auto copy = std::make_unique<char[]>(have);
    std::copy_n(text.begin(), have, copy.get());
    if (step(std::string_view{copy.get(), have})) return;
  } while (have < text.size());
}

void expect_clean(const Fields& fields) {
  for (const Field& field : fields) {
    ASSERT_TRUE(is_token(field.name));
    ASSERT_TRUE(is_field_value(field.value));
  }
}

std::size_t count(const Fields& fields, FieldId id) {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [id](const Field& f) { return field_id(f.name) == id; }));
}

/// What we would send on must be read by anybody as one request: the same method, path, host and body.
void expect_forwards_cleanly(const RequestHead& head) {
  std::string buffer(head.path.size(), '\0');
  const NormalPath path = normalise_path(head.path, buffer);
  if (path.why != Reject::none) return;
  std::array<char, 16'384> out;
  const std::size_t bytes = write_forwarded_request(
      out, head,
      {.path = path.path, .query = head.query, .default_host = "198.18.0.10", .client = "192.0.2.1", .forward_expect = true});
  ASSERT_GT(bytes, 0u);
  RequestParser parser{{.head_bytes = 16'384, .target_bytes = 16'384}};
  RequestHead again;
  const Parse state = parser.parse({out.data(), bytes}, again);
  if (parser.error() == Reject::too_many_fields) return;  // ours came on top
  ASSERT_EQ(state, Parse::done) << info(parser.error()).name;
  ASSERT_EQ(again.head_bytes, bytes);
  ASSERT_EQ(again.method_text, head.method_text);
  ASSERT_EQ(again.path, path.path);
  ASSERT_EQ(again.query, head.query);
  ASSERT_EQ(again.framing, head.framing);
  ASSERT_EQ(again.expect_continue, head.expect_continue);
  ASSERT_TRUE(again.keep_alive);
  ASSERT_EQ(again.version, Version::http_1_1);
  if (head.has_host) {
    ASSERT_EQ(again.host, head.host);
  }
  ASSERT_EQ(count(again.fields, FieldId::host), 1u);
  ASSERT_LE(count(again.fields, FieldId::content_length) + count(again.fields, FieldId::transfer_encoding), 1u);
  for (const FieldId gone : {FieldId::connection, FieldId::te, FieldId::upgrade, FieldId::keep_alive, FieldId::trailer})
    ASSERT_EQ(count(again.fields, gone), 0u);
  for (const Field& field : again.fields) ASSERT_EQ(field_id_of_alias(field.name), FieldId::other) << field.name;
  std::string twice(again.path.size(), '\0');
  ASSERT_EQ(normalise_path(again.path, twice).path, again.path);
}

void expect_valid(const RequestHead& head, std::string_view text) {
  ASSERT_LE(head.head_bytes, text.size());
  ASSERT_EQ(text.substr(head.head_bytes - 4, 4), "\r\n\r\n");
  expect_clean(head.fields);
  ASSERT_TRUE(is_token(head.method_text));
  ASSERT_NE(head.method, Method::connect);
  ASSERT_TRUE(head.path == "*" || head.path.starts_with('/'));
  ASSERT_TRUE(head.query.empty() || head.query.starts_with('?'));
  ASSERT_TRUE(parse_authority(head.host).has_value());
  ASSERT_TRUE(head.has_host || head.version == Version::http_1_0);
  ASSERT_LE(count(head.fields, FieldId::host), 1u);
  ASSERT_LE(count(head.fields, FieldId::content_length) + count(head.fields, FieldId::transfer_encoding), 1u);
  ASSERT_NE(head.framing.kind, Framing::Kind::until_close);
}

TEST(Mutation, Requests) {
  const std::vector<std::string> seeds = messages("request");
  ASSERT_GT(seeds.size(), 30u);
  Random random{20'240'601};
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 120'000; ++round) {
    const std::string text = mutate(seeds[below(random, seeds.size())], seeds, random);
    const auto limit = static_cast<std::uint32_t>(random() % 2 == 0 ? 2'000 : 16 + below(random, 400));
    RequestParser whole{{.head_bytes = limit, .target_bytes = 64}};
    RequestHead head;
    const auto copy = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), copy.get());
    const std::string_view view{copy.get(), text.size()};
    const Parse state = whole.parse(view, head);
    ASSERT_FALSE(state == Parse::need_more && text.size() >= limit) << "round " << round << ": " << visible(text);
    if (state == Parse::done) {
      ASSERT_NO_FATAL_FAILURE(expect_valid(head, view)) << visible(text);
      ASSERT_NO_FATAL_FAILURE(expect_forwards_cleanly(head)) << visible(text);
      ASSERT_LE(head.head_bytes, limit);
      ++accepted;
    }
    refused += state == Parse::error ? 1 : 0;

    RequestParser pieces{{.head_bytes = limit, .target_bytes = 64}};
    Parse last = Parse::need_more;
    feed(text, random, [&](std::string_view part) {
      RequestHead part_head;
      last = pieces.parse(part, part_head);
      if (last == Parse::done) {
        EXPECT_EQ(part_head.head_bytes, head.head_bytes);
        EXPECT_EQ(part_head.fields.size(), head.fields.size());
        EXPECT_EQ(part_head.target, head.target);
      }
      return last != Parse::need_more;
    });
    ASSERT_EQ(last, state) << "round " << round << ": " << visible(text);
    ASSERT_EQ(pieces.error(), whole.error()) << "round " << round << ": " << visible(text);
  }
  EXPECT_GT(accepted, 10'000u);
  EXPECT_GT(refused, 10'000u);
}

TEST(Mutation, Responses) {
  const std::vector<std::string> seeds = messages("response");
  ASSERT_GT(seeds.size(), 15u);
  Random random{20'240'602};
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string text = mutate(seeds[below(random, seeds.size())], seeds, random);
    const auto limit = static_cast<std::uint32_t>(16 + below(random, 400));
    const Method method = random() % 4 == 0 ? Method::head : Method::get;
    ResponseParser whole{limit};
    ResponseHead head;
    const Parse state = whole.parse(text, method, head);
    ASSERT_FALSE(state == Parse::need_more && text.size() >= limit) << "round " << round << ": " << visible(text);
    if (state == Parse::done) {
      ++accepted;
      ASSERT_NO_FATAL_FAILURE(expect_clean(head.fields));
      ASSERT_FALSE(method == Method::head && head.framing.kind != Framing::Kind::none);
      std::array<char, 16'384> out;
      const std::size_t bytes =
          write_forwarded_response(out, head, {.framing = head.framing, .date = "Sun, 06 Nov 1994 08:49:37 GMT"});
      ResponseParser second{16'384};
      ResponseHead again;
      ASSERT_EQ(second.parse({out.data(), bytes}, method, again), Parse::done) << visible(text) << info(second.detail()).name;
      ASSERT_EQ(again.status, head.status);
      ASSERT_EQ(again.framing, head.framing);
      ASSERT_EQ(again.head_bytes, bytes);
      ASSERT_EQ(again.keep_alive, head.framing.kind != Framing::Kind::until_close);
    }
    refused += state == Parse::error ? 1 : 0;

    ResponseParser pieces{limit};
    Parse last = Parse::need_more;
    feed(text, random, [&](std::string_view part) {
      ResponseHead part_head;
      last = pieces.parse(part, method, part_head);
      return last != Parse::need_more;
    });
    ASSERT_EQ(last, state) << "round " << round << ": " << visible(text);
    ASSERT_EQ(pieces.detail(), whole.detail()) << "round " << round << ": " << visible(text);
  }
  EXPECT_GT(accepted, 5'000u);
  EXPECT_GT(refused, 5'000u);
}

struct Decoded {
  std::string data;
  std::size_t consumed = 0;
  Step::State state = Step::State::more;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

/// Takes from `input` what is there. The bytes are copied first: the decoder may keep nothing of them.
void decode(BodyReader& body, std::string_view input, Decoded& out) {
  const auto copy = std::make_unique<char[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  std::string_view left{copy.get(), input.size()};
  while (!left.empty() && out.state == Step::State::more) {
    const Step step = body.next(left);
    ASSERT_LE(step.framing + step.data, left.size());
    ASSERT_TRUE(step.framing + step.data > 0 || step.state != Step::State::more);
    out.data += left.substr(step.framing, step.data);
    out.consumed += step.framing + step.data;
    out.state = step.state;
    left.remove_prefix(step.framing + step.data);
  }
  ASSERT_EQ(body.decoded_bytes(), out.data.size());
}

TEST(Mutation, ChunkedBodies) {
  const std::vector<std::string> seeds = messages("chunked");
  ASSERT_GT(seeds.size(), 6u);
  Random random{20'240'603};
  std::size_t done = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string text = mutate(seeds[below(random, seeds.size())], seeds, random);
    BodyReader whole{Framing{Framing::Kind::chunked, 0}};
    Decoded expected;
    ASSERT_NO_FATAL_FAILURE(decode(whole, text, expected));
    BodyReader pieces{Framing{Framing::Kind::chunked, 0}};
    Decoded actual;
    std::size_t at = 0;
    while (at < text.size() && actual.state == Step::State::more) {
      const std::size_t n = 1 + below(random, 9);
      ASSERT_NO_FATAL_FAILURE(decode(pieces, std::string_view{text}.substr(at, n), actual));
      at += n;
    }
    // Where an error came after some framing in one call, that framing was not reported: only what was taken before counts.
    if (expected.state == Step::State::error) actual.consumed = expected.consumed = 0;
    ASSERT_EQ(actual, expected) << "round " << round << ": " << visible(text);
    done += expected.state == Step::State::done ? 1 : 0;
  }
  EXPECT_GT(done, 3'000u);
}

}  // namespace
}  // namespace http

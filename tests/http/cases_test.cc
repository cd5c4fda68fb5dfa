// Plays every case of tests/http/cases: whole, cut in two at every byte, and byte by byte. The pieces lie in buffers of exactly
// their size that are freed before the next call, so that AddressSanitizer sees every byte read beyond or too late.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <memory>

#include "http/body.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "http/serialize.h"
#include "http/target.h"
#include "tests/support/http_cases.h"

namespace http {
namespace {

using Outcome = std::vector<std::string>;

/// The first `size` bytes of a text, alone in the heap.
class Copy {
 public:
  Copy(std::string_view text, std::size_t size) : bytes_{std::make_unique<char[]>(size)}, size_{size} {
    std::copy_n(text.begin(), size, bytes_.get());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

std::string describe(const Framing& framing) {
  switch (framing.kind) {
    case Framing::Kind::none:
      return "no body";
    case Framing::Kind::content_length:
      return "content-length " + std::to_string(framing.content_length);
    case Framing::Kind::chunked:
      return "chunked";
    case Framing::Kind::until_close:
      return "until close";
  }
  return "?";
}

std::string describe(Version version) { return version == Version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1"; }

std::string describe(Reject why) { return std::string{info(why).name} + " " + std::to_string(info(why).status); }

void describe_fields(const Fields& fields, Outcome& out) {
  for (const Field& field : fields) out.push_back("field " + std::string{field.name} + ": " + visible(field.value));
  out.push_back("fields: " + std::to_string(fields.size()));
}

/// Offsets at which the parser is called. The last one is the whole message.
using Cuts = std::vector<std::size_t>;

/// `forwarded` block: options append, off (else replace), expect (forward Expect). The client is 192.0.2.1, our address
/// 198.18.0.10.
std::string forward(const RequestHead& head, const CaseBlock& options) {
  std::string scratch(head.path.size(), '\0');
  const NormalPath path = normalise_path(head.path, scratch);
  if (path.why != Reject::none) return "refused: " + describe(path.why);
  std::array<char, 32'768> out;
  const std::size_t bytes = write_forwarded_request(out, head,
                                                    {.path = path.path,
                                                     .query = head.query,
                                                     .default_host = "198.18.0.10",
                                                     .client = "192.0.2.1",
                                                     .forwarded = options.has("append") ? ForwardedMode::append
                                                                  : options.has("off")  ? ForwardedMode::off
                                                                                        : ForwardedMode::replace,
                                                     .forward_expect = options.has("expect")});
  return {out.data(), bytes};
}

/// `returned` block: options 1.0 (the client's version), close (its connection closes), until-close (framing towards it).
std::string give_back(const ResponseHead& head, const CaseBlock& options) {
  std::array<char, 32'768> out;
  ForwardedResponse how{.client_version = options.has("1.0") ? Version::http_1_0 : Version::http_1_1,
                        .keep_alive = !options.has("close"),
                        .framing = head.framing,
                        .date = "Sun, 06 Nov 1994 08:49:37 GMT"};
  if (options.has("until-close")) how.framing = {.kind = Framing::Kind::until_close};
  return {out.data(), write_forwarded_response(out, head, how)};
}

void compare_sent(const Case& c, const std::string& sent) {
  EXPECT_EQ(visible(sent), visible(c.sent.front().bytes)) << c.where();
}

Outcome play_request(const Case& c, const Cuts& cuts) {
  RequestParser parser{{.head_bytes = static_cast<std::uint32_t>(c.message.number("head", 16'384)),
                        .target_bytes = static_cast<std::uint32_t>(c.message.number("target", 8'192))}};
  for (const std::size_t cut : cuts) {
    const Copy copy{c.message.bytes, cut};
    RequestHead head;
    const Parse state = parser.parse(copy.view(), head);
    if (state == Parse::need_more) continue;
    if (state == Parse::error) return {"refused: " + describe(parser.error())};
    Outcome out = {"accepted: " + std::string{head.method_text} + " " + describe(head.version) + ", " + describe(head.framing) +
                   (head.keep_alive ? ", keep-alive" : ", close") + (head.expect_continue ? ", expect-continue" : "")};
    out.push_back("target: " + visible(head.target));
    out.push_back("path: " + visible(head.path));
    out.push_back("query: " + visible(head.query));
    out.push_back(head.has_host ? "host: " + visible(head.host) : "no host");
    out.push_back("port: " + std::string{head.host_port});
    out.push_back("rest: " + visible(std::string_view{c.message.bytes}.substr(head.head_bytes)));
    describe_fields(head.fields, out);
    if (!c.sent.empty()) compare_sent(c, forward(head, c.sent.front()));
    return out;
  }
  return {"incomplete"};
}

Outcome play_response(const Case& c, const Cuts& cuts) {
  ResponseParser parser{static_cast<std::uint32_t>(c.message.number("head", 32'768))};
  const Method method = method_from(c.message.options.at(0));
  for (const std::size_t cut : cuts) {
    const Copy copy{c.message.bytes, cut};
    ResponseHead head;
    const Parse state = parser.parse(copy.view(), method, head);
    if (state == Parse::need_more) continue;
    if (state == Parse::error) return {"refused: " + describe(parser.error()) + ", " + std::string{info(parser.detail()).name}};
    Outcome out = {"accepted: " + std::to_string(head.status) + " " + describe(head.version) + ", " + describe(head.framing) +
                   (head.keep_alive ? ", keep-alive" : ", close")};
    out.push_back("reason: " + visible(head.reason));
    out.push_back("rest: " + visible(std::string_view{c.message.bytes}.substr(head.head_bytes)));
    describe_fields(head.fields, out);
    if (!c.sent.empty()) compare_sent(c, give_back(head, c.sent.front()));
    return out;
  }
  return {"incomplete"};
}

Outcome play_chunked(const Case& c, const Cuts& cuts) {
  BodyReader body{Framing{.kind = Framing::Kind::chunked}};
  std::string decoded;
  std::size_t begin = 0;  // of what was not consumed
  for (const std::size_t cut : cuts) {
    const std::string_view piece = std::string_view{c.message.bytes}.substr(begin, cut - begin);
    const Copy copy{piece, piece.size()};
    std::string_view left = copy.view();
    while (!left.empty()) {
      const Step step = body.next(left);
      decoded += left.substr(step.framing, step.data);
      if (step.state == Step::State::error) return {"refused: " + describe(body.error()), "decoded: " + visible(decoded)};
      begin += step.framing + step.data;
      left.remove_prefix(step.framing + step.data);
      EXPECT_EQ(body.decoded_bytes(), decoded.size()) << c.where();
      if (step.state == Step::State::done)
        return {"decoded: " + visible(decoded), "rest: " + visible(std::string_view{c.message.bytes}.substr(begin))};
      if (step.framing + step.data == 0) return {"stuck"};
    }
  }
  return {"incomplete: " + visible(decoded)};
}

Outcome play(const Case& c, const Cuts& cuts) {
  if (c.message.kind == "request") return play_request(c, cuts);
  if (c.message.kind == "response") return play_response(c, cuts);
  return play_chunked(c, cuts);
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = load_cases(PENSTOCK_HTTP_CASES);
  return cases;
}

TEST(HttpCases, AreMany) { EXPECT_GE(all_cases().size(), 120u); }

TEST(HttpCases, EndAsWritten) {
  for (const Case& c : all_cases()) {
    const Outcome outcome = play(c, {c.message.bytes.size()});
    EXPECT_EQ(outcome.front(), c.expected.front()) << c.where();
    for (const std::string& line : c.expected)
      EXPECT_NE(std::find(outcome.begin(), outcome.end(), line), outcome.end()) << c.where() << " lacks \"" << line << "\"\n"
                                                                                << ::testing::PrintToString(outcome);
  }
}

TEST(HttpCases, EndTheSameCutAtEveryByte) {
  for (const Case& c : all_cases()) {
    const std::size_t size = c.message.bytes.size();
    const Outcome whole = play(c, {size});
    for (std::size_t cut = 0; cut < size; ++cut) ASSERT_EQ(play(c, {cut, size}), whole) << c.where() << " cut at byte " << cut;
  }
}

TEST(HttpCases, EndTheSameByteByByte) {
  for (const Case& c : all_cases()) {
    const std::size_t size = c.message.bytes.size();
    Cuts every(size + 1);
    for (std::size_t i = 0; i <= size; ++i) every[i] = i;
    ASSERT_EQ(play(c, every), play(c, {size})) << c.where();
  }
}

/// A head that is refused before its end keeps its reason whatever follows, and one that was accepted ignores what follows.
TEST(HttpCases, EndTheSameWithMoreBehind) {
  for (const Case& c : all_cases()) {
    const Outcome whole = play(c, {c.message.bytes.size()});
    if (whole.front().starts_with("incomplete")) continue;
    Case longer = c;
    longer.message.bytes += "GET /next HTTP/1.1\r\nHost: b\r\n\r\n";
    EXPECT_EQ(play(longer, {longer.message.bytes.size()}).front(), whole.front()) << c.where();
  }
}

}  // namespace
}  // namespace http

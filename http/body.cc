#include "http/body.h"

#include <algorithm>

namespace http {

BodyReader::BodyReader(const Framing& framing) noexcept {
  switch (framing.kind) {
    case Framing::Kind::none:
      kind_ = Counted{.remaining = 0, .decoded = 0};
      break;
    case Framing::Kind::content_length:
      kind_ = Counted{.remaining = framing.content_length, .decoded = 0};
      break;
    case Framing::Kind::chunked:
      kind_ = ChunkedDecoder{};
      break;
    case Framing::Kind::until_close:
      kind_ = UntilClose{.decoded = 0};
      break;
  }
}

Step BodyReader::next(std::string_view input) noexcept {
  if (auto* counted = std::get_if<Counted>(&kind_)) {
    const std::size_t data = static_cast<std::size_t>(std::min<std::uint64_t>(counted->remaining, input.size()));
    counted->remaining -= data;
    counted->decoded += data;
    return {.data = data, .state = counted->remaining == 0 ? Step::State::done : Step::State::more};
  }
  if (auto* chunked = std::get_if<ChunkedDecoder>(&kind_)) return chunked->next(input);
  std::get_if<UntilClose>(&kind_)->decoded += input.size();
  return {.data = input.size()};
}

bool BodyReader::is_done() const noexcept {
  if (const auto* counted = std::get_if<Counted>(&kind_)) return counted->remaining == 0;
  if (const auto* chunked = std::get_if<ChunkedDecoder>(&kind_)) return chunked->is_done();
  return false;
}

bool BodyReader::may_end_at_close() const noexcept { return is_done() || std::holds_alternative<UntilClose>(kind_); }

Reject BodyReader::error() const noexcept {
  const auto* chunked = std::get_if<ChunkedDecoder>(&kind_);
  return chunked != nullptr && chunked->has_failed() ? Reject::bad_chunk : Reject::none;
}

std::uint64_t BodyReader::decoded_bytes() const noexcept {
  if (const auto* counted = std::get_if<Counted>(&kind_)) return counted->decoded;
  if (const auto* chunked = std::get_if<ChunkedDecoder>(&kind_)) return chunked->decoded_bytes();
  return std::get_if<UntilClose>(&kind_)->decoded;
}

std::uint64_t BodyReader::announced_bytes() const noexcept {
  if (const auto* counted = std::get_if<Counted>(&kind_)) return counted->remaining + counted->decoded;
  if (const auto* chunked = std::get_if<ChunkedDecoder>(&kind_)) return chunked->announced_bytes();
  return decoded_bytes();
}

}  // namespace http

// Where the body of a message lies in the received bytes, for forwarding without a copy. RFC 9112 6.3 and 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "http/chunked.h"
#include "http/message.h"
#include "http/reject.h"

namespace http {

/// Follows one body through contiguous ranges of received bytes, of any sizes.
class BodyReader {
 public:
  BodyReader() noexcept : BodyReader{Framing{}} {}
  explicit BodyReader(const Framing& framing) noexcept;

  /// What lies at the front of `input` (may be empty: a body of no bytes is done at once). After done or error: the same again,
  /// and nothing more is consumed. Unless `input` is empty, `more` consumes at least one byte.
  [[nodiscard]] Step next(std::string_view input) noexcept;

  [[nodiscard]] bool is_done() const noexcept;
  /// Is the close of the connection a regular end here? Everywhere else it cuts the message off (RFC 9112 8).
  [[nodiscard]] bool may_end_at_close() const noexcept;
  /// Body bytes handed out so far.
  [[nodiscard]] std::uint64_t decoded_bytes() const noexcept;
  /// The least that the whole body will have as far as its framing says by now, for max_body: Content-Length at once, with
  /// chunks the sum of their sizes so far.
  [[nodiscard]] std::uint64_t announced_bytes() const noexcept;
  /// Reject::bad_chunk after an error, else Reject::none.
  [[nodiscard]] Reject error() const noexcept;

 private:
  struct Counted {
    std::uint64_t remaining, decoded;
  };
  struct UntilClose {
    std::uint64_t decoded;
  };
  std::variant<Counted, UntilClose, ChunkedDecoder> kind_;
};
static_assert(sizeof(BodyReader) <= 32);

}  // namespace http

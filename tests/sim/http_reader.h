// A plain reader of HTTP messages for the peers in simulations: it knows nothing of the parsers that are tested, and says what is
// wrong with what it gets. RFC 9112.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim {

struct HttpMessage {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  enum class Framing : std::uint8_t { none, length, chunked, until_close } framing = Framing::none;
  std::uint64_t length = 0;  // with Framing::length
  bool is_complete = false;
  /// The value of the only field line of that name.
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] unsigned status() const;
};

class HttpReader {
 public:
  enum class Kind : std::uint8_t { requests, responses };
  explicit HttpReader(Kind kind) : kind_{kind} {}

  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The peer ended its direction: what is until_close is complete.
  void end() { ended_ = true; }

  /// Reads on.   Returns: true when the head is complete (once) or the message is (once); `is_head` tells which.
  /// `bodiless`: a response to HEAD.
  enum class Step : std::uint8_t { more, head, complete, bad };
  [[nodiscard]] Step next(bool bodiless = false);
  /// The message at hand; after `complete` it is the caller's to move, and the next `next` begins another.
  [[nodiscard]] HttpMessage& message() { return message_; }
  /// Bytes that belong to no message yet.
  [[nodiscard]] std::size_t left() const { return buffer_.size() - at_; }
  [[nodiscard]] bool is_between_messages() const { return state_ == State::head && left() == 0; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  enum class State : std::uint8_t { head, body, chunk_head, chunk, trailers, done };
  [[nodiscard]] std::optional<std::string> line();
  [[nodiscard]] Step bad(std::string why);
  [[nodiscard]] Step read_head(bool bodiless);
  [[nodiscard]] bool read_framing(bool bodiless);
  [[nodiscard]] Step read_body();
  [[nodiscard]] Step read_chunks();
  [[nodiscard]] Step complete();

  Kind kind_;
  State state_ = State::head;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t remaining_ = 0;
  HttpMessage message_;
  bool ended_ = false;
  std::string why_;
};

}  // namespace sim

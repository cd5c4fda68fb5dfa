#include "tests/sim/http_reader.h"

#include <algorithm>
#include <charconv>
#include <strings.h>

namespace sim {

namespace {
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}
}  // namespace

std::size_t HttpMessage::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const auto& f) { return same(f.first, name); }));
}

std::optional<std::string> HttpMessage::field(std::string_view name) const {
  if (count(name) != 1) return std::nullopt;
  return std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return same(f.first, name); })->second;
}

unsigned HttpMessage::status() const {
  unsigned code = 0;
  if (start_line.size() > 12) std::from_chars(start_line.data() + 9, start_line.data() + 12, code);
  return code;
}

HttpReader::Step HttpReader::bad(std::string why) {
  if (why_.empty()) why_ = std::move(why);
  return Step::bad;
}

std::optional<std::string> HttpReader::line() {
  const std::size_t end = buffer_.find("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  std::string text = buffer_.substr(at_, end - at_);
  at_ = end + 2;
  return text;
}

HttpReader::Step HttpReader::next(bool bodiless) {
  if (!why_.empty()) return Step::bad;
  if (state_ == State::done) {
    message_ = {};
    buffer_.erase(0, at_);
    at_ = 0;
    state_ = State::head;
  }
  switch (state_) {
    case State::head:
      return read_head(bodiless);
    case State::body:
      return read_body();
    case State::chunk_head:
    case State::chunk:
    case State::trailers:
      return read_chunks();
    case State::done:
      break;
  }
  return Step::bad;
}

HttpReader::Step HttpReader::read_head(bool bodiless) {
  if (buffer_.find("\r\n\r\n", at_) == std::string::npos) return Step::more;
  message_.start_line = *line();
  for (std::string text = *line(); !text.empty(); text = *line()) {
    const std::size_t colon = text.find(": ");
    if (colon == std::string::npos) return bad("field line '" + text + "'");
    message_.fields.emplace_back(text.substr(0, colon), text.substr(colon + 2));
  }
  if (!message_.start_line.starts_with("HTTP/1.1 ") && kind_ == Kind::responses) return bad("start line " + message_.start_line);
  if (!message_.start_line.ends_with(" HTTP/1.1") && kind_ == Kind::requests) return bad("start line " + message_.start_line);
  if (!read_framing(bodiless)) return bad("framing of " + message_.start_line);
  return Step::head;
}

/// RFC 9112 6.3.
bool HttpReader::read_framing(bool bodiless) {
  const std::size_t lengths = message_.count("content-length"), codings = message_.count("transfer-encoding");
  if (lengths + codings > 1) return false;
  state_ = State::body;
  remaining_ = 0;
  if (const auto length = message_.field("content-length")) {
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), message_.length);
    if (error != std::errc{} || end != length->data() + length->size()) return false;
  }
  const unsigned status = kind_ == Kind::responses ? message_.status() : 200;
  if (bodiless || status < 200 || status == 204 || status == 304) return codings == 0 || bodiless;
  if (codings == 1) {
    if (message_.field("transfer-encoding") != "chunked") return false;
    message_.framing = HttpMessage::Framing::chunked;
    state_ = State::chunk_head;
  } else if (lengths == 1) {
    message_.framing = HttpMessage::Framing::length;
    remaining_ = message_.length;
  } else if (kind_ == Kind::responses) {
    message_.framing = HttpMessage::Framing::until_close;
  }
  return true;
}

HttpReader::Step HttpReader::complete() {
  state_ = State::done;
  message_.is_complete = true;
  return Step::complete;
}

HttpReader::Step HttpReader::read_body() {
  const bool until_close = message_.framing == HttpMessage::Framing::until_close;
  const std::size_t n = until_close ? left() : static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, left()));
  message_.body.append(buffer_, at_, n);
  at_ += n;
  if (until_close) return ended_ ? complete() : Step::more;
  remaining_ -= n;
  return remaining_ == 0 ? complete() : Step::more;
}

HttpReader::Step HttpReader::read_chunks() {
  for (;;) {
    if (state_ == State::chunk) {
      const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, left()));
      message_.body.append(buffer_, at_, n);
      at_ += n;
      remaining_ -= n;
      if (remaining_ != 0 || left() < 2) return Step::more;
      if (buffer_.compare(at_, 2, "\r\n") != 0) return bad("chunk without its CRLF");
      at_ += 2;
      state_ = State::chunk_head;
    }
    const auto text = line();
    if (!text) return Step::more;
    if (state_ == State::trailers) {
      if (text->empty()) return complete();
      return bad("a trailer, which is not passed on");
    }
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), remaining_, 16);
    if (error != std::errc{} || end != text->data() + text->size()) return bad("chunk head '" + *text + "'");
    state_ = remaining_ == 0 ? State::trailers : State::chunk;
  }
}

}  // namespace sim

// What is exchanged in a simulation of the balancer: a function of (seed, id) that the client and the origin both evaluate, so
// that each knows every byte that the other must send.
#pragma once

#include <cstdint>
#include <string>

namespace sim {

struct HttpPlan {
  enum class Target : std::uint8_t { pool, safe, fixed, large, moved, nowhere };  // pools, and answers of the balancer's own
  enum class Framing : std::uint8_t { none, length, chunked, until_close };
  /// How an origin breaks off or misbehaves.
  enum class Fault : std::uint8_t {
    none,
    reset_at_once,     // instead of an answer
    reset_in_head,     // after a part of its head
    reset_in_body,     // after a part of its body
    close_in_body,     // FIN after a part of its body
    garbage_head,      // something that is no response
    garbage_chunk,     // a chunked body that is none
    extra_bytes,       // another response behind its own
    silence,           // never answers
    closes_when_idle,  // closes a connection that it promised to keep
    client_resets,     // the client, when a part of the answer is there
  };
  std::uint64_t id = 0;
  Target target = Target::pool;
  // The request.
  std::string method = "GET";
  bool is_1_0 = false, keep_alive = true, expects = false;
  Framing request_framing = Framing::none;
  std::uint64_t request_bytes = 0;
  // The response.
  unsigned status = 200, interims = 0;
  Framing response_framing = Framing::length;
  std::uint64_t response_bytes = 0;
  bool early = false;   // begins before the request is complete
  bool closes = false;  // Connection: close, and keeps to it
  bool slow = false;
  Fault fault = Fault::none;

  [[nodiscard]] bool is_own() const noexcept { return target != Target::pool && target != Target::safe; }
  /// Whether the client gets body bytes.
  [[nodiscard]] bool has_response_body() const noexcept { return method != "HEAD" && status != 204 && status != 304; }
  [[nodiscard]] bool is_idempotent() const noexcept { return method != "POST"; }
  [[nodiscard]] std::string target_text() const;
};

[[nodiscard]] HttpPlan make_plan(std::uint64_t seed, std::uint64_t id, bool with_faults);

/// Request head as the client sends it, and the body in its framing.
[[nodiscard]] std::string request_head(const HttpPlan& plan);
[[nodiscard]] std::string request_body(const HttpPlan& plan);
/// All that an origin sends, interim responses included; as long as the fault lets it.
[[nodiscard]] std::string response_text(const HttpPlan& plan);

/// Byte strings of requests and responses.
[[nodiscard]] std::string request_content(const HttpPlan& plan);
[[nodiscard]] std::string response_content(const HttpPlan& plan);

/// Bodies of the balancer's own answers.
[[nodiscard]] std::string fixed_content();
[[nodiscard]] std::string large_content();

}  // namespace sim

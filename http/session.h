// The three things that HTTP keeps: a client's connection, a server's connection, and a request between them.
#pragma once

#include <cstdint>

#include "engine/slab.h"
#include "engine/slice.h"
#include "http/body.h"
#include "http/message.h"
#include "http/pool.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "tcp/application.h"

namespace http {

using engine::no_index;

inline constexpr tcp::ConnId no_connection = 0xffffffff;

/// A client connection. 64 bytes while it is idle; a request in progress has an Exchange besides.
struct Session {
  std::uint32_t exchange = no_index;       // the request that is being answered
  tcp::ConnId connection = no_connection;  // no_connection: the cell is free
  std::uint16_t listener = 0;
  bool peer_closed = false;          // no request will follow those that are here
  bool is_waiting_for_room = false;  // answers wait for the client to read: no further request is taken
  bool is_head_started = false;      // a part of a head is here: the header timeout runs
  bool is_ready = false;             // in the list of sessions that have another request to look at
  engine::Ipv4 client;
  RequestParser parser;
  Instant deadline{};
  std::uint32_t requests = 0;
};
static_assert(sizeof(Session) <= 64);

/// A connection to a server.
struct Upstream {
  std::uint32_t exchange = no_index;  // no_index: idle
  tcp::ConnId connection = no_connection;
  Pool* pool = nullptr;
  Server* server = nullptr;  // counted in its `users`
  Instant deadline{};
  std::uint32_t idle_newer = no_index, idle_older = no_index;
  std::uint32_t requests = 0;
  bool is_connected = false;
  bool is_idle = false;  // in its server's list
};

/// A request on its way: from its complete head to the last byte of its response.
struct Exchange {
  std::uint32_t session = no_index;
  std::uint32_t upstream = no_index;
  Pool* pool = nullptr;
  Server* server = nullptr;  // counted in its `users`
  Instant started{};
  engine::Slice retry_head;  // the request as sent, if it may be sent again
  BodyReader request_body, response_body;
  ResponseParser response_parser;
  std::uint64_t body_bytes_max = UINT64_MAX;
  std::uint16_t status = 0;  // of the response; 0 until its head is here
  Method method = Method::get;
  Version client_version = Version::http_1_1;
  std::uint8_t attempts = 0;
  bool keep_alive = true;                              // the client's connection, after the response
  bool reuse_server = true;                            // the server's connection, after the response
  bool chunk_request = false, chunk_response = false;  // towards the server, towards the client
  bool ends_at_close = false;                          // towards the client: the end of the connection is the response's
  bool chunk_open = false;                             // a chunk was written whose CRLF is still due
  bool request_chunk_open = false;
  bool request_done = false;
  bool discard = false;           // answered already: only the request's body is read to its end
  bool is_reused = false;         // the server's connection served before: it may have died unnoticed
  bool response_started = false;  // bytes of the response went to the client
};

/// Names for tcp::Event::cookie: what kind of thing, and which.
struct Cookie {
  enum class Kind : std::uint32_t { none, session, upstream };
  [[nodiscard]] static constexpr std::uint32_t make(Kind kind, std::uint32_t index) noexcept {
    return index << 2 | static_cast<std::uint32_t>(kind);
  }
  [[nodiscard]] static constexpr Kind kind(std::uint32_t cookie) noexcept { return static_cast<Kind>(cookie & 3); }
  [[nodiscard]] static constexpr std::uint32_t index(std::uint32_t cookie) noexcept { return cookie >> 2; }
};

}  // namespace http

// Sends heads: straight into an mbuf, or, when they are larger, through a scratch buffer into several.
#pragma once

#include "engine/byte_buffer.h"
#include "http/head_writer.h"
#include "http/proxy.h"
#include "http/status.h"

namespace http {

/// `write(std::span<char>)` returns the bytes written, 0 if there was no room. `copy` gets a second reference if the head is one
/// mbuf. A large head goes whole or not at all, and only if that leaves room to say what failed.
template <typename Write>
bool Proxy::send_head(tcp::ConnId connection, Write&& write, engine::Slice* copy) noexcept {
  engine::ByteBuffer buffer{stack_.mempool()};
  if (const std::size_t n = write(buffer.room()); n != 0) {
    engine::Slice head = std::move(buffer).finish(n);
    if (copy != nullptr) *copy = head.share(0, head.size());
    return stack_.send(connection, head);
  }
  const std::size_t room = buffer.room().size();
  const std::size_t n = room == 0 ? 0 : write(std::span{head_out_});
  constexpr unsigned spare = 2;  // mbufs
  return n != 0 && stack_.may_queue(connection, static_cast<unsigned>(n / room) + 1 + spare) &&
         stack_.send_copy(connection, {head_out_.data(), n});
}

}  // namespace http

// Slices for tests of queues: in an mbuf as received text is, or on the heap as a fixed body is.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "engine/account.h"
#include "engine/mempool.h"
#include "engine/slab.h"
#include "engine/slice.h"
#include "tcp/nodes.h"
#include "tests/support/shard_fixture.h"

namespace tcp {

[[nodiscard]] inline engine::Slice heap_slice(std::string text) {
  return engine::SharedBytes::make(std::make_shared<const std::string>(std::move(text)));
}

/// Queues' surroundings: nodes, an account, and a mempool that must be full again at the end.
class StoreFixture {
 public:
  explicit StoreFixture(std::uint32_t nodes = 256, std::uint64_t mbufs = 256)
      : mempool_{support::make_mempool(mbufs + 64)}, nodes_{nodes}, account_{mbufs, 0} {}
  StoreFixture(const StoreFixture&) = delete;
  StoreFixture& operator=(const StoreFixture&) = delete;
  ~StoreFixture() {
    EXPECT_EQ(nodes_.used(), 0u);
    EXPECT_EQ(account_.used(), 0u);
    EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost";
  }

  [[nodiscard]] Store store() { return {nodes_, account_}; }
  [[nodiscard]] engine::Account& account() { return account_; }
  [[nodiscard]] engine::Slab<Node>& nodes() { return nodes_; }
  /// Text behind `header_bytes` of headers, as it lies in a received packet.   Requires: it fits into one mbuf.
  [[nodiscard]] engine::Slice mbuf_slice(const std::string& text, std::size_t header_bytes = 66) {
    const std::string packet = std::string(header_bytes, 'h') + text;
    rte_mbuf* mbuf = support::make_packet(*mempool_, std::as_bytes(std::span{packet})).release();
    return engine::Slice::of_mbuf(mbuf, {rte_pktmbuf_mtod_offset(mbuf, const std::byte*, header_bytes), text.size()});
  }

 private:
  std::unique_ptr<engine::Mempool> mempool_;
  engine::Slab<Node> nodes_;
  engine::Account account_;
};

/// Byte i of a stream, by its sequence number.
[[nodiscard]] inline char byte_at(Seq seq) noexcept { return static_cast<char>(seq.value() * 7u + seq.value() / 253u); }
[[nodiscard]] inline std::string bytes_at(Seq from, std::uint32_t count) {
  std::string text(count, '\0');
  for (std::uint32_t i = 0; i < count; ++i) text[i] = byte_at(from + i);
  return text;
}

}  // namespace tcp

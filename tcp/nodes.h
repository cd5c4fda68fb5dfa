// The cells of which queues of text are made: one slab per shard, shared by all connections.
#pragma once

#include <cstdint>

#include "engine/account.h"
#include "engine/slab.h"
#include "engine/slice.h"
#include "tcp/seq.h"

namespace tcp {

using engine::no_index;

struct Node {
  engine::Slice slice;
  Seq seq;  // of the slice's first byte
  std::uint32_t next = no_index;
};
static_assert(sizeof(Node) == 32);

/// Where queues keep their text: nodes from a slab, mbufs charged to the shard's account.
struct Store {
  engine::Slab<Node>& nodes;
  engine::Account& account;

  /// A node that holds `slice`, charged; `no_index` (and `slice` untouched) when there is no node or no credit.
  [[nodiscard]] std::uint32_t keep(engine::Slice& slice, Seq seq) noexcept {
    const std::uint64_t mbufs = slice.is_mbuf() ? 1 : 0;
    if (nodes.full() || !account.try_charge(mbufs)) return no_index;
    return nodes.allocate(Node{std::move(slice), seq, no_index});
  }
  /// Gives the node back, and its charge; the slice too unless it was moved out.
  void drop(std::uint32_t index) noexcept {
    account.release(nodes[index].slice.is_mbuf() ? 1 : 0);
    nodes.release(index);
  }
  /// Moves the slice out of its node and gives the node back.
  [[nodiscard]] engine::Slice take(std::uint32_t index) noexcept {
    account.release(nodes[index].slice.is_mbuf() ? 1 : 0);
    engine::Slice slice = std::move(nodes[index].slice);
    nodes.release(index);
    return slice;
  }
};

}  // namespace tcp

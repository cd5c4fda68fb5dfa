// Which shard owns a flow: the Toeplitz hash of receive side scaling, in tables, and the redirection table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/flow.h"
#include "engine/ids.h"

namespace engine {

using RssKey = std::array<std::uint8_t, 40>;

/// The Toeplitz hash of (source address, destination address, source port, destination port) as NICs compute it for TCP over
/// IPv4. Twelve look-ups, one per byte: the hash is linear over GF(2).   Cost: bench/engine/rss_bench.cc.
class Toeplitz {
 public:
  explicit Toeplitz(const RssKey& key) noexcept;
  /// `tuple` as received: remote is the source, local the destination.
  [[nodiscard]] std::uint32_t hash(const FourTuple& tuple) const noexcept {
    std::array<std::uint8_t, sizeof tuple> bytes;
    std::memcpy(bytes.data(), &tuple, sizeof tuple);
    std::uint32_t h = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) h ^= tables_[i][bytes[i]];
    return h;
  }
  /// What the destination port contributes: hash(t) == hash(t with local_port 0) ^ local_port_part(t.local_port).
  [[nodiscard]] std::uint32_t local_port_part(std::uint16_t port) const noexcept {
    return tables_[10][port >> 8] ^ tables_[11][port & 0xff];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 12> tables_;
};

/// owner(tuple) = reta[toeplitz(key, tuple) & mask]: one key and one table for the whole engine.
class Steering {
 public:
  static constexpr std::uint32_t reta_size_default = 512;

  /// Requires: reta_size is a power of two, at most 512; 1 <= shards <= shards_max.
  Steering(const RssKey& key, std::uint32_t reta_size, std::uint16_t shards);

  [[nodiscard]] ShardId owner_of_hash(std::uint32_t hash) const noexcept { return ShardId{reta_[hash & mask_]}; }
  [[nodiscard]] ShardId owner(const FourTuple& tuple) const noexcept {
    return shards_ == 1 ? ShardId{0} : owner_of_hash(toeplitz_.hash(tuple));
  }
  [[nodiscard]] const Toeplitz& toeplitz() const noexcept { return toeplitz_; }
  [[nodiscard]] const RssKey& key() const noexcept { return key_; }
  [[nodiscard]] std::uint32_t reta_size() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::uint16_t shards() const noexcept { return shards_; }
  [[nodiscard]] std::span<const std::uint16_t> reta() const noexcept { return {reta_.data(), reta_size()}; }

 private:
  RssKey key_;
  Toeplitz toeplitz_;
  std::array<std::uint16_t, reta_size_default> reta_{};
  std::uint32_t mask_;
  std::uint16_t shards_;
};

}  // namespace engine

// What is known of the path MTU to hosts, so that new connections need not find it out again.   Spec: RFC 1191 6.3.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/siphash.h"
#include "engine/time.h"
#include "engine/wire.h"

namespace tcp {

class PathMtus {
 public:
  /// Nothing smaller is believed (as Linux): a liar could make us send tiny packets. Packets up to this size go without DF.
  static constexpr std::uint16_t smallest = 552;
  static constexpr engine::Duration lifetime{std::int64_t{600} * 1'000'000'000};  // 6.3: then a larger one is tried

  /// `key`: secret, so that nobody can choose hosts that displace others.
  explicit PathMtus(const engine::SipKey& key) : entries_(buckets * ways), key_{key} {}

  /// The way to `host` takes packets of `mtu` bytes, and none of more.
  void learn(engine::Ipv4 host, std::uint16_t mtu, engine::Instant now) noexcept {
    const auto bucket = bucket_of(host);
    Entry* place = bucket;
    for (Entry* e = bucket; e != bucket + ways; ++e) {
      if (e->host == host) {
        place = e;
        break;
      }
      if (e->until < place->until) place = e;
    }
    *place = {host, mtu, now + lifetime};
    last_until_ = now + lifetime;
  }
  /// The largest packet for `host`.   `link_mtu`: of the port on the way to it.
  [[nodiscard]] std::uint16_t limit(engine::Ipv4 host, std::uint16_t link_mtu, engine::Instant now) const noexcept {
    if (last_until_ <= now) return link_mtu;  // nearly always: nothing is known of anybody
    const Entry* bucket = bucket_of(host);
    for (const Entry* e = bucket; e != bucket + ways; ++e)
      if (e->host == host && now < e->until) return std::min(link_mtu, e->mtu);
    return link_mtu;
  }
  /// For routers that do not say which MTU they need: the next lower one of those that are in use.   Spec: RFC 1191 7.1.
  [[nodiscard]] static std::uint16_t plateau_below(std::uint16_t bytes) noexcept {
    constexpr std::array<std::uint16_t, 8> plateaus{32'000, 17'914, 8'166, 4'352, 2'002, 1'492, 1'006, smallest};
    const auto found = std::find_if(plateaus.begin(), plateaus.end(), [&](std::uint16_t p) { return p < bytes; });
    return found == plateaus.end() ? smallest : *found;
  }

 private:
  struct Entry {
    engine::Ipv4 host{};
    std::uint16_t mtu = 0;
    engine::Instant until{};
  };
  static constexpr std::size_t buckets = 256, ways = 4;
  [[nodiscard]] std::size_t index_of(engine::Ipv4 host) const noexcept {
    return static_cast<std::size_t>(engine::siphash(key_, host.value, 0) % buckets) * ways;
  }
  [[nodiscard]] Entry* bucket_of(engine::Ipv4 host) noexcept { return &entries_[index_of(host)]; }
  [[nodiscard]] const Entry* bucket_of(engine::Ipv4 host) const noexcept { return &entries_[index_of(host)]; }

  std::vector<Entry> entries_;
  engine::SipKey key_;
  engine::Instant last_until_{};  // when the last entry ends
};

}  // namespace tcp

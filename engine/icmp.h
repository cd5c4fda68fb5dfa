// ICMP, RFC 792 as RFC 1122 3.2.2 and RFC 1812 4.3 want it: echo is answered, errors are sent with care.
#pragma once

#include <cstdint>

#include "engine/ip_config.h"
#include "engine/ip_output.h"
#include "engine/mempool.h"
#include "engine/shard_counters.h"
#include "engine/token_bucket.h"

namespace engine {

/// The errors that we send.
enum class IcmpError : std::uint8_t {
  net_unreachable,
  host_unreachable,
  protocol_unreachable,
  port_unreachable,
  fragmentation_needed,
  ttl_exceeded
};

/// Whether an ICMP error about this packet is allowed.   Spec: RFC 1122 3.2.2, RFC 1812 4.3.2.7: not about ICMP errors, later
/// fragments, broadcasts, multicasts, nor about a source that is not one host.   `ip`: header; `next`: the bytes behind it.
[[nodiscard]] bool may_send_error_about(const Ipv4Header& ip, std::span<const std::byte> next) noexcept;

class Icmp : public UnresolvedHandler {
 public:
  struct Context {
    Mempool& mempool;
    IpOutput& output;
    ShardCounters& counters;
    std::uint32_t errors_per_second;  // this shard's part of the instance's limit; 0: none is sent
  };
  static constexpr std::uint32_t error_burst = 200;
  static constexpr std::size_t quoted_packet_bytes = 576;  // RFC 1812 4.3.2.3: as much as fits

  explicit Icmp(const Context& context) noexcept
      : context_{context}, errors_{context.errors_per_second, context.errors_per_second == 0 ? 0 : error_burst} {}
  void set_config(const IpConfig& config) noexcept { config_ = &config; }

  /// An ICMP message to one of our addresses (data at the IPv4 header). `local`: the address it was sent to is ours alone, not a
  /// broadcast.
  void on_packet(Packet&& packet, bool local, Instant now) noexcept;
  /// Sends an error about `about` (data at the IPv4 header), which the caller drops. `mtu`: of the next hop, for
  /// fragmentation_needed.
  void send_error(IcmpError error, const Packet& about, Instant now, std::uint16_t mtu = 0) noexcept;
  void on_unresolved(const Packet& packet, Instant now) noexcept override;

 private:
  void not_sent(Drop why, const Packet& about) noexcept;
  Context context_;
  const IpConfig* config_ = nullptr;
  TokenBucket errors_;
  std::uint16_t next_id_ = 0;
};

}  // namespace engine

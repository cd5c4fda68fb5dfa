#include "tcp/syn_cookies.h"

namespace tcp {

namespace {
// The low bits of a timestamp.
constexpr std::uint32_t shift_mask = 15, no_shift = 15, sack_bit = 16, ecn_bit = 32;
constexpr std::uint32_t bits_mask = (1u << SynCookies::timestamp_bits) - 1;
static_assert((shift_mask | sack_bit | ecn_bit) == bits_mask);
}  // namespace

std::uint32_t SynCookies::mss_index(std::uint16_t mss) noexcept {
  std::uint32_t i = mss_table.size() - 1;
  while (i != 0 && mss < mss_table[i]) --i;
  return i;
}

/// Two steps of a function whose key only we know: the four words of input are more than one step takes.
std::uint32_t SynCookies::tag(const engine::FourTuple& t, Seq peer_isn, std::uint32_t at) const noexcept {
  const std::uint64_t addresses = std::uint64_t{t.remote.raw()} << 32 | t.local.raw();
  const std::uint64_t ports = std::uint64_t{t.remote_port.raw()} << 16 | t.local_port.raw();
  constexpr std::uint64_t purpose = std::uint64_t{2} << 32;  // beside those of IsnGenerator, which may have the same key
  const std::uint64_t tuple = engine::siphash(key_, addresses, ports | purpose);
  return static_cast<std::uint32_t>(engine::siphash(key_, tuple, std::uint64_t{peer_isn.value()} << 32 | at) >> 32);
}

std::optional<Segment> SynCookies::check(const engine::FourTuple& tuple, const Segment& ack, engine::Instant now) const noexcept {
  const std::uint32_t cookie = (ack.ack - 1).value();
  Segment syn;
  syn.seq = ack.seq - 1;
  syn.flags.bits = Flags::syn_bit;
  const std::uint32_t present = period_of(now);
  const auto is_of = [&](std::uint32_t at) noexcept { return ((tag(tuple, syn.seq, at) ^ cookie) & ~7u) == 0; };
  if (!is_of(present) && !is_of(present - 1)) return {};
  syn.options.mss = mss_table[cookie & 7];
  if (!ack.options.has_timestamps) return syn;
  const std::uint32_t bits = ack.options.ts_ecr & bits_mask;
  syn.options.has_timestamps = true;
  syn.options.ts_val = ack.options.ts_val;
  if ((bits & shift_mask) != no_shift) syn.options.window_shift = static_cast<std::int8_t>(bits & shift_mask);
  syn.options.sack_permitted = (bits & sack_bit) != 0;
  if ((bits & ecn_bit) != 0) syn.flags.bits |= Flags::ece_bit | Flags::cwr_bit;
  return syn;
}

std::uint32_t SynCookies::timestamp(std::uint32_t clock, const Options& syn, bool has_ecn) noexcept {
  std::uint32_t bits = syn.window_shift >= 0 ? static_cast<std::uint32_t>(syn.window_shift) : no_shift;
  if (syn.sack_permitted) bits |= sack_bit;
  if (has_ecn) bits |= ecn_bit;
  const std::uint32_t stamp = (clock & ~bits_mask) | bits;
  return static_cast<std::int32_t>(clock - stamp) < 0 ? stamp - bits_mask - 1 : stamp;  // never ahead of the clock: PAWS
}

}  // namespace tcp

#include "tcp/options.h"

#include <algorithm>

#include "engine/byteorder.h"

namespace tcp {

namespace {

constexpr std::uint8_t kind_end = 0, kind_nop = 1, kind_mss = 2, kind_window_scale = 3, kind_sack_permitted = 4, kind_sack = 5,
                       kind_timestamps = 8;

using engine::be16;
using engine::be32;

std::uint32_t read32(const std::byte* at) noexcept { return engine::load<be32>({at, 4}).host(); }

void read_option(std::uint8_t kind, std::span<const std::byte> value, bool is_syn, Options& out) noexcept {
  switch (kind) {
    case kind_mss:
      if (is_syn && value.size() == 2) out.mss = engine::load<be16>(value).host();
      break;
    case kind_window_scale:
      if (is_syn && value.size() == 1)
        out.window_shift = static_cast<std::int8_t>(std::min(14, std::to_integer<int>(value[0])));  // RFC 7323 2.3
      break;
    case kind_sack_permitted:
      if (is_syn && value.empty()) out.sack_permitted = true;
      break;
    case kind_sack:
      if (value.size() % 8 != 0) break;
      for (std::size_t i = 0; i < value.size() / 8 && out.sack_count < Options::sack_blocks_max; ++i)
        out.sack[out.sack_count++] = {Seq{read32(value.data() + i * 8)}, Seq{read32(value.data() + i * 8 + 4)}};
      break;
    case kind_timestamps:
      if (value.size() != 8) break;
      out.has_timestamps = true;
      out.ts_val = read32(value.data());
      out.ts_ecr = read32(value.data() + 4);
      break;
    default:
      break;  // unknown: skipped
  }
}

}  // namespace

bool parse_options(std::span<const std::byte> bytes, bool is_syn, Options& out) noexcept {
  // What nearly every segment of an established connection carries: NOP NOP timestamps (RFC 7323 appendix A).
  if (bytes.size() == 12 && read32(bytes.data()) == 0x0101080a) [[likely]] {
    out.has_timestamps = true;
    out.ts_val = read32(bytes.data() + 4);
    out.ts_ecr = read32(bytes.data() + 8);
    return true;
  }
  for (std::size_t i = 0; i < bytes.size();) {
    const auto kind = std::to_integer<std::uint8_t>(bytes[i]);
    if (kind == kind_end) return true;
    if (kind == kind_nop) {
      ++i;
      continue;
    }
    if (i + 1 >= bytes.size()) return false;
    const auto length = std::to_integer<std::size_t>(bytes[i + 1]);
    if (length < 2 || i + length > bytes.size()) return false;
    read_option(kind, bytes.subspan(i + 2, length - 2), is_syn, out);
    i += length;
  }
  return true;
}

std::size_t write_options(const Options& o, std::byte* to) noexcept {
  std::byte* at = to;
  const auto put8 = [&](std::uint8_t v) noexcept { *at++ = std::byte{v}; };
  const auto put32 = [&](std::uint32_t v) noexcept {
    engine::store(at, be32{v});
    at += 4;
  };
  if (o.mss != 0) put32(std::uint32_t{kind_mss} << 24 | 4u << 16 | o.mss);
  if (o.has_timestamps) {
    // SACK-permitted takes the place of the two NOPs.
    put32(o.sack_permitted ? std::uint32_t{kind_sack_permitted} << 24 | 2u << 16 | std::uint32_t{kind_timestamps} << 8 | 10u
                           : 0x0101080au);
    put32(o.ts_val);
    put32(o.ts_ecr);
  } else if (o.sack_permitted) {
    put32(0x01010000u | std::uint32_t{kind_sack_permitted} << 8 | 2u);
  }
  if (o.window_shift >= 0)
    put32(0x01000000u | std::uint32_t{kind_window_scale} << 16 | 3u << 8 | static_cast<std::uint8_t>(o.window_shift));
  if (o.sack_count != 0) {
    put8(kind_nop), put8(kind_nop), put8(kind_sack), put8(static_cast<std::uint8_t>(2 + 8 * o.sack_count));
    for (std::uint8_t i = 0; i < o.sack_count; ++i) put32(o.sack[i].start.value()), put32(o.sack[i].end.value());
  }
  return static_cast<std::size_t>(at - to);
}

}  // namespace tcp

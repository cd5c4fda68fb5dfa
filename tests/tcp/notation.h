// A segment as text, packetdrill's way, and as bytes: what scripts write and what failures print.
//
//   [[ECN]] FLAGS SEQ:END(LENGTH) [ack ACK] [win WINDOW] [<OPTIONS>]       S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
//
//   ECN      [ect1] [ect0] [ce], of the IP header (RFC 3168 5); nothing for not ECN-capable
//   FLAGS    of S F R P . (ACK) U E (ECE) W (CWR); "-" for none
//   SEQ ACK  relative to the initial sequence number of their side, which is 0; END = SEQ + LENGTH, SYN and FIN not counted
//   WINDOW   as on the wire, not scaled
//   OPTIONS  mss N | nop | eol | wscale N | sackOK | TS val V ecr E | sack A:B C:D ... | raw HEX, with commas between them
//
// Our timestamps read as milliseconds since the script began (the random offset of each connection is taken away); the peer's are
// as written. The ecr of a segment without ACK is what it is, mostly 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/flow.h"
#include "engine/wire.h"
#include "tests/support/packet_builder.h"

namespace tcp::script {

struct SegmentText {
  std::uint8_t ecn = 0;    // as on the wire
  std::uint8_t flags = 0;  // as on the wire
  std::uint32_t seq = 0, text_bytes = 0;
  std::uint32_t ack = 0;  // with the ACK flag
  std::optional<std::uint16_t> window;
  std::string options;  // without the angle brackets, white space as the notation above has it
  [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

/// What relative numbers are relative to.
struct Bases {
  std::uint32_t sender = 0, receiver = 0;  // initial sequence numbers
  std::uint32_t sender_clock = 0, receiver_clock = 0;
};

/// Reads the notation.   Returns: nothing, with the reason in `error`, if it is none.
[[nodiscard]] std::optional<SegmentText> parse_segment(std::string_view text, std::string& error);
[[nodiscard]] std::string to_string(const SegmentText& segment);

/// The packet from its IPv4 header, checksums right. Text is stream_bytes from seq - 1.   Returns: nothing, with the reason in
/// `error`, if an option is not understood.
[[nodiscard]] std::optional<support::Bytes> encode(const SegmentText& segment, const engine::FourTuple& from_to,
                                                   const Bases& bases, std::string& error);

/// A packet that was sent, from its IPv4 header.
struct Decoded {
  engine::FourTuple tuple;  // remote: where it goes
  std::uint32_t seq = 0;    // absolute
  std::uint8_t flags = 0;
  std::uint32_t ts_val = 0;  // absolute, 0 without the option
  support::Bytes packet{};
};
/// Reads the headers of what our side sent.   Returns: nothing, with the reason in `error`, if a length or checksum is wrong.
[[nodiscard]] std::optional<Decoded> decode(const support::Bytes& packet, std::string& error);
/// The packet as notation.   `error`: set if its text is not stream_bytes.
[[nodiscard]] SegmentText relative(const Decoded& decoded, const Bases& bases, std::string& error);

/// The text of a direction: byte i is known from i alone. The two directions differ.
[[nodiscard]] constexpr char stream_byte(bool is_ours, std::uint32_t i) noexcept {
  return static_cast<char>((i * 7u + i / 251u + (is_ours ? 0x55u : 0u)) & 0xffu);
}
[[nodiscard]] std::string stream_bytes(bool is_ours, std::uint32_t from, std::uint32_t count);

}  // namespace tcp::script

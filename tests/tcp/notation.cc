#include "tests/tcp/notation.h"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "engine/byteorder.h"
#include "tcp/segment.h"

namespace tcp::script {

namespace {

using support::Bytes;

constexpr std::string_view flag_letters = "FSRP.UEW";
constexpr std::array<std::string_view, 4> ecn_words{"", "[ect1] ", "[ect0] ", "[ce] "};

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool read_number(std::string_view text, std::uint32_t& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

void put(Bytes& to, std::initializer_list<unsigned> bytes) {
  for (const unsigned b : bytes) to.push_back(static_cast<std::byte>(b));
}
void put32(Bytes& to, std::uint32_t v) { put(to, {v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff}); }

/// "A:B"
bool read_range(std::string_view text, std::uint32_t& first, std::uint32_t& second) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && read_number(text.substr(0, colon), first) &&
         read_number(text.substr(colon + 1), second);
}

bool put_raw(std::string_view hex, Bytes& to) {
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    std::uint32_t byte = 0;
    if (!read_number(hex.substr(0, 2), byte, 16)) return false;
    put(to, {byte});
  }
  return hex.empty();
}

bool put_sack(std::span<const std::string_view> words, const Bases& bases, Bytes& to) {
  put(to, {5, static_cast<unsigned>(2 + 8 * words.size())});
  for (const std::string_view word : words) {
    std::uint32_t start = 0, end = 0;
    if (!read_range(word, start, end)) return false;
    put32(to, start + bases.receiver);  // the blocks lie in the space of whom they are told
    put32(to, end + bases.receiver);
  }
  return true;
}

bool put_option(std::string_view item, bool has_ack, const Bases& bases, Bytes& to) {
  const auto words = split(item, ' ');
  std::uint32_t n = 0, m = 0;
  if (item == "nop") return put(to, {1}), true;
  if (item == "eol") return put(to, {0}), true;
  if (item == "sackOK") return put(to, {4, 2}), true;
  if (words[0] == "sack") return put_sack(std::span{words}.subspan(1), bases, to);
  if (words.size() == 2 && words[0] == "raw") return put_raw(words[1], to);
  if (words.size() == 2 && words[0] == "mss" && read_number(words[1], n)) return put(to, {2, 4, n >> 8, n & 0xff}), true;
  if (words.size() == 2 && words[0] == "wscale" && read_number(words[1], n)) return put(to, {3, 3, n}), true;
  if (words.size() != 5 || words[0] != "TS" || words[1] != "val" || words[3] != "ecr") return false;
  if (!read_number(words[2], n) || !read_number(words[4], m)) return false;
  put(to, {8, 10});
  put32(to, n + bases.sender_clock);
  put32(to, has_ack ? m + bases.receiver_clock : m);
  return true;
}

std::uint32_t read32(std::span<const std::byte> bytes, std::size_t at) {
  return engine::load<engine::be32>(bytes.subspan(at, 4)).host();
}

std::string raw_text(std::span<const std::byte> bytes) {
  std::string text = "raw ";
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

std::string option_text(std::span<const std::byte> option, bool has_ack, const Bases& bases) {
  const auto kind = std::to_integer<unsigned>(option[0]);
  if (kind == 2 && option.size() == 4) return fmt::format("mss {}", engine::load<engine::be16>(option.subspan(2)).host());
  if (kind == 3 && option.size() == 3) return fmt::format("wscale {}", std::to_integer<unsigned>(option[2]));
  if (kind == 4 && option.size() == 2) return "sackOK";
  if (kind == 8 && option.size() == 10) {
    const std::uint32_t echo = read32(option, 6);
    return fmt::format("TS val {} ecr {}", read32(option, 2) - bases.sender_clock, has_ack ? echo - bases.receiver_clock : echo);
  }
  if (kind != 5 || option.size() % 8 != 2) return raw_text(option);
  std::string text = "sack";
  for (std::size_t at = 2; at < option.size(); at += 8)
    text += fmt::format(" {}:{}", read32(option, at) - bases.receiver, read32(option, at + 4) - bases.receiver);
  return text;
}

std::string options_text(std::span<const std::byte> bytes, bool has_ack, const Bases& bases) {
  std::string text;
  while (!bytes.empty()) {
    if (!text.empty()) text += ',';
    const auto kind = std::to_integer<unsigned>(bytes[0]);
    const std::size_t length = kind <= 1 ? 1 : bytes.size() < 2 ? 0 : std::to_integer<std::size_t>(bytes[1]);
    if (length == 0 || length > bytes.size() || (kind > 1 && length < 2)) return text + raw_text(bytes);
    text += kind == 0 ? "eol" : kind == 1 ? "nop" : option_text(bytes.first(length), has_ack, bases);
    bytes = bytes.subspan(length);
  }
  return text;
}

bool read_flags(std::string_view text, std::uint8_t& flags) {
  if (text == "-") return true;
  for (const char c : text) {
    const std::size_t bit = flag_letters.find(c);
    if (bit == std::string_view::npos) return false;
    flags = static_cast<std::uint8_t>(flags | 1u << bit);
  }
  return true;
}

/// "1:101(100)"
bool read_extent(std::string_view text, SegmentText& out) {
  const std::size_t parenthesis = text.find('(');
  std::uint32_t end = 0;
  return parenthesis != std::string_view::npos && text.ends_with(')') && read_range(text.substr(0, parenthesis), out.seq, end) &&
         read_number(text.substr(parenthesis + 1, text.size() - parenthesis - 2), out.text_bytes) &&
         end == out.seq + out.text_bytes;
}

}  // namespace

std::optional<SegmentText> parse_segment(std::string_view text, std::string& error) {
  SegmentText s;
  const auto fail = [&](std::string_view why) {
    error = why;
    return std::nullopt;
  };
  for (std::uint8_t ecn = 1; ecn < ecn_words.size(); ++ecn)
    if (text.starts_with(ecn_words[ecn])) {
      s.ecn = ecn;
      text.remove_prefix(ecn_words[ecn].size());
    }
  if (const std::size_t open = text.find('<'); open != std::string_view::npos) {
    const std::size_t close = text.find('>', open);
    if (close == std::string_view::npos) return fail("options without '>'");
    for (const std::string_view item : split(text.substr(open + 1, close - open - 1), ','))
      s.options += fmt::format("{}{}", s.options.empty() ? "" : ",", fmt::join(split(item, ' '), " "));
    text = text.substr(0, open);
  }
  const auto words = split(text, ' ');
  if (words.size() < 2 || !read_flags(words[0], s.flags)) return fail("flags are of SFRP.UEW, or -");
  if (!read_extent(words[1], s)) return fail("expected SEQ:END(LENGTH) with END = SEQ + LENGTH");
  bool has_ack = false;
  for (std::size_t i = 2; i < words.size(); i += 2) {
    std::uint32_t n = 0;
    if (i + 1 == words.size() || !read_number(words[i + 1], n)) return fail("expected a number");
    if (words[i] == "ack")
      s.ack = n, has_ack = true;
    else if (words[i] == "win" && n <= 0xffff)
      s.window = static_cast<std::uint16_t>(n);
    else
      return fail("expected ack N or win N");
  }
  if (has_ack != s.has(Flags::ack_bit)) return fail("'.' and 'ack N' go together");
  return s;
}

std::string to_string(const SegmentText& s) {
  std::string flags;
  for (const std::size_t bit : {1u, 0u, 2u, 3u, 5u, 6u, 7u, 4u})
    if ((s.flags >> bit & 1) != 0) flags += flag_letters[bit];
  std::string text =
      fmt::format("{}{} {}:{}({})", ecn_words[s.ecn], flags.empty() ? "-" : flags, s.seq, s.seq + s.text_bytes, s.text_bytes);
  if (s.has(Flags::ack_bit)) text += fmt::format(" ack {}", s.ack);
  if (s.window) text += fmt::format(" win {}", *s.window);
  if (!s.options.empty()) text += fmt::format(" <{}>", s.options);
  return text;
}

std::string stream_bytes(bool is_ours, std::uint32_t from, std::uint32_t count) {
  std::string bytes(count, '\0');
  for (std::uint32_t i = 0; i < count; ++i) bytes[i] = stream_byte(is_ours, from + i);
  return bytes;
}

std::optional<Bytes> encode(const SegmentText& s, const engine::FourTuple& t, const Bases& bases, std::string& error) {
  support::TcpFields fields{.src_port = t.remote_port.host(), .dst_port = t.local_port.host()};
  fields.seq = s.seq + bases.sender;
  fields.ack = s.has(Flags::ack_bit) ? s.ack + bases.receiver : 0;
  std::string flags;
  for (std::size_t bit = 0; bit < 8; ++bit)
    if ((s.flags >> bit & 1) != 0) flags += std::string_view{"FSRPAUEC"}[bit];
  fields.flags = flags;
  fields.window = s.window.value_or(0);
  for (const std::string_view item : split(s.options, ','))
    if (!put_option(item, s.has(Flags::ack_bit), bases, fields.options)) {
      error = fmt::format("option '{}' is not understood", item);
      return std::nullopt;
    }
  if (fields.options.size() > 40) {
    error = "more than 40 bytes of options";
    return std::nullopt;
  }
  const std::uint32_t offset = s.has(Flags::syn_bit) ? s.seq : s.seq - 1;  // the byte behind the SYN is byte 0
  return support::ipv4({.src = engine::Ipv4{t.remote}, .dst = engine::Ipv4{t.local}, .dscp_ecn = s.ecn},
                       support::tcp(fields, stream_bytes(false, offset, s.text_bytes)));
}

std::optional<Decoded> decode(const Bytes& packet, std::string& error) {
  const std::string line = support::describe_ipv4(packet);
  constexpr std::size_t headers = sizeof(engine::Ipv4Header) + sizeof(engine::TcpHeader);
  if (packet.size() < headers || line.find(" tcp ") == std::string::npos || line.find('[') != std::string::npos) {
    error = fmt::format("not a good TCP packet: {}", line);
    return std::nullopt;
  }
  const auto ip = engine::load<engine::Ipv4Header>(packet);
  const auto tcp = engine::load<engine::TcpHeader>(std::span{packet}.subspan(sizeof ip));
  Decoded d{{ip.dst, ip.src, tcp.dst_port, tcp.src_port}, tcp.seq.host(), tcp.flags};
  if (tcp.header_bytes() < sizeof tcp || sizeof ip + tcp.header_bytes() > packet.size() || ip.header_bytes() != sizeof ip) {
    error = fmt::format("a header length is wrong: {}", line);
    return std::nullopt;
  }
  auto options = std::span{packet}.subspan(headers, tcp.header_bytes() - sizeof tcp);
  while (options.size() >= 10 && options[0] != std::byte{8})  // our own options, which are well formed
    options = options.subspan(options[0] <= std::byte{1} ? 1 : std::to_integer<std::size_t>(options[1]));
  if (options.size() >= 10) d.ts_val = read32(options, 2);
  d.packet = packet;
  return d;
}

SegmentText relative(const Decoded& d, const Bases& bases, std::string& error) {
  constexpr std::size_t ip_bytes = sizeof(engine::Ipv4Header);
  const std::span bytes{d.packet};
  const auto tcp = engine::load<engine::TcpHeader>(bytes.subspan(ip_bytes));
  SegmentText s;
  s.ecn = engine::load<engine::Ipv4Header>(bytes).dscp_ecn & 3;
  s.flags = d.flags;
  // A reset of nobody's segment has sequence number 0 itself, RFC 9293 3.10.7.1.
  const bool is_bare_reset = (d.flags & (Flags::rst_bit | Flags::ack_bit)) == (Flags::rst_bit | Flags::ack_bit) && d.seq == 0;
  s.seq = is_bare_reset ? 0 : d.seq - bases.sender;
  s.ack = s.has(Flags::ack_bit) ? tcp.ack.host() - bases.receiver : 0;
  s.window = tcp.window.host();
  const std::size_t text_at = ip_bytes + tcp.header_bytes();
  s.options = options_text(bytes.subspan(ip_bytes + sizeof tcp, text_at - ip_bytes - sizeof tcp), s.has(Flags::ack_bit), bases);
  s.text_bytes = static_cast<std::uint32_t>(bytes.size() - text_at);
  const std::string expected = stream_bytes(true, s.seq - 1, s.text_bytes);
  if (s.text_bytes != 0 && std::memcmp(expected.data(), bytes.data() + text_at, expected.size()) != 0)
    error = fmt::format("its text is not what was queued at {}", s.seq);
  return s;
}

}  // namespace tcp::script

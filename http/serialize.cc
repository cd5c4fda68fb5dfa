#include "http/serialize.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/check.h"
#include "engine/text.h"
#include "http/date.h"
#include "http/framing.h"
#include "http/head_writer.h"
#include "http/status.h"

namespace http {
namespace {

constexpr std::string_view via_1_0 = "1.0 penstock", via_1_1 = "1.1 penstock";
constexpr std::string_view via(Version received) noexcept { return received == Version::http_1_0 ? via_1_0 : via_1_1; }

/// The field names that Connection nominates, RFC 9110 7.6.1.
class Nominated {
 public:
  explicit Nominated(const Fields& fields) noexcept {
    for_each_member(fields, FieldId::connection, [this](std::string_view option) noexcept {
      if (!equal_folded(option, "close") && !equal_folded(option, "keep-alive")) names_[size_++] = option;
      return size_ < names_.size();
    });
  }
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return size_ != 0 && find(name); }

 private:
  [[nodiscard]] bool find(std::string_view name) const noexcept {
    return std::any_of(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(size_),
                       [name](std::string_view nominated) noexcept { return equal_folded(nominated, name); });
  }
  std::array<std::string_view, connection_options_max> names_;
  std::size_t size_ = 0;
};

const Field* find_set(const FieldEdits& edits, std::string_view name) noexcept {
  for (const Field& field : edits.set)
    if (equal_folded(field.name, name)) return &field;
  return nullptr;
}

bool is_edited_away(const FieldEdits& edits, std::string_view name) noexcept {
  if (find_set(edits, name) != nullptr) return true;
  return std::any_of(edits.remove.begin(), edits.remove.end(),
                     [name](std::string_view r) noexcept { return equal_folded(r, name); });
}

/// Fields that never pass, in either direction: of the connection, or written anew. RFC 9110 7.6.1, RFC 9112 6.
constexpr bool is_hop_by_hop(FieldId id) noexcept {
  switch (id) {
    case FieldId::connection:
    case FieldId::content_length:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return true;
    case FieldId::other:
    case FieldId::date:
    case FieldId::expect:
    case FieldId::forwarded:
    case FieldId::host:
    case FieldId::max_forwards:
    case FieldId::via:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
      return false;
  }
  return false;
}

constexpr bool is_x_forwarded(FieldId id) noexcept {
  return id == FieldId::x_forwarded_for || id == FieldId::x_forwarded_host || id == FieldId::x_forwarded_proto;
}

/// Is this received field line passed on to the server as it is?
bool passes_to_server(const Field& field, FieldId id, ForwardedMode forwarded) noexcept {
  if (is_hop_by_hop(id)) return false;
  const bool replaced = forwarded == ForwardedMode::replace;
  switch (id) {
    case FieldId::host:
    case FieldId::expect:
      return false;
    case FieldId::x_forwarded_for:
      return forwarded == ForwardedMode::off;
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
    case FieldId::forwarded:
      return !replaced;
    default:
      break;  // not a switch over what exists, but over what is special here
  }
  if (field.name.size() < 14 || field.name.size() > 17) return true;  // no field of ours that could hide behind "_" is shorter
  const FieldId alias = field_id_of_alias(field.name);
  return alias != FieldId::content_length && alias != FieldId::transfer_encoding &&
         (forwarded == ForwardedMode::off || !is_x_forwarded(alias));
}

void write_framing(HeadWriter& out, const Framing& framing) noexcept {
  if (framing.kind == Framing::Kind::content_length) out.field("Content-Length", framing.content_length);
  if (framing.kind == Framing::Kind::chunked) out.field("Transfer-Encoding", std::string_view{"chunked"});
}

void write_host(HeadWriter& out, const RequestHead& head, const ForwardedRequest& how) noexcept {
  if (const Field* const set = find_set(how.edits, "host")) return out.field("Host", set->value);
  if (!head.has_host) return out.field("Host", how.default_host);
  out.put("Host: ");
  out.put(head.host);
  if (!head.host_port.empty()) {
    out.put(":");
    out.put(head.host_port);
  }
  out.end_line();
}

/// What an intermediary that we trust has said already stays, unless Connection nominated it away.
bool has_field(const RequestHead& head, FieldId id, const Nominated& nominated) noexcept {
  return std::any_of(head.fields.begin(), head.fields.end(),
                     [&](const Field& f) noexcept { return field_id(f.name) == id && !nominated.contains(f.name); });
}

void write_x_forwarded(HeadWriter& out, const RequestHead& head, const ForwardedRequest& how,
                       const Nominated& nominated) noexcept {
  if (how.forwarded == ForwardedMode::off) return;
  const bool append = how.forwarded == ForwardedMode::append;
  if (find_set(how.edits, "x-forwarded-for") == nullptr) {
    out.put("X-Forwarded-For: ");
    for (const Field& field : head.fields) {  // several lines become one list: many servers read one line only
      if (!append || field_id(field.name) != FieldId::x_forwarded_for || field.value.empty() || nominated.contains(field.name))
        continue;
      out.put(field.value);
      out.put(", ");
    }
    out.put(how.client);
    out.end_line();
  }
  if (find_set(how.edits, "x-forwarded-proto") == nullptr && !(append && has_field(head, FieldId::x_forwarded_proto, nominated)))
    out.field("X-Forwarded-Proto", how.scheme);
  if (!head.has_host || find_set(how.edits, "x-forwarded-host") != nullptr) return;
  if (append && has_field(head, FieldId::x_forwarded_host, nominated)) return;
  out.put("X-Forwarded-Host: ");
  out.put(head.host);
  if (!head.host_port.empty()) {
    out.put(":");
    out.put(head.host_port);
  }
  out.end_line();
}

/// Max-Forwards MAY be ignored for other methods.
constexpr bool counts_hops(Method method) noexcept { return method == Method::trace || method == Method::options; }

std::optional<std::uint64_t> max_forwards(const RequestHead& head, const Field& field) noexcept {
  if (!counts_hops(head.method)) return std::nullopt;
  if (field_id(field.name) != FieldId::max_forwards) return std::nullopt;
  return engine::parse_number(field.value);
}

void write_set_fields(HeadWriter& out, const FieldEdits& edits) noexcept {
  for (const Field& field : edits.set) {
    DCHECK(may_be_edited(field.name));
    if (field_id(field.name) != FieldId::host) out.field(field.name, field.value);
  }
}

/// Connection in a final response, RFC 9112 9.3 and 9.6.
void write_connection(HeadWriter& out, Version client_version, bool keep_alive) noexcept {
  if (!keep_alive)
    out.put("Connection: close\r\n");
  else if (client_version == Version::http_1_0)
    out.put("Connection: keep-alive\r\n");
}

void write_status_line(HeadWriter& out, std::uint16_t status, std::string_view reason) noexcept {
  out.put("HTTP/1.1 ");  // our own version, whatever the client's or the server's: RFC 9110 2.5
  out.put(std::uint64_t{status});
  out.put(" ");
  out.put(reason);
  out.end_line();
}

}  // namespace

bool may_be_edited(std::string_view name) noexcept { return is_token(name) && !is_hop_by_hop(field_id(name)); }

bool is_final_recipient(const RequestHead& head) noexcept {
  return counts_hops(head.method) && std::any_of(head.fields.begin(), head.fields.end(),
                                                 [&](const Field& field) noexcept { return max_forwards(head, field) == 0; });
}

std::size_t write_forwarded_request(std::span<char> out, const RequestHead& head, const ForwardedRequest& how) noexcept {
  DCHECK(!how.path.empty() && head.framing.kind != Framing::Kind::until_close);
  const Nominated nominated{head.fields};
  const bool has_edits = !how.edits.set.empty() || !how.edits.remove.empty();
  HeadWriter text{out};
  text.put(head.method_text);
  text.put(" ");
  text.put(how.path);
  text.put(how.query);
  text.put(" HTTP/1.1\r\n");
  write_host(text, head, how);
  for (const Field& field : head.fields) {
    const FieldId id = field_id(field.name);
    if (!passes_to_server(field, id, how.forwarded) || nominated.contains(field.name)) continue;
    if (has_edits && is_edited_away(how.edits, field.name)) continue;
    if (const auto hops = max_forwards(head, field); hops.value_or(0) > 0)
      text.field(field.name, *hops - 1);
    else
      text.received_field(field);
  }
  write_framing(text, head.framing);
  if (how.forward_expect && head.expect_continue) text.put("Expect: 100-continue\r\n");
  text.field("Via", via(head.version));
  write_x_forwarded(text, head, how, nominated);
  write_set_fields(text, how.edits);
  text.end_line();
  return text.bytes();
}

std::size_t write_forwarded_response(std::span<char> out, const ResponseHead& head, const ForwardedResponse& how) noexcept {
  const bool interim = head.is_interim();
  DCHECK(how.client_version == Version::http_1_1 || (!interim && how.framing.kind != Framing::Kind::chunked));
  const Nominated nominated{head.fields};
  const bool has_edits = !how.edits.set.empty() || !how.edits.remove.empty();
  const bool describes_other = how.framing.kind == Framing::Kind::none && !interim && head.status != 204;  // HEAD, 304
  bool has_date = find_set(how.edits, "date") != nullptr;
  HeadWriter text{out};
  write_status_line(text, head.status, head.reason);
  for (const Field& field : head.fields) {
    const FieldId id = field_id(field.name);
    if (id == FieldId::content_length && describes_other) {
      text.received_field(field);
      continue;
    }
    if (is_hop_by_hop(id) || nominated.contains(field.name)) continue;
    if (has_edits && is_edited_away(how.edits, field.name)) continue;
    has_date |= id == FieldId::date;
    text.received_field(field);
  }
  write_framing(text, how.framing);
  text.field("Via", via(head.version));
  if (!interim) {
    if (!has_date) text.field("Date", how.date);  // RFC 9110 6.6.1
    write_connection(text, how.client_version, how.keep_alive && how.framing.kind != Framing::Kind::until_close);
  }
  write_set_fields(text, how.edits);
  text.end_line();
  return text.bytes();
}

OwnHead write_own_head(std::span<char> out, const OwnAnswer& answer) noexcept {
  DCHECK(answer.status >= 200 && answer.date.size() == date_bytes);
  HeadWriter text{out};
  write_status_line(text, answer.status, reason_phrase(answer.status));
  text.put("Date: ");
  const std::size_t date_offset = text.bytes();
  text.put(answer.date);
  text.end_line();
  if (has_content(answer.status)) {
    if (!answer.content_type.empty()) text.field("Content-Type", answer.content_type);
    text.field("Content-Length", answer.content_length);
  }
  for (const Field& field : answer.fields) text.field(field.name, field.value);
  write_connection(text, answer.client_version, answer.keep_alive);
  text.end_line();
  return {text.bytes(), text.bytes() == 0 ? 0 : date_offset};
}

OwnHead write_own_answer(std::span<char> out, OwnAnswer answer, std::string_view body, Method request_method) noexcept {
  answer.content_length = body.size();
  OwnHead head = write_own_head(out, answer);
  if (head.bytes == 0 || request_method == Method::head || !has_content(answer.status)) return head;
  if (body.size() > out.size() - head.bytes) return {};
  std::copy(body.begin(), body.end(), out.begin() + static_cast<std::ptrdiff_t>(head.bytes));
  head.bytes += body.size();
  return head;
}

void patch_date(std::span<char> head, std::size_t date_offset, std::string_view date) noexcept {
  DCHECK(date.size() == date_bytes && date_offset + date_bytes <= head.size());
  std::copy(date.begin(), date.end(), head.begin() + static_cast<std::ptrdiff_t>(date_offset));
}

}  // namespace http

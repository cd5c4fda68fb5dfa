#include "http/framing.h"

namespace http {
namespace {

/// What all Transfer-Encoding lines together say. Only one line with exactly "chunked" is accepted; the rest is about the answer.
Reject judge_transfer_encoding(const Fields& fields, const FramingFields& facts) noexcept {
  if (facts.transfer_encodings == 1 && equal_folded(facts.transfer_encoding, "chunked")) return Reject::none;
  std::size_t codings = 0, chunked = 0;
  bool last_is_chunked = false, well_formed = true;
  for_each_member(fields, FieldId::transfer_encoding, [&](std::string_view member) noexcept {
    ++codings;
    last_is_chunked = equal_folded(member, "chunked");
    chunked += last_is_chunked ? 1 : 0;
    well_formed &= is_token(member.substr(0, member.find_first_of("; \t")));  // transfer-parameters may follow
    return true;
  });
  // 6.3 step 4: without a final chunked the length is unknown, 400. 6.1: a coding that we do not know before it, 501.
  return last_is_chunked && chunked == 1 && codings > 1 && well_formed ? Reject::unknown_transfer_encoding
                                                                       : Reject::bad_transfer_encoding;
}

/// Steps 3 to 6, the same in both directions. Framing::Kind::none when neither field is there.
Reject common_framing(const Fields& fields, const FramingFields& facts, Version version, Framing& out) noexcept {
  out = {};
  if (facts.transfer_encodings != 0) {
    if (facts.content_lengths != 0) return Reject::content_length_with_transfer_encoding;
    if (version == Version::http_1_0) return Reject::transfer_encoding_in_1_0;
    out.kind = Framing::Kind::chunked;
    return judge_transfer_encoding(fields, facts);
  }
  if (facts.content_lengths == 0) return Reject::none;
  if (facts.content_lengths > 1) return Reject::conflicting_content_length;
  out.kind = Framing::Kind::content_length;
  return read_content_length(facts.content_length, out.content_length) ? Reject::none : Reject::bad_content_length;
}

}  // namespace

FramingFields framing_fields(const Fields& fields) noexcept {
  FramingFields facts;
  for (const Field& field : fields) {
    switch (field_id(field.name)) {
      case FieldId::host:
        ++facts.hosts;
        facts.host = field.value;
        break;
      case FieldId::content_length:
        ++facts.content_lengths;
        facts.content_length = field.value;
        break;
      case FieldId::transfer_encoding:
        ++facts.transfer_encodings;
        facts.transfer_encoding = field.value;
        break;
      case FieldId::connection:
        facts.has_connection = true;
        break;
      case FieldId::expect:
        facts.has_expect = true;
        break;
      case FieldId::other:
      case FieldId::date:
      case FieldId::forwarded:
      case FieldId::keep_alive:
      case FieldId::max_forwards:
      case FieldId::proxy_connection:
      case FieldId::te:
      case FieldId::trailer:
      case FieldId::upgrade:
      case FieldId::via:
      case FieldId::x_forwarded_for:
      case FieldId::x_forwarded_host:
      case FieldId::x_forwarded_proto:
        break;
    }
  }
  return facts;
}

Reject read_connection(const Fields& fields, ConnectionOptions& out) noexcept {
  std::size_t options = 0;
  const bool valid = for_each_member(fields, FieldId::connection, [&](std::string_view option) noexcept {
    if (equal_folded(option, "close"))
      out.close = true;
    else if (equal_folded(option, "keep-alive"))
      out.keep_alive = true;
    return ++options <= connection_options_max && is_token(option);
  });
  return valid ? Reject::none : Reject::bad_connection;
}

bool read_content_length(std::string_view value, std::uint64_t& out) noexcept {
  if (value.empty() || value.size() > 18) return false;
  std::uint64_t number = 0;
  for (const char c : value) {
    if (!is_digit(c)) return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out = number;
  return true;
}

Reject request_framing(const Fields& fields, const FramingFields& facts, Version version, Framing& out) noexcept {
  return common_framing(fields, facts, version, out);  // step 7: neither field, no body
}

Reject response_framing(const Fields& fields, const FramingFields& facts, Version version, std::uint16_t status,
                        Method request_method, Framing& out) noexcept {
  if (const Reject why = common_framing(fields, facts, version, out); why != Reject::none) return why;
  const bool interim_or_204 = status < 200 || status == 204;
  if (interim_or_204 && out.kind == Framing::Kind::chunked) return Reject::bad_transfer_encoding;  // 6.1: MUST NOT be sent
  if (interim_or_204 && out.content_length != 0) return Reject::bad_content_length;                // RFC 9110 8.6: nor this
  if (interim_or_204 || status == 304 || request_method == Method::head)
    out = {};  // step 1
  else if (out.kind == Framing::Kind::none)
    out.kind = Framing::Kind::until_close;  // step 8
  return Reject::none;
}

}  // namespace http

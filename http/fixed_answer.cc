#include "http/fixed_answer.h"

#include <cstring>

#include "engine/check.h"
#include "http/date.h"
#include "http/serialize.h"
#include "http/status.h"

namespace http {

FixedAnswer::FixedAnswer(std::uint16_t status, std::string_view content_type, std::shared_ptr<const std::string> body)
    : status_{status}, body_bytes_{has_content(status) ? body->size() : 0} {
  const bool is_inline = body_bytes_ <= inline_body_max;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const auto form = static_cast<Form>(i);
    OwnAnswer answer;
    answer.status = status;
    answer.content_type = content_type;
    answer.content_length = body_bytes_;
    answer.client_version = form == Form::keep_alive_1_0 ? Version::http_1_0 : Version::http_1_1;
    answer.keep_alive = form != Form::close;
    const std::string no_date(date_bytes, ' ');
    answer.date = no_date;
    std::string text(1024 + content_type.size(), '\0');
    const OwnHead head = write_own_head(text, answer);
    CHECK(head.bytes != 0);
    text.resize(head.bytes);
    if (is_inline && body_bytes_ != 0) text += *body;
    heads_[i].head_bytes = head.bytes;
    heads_[i].date_offset = head.date_offset;
    for (Copy& copy : heads_[i].copies) {
      copy.bytes = std::make_shared<std::string>(text);
      copy.root = engine::SharedBytes::make(copy.bytes);
    }
  }
  if (!is_inline) body_ = engine::SharedBytes::make(std::move(body));
}

engine::Slice FixedAnswer::share(Form form, std::string_view date, std::int64_t second, bool head_only) noexcept {
  Head& head = heads_[static_cast<std::size_t>(form)];
  for (Copy& copy : head.copies) {
    if (copy.second != second) {
      if (!copy.root.shared()->is_unshared()) continue;  // an older second, perhaps to be retransmitted: must not change
      std::memcpy(copy.bytes->data() + head.date_offset, date.data(), date.size());
      copy.second = second;
    }
    return copy.root.share(0, head_only ? static_cast<std::uint32_t>(head.head_bytes) : copy.root.size());
  }
  return {};
}

std::size_t FixedAnswer::write(Form form, std::string_view date, bool head_only, std::span<char> out) const noexcept {
  const Head& head = heads_[static_cast<std::size_t>(form)];
  const std::string& text = *head.copies[0].bytes;
  const std::size_t n = head_only ? head.head_bytes : text.size();
  if (out.size() < n) return 0;
  std::memcpy(out.data(), text.data(), n);
  std::memcpy(out.data() + head.date_offset, date.data(), date.size());
  return n;
}

bool FixedAnswer::is_unused() const noexcept {
  for (const Head& head : heads_)
    for (const Copy& copy : head.copies)
      if (!copy.root.shared()->is_unshared()) return false;
  return body_.empty() || body_.shared()->is_unshared();
}

}  // namespace http

// Words for messages about what people wrote: their text on one line, what they may have meant, what is allowed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace engine {

/// 'text', cut behind 60 bytes, control characters as \xNN: a message stays on its line whatever was written.
[[nodiscard]] std::string quote(std::string_view text);

/// The candidate that `text` is a slip of: at most a third of it mistyped, case aside; else one that it is a part or an extension
/// of. Returns: empty if there is none.
[[nodiscard]] std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates);

/// ", did you mean 'x'?", or "," if nothing is near: to go between what is wrong and what is allowed.
[[nodiscard]] std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates);

/// "a, b, c"; behind `max` words "... (40 in all)".
[[nodiscard]] std::string listed(std::span<const std::string_view> words, std::size_t max = 64);

}  // namespace engine

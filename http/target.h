// The one spelling of a path that rules see and servers get. RFC 3986 6.2.2.
#pragma once

#include <span>
#include <string_view>

#include "http/reject.h"

namespace http {

/// `path`: a view into the input when it was normal already, else into the caller's buffer.
struct NormalPath {
  Reject why = Reject::none;
  std::string_view path;
};

/// Brings a path into its normal form, in this order: percent triplets of unreserved characters are decoded, the others written
/// in capitals (RFC 3986 6.2.2.1, 6.2.2.2), runs of "/" become one, "." and ".." segments are removed (5.2.4; ".." at the root
/// stays at the root). Other triplets stay encoded: "%2F" is no "/", "%25" no "%". Normalising twice changes nothing.
///
/// Requires: path starts with "/" or is "*", bytes as RequestParser lets through; buffer.size() >= path.size(), no overlap.
/// Errors: Reject::bad_target for a "%" without two hexadecimal digits, for %00, and for a dot segment that only some readers
/// see: "..;x" (servlet containers cut path parameters before they look for dots), "..%2Fx" and "..%5Cx" (servers that decode
/// first). RFC 3986 allows these; what a rule decides about such a path would not hold at the server.
/// Cost: a scan without a copy in the normal case; else linear.
[[nodiscard]] NormalPath normalise_path(std::string_view path, std::span<char> buffer) noexcept;

/// True only for paths that normalise_path leaves as they are. False also for a few such ones ("/.well-known/x", "/%20").
[[nodiscard]] bool is_plainly_normal(std::string_view path) noexcept;

}  // namespace http

// Raw HTTP messages and what must come of them, kept as Markdown in tests/http/cases so that people can read them.
//
//     ## Name of the case
//     Why, and the clause (any text).
//     ```request
//     GET / HTTP/1.1\r\n
//     Host: a\r\n
//     \r\n
//     ```
//     - accepted: GET HTTP/1.1, no body, keep-alive
//     - path: /
//     ```forwarded append
//     GET / HTTP/1.1\r\n
//     ...
//     ```
//
// The first block is the message. Line breaks of the file mean nothing in it, every byte is visible: \r \n \t \0 \s (space, where
// one would be invisible) \\ \xHH, and \{text*N} for N times that text. Its kinds and their options:
//     request [head=N] [target=N]     limits of RequestParser in bytes
//     response METHOD [head=N]        METHOD: of the request that it answers
//     chunked                         a body and what follows it
// Then come the expected lines: the verdict first, then any of those that describe the outcome (tests/http/cases_test.cc).
// A second block, `forwarded` or `returned`, holds the exact head that we send on; its options are explained there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct CaseBlock {
  std::string kind;                  // the first word behind the fence
  std::vector<std::string> options;  // the other words
  std::string bytes;                 // without escapes
  /// The number in option "name=N", else `otherwise`.
  [[nodiscard]] std::size_t number(std::string_view name, std::size_t otherwise) const;
  [[nodiscard]] bool has(std::string_view option) const;
};

struct Case {
  std::string file, name;
  std::size_t line = 0;
  CaseBlock message;
  std::vector<std::string> expected;  // without "- "
  std::vector<CaseBlock> sent;        // none or one
  [[nodiscard]] std::string where() const { return file + ":" + std::to_string(line) + " \"" + name + "\""; }
};

/// All cases of all *.md files in `folder`, in the order of file names. A file that is not understood ends the process with its
/// place: a case that is silently skipped would prove nothing.
[[nodiscard]] std::vector<Case> load_cases(const std::string& folder);

/// Bytes as the cases write them.
[[nodiscard]] std::string visible(std::string_view bytes);

}  // namespace http
